"""The stepper's dialogs: move, close, reopen."""

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leadbook.htmx import page_or_part, wants_part
from leads.forms import (
    CloseForm,
    KeptEntryForm,
    MoveForm,
    ReopenForm,
    focus_first_invalid,
)
from leads.models import (
    FieldConflict,
    NotNeighbours,
    ReasonGone,
    RequirementsMissing,
    StaleMove,
    Unchangeable,
)
from leads.models.follow_up import FOLLOW_UP
from leads.moments import MomentWidget
from leads.requirements import RequirementsForm, typed_values
from leads.stepper import Stepper
from leads.toasts import toast
from leads.views.answers import changed, posted_to, worked_lead

PARTS = ("stepper",)
CLOSING_PARTS = ("head", "stepper", "navigation")
# What the dialog tells at its fields.
REFUSED = (FieldConflict, RequirementsMissing, Unchangeable)


@require_http_methods(["GET", "HEAD", "POST"])
def move(request, lead_id):
    """Show the dialog of a circle (GET), move one step (POST)."""
    lead = worked_lead(request, lead_id, reading="for_process")
    if request.method != "POST":
        return _dialog(request, lead, target=_target(lead, request.GET.get("nach")))
    form = MoveForm(request.POST, lead=lead)
    is_valid = form.is_valid()
    data = form.cleaned_data
    if form.is_stale or not lead.is_as_seen(data["von"], data["seit"]):
        return stale(request, lead, form)
    target = data["nach"]
    asked = RequirementsForm(lead, request.POST) if target == lead.next_phase else None
    if not is_valid or (asked and not asked.is_valid()):
        return _dialog(request, lead, target=target, move_form=form, asked=asked, status=422)
    try:
        event = lead.move(
            seen=data["von"],
            to=target,
            since=data["seit"],
            by=request.user,
            note=data["note"],
            follow_up_at=data.get("follow_up_at"),
            follow_up_note=data.get("follow_up_note", ""),
            **_taken_along(asked),
        )
    except (StaleMove, NotNeighbours) as error:
        return stale(request, lead, form, error)
    except REFUSED as error:
        lead, asked, status = _refused(request, lead, form, asked, error)
        return _dialog(
            request, lead, target=target, move_form=form, asked=asked, status=status
        )
    text = (
        _("Phase “%(phase)s” has begun.")
        if event.kind == "moved"
        else _("Set back to “%(phase)s”.")
    )
    toast(request, text % {"phase": event.new_text}, undo=[event])
    fields = FOLLOW_UP if data.get("follow_up_at") else ()
    return changed(request, lead, parts=PARTS, fields=[*fields, *_names(asked)])


@posted_to(worked_lead)
def close(request, lead_id):
    """Close the lead as won or lost."""
    lead = worked_lead(request, lead_id, reading="for_process")
    form = CloseForm(request.POST, lead=lead, auto_id="abschluss_%s")
    is_valid = form.is_valid()
    data = form.cleaned_data
    if form.is_stale or not lead.is_as_seen(data["von"], data["seit"]):
        return stale(request, lead, form)
    is_won = data["ergebnis"] == "gewonnen"
    target = lead.next_phase
    # Won too early is refused as a step, whatever is missing.
    is_judged = target is None or not is_won
    asked = RequirementsForm(lead, request.POST, is_needed=is_won) if is_judged else None
    if not is_valid or (asked and not asked.is_valid()):
        return _dialog(request, lead, target=target, close_form=form, asked=asked, status=422)
    shared = {
        "seen": data["von"],
        "since": data["seit"],
        "by": request.user,
        "note": data["note"],
        **_taken_along(asked),
    }
    try:
        if is_won:
            event = lead.win(**shared)
        else:
            event = lead.lose(reason=data["loss_reason"], **shared)
    except ReasonGone as error:
        form.add_error("loss_reason", error.message)
        return _dialog(request, lead, target=target, close_form=form, asked=asked, status=422)
    except (StaleMove, NotNeighbours) as error:
        return stale(request, lead, form, error)
    except REFUSED as error:
        lead, asked, status = _refused(request, lead, form, asked, error)
        return _dialog(
            request, lead, target=target, close_form=form, asked=asked, status=status
        )
    text = _("The lead is won.") if event.kind == "won" else _("The lead is lost.")
    toast(request, text, undo=[event])
    return changed(request, lead, parts=CLOSING_PARTS, fields=_names(asked))


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
        return stale(request, lead, None)
    try:
        lead.reopen(by=request.user, since=form.cleaned_data["seit"])
    except StaleMove as error:
        return stale(request, lead, None, error)
    toast(request, _("The lead is open again."))
    return changed(request, lead, parts=CLOSING_PARTS)


