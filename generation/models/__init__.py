"""What the rows of generation mean."""

from generation.models.assets import Asset
from generation.models.jobs import Job
from generation.models.notices import Notice
from generation.models.uploads import Upload

__all__ = ["Asset", "Job", "Notice", "Upload"]
