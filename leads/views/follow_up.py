"""The follow-up of a lead: set, moved and cleared in one dialog."""

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leadbook.htmx import page_or_part
from leads.forms import FollowUpForm
from leads.models import FieldConflict, NotInProgress
from leads.models.follow_up import FOLLOW_UP
from leads.moments import show_planned
from leads.toasts import toast
from leads.views.answers import changed, worked_lead


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request, lead_id):
    """Show the dialog of the follow-up (GET), set or clear it (POST)."""
    lead = worked_lead(request, lead_id, reading="for_choice")
    if not lead.is_in_progress:
        return closed(request, lead)
    if request.method != "POST":
        return _dialog(request, lead, FollowUpForm(lead=lead))
    form = FollowUpForm(request.POST, lead=lead)
    if not form.is_valid():
        return _dialog(request, lead, form, status=422)
    at, note = (form.cleaned_data[name] for name in FOLLOW_UP)
    try:
        events = lead.set_follow_up(at=at, note=note, seen=form.seen, by=request.user)
    except NotInProgress:
        return closed(request, lead)
    except FieldConflict as conflict:
        told = form.told(conflict.conflicts)
        return _dialog(request, lead, form, status=409, conflicts=told.values())
    if events:
        text = _("Follow-up: %(when)s") % {"when": show_planned(at)} if at else ""
        toast(request, text or _("Follow-up removed"), undo=events)
    return changed(request, lead, fields=FOLLOW_UP)


def _dialog(request, lead, form, *, status=200, conflicts=()):
    context = {"lead": lead, "form": form, "conflicts": conflicts}
    template = page_or_part(request, "leads/follow_up/dialog.html", "dialog")
    return render(request, template, context, status=status)


def closed(request, lead):
    """Answer that a closed lead is due no more."""
    template = page_or_part(request, "leads/follow_up/closed.html", "dialog")
    context = {"lead": lead, "message": NotInProgress.message}
    return render(request, template, context, status=409)
