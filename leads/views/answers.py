"""What the verbs of a lead answer: a redirect, or to htmx just what has changed."""

from functools import wraps
from urllib.parse import parse_qs

from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import (
    HttpResponseClientRedirect,
    HttpResponseClientRefresh,
    reswap,
    retarget,
)

from leadbook.htmx import page_in_browser, query_in_browser, wants_part
from leadbook.redirects import see_other
from leads.counted_chips import CountedChips
from leads.fields import groups_of, table_of
from leads.listing import ClosedList, LeadList
from leads.live import stamp_of
from leads.match_keys import is_matched
from leads.models import Lead
from leads.models.follow_up import FOLLOW_UP
from leads.moments import Instant
from leads.neighbours import neighbours_of
from leads.rows import due_row
from leads.sight import sight_of
from leads.stepper import Stepper
from leads.tabs import TAB_CONTENTS
from leads.twins import twins_of

TABS = tuple(TAB_CONTENTS)


def seen_lead(request, lead_id, *reading):
    """Return the lead that the user may see, or raise 404.

    `reading` are the queryset methods that say what is read of it.
    """
    lead = Lead.objects.one_visible_to(request.user, lead_id, *reading)
    if lead is None:
        raise Http404
    return lead


def worked_lead(request, lead_id, *, reading="all"):
    """Return the lead that the user may work on, or raise 404.

    `reading` is the queryset method that says what is read with it, for_page or another;
    a verb reads what it needs by itself.
    """
    return seen_lead(request, lead_id, "worked", reading)


def posted_to(look, part=None):
    """Return a decorator that takes POST only, as require_POST does.

    Whatever the verb, `look` (worked_lead or the like) raises 404 first where the user may
    not see the lead, and `part` (own_entry or the like) where there is no such part of it.
    """

    def decorate(view):
        posted = require_POST(view)

        @wraps(view)
        def inner(request, lead_id, **names):
            if request.method != "POST":
                lead = look(request, lead_id)
                if part:
                    part(request, lead, **names)
            return posted(request, lead_id, **names)

        return inner

    return decorate


def own_entry(request, lead, entry_id):
    """Return the user's own journal entry, or raise 404."""
    return get_object_or_404(lead.journal.by(request.user), pk=entry_id)


def kept_file(lead, attachment_id):
    """Return the lead's attachment, or raise 404."""
    return get_object_or_404(lead.attachments.kept(), pk=attachment_id)


def lead_address(lead, tab="journal"):
    """Return the address of the lead's page on `tab`."""
    address = reverse("leads:detail", args=[lead.pk])
    return address if tab == TABS[0] else f"{address}?tab={tab}"


def go(request, to, *args):
    """Send the browser to the address named `to`, with or without htmx."""
    response = see_other(to, *args)
    return HttpResponseClientRedirect(response.url) if wants_part(request) else response


def shown_tab(request):
    """Return the tab that the page in the browser shows."""
    query = parse_qs(query_in_browser(request))
    tab = query.get("tab", [TABS[0]])[0]
    return tab if tab in TABS else TABS[0]


def _path_shown(request):
    return page_in_browser(request).partition("?")[0]


def are_offers_shown(request):
    """Whether the page in the browser is "Neue Leads"."""
    return _path_shown(request) == reverse("leads:offers")


def table_shown(request):
    """Return the kind of list with cells to be edited that the browser shows, or None."""
    kinds = {reverse(kind.address): kind for kind in (LeadList, ClosedList)}
    return kinds.get(_path_shown(request))


def changed_in_table(request, lead, name):
    """Answer a change of the field called `name` in its cell of a list: with the row.

    With a follow-up the counters change, too. The whole list is read anew where the lead
    may stand elsewhere now.
    """
    asked = QueryDict(query_in_browser(request))
    leads = table_shown(request)(sight_of(request), asked, user=request.user)
    row = leads.row_with(lead, name)
    if row is None:
        return HttpResponseClientRefresh()
    context = {"list": leads, "row": row, "lead": lead}
    context["has_other_counts"] = name == FOLLOW_UP[0]
    response = render(request, "leads/rows/changed.html", context)
    return retarget(reswap(response, "outerHTML"), "closest tr")


