"""What the rows of generation mean."""

from generation.models.assets import Asset
from generation.models.clones import Clone, Consent, Removal
from generation.models.jobs import Job
from generation.models.notices import Notice
from generation.models.projects import Project
from generation.models.steps import Step
from generation.models.uploads import Upload
from generation.models.usage import ProviderCall

__all__ = [
    "Asset",
    "Clone",
    "Consent",
    "Job",
    "Notice",
    "Project",
    "ProviderCall",
    "Removal",
    "Step",
    "Upload",
]
