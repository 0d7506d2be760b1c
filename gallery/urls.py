"""The URLs of the library."""

from django.urls import path

from gallery import views

app_name = "gallery"
urlpatterns = [
    path("library/", views.library, name="library"),
    path("library/bin/", views.recycle_bin, name="bin"),
    path("library/<uuid:asset_id>/", views.asset, name="asset"),
    path("library/<uuid:asset_id>/delete/", views.delete, name="delete"),
    path("library/<uuid:asset_id>/restore/", views.restore, name="restore"),
    path("library/<uuid:asset_id>/download/", views.download, name="download"),
]
