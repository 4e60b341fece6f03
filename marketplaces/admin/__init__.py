"""The operators' tool: marketplaces with their process, and people."""

from .marketplace import MarketplaceAdmin
from .user import UserAdmin

__all__ = ["MarketplaceAdmin", "UserAdmin"]
