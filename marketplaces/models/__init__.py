"""Who sells where, and how."""

from .attempt import Attempt
from .checklist import ChecklistItem
from .field import Field
from .loss_reason import LossReason
from .marketplace import Marketplace
from .people import Membership, User
from .phase import Phase
from .requirement import Requirement
from .setup_change import SetupChange

__all__ = [
    "Attempt",
    "ChecklistItem",
    "Field",
    "LossReason",
    "Marketplace",
    "Membership",
    "Phase",
    "Requirement",
    "SetupChange",
    "User",
]
