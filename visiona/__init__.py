"""Wire the apps together; apps may import only `visiona.lib` from here."""

from visiona.celery import app as celery_app

__all__ = ["celery_app"]
