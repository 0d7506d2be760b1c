"""What the rows of generation mean."""

from generation.models.assets import Asset
from generation.models.chat import Conversation, Message
from generation.models.clones import Clone, Consent, Removal
from generation.models.jobs import Job
from generation.models.notices import Notice
from generation.models.projects import Project
from generation.models.steps import Step
from generation.models.uploads import Upload
from generation.models.usage import ProviderCall, RequestMetric

__all__ = [
    "Asset",
    "Clone",
    "Consent",
    "Conversation",
    "Job",
    "Message",
    "Notice",
    "Project",
    "ProviderCall",
    "Removal",
    "RequestMetric",
    "Step",
    "Upload",
]
