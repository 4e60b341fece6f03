"""How templates show leads and what is theirs. Every result is escaped as usual."""

import functools
import itertools
from typing import NamedTuple

from django import template
from django.template import Context
from django.template.loader import get_template
from django.utils.translation import get_language

from leadbook import numbers
from leadbook.folding import pure
from leadbook.keeping import kept
from leadbook.templatetags.ui import icon, piece
from leads import moments, shortcuts, uploads
from leads.lines import Line
from leads.models.counting import Count

register = template.Library()


@register.filter
def euro(amount):
    """Show an amount: 24.800 €."""
    return "" if amount is None else numbers.euro(amount)


@register.filter
def german(number):
    """Show a number: 1.234."""
    return numbers.german(number)


@register.filter
def capped(number):
    """Show a number that was not counted to its end: 24, 1.000+."""
    return str(Count(number))


@register.filter
def due(moment):
    """Show when something is due: heute · 14:30."""
    return moments.Instant().due(moment).text


@register.filter
def due_state(moment):
    """Return `overdue`, `today` or `later`."""
    return moments.Instant().due(moment).state


@register.filter
def ago(moment):
    """Show how long ago something was: vor 2 Std."""
    return moments.show_past(moment)


@register.filter
def since_when(moment):
    """The time of a moment of today, otherwise day and time."""
    return moments.show_since_when(moment)


@register.filter
def moment(moment):
    """Show day and time: 23.11.2026, 10:42."""
    return moments.show_moment(moment)


@register.filter
def planned(moment):
    """Show day and time of something planned, and that it has passed where it has."""
    return moments.show_planned(moment)


@register.filter
def file_size(size):
    """Show a number of bytes: 2,4 MB."""
    return uploads.megabytes(size)


# What stands before a line of the journal.
KIND_ICONS = {
    "call": "phone", "email": "mail", "meeting": "calendar", "note": "file-text",
    "field_changed": "pencil", "moved_back": "undo-2", "won": "flag", "lost": "flag",
    "handed_over": "users",
}  # fmt: skip


@register.filter
def kind_icon(kind):
    """Draw the icon of a kind of journal entry or event."""
    return icon(KIND_ICONS.get(kind, "arrow-right"))


@register.simple_tag
@pure
def keys(name):
    """Give the keys of the shortcut called `name`, for aria-keyshortcuts."""
    return shortcuts.keys_of(name)


@register.simple_tag(takes_context=True)
def cells(context, columns):
    """Draw the cells of the context's `row`; `columns` are pairs of partial and name."""
    shown = context["list"]
    look = Look(shown.is_closed, shown.has_chosen_columns, shown.opening, get_language())
    return _drawn(columns, context["row"], look)


class Look(NamedTuple):
    """What the cells of a list have in common, under the names that it has there."""

    is_closed: bool
    has_chosen_columns: bool
    opening: str
    language: str


# Some megabytes in each worker: the lists of a hundred people.
@kept(5000)
def _drawn(columns, row, look):
    """Draw the cells of a row; nothing else than what is given may stand in them."""
    frame = get_template("leads/columns/cells.html").template
    context = Context({"row": row, "list": look})
    with context.render_context.push_state(frame), context.bind_template(frame):
        return _cells(columns).render(context)


@functools.lru_cache(maxsize=1000)
def _cells(columns):
    """Return the nodes of these cells; as one list they are as quick as a template."""
    nodes, plain = template.NodeList(), itertools.count()
    for partial, _name in columns:
        drawn = get_template(f"leads/columns/cells.html#{partial}").template.nodelist
        nodes += [_PlainCell(next(plain), drawn)] if partial == "plain" else drawn
    return nodes


class _PlainCell(template.Node):
    """The cell of a column that is drawn as any other; it finds what it shows by its place."""

    def __init__(self, place, nodelist):
        self.place = place
        self.nodelist = nodelist

    def render(self, context):
        """Draw it."""
        with context.push(cell=context["row"].plain[self.place]):
            return self.nodelist.render(context)


class Nav(NamedTuple):
    """What the main navigation shows."""

    # Which of its lists the page is or belongs to: offers, list, closed, or none.
    here: str
    offered: Count
    in_progress: Count
    due: Count
    # Whether it comes along with another answer to htmx.
    is_extra: bool


@register.simple_tag(takes_context=True)
def main_nav(context, *, is_extra=False, here=""):
    """Draw the main navigation as the context's user sees it from the context's page.

    `here` where that is not the page of the request; see Nav.
    """
    counters = context["counters"]
    here = here or _place_of(context)
    nav = Nav(here, counters.offered, counters.in_progress, counters.due, is_extra)
    return piece("components/nav.html", nav=nav)


def _place_of(context):
    match = context["request"].resolver_match
    namespace, _colon, name = match.view_name.rpartition(":") if match else ("", "", "")
    if namespace == "leads" and name in {"offers", "list", "closed"}:
        return name
    lead = context.get("lead")
    if getattr(lead, "is_in_progress", False):
        return "list"
    return "closed" if getattr(lead, "is_closed", False) else ""


@register.simple_tag(takes_context=True)
def line(context, entry, **extras):
    """Draw the line of a journal entry as the context's user sees it."""
    shown = Line.of(entry, reader=context["user"])
    return piece("leads/journal/line.html", line=shown, **extras)
