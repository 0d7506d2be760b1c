"""Where the admin is, and whose tables it shows; only what answers addresses reads this."""

from importlib import import_module

from django.urls import include, path

from visiona.lib.admin import site

APPS = ("accounts", "credits", "billing", "generation", "visiona.webhooks")

for app in APPS:
    import_module(f"{app}.admin")

urlpatterns = [path("", include((site.get_urls(), "admin")))]
