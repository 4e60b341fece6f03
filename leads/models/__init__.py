"""One lead from offer to won or lost, and what belongs to it."""

from .attachment import Attachment
from .errors import (
    AlreadyTaken,
    FieldConflict,
    LeadError,
    NoLongerVisible,
    NoPhases,
    NotNeighbours,
    StaleMove,
    StorageAway,
    Unchangeable,
)
from .event import LeadEvent
from .journal import JournalEntry
from .lead import Lead
from .refusal import LeadRefusal

__all__ = [
    "AlreadyTaken",
    "Attachment",
    "FieldConflict",
    "JournalEntry",
    "Lead",
    "LeadError",
    "LeadEvent",
    "LeadRefusal",
    "NoLongerVisible",
    "NoPhases",
    "NotNeighbours",
    "StaleMove",
    "StorageAway",
    "Unchangeable",
]
