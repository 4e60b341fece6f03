"""A lead's fields: one at a time in place, or all of them at once."""

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap, retarget

from leadbook.htmx import page_or_part, wants_part
from leads.fields import BUILT_IN_BY_NAME, field_named, groups_of
from leads.forms import EditorForm, lead_fields_form, names_sent
from leads.models import FieldConflict, NotInProgress
from leads.models.follow_up import FOLLOW_UP
from leads.neighbours import kept_in_browser
from leads.toasts import toast
from leads.views.answers import changed, changed_in_table, table_shown, worked_lead
from leads.views.follow_up import closed as follow_up_closed


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, lead_id, name):
    """Show the editor of one field or, left, its value (GET), confirm a change (POST)."""
    reading = "with_marketplace" if name in BUILT_IN_BY_NAME else "for_fields"
    lead = worked_lead(request, lead_id, reading=reading)
    is_opened = request.method != "POST" and "ansicht" not in request.GET
    # Retired while its editor was open, it takes what was typed, and can be left.
    field = field_named(name, lead, sent=() if is_opened else [name])
    if field is None:
        raise Http404
    if request.method != "POST":
        if not is_opened:
            if wants_part(request) and table_shown(request):
                return changed_in_table(request, lead, name)
            context = {"lead": lead, "field": field.on(lead), "takes_focus": True}
            return render(request, "leads/fields/shown.html", context)
        form = EditorForm(lead_fields=[field], lead=lead)
        return _editor(request, lead, field, form)
    form = EditorForm(request.POST, lead_fields=[field], lead=lead)
    if not form.is_valid():
        return _editor(request, lead, field, form, status=422)
    try:
        events = lead.set_fields(form.changes, by=request.user, kinds=form.kinds)
    except NotInProgress:
        return retarget(reswap(follow_up_closed(request, lead), "innerHTML"), "#dialogs")
    except FieldConflict as conflict:
        told = form.told(conflict.conflicts)
        return _editor(request, lead, field, form, status=409, conflict=told[name])
    if events:
        toast(request, _("%(field)s changed") % {"field": field.label}, undo=events)
    if wants_part(request) and table_shown(request):
        return changed_in_table(request, lead, name)
    return changed(
        request,
        lead,
        # The note of a follow-up goes with its day.
        fields=[event.field for event in events if event.field != name],
        drawn=[field],
        main="leads/fields/shown.html",
        field=field.on(lead),
        takes_focus=True,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def edit_all(request, lead_id):
    """Show all fields for editing (GET), confirm them with one check (POST)."""
    lead = worked_lead(request, lead_id, reading="for_fields")
    if request.method != "POST":
        if "ansicht" in request.GET:
            context = {"lead": lead, **_card(request, lead)}
            return render(request, "leads/fields/_card.html", context)
        return _editor_of_all(request, lead, lead_fields_form(lead.marketplace, lead=lead))
    form = lead_fields_form(lead.marketplace, request.POST, lead=lead)
    left = _left(form, request.POST)
    if left or not form.is_valid():
        return _editor_of_all(request, lead, form, status=409 if left else 422, left=left)
    try:
        events = lead.set_fields(form.changes, by=request.user, kinds=form.kinds)
    except FieldConflict as conflict:
        told = form.told(conflict.conflicts)
        return _editor_of_all(request, lead, form, status=409, conflicts=told)
    except NotInProgress as refused:
        form.add_error(FOLLOW_UP[0], refused.message)
        return _editor_of_all(request, lead, form, status=409)
    if len(events) == 1:
        toast(request, _("%(field)s changed") % {"field": events[0].label}, undo=events)
    elif events:
        text = ngettext("%(count)d field changed", "%(count)d fields changed", len(events))
        toast(request, text % {"count": len(events)}, undo=events)
    return changed(
        request,
        lead,
        drawn=[form.lead_fields[event.field] for event in events],
        main="leads/fields/_card.html",
        **_card(request, lead),
    )


def _card(request, lead):
    kept = kept_in_browser(request)
    return {"groups": groups_of(lead), "kept": kept, "takes_focus": True}


def _editor(request, lead, field, form, *, status=200, conflict=None):
    form.fields[field.name].widget.attrs["autofocus"] = True
    row = next(iter(form.rows))
    context = {"lead": lead, "field": field, "row": row, "conflict": conflict, "form": form}
    template = page_or_part(request, "leads/fields/editor.html", "editor")
    return render(request, template, context, status=status)


def _left(form, sent):
    """Return what was typed in fields that were deleted meanwhile, to be copied."""
    gone = [name for name in names_sent(sent) if name not in form.lead_fields]
    return [text for name in gone for text in sent.getlist(name) if text]


def _editor_of_all(request, lead, form, *, status=200, conflicts=None, left=()):
    rows = [{**row, "conflict": (conflicts or {}).get(row["field"].name)} for row in form.rows]
    wrong = (row for row in rows if row["conflict"] or row["bound"].errors)
    first = next(wrong, rows[0])
    first["bound"].field.widget.attrs["autofocus"] = True
    context = {"lead": lead, "rows": rows, "form": form, "left": left}
    context["has_conflicts"] = bool(conflicts)
    template = page_or_part(request, "leads/fields/editor_of_all.html", "editor")
    return render(request, template, context, status=status)
