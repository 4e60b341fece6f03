"""The lists of leads as an address asks for them: search, filters, order, page."""

from functools import partial

from django.utils import timezone
from django.utils.functional import cached_property

from marketplaces.models import User

from .columns import (
    ACTIVITY,
    CLOSED,
    FOLLOW_UP,
    LEAD,
    LOSS_REASON,
    MARKETPLACE,
    MORE,
    PHASE,
    PHASE_OF_CLOSED,
    STATUS,
    VALUE,
    Column,
)
from .counted_chips import CountedChips
from .fields import OWN_PREFIX
from .list_address import DUE, ListAddress, without_foreign
from .list_table import ListTable
from .models import FieldValue, Lead, Sight
from .models.queryset import due_times
from .models.questions import Question
from .own_filters import Narrowing
from .paging import (
    RANKING,
    SIZE,
    First,
    Order,
    OwnOrder,
    Part,
    page_of,
    page_of_first,
    page_of_ranking,
    page_or_first,
)
from .search import COMMON, GLANCED, RECENT, Found, Search

RESULTS = {"gewonnen": Lead.Status.WON, "verloren": Lead.Status.LOST}
LATEST_FIRST = Order(ACTIVITY.path, is_descending=True)


class LeadList(ListAddress, ListTable):
    """What one address of a list shows to one user. Unknown values are ignored."""

    # What the user's own choice of columns is kept under.
    name = "in_progress"
    # What the list is called in addresses.
    word = "in-bearbeitung"
    is_closed = False
    address = "leads:list"
    default_columns = (LEAD, MARKETPLACE, PHASE, FOLLOW_UP, ACTIVITY, VALUE)
    more_columns = MORE
    default_sort = FOLLOW_UP.name
    # What of its address chooses among its leads, beside the search and the own fields.
    parameters = ("marktplatz", "phase", "wiedervorlage", "ziel")
    # How very many matches stand.
    newest_first = LATEST_FIRST

    def __init__(self, sight, params, *, user):
        self.user = user
        self.params = params = without_foreign(params, sight)
        self.search = params.get("q", "").strip()
        self.sight = sight
        self._positions = {}
        self.marketplaces = list(sight.marketplaces)
        sight.read_phases()
        self.marketplace = self._chosen_marketplace()
        self.phase = self._chosen_phase()
        self.registry = self.registry_of(sight)
        self.columns = self._chosen_columns()
        self.filters = self._own_filters()
        self._narrowing = self._own_narrowing()
        self.sort = self._chosen_sort()
        sight = Sight(sight.user_id, tuple(self._walked_marketplaces))
        self._terms = Search(self.search, sight)

    @cached_property
    def order(self):
        """The Order in which the leads stand."""
        return self._order()

    @cached_property
    def page(self):
        """The page of leads that the address names."""
        return page_or_first(self.page_at, self.params.get("seite"))

    @cached_property
    def _found(self):
        return None if self._terms.is_empty else self._find()

    @property
    def statuses(self):
        """The statuses that the leads of this list have."""
        return [Lead.Status.IN_PROGRESS]

    @property
    def is_too_short(self):
        """Whether so little was typed that nothing is searched."""
        return bool(self.search) and self._terms.is_empty

    @property
    def has_many_matches(self):
        """Whether so many leads match that they are not ranked."""
        return bool(self._found) and self._found.is_capped

    @property
    def has_latest_first(self):
        """Whether the leads stand by their latest activity."""
        return self.order == LATEST_FIRST

    @property
    def match_count(self):
        """How many leads the search found; None where that would have to be counted."""
        if self._found is None or self._found.is_capped:
            return None
        if self.order is RANKING:
            return len(self._ranked)
        return None if self._is_narrowed else len(self._found.ids)

    @cached_property
    def counted(self):
        """Which of its chips say a number, as CountedChips."""
        return CountedChips.of(self.params, self.sight)

    def _find(self):
        """Return what is Found; without asking the index where it would find too much."""
        if self._terms.can_be_common and (first := self._first_of_many()):
            return Found(is_capped=True, first=first)
        return self._terms.found(self.statuses)

    def _first_of_many(self):
        """Return the ids of the newest matches, where more than a page of the RECENT match."""
        first = First(self._whole(), self.newest_first).ids_of_many(
            SIZE + 1,
            self._terms.of_row(First.ROW),
            among=RECENT,
            common=COMMON,
            glanced=GLANCED,
        )
        return first if len(first) > SIZE else ()

    def _whole(self):
        """Return what asks for the whole list, before its filters, by its newest leads."""
        newest = self.newest_first.column
        asked = Lead.objects.worked_along(
            self.sight,
            (type(self).__name__, "whole"),
            lambda leads, _given: self.kept(leads).order_by(newest),
            marketplaces=self._walked_marketplaces,
        )
        return [question for _marketplace, question in asked]

    def page_at(self, cursor, *, size=SIZE):
        """Return the page of `size` leads that `cursor` names."""
        asked = {"rows": self._rows_to_ask, "size": size}
        if self.order is RANKING:
            return page_of_ranking(self._ranked, cursor=cursor, **asked)
        is_known = self.order is self.newest_first and bool(self._found.first)
        if is_known and not (cursor or self._is_narrowed):
            return page_of_first(self._found.first, self.order, **asked)
        is_costly = self.has_many_matches or bool(self._narrowing)
        asked |= {"cursor": cursor, "is_costly": is_costly}
        return page_of(self.parts(), self.order, **asked)

    @cached_property
    def _ranked(self):
        """The ids of the leads that were found, those that the filters leave."""
        if not self._is_narrowed:
            return self._found.ids
        visible = Lead.objects.visible_to(self.user)
        left = set(self.narrowed(visible, self.values).ids())
        return [pk for pk in self._found.ids if pk in left]

    def portions(self, columns, *, size):
        """Yield the leads of the whole list in its order, `size` at a time, as lists.

        `columns` say what of them is read. Each portion is read along the indexes from
        where the one before ended, whatever has changed meanwhile.
        """
        read = Column("order", "", reads=tuple(self._order_reads()))
        rows = self.kept(Lead.objects.visible_to(self.user)).for_columns([*columns, read])
        rows = self._with_own_key(rows)
        asked = Question(None, lambda _given: rows)
        if self.order is RANKING:
            read_page = partial(page_of_ranking, self._ranked)
        else:
            read_page = partial(page_of, self.parts(), self.order)
        cursor = None
        while True:
            page = read_page(rows=asked, cursor=cursor, size=size)
            yield page.rows
            cursor = page.next
            if cursor is None:
                return

    def _order_reads(self):
        """The lead's own columns that tell where in the list it stands."""
        elsewhere = {RANKING.column, PHASE.path, MARKETPLACE.path}
        for name in (self.order.column, self.order.within):
            if name and name not in elsewhere and not name.startswith(OWN_PREFIX):
                yield name

    def kept(self, leads):
        """Return the `leads` that belong into this list, before its filters."""
        return leads.in_progress()

    def narrowed(self, leads, given):
        """Return the `leads` that the address describes; `given` are the values to it."""
        leads = self.kept(leads)
        if self._found:
            if self._found.is_capped:
                leads = self._terms.narrow(leads, given)
            else:
                leads = leads.with_ids(self._found.ids)
        if self.phase:
            leads = leads.in_phase(given["phase"])
        if self.due:
            leads = leads.due(DUE[self.due], given)
        if self.is_late:
            leads = leads.lying_too_long(given["day"])
        return self._narrowing.narrow(leads) if self._narrowing else leads

    @property
    def key(self):
        """What of the address decides which SQL finds its leads; None where all of it."""
        if self._narrowing or (self._found and not self._found.is_capped):
            return None
        return type(self).__name__, self.due, self.is_late

    @property
    def values(self):
        """The values that the address gives to that SQL."""
        values = due_times() if self.due else {}
        if self.is_late:
            values["day"] = timezone.localdate()
        if self.phase:
            values["phase"] = self.phase.pk
        if self.has_many_matches:
            values |= self._terms.values
        return values

    def rows(self):
        """Return the leads that the user may see, as rows of this list."""
        return self._rows_seen_by(self.user)

    @property
    def _rows_to_ask(self):
        """The rows as a Question; nothing is kept of the SQL for columns that were chosen."""
        is_superuser = self.user.is_superuser
        is_usual = not (self.has_chosen_columns or self._own_column)
        key = (type(self).__name__, "rows", is_superuser, self.sight.has_others)

        def build(given):
            return self._rows_seen_by(User(pk=given["owner"], is_superuser=is_superuser))

        return Question(key if is_usual else None, build, {"owner": self.user.pk})

    def _rows_seen_by(self, user):
        more = {name for column in self._plain_columns for name in column.reads}
        leads = self.kept(Lead.objects.visible_to(user)).for_rows(*more)
        leads = self._with_own_key(leads)
        return leads.with_owner_name() if self.sight.has_others else leads

    def _with_own_key(self, leads):
        """Return `leads` with what an order by an own field sorts them by."""
        if not self._own_column:
            return leads
        return leads.with_own_key([field.own_id for field in self._own_column.fields.values()])

    def parts(self):
        """Return the list as parts that an index holds in order, see leads.paging."""
        parts = []
        for marketplace, question in Lead.objects.worked_along(
            self.sight,
            self.key,
            self.narrowed,
            marketplaces=self._walked_marketplaces,
            **self.values,
        ):
            parts += self.parts_of(marketplace, question)
        if self.order.column == PHASE.path:
            parts.sort(key=lambda part: part.value)
        return parts

    def parts_of(self, marketplace, question):
        """Return the parts of one marketplace's leads in the order of the list."""
        if self.order.column == MARKETPLACE.path:
            return [Part(question, value=marketplace.pk)]
        if self.order.column == PHASE.path:
            phases = [self.phase] if self.phase else marketplace.phases.all()
            return [Part(_in_phase(question, p), value=p.position) for p in phases]
        if field := self._own_column and self._own_column.fields.get(marketplace.pk):
            without = question.then(
                ("without value",),
                lambda leads, given: leads.without_value(given["field"]),
                field=field.own_id,
            )
            return [Part(without, valued=self._valued(marketplace, field))]
        return [Part(question)]

    def _valued(self, marketplace, field):
        """Return what asks for the values of an own field along the marketplace's slice."""
        piece, is_narrowed = self.sight.slice_of(marketplace), self.is_filtered

        def build(given):
            values = FieldValue.objects.along(
                given["field"], owner=given.get("owner"), is_closed=self.is_closed
            ).to_sort()
            if self._narrowing:
                values = self._narrowing.narrow_values(values, given["field"])
            if is_narrowed:
                values = values.of_leads(self.narrowed(Lead.objects.personal(), given))
            return values

        key = self.key and (*self.key, "valued", is_narrowed, *piece)
        return Question(key, build, {**piece, **self.values, "field": field.own_id})

    @property
    def _is_narrowed(self):
        """Whether leads of the marketplaces that are walked are left out."""
        return bool(self.phase or self.due or self.is_late or self._narrowing)

    @property
    def shown_marketplaces(self):
        """The marketplaces whose leads the filters leave."""
        return self._walked_marketplaces

    @property
    def _walked_marketplaces(self):
        if self.phase:
            return [m for m in self.marketplaces if m.pk == self.phase.marketplace_id]
        return self._chosen_marketplaces

    def _position_of(self, lead):
        if not self._positions:
            phases = (p for m in self.marketplaces for p in m.phases.all())
            self._positions.update((phase.pk, phase.position) for phase in phases)
        # One that was made since has the last place.
        return self._positions.get(lead.phase_id, len(self._positions))

    def _own_narrowing(self):
        if not (self.filters and self.filters.conditions):
            return None
        piece = self.sight.slice_of(self.filtered_marketplace)
        return Narrowing(self.filters.conditions, [piece], is_closed=self.is_closed)

    @cached_property
    def _own_column(self):
        """The column of an own field that the list is sorted by, or None."""
        is_own = self.order and self.order.column.startswith(OWN_PREFIX)
        return self.registry.named(self.order.column) if is_own else None

    def _order(self):
        if self._found and not self.sort:
            # Few are ranked; of many, who was active last comes first.
            return self.newest_first if self._found.is_capped else RANKING
        sort = self.sort or self.default_sort
        name = sort.removeprefix("-")
        column = self.registry.named(name)
        if column.is_own:
            return OwnOrder(column.path, is_descending=sort.startswith("-"))
        return Order(
            column.path,
            is_descending=sort.startswith("-"),
            has_nulls=column.has_nulls,
            within="created_at" if column.is_coarse else "",
            value=self._position_of if column is PHASE else None,
        )


