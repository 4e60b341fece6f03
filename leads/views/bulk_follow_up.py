"""The follow-up of several leads of a list, set in one dialog and taken back by one toast."""

import re
from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from leadbook.htmx import page_or_part, wants_part
from leadbook.redirects import path_sent
from leads.bulk import AT_MOST, set_follow_ups, undo_follow_ups
from leads.forms import BulkFollowUpForm
from leads.ids import PK
from leads.models import Lead
from leads.moments import show_planned
from leads.views.answers import go

# A lead's id and those of its two events: 12:101.102
RECORDED = re.compile(r"([0-9]{1,18}):([0-9]{1,18}(?:\.[0-9]{1,18})?)")
# With method and path it is less than the 4,094 bytes of a line that gunicorn takes.
LONGEST_QUERY = 4000


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request):
    """Ask for the follow-up of the selected leads (GET), set it (POST)."""
    is_sent = request.method == "POST"
    asked = (request.POST if is_sent else request.GET).getlist("lead")
    ids = list(dict.fromkeys(int(pk) for pk in asked if PK.fullmatch(pk)))
    leads = Lead.objects.visible_to(request.user).in_progress().with_ids(ids[:AT_MOST])
    leads = list(leads.for_choice().by_name())
    form = BulkFollowUpForm(request.POST if is_sent else None, leads=leads)
    back = path_sent(request)
    context = {"form": form, "ids": ids, "leads": leads, "back": back or reverse("leads:list")}
    if is_sent and not ids:
        form.add_error(None, _("Select at least one lead in the list."))
    elif len(ids) > AT_MOST:
        text = _("Select at most %(most)d leads at once.") % {"most": AT_MOST}
        context["too_many"] = text
        if is_sent:
            form.add_error(None, text)
    if not is_sent or not form.is_valid():
        template = page_or_part(request, "leads/follow_up/bulk.html", "dialog")
        return render(request, template, context, status=422 if is_sent else 200)
    at, note = form.cleaned_data["follow_up_at"], form.cleaned_data["follow_up_note"]
    outcome = set_follow_ups(ids, at=at, note=note, by=request.user)
    _tell(request, outcome, show_planned(at), context["back"])
    return HttpResponseClientRefresh() if wants_part(request) else go(request, context["back"])


@require_POST
def undo(request):
    """Take back what the toast names, lead by lead, unless it has been overtaken."""
    named = RECORDED.findall(request.GET.get("von", ""))[:AT_MOST]
    recorded = {int(pk): [int(event) for event in events.split(".")] for pk, events in named}
    outcome = undo_follow_ups(recorded, by=request.user)
    if outcome.done == outcome.asked:
        messages.success(request, _("Taken back"))
    else:
        text = _("%(done)d of %(asked)d taken back; the others have changed meanwhile.")
        messages.error(request, text % {"done": outcome.done, "asked": outcome.asked})
    if wants_part(request):
        return HttpResponseClientRefresh()
    return go(request, path_sent(request) or "leads:list")


def _tell(request, outcome, when, back):
    """Say for how many the follow-up is set, and whose is not."""
    if outcome.done == outcome.asked:
        text = ngettext(
            "Follow-up of %(done)d lead: %(when)s",
            "Follow-up of %(done)d leads: %(when)s",
            outcome.done,
        )
    else:
        text = _("Follow-up of %(done)d of %(asked)d leads: %(when)s.")
        text += " " + _("The others are closed or not yours any more.")
    text %= {"done": outcome.done, "asked": outcome.asked, "when": when}
    if outcome.refused:
        text += " " + ", ".join(outcome.refused)
    recorded = ",".join(
        f"{lead.pk}:{'.'.join(str(event.pk) for event in events)}"
        for lead, events in outcome.events.items()
    )
    asked = urlencode({"von": recorded, "next": back}, safe=":,")
    if len(asked) > LONGEST_QUERY:
        asked = urlencode({"von": recorded}, safe=":,")
    address = f"{reverse('leads:follow_ups_undo')}?{asked}" if recorded else ""
    level = messages.SUCCESS if outcome.done == outcome.asked else messages.WARNING
    messages.add_message(request, level, text, extra_tags=address)