def page_of_lead(request, lead, tab, *, status=200):
    """Answer the whole page of `lead`, which was read `for_page`, on `tab`."""
    neighbours = neighbours_of(request, lead)
    context = {
        "lead": lead,
        "stamp": stamp_of(lead),
        "stepper": Stepper(lead),
        "groups": groups_of(lead),
        "twins": twins_of(lead, user=request.user),
        "tab": tab,
        "neighbours": neighbours,
        "kept": neighbours.query if neighbours else "",
        **TAB_CONTENTS[tab](lead, request),
    }
    return render(request, "leads/detail.html", context, status=status)


def changed(
    request, lead, *, parts=(), fields=(), drawn=(), tab="journal", status=200, **context
):
    """Answer a verb that has changed `lead`, or with another `status` one that has not.

    Without htmx: 303 to the lead's page on `tab`, or that page with the status. With it:
    its new journal lines and the toast always; the `fields` by name; of the other `parts`
    (head, stepper, navigation, journal, files, counts) those that have changed; and what
    follows from the fields. The template `main` draws what takes the place of the form
    that was sent, with the LeadFields `drawn`. On a list there is only the cell of the
    follow-up to change, and the counters; on that of the closed leads neither.
    """
    if status == 200 and not wants_part(request):
        return see_other(lead_address(lead, tab))
    if status != 200:
        lead = _as_it_stands(request, lead)
    if not wants_part(request):
        return page_of_lead(request, lead, tab, status=status)
    if kind := table_shown(request):
        return _changed_on_list(request, lead, kind, status)
    tab = shown_tab(request)
    table = table_of(lead, fields)
    to_draw = [table[name] for name in fields if name in table]
    touched = [*to_draw, *drawn]
    parts = _with_what_follows(parts, touched)
    context = {
        "lead": lead,
        "fields": [field.on(lead) for field in to_draw],
        "stepper": Stepper(lead) if "stepper" in parts else None,
        "parts": parts,
        "tab": tab,
        "status": status,
        **context,
        **_read_for(request, lead, tab, parts, touched),
    }
    return render(request, "leads/changed.html", context, status=status)


def _as_it_stands(request, lead):
    """Return the lead afresh: a verb that was refused may have left anything on it."""
    fresh = worked_lead(request, lead.pk, reading="for_page")
    fresh.new_lines.extend(lead.new_lines)
    return fresh


def _changed_on_list(request, lead, kind, status):
    context = {}
    if not kind.is_closed:
        row = due_row(lead, lead_address(lead), now=Instant())
        counted = CountedChips.of(QueryDict(query_in_browser(request)), sight_of(request))
        context = {"lead": lead, "row": row, "counted": counted}
    return render(request, "leads/follow_up/in_list.html", context, status=status)


def _with_what_follows(parts, touched):
    """Return `parts` with those that change with them or with the fields `touched`."""
    parts = {*parts, *({"head"} if touched else ())}
    if any(field.name == FOLLOW_UP[0] for field in touched):
        # It counts what is due.
        parts.add("navigation")
    if parts & {"journal", "files"}:
        parts.add("counts")
    return parts


def _read_for(request, lead, tab, parts, touched):
    """Return what the parts show beside the lead itself, read only where it changes."""
    context = {}
    if parts & {"journal", "files"}:
        context |= TAB_CONTENTS[tab](lead, request)
    if "counts" in parts or any(line.event_id is None for line in lead.new_lines):
        context |= lead.tab_counts
    if any(map(is_matched, touched)):
        context["twins"] = twins_of(lead, user=request.user)
    return context
