"""Which chips of a list say a number."""

from typing import NamedTuple

from .own_filters import OwnFilters


class CountedChips(NamedTuple):
    """Which chips of "Leads in Bearbeitung" say how many leads a click on them shows.

    The counters know of each chip alone; where an address narrows further, they would
    promise leads that are not shown.
    """

    all: bool
    # Overdue, today, no follow-up.
    due: bool
    late: bool

    @classmethod
    def of(cls, params, sight):
        """Return them for the list that the parameters ask for along a Sight."""
        is_one_of_several = bool(params.get("marktplatz")) and len(sight.marketplaces) > 1
        is_narrowed = (
            is_one_of_several
            or bool(params.get("q", "").strip() or params.get("phase"))
            or any(map(OwnFilters.is_named, params))
        )
        return cls(
            all=not is_narrowed,
            due=not (is_narrowed or params.get("ziel")),
            late=not (is_narrowed or params.get("wiedervorlage")),
        )
