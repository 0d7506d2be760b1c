"""The URLs of the library."""

from django.urls import path

from gallery.views import asset, editing, library

app_name = "gallery"
urlpatterns = [
    path("library/", library.library, name="library"),
    path("library/bin/", library.recycle_bin, name="bin"),
    path("library/chosen/delete/", library.delete_chosen, name="delete_chosen"),
    path("library/chosen/restore/", library.restore_chosen, name="restore_chosen"),
    path("library/chosen/download/", library.download_chosen, name="download_chosen"),
    path("library/<uuid:asset_id>/", asset.asset, name="asset"),
    path("library/<uuid:asset_id>/panel/", asset.panel, name="panel"),
    path("library/<uuid:asset_id>/star/", asset.star, name="star"),
    path("library/<uuid:asset_id>/retitle/", editing.retitle, name="retitle"),
    path("library/<uuid:asset_id>/reword/", editing.reword, name="reword"),
    path("library/<uuid:asset_id>/recut/", editing.recut, name="recut"),
    path("library/<uuid:asset_id>/delete/", library.delete, name="delete"),
    path("library/<uuid:asset_id>/restore/", library.restore, name="restore"),
    path("library/<uuid:asset_id>/download/", asset.download, name="download"),
    path("library/<uuid:asset_id>/captions/", asset.captions, name="captions"),
]