class ClosedList(LeadList):
    """Won and lost leads."""

    name = "closed"
    word = "abgeschlossen"
    is_closed = True
    address = "leads:closed"
    default_columns = (LEAD, MARKETPLACE, STATUS, CLOSED, VALUE)
    more_columns = (PHASE_OF_CLOSED, LOSS_REASON, *MORE)
    default_sort = f"-{CLOSED.name}"
    parameters = ("marktplatz", "phase", "ergebnis")
    newest_first = Order(CLOSED.path, is_descending=True)

    @property
    def statuses(self):
        """The statuses that the leads of this list have."""
        return [RESULTS[self.result]] if self.result else list(RESULTS.values())

    def kept(self, leads):
        """Return the closed ones of `leads`."""
        return leads.closed()

    def narrowed(self, leads, given):
        """Return the `leads` that the address describes; see LeadList."""
        leads = super().narrowed(leads, given)
        return leads.with_status(RESULTS[self.result]) if self.result else leads

    @property
    def key(self):
        """What of the address decides which SQL finds its leads; see LeadList."""
        return super().key and (*super().key, self.result)

    def parts_of(self, marketplace, question):
        """Return the parts of one marketplace's leads in the order of the list."""
        if self.order.column == STATUS.path:
            return [
                Part(_with_status(question, status), value=status)
                for status in (Lead.Status.LOST, Lead.Status.WON)
            ]
        return super().parts_of(marketplace, question)

    @property
    def due(self):
        """Closed leads have no follow-up to filter by."""
        return ""

    @property
    def is_late(self):
        """Closed leads lie in no phase any more."""
        return False

    @property
    def asked(self):
        """What of the address describes the list and is known; see LeadList."""
        return super().asked | ({"ergebnis": self.result} if self.result else {})

    @cached_property
    def chips(self):
        """What the chips lead to: what each of them chooses → the address."""
        by_result = {word: self._address_with(ergebnis=word) for word in RESULTS}
        return {**by_result, "alle": self._address_with(ergebnis=None)}

    @property
    def result(self):
        """The chosen result, as the address says it, or empty."""
        word = self.params.get("ergebnis", "")
        return word if word in RESULTS else ""

    @property
    def is_filtered(self):
        """Whether anything narrows the list."""
        return super().is_filtered or bool(self.result)

    @property
    def _is_narrowed(self):
        return super()._is_narrowed or bool(self.result)


LISTS = (LeadList, ClosedList)


def list_called(word):
    """Return the kind of list that an address calls by this word."""
    return next((kind for kind in LISTS if kind.word == word), LeadList)


def _in_phase(question, phase):
    return question.then(
        ("in phase",), lambda leads, given: leads.in_phase(given["phase"]), phase=phase.pk
    )


def _with_status(question, status):
    return question.then((status,), lambda leads, _given: leads.with_status(status))
