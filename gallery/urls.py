"""The URLs of the library."""

from django.urls import path

from gallery import views

app_name = "gallery"
urlpatterns = [
    path("library/", views.library, name="library"),
    path("library/bin/", views.recycle_bin, name="bin"),
    path("library/chosen/delete/", views.delete_chosen, name="delete_chosen"),
    path("library/chosen/restore/", views.restore_chosen, name="restore_chosen"),
    path("library/chosen/download/", views.download_chosen, name="download_chosen"),
    path("library/<uuid:asset_id>/", views.asset, name="asset"),
    path("library/<uuid:asset_id>/panel/", views.panel, name="panel"),
    path("library/<uuid:asset_id>/star/", views.star, name="star"),
    path("library/<uuid:asset_id>/retitle/", views.retitle, name="retitle"),
    path("library/<uuid:asset_id>/delete/", views.delete, name="delete"),
    path("library/<uuid:asset_id>/restore/", views.restore, name="restore"),
    path("library/<uuid:asset_id>/download/", views.download, name="download"),
]
