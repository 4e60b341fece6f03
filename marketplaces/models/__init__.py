"""Who sells where, and how."""

from .attempt import Attempt
from .field import Field
from .loss_reason import LossReason
from .marketplace import Marketplace
from .people import Membership, User
from .phase import Phase

__all__ = ["Attempt", "Field", "LossReason", "Marketplace", "Membership", "Phase", "User"]
