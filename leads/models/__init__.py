"""One lead from offer to won or lost, and what belongs to it."""

from .attachment import Attachment
from .calendar_address import CalendarAddress
from .direct_upload import DirectUpload
from .erasure import Erasure
from .errors import (
    AlreadyTaken,
    FieldConflict,
    LeadError,
    NoLongerVisible,
    NoPhases,
    NoRepHere,
    NotInProgress,
    NotNeighbours,
    ReasonGone,
    RequirementsMissing,
    SentBefore,
    StaleMove,
    StorageAway,
    Unchangeable,
)
from .event import LeadEvent
from .field_value import FieldValue
from .journal import JournalEntry
from .lead import Lead
from .lead_import import ClaimLost, ColumnMemory, Fate, ImportRow, LeadImport
from .match_key import MatchKey
from .refusal import LeadRefusal
from .reminder import Reminder
from .saved_view import NameTaken, SavedView, TooManyFilters, TooManyViews
from .search_document import SearchDocument
from .sight import Sight
from .storage_use import StorageUse
from .tick import Tick

__all__ = [
    "AlreadyTaken",
    "Attachment",
    "CalendarAddress",
    "ClaimLost",
    "ColumnMemory",
    "DirectUpload",
    "Erasure",
    "Fate",
    "FieldConflict",
    "FieldValue",
    "ImportRow",
    "JournalEntry",
    "Lead",
    "LeadError",
    "LeadEvent",
    "LeadImport",
    "LeadRefusal",
    "MatchKey",
    "NameTaken",
    "NoLongerVisible",
    "NoPhases",
    "NoRepHere",
    "NotInProgress",
    "NotNeighbours",
    "ReasonGone",
    "Reminder",
    "RequirementsMissing",
    "SavedView",
    "SearchDocument",
    "SentBefore",
    "Sight",
    "StaleMove",
    "StorageAway",
    "StorageUse",
    "Tick",
    "TooManyFilters",
    "TooManyViews",
    "Unchangeable",
]
