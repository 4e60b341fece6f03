"""What the verbs of a lead answer: a redirect, or to htmx just what has changed."""

from urllib.parse import parse_qs

from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from leadbook.htmx import query_in_browser, wants_part
from leads.fields import fields_of, groups_of
from leads.models import Lead
from leads.stepper import Stepper
from leads.tabs import TAB_CONTENTS

TABS = tuple(TAB_CONTENTS)


def worked_lead(request, lead_id, *, for_page=False):
    """Return the lead that the user may work on, or raise 404."""
    leads = Lead.objects.visible_to(request.user).worked()
    return get_object_or_404(leads.for_page() if for_page else leads.for_verb(), pk=lead_id)


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


def shown_tab(request):
    """Return the tab that the page in the browser shows."""
    query = parse_qs(query_in_browser(request))
    tab = query.get("tab", [TABS[0]])[0]
    return tab if tab in TABS else TABS[0]


def page_of_lead(request, lead, tab, *, status=200):
    """Answer the whole page of `lead`, which was read `for_page`, on `tab`."""
    context = {
        "lead": lead,
        "stepper": Stepper(lead),
        "groups": groups_of(lead),
        "tab": tab,
        **TAB_CONTENTS[tab](lead, request),
    }
    return render(request, "leads/detail.html", context, status=status)


def changed(request, lead, *, parts=(), fields=(), tab="journal", status=200, **context):
    """Answer a verb that has changed `lead`, or with another `status` one that has not.

    Without htmx: 303 to the lead's page on `tab`, or that page with the status. With it:
    the lead's head, its new journal lines and the toast always; the `fields` by name; and
    of the other `parts` (stepper, navigation, journal, files) those that have changed.
    The template `main` draws what takes the place of the form that was sent.
    """
    if status == 200 and not wants_part(request):
        response = redirect(lead_address(lead, tab))
        response.status_code = 303
        return response
    fresh = worked_lead(request, lead.pk, for_page=True)
    if not wants_part(request):
        return page_of_lead(request, fresh, tab, status=status)
    table = {field.name: field for field in fields_of(fresh.marketplace, lead=fresh)}
    tab = shown_tab(request)
    if set(parts) & {"journal", "files"}:
        context |= TAB_CONTENTS[tab](fresh, request)
    return render(
        request,
        "leads/changed.html",
        {
            "lead": fresh,
            "fields": [table[name].on(fresh) for name in fields if name in table],
            "stepper": Stepper(fresh) if "stepper" in parts else None,
            "parts": parts,
            "tab": tab,
            "new_lines": lead.new_lines,
            **context,
        },
        status=status,
    )
