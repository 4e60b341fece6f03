"""What the address of a list says: its filters, order and columns."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import cached_property

from .columns import OWNER, Registry
from .list_query import told
from .own_filters import OwnFilters
from .search_terms import MAX_LENGTH

DUE = {"ueberfaellig": "overdue", "heute": "today", "keine": "none"}
LATE = "ueberschritten"
# Web servers take addresses of 4,000 characters.
LONGEST_ORIGIN = 3000


def without_foreign(params, sight):
    """Return the parameters of an address without what another marketplace has.

    Who chooses a marketplace by the select sends along what was asked of the one before.
    What none of those in sight has stays, to be told.
    """
    slug = params.get("marktplatz")
    chosen = next((m for m in sight.marketplaces if m.slug == slug), None)
    if len(sight.marketplaces) == 1 or not (chosen or slug == ""):
        return params
    others = [m for m in sight.marketplaces if m != chosen]
    foreign = {name for name in params if OwnFilters.is_named(name)}
    if foreign:
        sight.read_fields()
        foreign &= OwnFilters.names_of(others)
    sight.read_phases()
    phases = {str(p.pk) for m in others for p in m.phases.all()}
    if chosen and params.get("phase") in phases:
        foreign.add("phase")
    kept = params.copy()
    for name in foreign:
        del kept[name]
    return kept


class ListAddress:
    """The address of a list; mixed into leads.listing.LeadList. Unknown values are ignored."""

    @property
    def asked(self):
        """What of the address describes the list and is known: name → value or values."""
        known = {
            "q": self.search[:MAX_LENGTH],
            "marktplatz": self.marketplace.slug if self.marketplace else "",
            "phase": str(self.phase.pk) if self.phase else "",
            "wiedervorlage": self.due,
            "ziel": LATE if self.is_late else "",
            "sort": self.sort,
            "spalten": self.chosen_names,
        }
        for name, text in self.filters.kept if self.filters else []:
            known.setdefault(name, []).append(text)
        return {name: value for name, value in known.items() if value}

    @property
    def query(self):
        """The list as an address says it; equal lists have equal ones."""
        return urlencode(self.asked, doseq=True)

    @property
    def said(self):
        """Its query without the columns that somebody has chosen for every list."""
        asked = self.asked
        if not self.says_columns:
            asked.pop("spalten", None)
        return urlencode(asked, doseq=True)

    @property
    def link(self):
        """What leads to the list as it is, with its query."""
        return f"{reverse(self.address)}?{told(self.query)}"

    @property
    def whole(self):
        """What leads to all its leads, and past the start view."""
        return f"{reverse(self.address)}?{told('')}"

    @property
    def origin(self):
        """The list as the pages of its leads name it; see leads.neighbours."""
        return f"{self.word}?{self.query}" if self.query else self.word

    @cached_property
    def opening(self):
        """What the addresses of its leads end in; nothing where that would be too long."""
        query = urlencode({"aus": self.origin})
        return f"?{query}" if len(query) <= LONGEST_ORIGIN else ""

    @cached_property
    def chips(self):
        """What the chips lead to: what each of them chooses → the address."""
        by_due = {word: self._address_with(wiedervorlage=word) for word in DUE}
        late = self._address_with(ziel=LATE)
        # Empty and not absent: so the start view does not take its place.
        every = self._address_with(wiedervorlage="", ziel=None)
        if self.is_late:
            late = self._address_with(wiedervorlage=self.due, ziel=None)
        return {**by_due, LATE: late, "alle": every}

    def _address_with(self, **said):
        """Return the address of the list with something else `said`; None says nothing."""
        others = {n: texts for n, texts in self.params.lists() if n not in {*said, "seite"}}
        said = {name: text for name, text in said.items() if text is not None}
        return f"?{urlencode({**others, **said}, doseq=True)}"

    @property
    def kept_by_search(self):
        """Pairs of name and text of what another search keeps."""
        return self._kept_without("q")

    @property
    def kept_by_filters(self):
        """Pairs of name and text of what another marketplace or phase keeps."""
        return self._kept_without("marktplatz", "phase")

    def _kept_without(self, *names):
        # What somebody has chosen for every list need not be said.
        names = names if self.says_columns else (*names, "spalten")
        return [
            (name, text)
            for name, said in self.asked.items()
            if name not in names
            for text in (said if isinstance(said, list) else [said])
        ]

    @property
    def is_outdated(self):
        """Whether the address names something that is not there any more."""
        return self._leaves_out("sort", *self.parameters)

    @property
    def is_wider(self):
        """Whether the list holds more than was asked for: one of the filters is unknown."""
        is_unread = bool(self.filters) and self.filters.left_out
        return is_unread or self._leaves_out(*self.parameters)

    def _leaves_out(self, *names):
        asked = self.asked
        return any(self.params.get(name) and name not in asked for name in names)

    @property
    def query_to_export(self):
        """What its export asks for; also what is unknown, so that no more is handed out."""
        return self.params.urlencode() if self.is_wider else self.query

    @classmethod
    def registry_of(cls, sight):
        """Return the columns that this list can show along the `sight`."""
        others = (OWNER,) if sight.has_others else ()
        built_in = (*cls.default_columns, *others, *cls.more_columns)
        return Registry(built_in, cls.default_columns, sight)

    @property
    def due(self):
        """The chosen filter by follow-up, as the address says it, or empty."""
        word = self.params.get("wiedervorlage", "")
        return word if word in DUE else ""

    @property
    def is_late(self):
        """Whether only leads are asked for that lie longer than their phase's target."""
        return self.params.get("ziel") == LATE

    @property
    def is_filtered(self):
        """Whether anything narrows the list."""
        chosen = self.marketplace or self.phase or self.due or self.is_late
        return bool(self.search or chosen or self._narrowing)

    @property
    def has_chosen_columns(self):
        """Whether the columns are not the list's own."""
        return self.columns != self.default_columns

    @property
    def says_columns(self):
        """Whether the address itself names the columns."""
        return "spalten" in self.params

    @property
    def chosen_names(self):
        """The columns as an address says them; empty for the list's own, unless it does."""
        names = ",".join(column.name for column in self.columns)
        return names if self.has_chosen_columns or self.says_columns else ""

    @property
    def offered_marketplaces(self):
        """What the filter offers: pairs of slug and name."""
        return tuple((m.slug, m.name) for m in self.marketplaces)

    @property
    def offered_phases(self):
        """What the filter offers: pairs of a marketplace's name and pairs of id and name."""
        return tuple(
            (m.name, tuple((p.pk, p.name) for p in m.phases.all()))
            for m in self._chosen_marketplaces
        )

    @property
    def _chosen_marketplaces(self):
        return [self.marketplace] if self.marketplace else self.marketplaces

    def _chosen_marketplace(self):
        slug = self.params.get("marktplatz")
        return next((m for m in self.marketplaces if m.slug == slug), None)

    def _chosen_phase(self):
        chosen = self.params.get("phase")
        phases = (p for m in self._chosen_marketplaces for p in m.phases.all())
        return next((p for p in phases if str(p.pk) == chosen), None)

    def _chosen_columns(self):
        names = self.user.columns_of(self.name)
        if self.says_columns:
            names = self.params["spalten"].split(",")
        return self.registry.chosen(names) if names else self.default_columns

    @property
    def filtered_marketplace(self):
        """The marketplace whose own fields can be filtered by: the chosen or only one."""
        is_only = len(self.marketplaces) == 1
        return self.marketplaces[0] if is_only else self.marketplace

    def _own_filters(self):
        """Return the OwnFilters where the address has any, or None."""
        if not any(map(OwnFilters.is_named, self.params)):
            return None
        self.sight.read_fields()
        return OwnFilters(self.filtered_marketplace, self.params)

    def _chosen_sort(self):
        sort = self.params.get("sort", "")
        column = self.registry.named(sort.removeprefix("-"))
        return sort if column and column.path else ""
