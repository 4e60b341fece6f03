"""The leads around one in the list from which its page was opened.

The page's address carries the list: `aus` says which one, with its filters and its order,
`stelle` where in it the lead stood. So it keeps its place when the lead itself moves.
"""

from dataclasses import replace
from functools import wraps
from urllib.parse import urlencode

from django.http import QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from leadbook.htmx import query_in_browser
from leadbook.redirects import page_behind

from .cursors import Edge
from .listing import LISTS
from .sight import sight_of

KEPT = ("aus", "stelle")


def kept_query(request):
    """Return what of the address links to the same lead carry on, empty without a list."""
    return _kept(request.GET)


def kept_in_browser(request):
    """Return the same for a part of the page whose address the browser shows."""
    return _kept(QueryDict(query_in_browser(request)) if request.htmx else request.GET)


def _kept(query):
    kept = {name: query[name] for name in KEPT if query.get(name)}
    return urlencode(kept) if "aus" in kept else ""


def keeps_way(view):
    """Let the pages of a lead hand the way back on, where no script does.

    Their forms and dialogs, which then are pages, name none: the page before says it, as
    the browser tells. Only where it is of the same lead, and only what is KEPT of it.
    """

    @wraps(view)
    def inner(request, lead_id, *args, **kwargs):
        if request.method == "GET" and not request.htmx and not kept_query(request):
            page, _mark, query = page_behind(request).partition("?")
            before = QueryDict(query)
            if page.startswith(reverse("leads:detail", args=[lead_id])) and before.get("aus"):
                asked = request.GET.copy()
                asked.update({name: before[name] for name in KEPT if name in before})
                return redirect(f"{request.path}?{asked.urlencode()}")
        return view(request, lead_id, *args, **kwargs)

    return inner


def neighbours_of(request, lead):
    """Return the Neighbours of `lead` in the list that the address names, or None."""
    word, _mark, query = request.GET.get("aus", "").partition("?")
    kind = next((kind for kind in LISTS if kind.word == word), None)
    if kind is None:
        return None
    leads = kind(sight_of(request), QueryDict(query), user=request.user)
    return Neighbours(leads, lead, place=request.GET.get("stelle", ""))


class Neighbours:
    """The leads before and after `lead` in the list `leads`, read along its indexes.

    `place` is where the lead stood when it was opened. Where that is not known and the
    lead is not in the list any more, the list begins anew: there is always a way on.
    """

    def __init__(self, leads, lead, *, place=""):
        self.leads = leads
        self.lead = lead
        self.edge = self._edge(place)
        self.next = self._first_from(self.edge)
        self.previous = self.edge and self._first_from(replace(self.edge, is_backwards=True))

    @property
    def query(self):
        """What links to the same lead carry on, as `kept_query` then returns it."""
        return self._carried(self.edge)

    @property
    def next_query(self):
        """What the link to the next lead carries on."""
        return self._carried(Edge.at(self.next, self.leads.order))

    @property
    def previous_query(self):
        """What the link to the previous lead carries on."""
        return self._carried(Edge.at(self.previous, self.leads.order))

    def _edge(self, place):
        order = self.leads.order
        edge = Edge.read(place, order) if place else None
        if edge and edge.pk == self.lead.pk and not edge.is_backwards:
            return edge
        row = self.leads.rows().with_id(self.lead.pk)
        return row and Edge.at(row, order)

    def _first_from(self, edge):
        """Return the lead next to the edge; a lead that has moved is not next to itself."""
        cursor = edge and edge.cursor(self.leads.order)
        page = self.leads.page_at(cursor, size=2)
        if page.is_reset and edge.is_backwards:
            return None
        rows = reversed(page.rows) if edge and edge.is_backwards else page.rows
        return next((row for row in rows if row.pk != self.lead.pk), None)

    def _carried(self, edge):
        carried = {"aus": self.leads.origin}
        if edge:
            carried["stelle"] = edge.cursor(self.leads.order)
        return urlencode(carried)