def _target(lead, phase_id):
    """Return the neighbour that the address names; the next phase where it names none.

    A click on the current circle asks for the step forward, so it means the next phase;
    in the last phase the dialog closes the lead.
    """
    named = next((p for p in lead.process if str(p.pk) == phase_id), None)
    return named if named == lead.previous_phase and named else lead.next_phase


def _taken_along(asked):
    return {"filled": asked.filled, "ticks": asked.ticks} if asked else {}


def _names(asked):
    return list(asked.fields.lead_fields) if asked else []


def _refused(request, lead, form, asked, error):
    """Return the lead and the form of what it asks for, as they are now, and the status."""
    if isinstance(error, FieldConflict):
        asked.conflict(error)
        return lead, asked, 409
    # A verb that was refused may have left anything on its lead.
    fresh = worked_lead(request, lead.pk, reading="for_process")
    asked = RequirementsForm(fresh, request.POST)
    if not isinstance(error, RequirementsMissing):
        return fresh, asked, 409
    _tell_missing(form, asked, error.fields)
    return fresh, asked, 422


def _tell_missing(form, asked, fields):
    """Say in the dialog's `form` what is missing that `asked` has no editor for.

    A new follow-up without a note takes the note away that the phase asks for.
    """
    for name in {field.name for field in fields} - set(asked.fields.lead_fields):
        if name in form.fields:
            form.add_error(name, form.fields[name].error_messages["required"])


def _dialog(request, lead, *, target, move_form=None, close_form=None, asked=None, status=200):
    if not lead.is_in_progress:
        return stale(request, lead, move_form or close_form)
    initial = {
        "von": lead.phase_id,
        "nach": target.pk if target else None,
        "seit": lead.phase_entered_at,
    }
    is_back = target is not None and target == lead.previous_phase
    if asked is None and not is_back:
        asked = RequirementsForm(lead)
    # Else the first input of the dialog has the focus, whatever is wrong.
    if not (asked and asked.refused_items):
        forms = [asked and asked.fields, move_form, close_form]
        focus_first_invalid(*filter(None, forms))
    sent = next((form for form in (move_form, close_form) if form and form.is_bound), None)
    if move_form is None:
        move_form = MoveForm(initial=initial, lead=lead)
        # The way to an early loss leads through the same form.
        move_form.keep_typed(sent.data if sent else {})
    if close_form is None:
        close_form = CloseForm(initial=initial, lead=lead, auto_id="abschluss_%s")
    context = {
        "lead": lead,
        "target": target,
        "is_back": is_back,
        "asked": asked,
        "move_form": move_form,
        "close_form": close_form,
        "note": (sent or (move_form if target else close_form))["note"],
        "is_typed": sent is not None,
    }
    template = page_or_part(request, "leads/phase/dialog.html", "dialog")
    return render(request, template, context, status=status)


def dialog_again(request, lead):
    """Show the dialog of the step forward as it was sent, nothing of it judged or done."""
    target = lead.next_phase
    form = MoveForm(lead=lead) if target else CloseForm(lead=lead, auto_id="abschluss_%s")
    form.keep_typed(request.POST)
    return _dialog(
        request,
        lead,
        target=target,
        asked=RequirementsForm(lead, typed=request.POST),
        **{"move_form" if target else "close_form": form},
    )


def _kept(form, lead):
    """Return the form that keeps what was typed although the step failed, or None."""
    if form is None:
        return None
    typed = {"text": form.data.get("note", "").strip()}
    # Nothing is due on a closed lead: what was planned is only told.
    if lead.is_in_progress:
        moment = MomentWidget().value_from_datadict(form.data, {}, "follow_up_at")
        typed["follow_up_at"] = moment if any(moment) else None
        typed["follow_up_note"] = form.data.get("follow_up_note", "").strip()
    return KeptEntryForm(initial=typed, lead=lead) if any(typed.values()) else None


def stale(request, lead, form, error=None, *, draft_address=None):
    """Answer 409: the fresh stepper, who moved the lead when, and what was typed.

    `draft_address` is that of the dialog's form, where another address was asked.
    """
    fresh = worked_lead(request, lead.pk, reading="for_page")
    last = getattr(error, "event", None) or fresh.last_step
    context = {
        "lead": fresh,
        "stepper": Stepper(fresh),
        "last": last,
        "error": error if isinstance(error, NotNeighbours) else None,
        "form": _kept(form, fresh),
        # What was typed stays the draft of the dialog that came too late.
        "draft_address": draft_address or request.path,
        "typed": typed_values(fresh, request.POST),
    }
    template = "leads/phase/stale.html"
    if wants_part(request):
        template += "#part"
    return render(request, template, context, status=409)
