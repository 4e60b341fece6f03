"""The pages behind the links of a reminder: no sign-in, and nothing happens by looking."""

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from leadbook import errors, security_log
from leadbook.clients import client_address
from leadbook.signed_pages import keep_private
from leads.models import Lead, NoLongerVisible, Reminder
from leads.moments import MomentField
from marketplaces.throttling import REMINDERS_OF_CLIENT, wait_before

Answer = Reminder.Answer


class AppointmentForm(forms.Form):
    """When the appointment is."""

    termin = MomentField(label=_("Appointment on"), required=True)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request, token):
    """Ask whether the answer of the link is meant (GET), write it down (POST)."""
    found = Reminder.objects.of_token(token)
    lead = found and _lead_of(found[0])
    if lead is None:
        return keep_private(render(request, "leads/reminder/gone.html", status=410))
    reminder, chosen = found
    is_appointment = chosen == Answer.APPOINTMENT
    form = None
    if is_appointment:
        initial = {"termin": reminder.appointment_at}
        form = AppointmentForm(request.POST or None, initial=initial)
    context = {"lead": lead, "reminder": reminder, "answer": Answer(chosen), "form": form}
    if request.method != "POST":
        # An appointment can be moved by its own link; the same word twice says nothing new.
        is_used = reminder.answer == chosen and not is_appointment
        template = "leads/reminder/kept.html" if is_used else "leads/reminder/ask.html"
        context["is_used"] = is_used
        return keep_private(render(request, template, context, status=410 if is_used else 200))
    if wait := wait_before("reminder", client_address(request), REMINDERS_OF_CLIENT):
        return keep_private(errors.too_many_requests(request, wait=wait))
    if form is not None and not form.is_valid():
        return keep_private(render(request, "leads/reminder/ask.html", context, status=422))
    at = form.cleaned_data["termin"] if form is not None else None
    try:
        context["reminder"] = lead.answer_reminder(reminder, chosen, at=at)
    except NoLongerVisible:
        return keep_private(render(request, "leads/reminder/gone.html", status=410))
    security_log.record("reminder_answered", request, user=reminder.user, lead=lead.pk)
    return keep_private(render(request, "leads/reminder/kept.html", context))


def _lead_of(reminder):
    """Return the lead where it is still the person's to work on, or None."""
    leads = Lead.objects.visible_to(reminder.user).in_progress().owned_by(reminder.user)
    return leads.with_id(reminder.lead_id) if reminder.user.is_active else None
