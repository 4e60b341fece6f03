"""The stepper's dialogs: move, close, reopen."""

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from leadbook.htmx import page_or_part, wants_part
from leads.forms import CloseForm, KeptEntryForm, MoveForm, ReopenForm
from leads.models import NotNeighbours, ReasonGone, StaleMove
from leads.moments import MomentWidget
from leads.stepper import Stepper
from leads.toasts import toast
from leads.views.answers import changed, worked_lead

PARTS = ("stepper",)
CLOSING_PARTS = ("head", "stepper", "navigation")


@require_http_methods(["GET", "HEAD", "POST"])
def move(request, lead_id):
    """Show the dialog of a circle (GET), move one step (POST)."""
    lead = worked_lead(request, lead_id, reading="for_process")
    if request.method != "POST":
        return _dialog(request, lead, target=_target(lead, request.GET.get("nach")))
    form = MoveForm(request.POST, lead=lead)
    if not form.is_valid():
        if form.is_stale:
            return _stale(request, lead, form)
        target = form.cleaned_data["nach"]
        return _dialog(request, lead, target=target, move_form=form, status=422)
    data = form.cleaned_data
    try:
        event = lead.move(
            seen=data["von"],
            to=data["nach"],
            since=data["seit"],
            by=request.user,
            note=data["note"],
            follow_up_at=data["follow_up_at"],
        )
    except (StaleMove, NotNeighbours) as error:
        return _stale(request, lead, form, error)
    text = (
        _("Phase “%(phase)s” has begun.")
        if event.kind == "moved"
        else _("Set back to “%(phase)s”.")
    )
    toast(request, text % {"phase": event.new_text}, undo=[event])
    fields = ["follow_up_at"] if data["follow_up_at"] else []
    return changed(request, lead, parts=PARTS, fields=fields)


@require_POST
def close(request, lead_id):
    """Close the lead as won or lost."""
    lead = worked_lead(request, lead_id, reading="for_process")
    form = CloseForm(request.POST, lead=lead, auto_id="abschluss_%s")
    if not form.is_valid():
        if form.is_stale:
            return _stale(request, lead, form)
        target = lead.next_phase
        return _dialog(request, lead, target=target, close_form=form, status=422)
    data = form.cleaned_data
    shared = {
        "seen": data["von"],
        "since": data["seit"],
        "by": request.user,
        "note": data["note"],
    }
    try:
        if data["ergebnis"] == "gewonnen":
            event = lead.win(**shared)
        else:
            event = lead.lose(reason=data["loss_reason"], **shared)
    except ReasonGone as error:
        form.add_error("loss_reason", error.message)
        return _dialog(request, lead, target=lead.next_phase, close_form=form, status=422)
    except (StaleMove, NotNeighbours) as error:
        return _stale(request, lead, form, error)
    text = _("The lead is won.") if event.kind == "won" else _("The lead is lost.")
    toast(request, text, undo=[event])
    return changed(request, lead, parts=CLOSING_PARTS)


@require_http_methods(["GET", "HEAD", "POST"])
def reopen(request, lead_id):
    """Ask (GET), then take a closed lead back into its phase (POST)."""
    lead = worked_lead(request, lead_id, reading="for_process")
    if request.method != "POST":
        template = page_or_part(request, "leads/phase/reopen.html", "dialog")
        form = ReopenForm(initial={"seit": lead.closed_at})
        return render(request, template, {"lead": lead, "form": form})
    form = ReopenForm(request.POST)
    if not form.is_valid():
        return _stale(request, lead, None)
    try:
        lead.reopen(by=request.user, since=form.cleaned_data["seit"])
    except StaleMove as error:
        return _stale(request, lead, None, error)
    toast(request, _("The lead is open again."))
    return changed(request, lead, parts=CLOSING_PARTS)


def _target(lead, phase_id):
    """Return the neighbour that the address names; the next phase where it names none.

    A click on the current circle asks for the step forward, so it means the next phase;
    in the last phase the dialog closes the lead.
    """
    named = next((p for p in lead.process if str(p.pk) == phase_id), None)
    return named if named == lead.previous_phase and named else lead.next_phase


def _dialog(request, lead, *, target, move_form=None, close_form=None, status=200):
    if not lead.is_in_progress:
        return _stale(request, lead, move_form or close_form)
    initial = {
        "von": lead.phase_id,
        "nach": target.pk if target else None,
        "seit": lead.phase_entered_at,
    }
    context = {
        "lead": lead,
        "target": target,
        "is_back": target is not None and target == lead.previous_phase,
        "move_form": move_form or MoveForm(initial=initial, lead=lead),
        "close_form": close_form
        or CloseForm(initial=initial, lead=lead, auto_id="abschluss_%s"),
    }
    template = page_or_part(request, "leads/phase/dialog.html", "dialog")
    return render(request, template, context, status=status)


def _kept(form):
    """Return the form that keeps what was typed although the step failed, or None."""
    if form is None:
        return None
    moment = MomentWidget().value_from_datadict(form.data, {}, "follow_up_at")
    typed = {"text": form.data.get("note", "").strip(), "follow_up_at": moment}
    is_empty = not typed["text"] and not any(moment)
    return None if is_empty else KeptEntryForm(initial=typed)


def _stale(request, lead, form, error=None):
    """Answer 409: the fresh stepper, who moved the lead when, and what was typed."""
    fresh = worked_lead(request, lead.pk, reading="for_page")
    last = getattr(error, "event", None) or fresh.last_step
    context = {
        "lead": fresh,
        "stepper": Stepper(fresh),
        "last": last,
        "error": error if isinstance(error, NotNeighbours) else None,
        "form": _kept(form),
        # What was typed stays the draft of the dialog that came too late.
        "draft_address": request.path,
    }
    template = "leads/phase/stale.html"
    if wants_part(request):
        template += "#part"
    return render(request, template, context, status=409)
