"""Calls: what came of one, asked right after the phone was opened."""

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leadbook.htmx import page_or_part
from leads.forms import CallForm
from leads.models import NotInProgress, SentBefore
from leads.models.follow_up import FOLLOW_UP
from leads.toasts import toast
from leads.views.answers import changed, worked_lead


@require_http_methods(["GET", "HEAD", "POST"])
def record(request, lead_id):
    """Ask what came of a call (GET), write it into the journal (POST)."""
    lead = worked_lead(request, lead_id, reading="for_choice")
    if request.method != "POST":
        return _dialog(request, lead, CallForm(lead=lead))
    form = CallForm(request.POST, lead=lead)
    if not form.is_valid():
        return _dialog(request, lead, form, status=422)
    data = form.cleaned_data
    try:
        event = lead.record_call(
            outcome=data["outcome"],
            note=data["note"],
            token=data["token"],
            by=request.user,
            **{name: data[name] for name in FOLLOW_UP},
        )
    except NotInProgress as error:
        form.add_error("follow_up_at", error.message)
        return _dialog(request, lead, form, status=409)
    except SentBefore as error:
        form.add_error("note", error.message)
        form.renew_token()
        return _dialog(request, lead, form, status=409)
    if event:
        toast(request, _("Call: %(outcome)s") % {"outcome": form.outcome_label}, undo=[event])
    fields = FOLLOW_UP if data["follow_up_at"] else ()
    return changed(request, lead, parts=("head",), fields=fields)


def _dialog(request, lead, form, *, status=200):
    template = page_or_part(request, "leads/call/dialog.html", "dialog")
    return render(request, template, {"lead": lead, "form": form}, status=status)
