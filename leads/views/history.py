"""Taking a change back."""

from django.contrib import messages
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from leadbook.htmx import wants_part
from leads.ids import PK
from leads.models import LeadError, LeadEvent
from leads.models.follow_up import FOLLOW_UP
from leads.toasts import toast
from leads.views.answers import changed, posted_to, table_shown, worked_lead

Kind = LeadEvent.Kind
# What on the page each kind of undone event changes.
PARTS = {
    Kind.MOVED: ("stepper",),
    Kind.MOVED_BACK: ("stepper",),
    Kind.WON: ("head", "stepper", "navigation"),
    Kind.LOST: ("head", "stepper", "navigation"),
    Kind.CALLED: ("head", "journal"),
    Kind.ENTRY_DELETED: ("head", "journal"),
    Kind.ENTRY_EDITED: ("journal",),
    Kind.FILE_DELETED: ("files",),
    Kind.FILE_RENAMED: ("files",),
}
# More than one form can change, by the inputs that it may have (see settings).
MAX_AT_ONCE = 400
TABS = {Kind.FILE_DELETED: "anhaenge", Kind.FILE_RENAMED: "anhaenge"}


@posted_to(worked_lead)
def undo(request, lead_id, event_id):
    """Take back what the event recorded, unless it has been overtaken (409)."""
    lead = worked_lead(request, lead_id)
    event = get_object_or_404(lead.events.all(), pk=event_id)
    others = [int(pk) for pk in request.GET.get("mit", "").split(",") if PK.fullmatch(pk)]
    events = [event, *lead.events.with_ids(others[:MAX_AT_ONCE])]
    tab = TABS.get(event.kind, "journal")
    fields = [event.field for event in events if event.field]
    text = _("Taken back")
    try:
        if event.kind == Kind.CALLED:
            _deleted, planned = lead.take_back_call(event, by=request.user)
            fields += [change.field for change in planned or ()]
            if planned is None:
                text = _("Taken back. The follow-up is another one by now and stays.")
        elif len(events) > 1:
            lead.undo_fields(events, by=request.user)
        else:
            lead.undo(event, by=request.user)
    except LeadError as error:
        messages.error(request, _("Not taken back: %(reason)s") % {"reason": error.message})
        return changed(
            request, lead, tab=tab, fields=fields, parts=PARTS.get(event.kind, ()), status=409
        )
    toast(request, text)
    if wants_part(request) and table_shown(request) and set(fields) - {*FOLLOW_UP}:
        # The cell of the field may stand anywhere in the list, or not any more.
        return HttpResponseClientRefresh()
    return changed(request, lead, tab=tab, fields=fields, parts=PARTS.get(event.kind, ()))
