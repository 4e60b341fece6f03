"""Who sells where, and how."""

from .field import Field
from .loss_reason import LossReason
from .marketplace import Marketplace
from .people import Membership, User
from .phase import Phase

__all__ = ["Field", "LossReason", "Marketplace", "Membership", "Phase", "User"]
