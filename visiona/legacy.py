"""The addresses of the three systems that this one replaces: other names for the same views.

Each answers to the one method that it had. They are not in the OpenAPI document: new programs use
`/api/v1/`.
"""

from typing import Any

from django.urls import URLPattern, path
from rest_framework.views import APIView

from billing.api import payments, wallet
from billing.api import views as people
from generation.api import assets, chat, clones, jobs, photos, projects
from visiona.webhooks import views as webhooks


def _at(address: str, method: str, view: type[APIView], **options: Any) -> URLPattern:
    """Return the route of a view that answers there to one method."""
    only = [method, "options"]
    return path(address, view.as_view(http_method_names=only, schema=None, **options))


urlpatterns = [
    path("clerk", webhooks.receive, {"sender": "clerk"}),
    _at("auth/login", "post", people.LogIn),
    _at("auth/signup", "post", people.SignUp),
    _at("generate", "post", jobs.JobList, kind="image"),
    _at("image", "post", jobs.JobList, kind="image"),
    _at("thumbnail/generate", "post", jobs.JobList, kind="thumbnail"),
    _at("thumbnail/video", "post", jobs.JobList, kind="video"),
    _at("thumbnail/<uuid:asset_id>", "delete", assets.AssetDetail),
    _at("photos/upload", "post", photos.PhotoList),
    _at("models/train", "post", jobs.JobList, kind="training"),
    _at("models/status", "get", clones.CloneStatus),
    _at("chat", "post", chat.Chat),
    _at("gallery", "get", assets.AssetList),
    _at("gallery/delete", "post", assets.AssetsDelete),
    _at("user/projects", "get", projects.ProjectList),
    _at("user/project/<uuid:project_id>", "get", projects.ProjectDetail),
    path("payment/webhook", webhooks.receive, {"sender": "stripe"}),
    _at("payment/subscribe", "post", payments.Checkout),
    _at("user/credits", "get", wallet.WalletDetail),
    _at("credits", "get", wallet.WalletDetail),
]
