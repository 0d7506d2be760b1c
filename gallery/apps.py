"""App config of gallery."""

from django.apps import AppConfig


class GalleryConfig(AppConfig):
    name = "gallery"
