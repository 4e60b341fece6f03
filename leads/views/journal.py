"""The Lead-Journal."""

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leadbook.htmx import page_or_part
from leads.forms import EntryForm, EntryTextForm, KeptEntryForm
from leads.models import FieldConflict, NotInProgress, SentBefore
from leads.models.follow_up import FOLLOW_UP
from leads.toasts import toast
from leads.views.answers import changed, own_entry, posted_to, worked_lead


@posted_to(worked_lead)
def write(request, lead_id):
    """Write a new entry, also what a dialog that came too late has kept."""
    lead = worked_lead(request, lead_id)
    is_kept = "kept" in request.POST
    form = KeptEntryForm(request.POST, lead=lead) if is_kept else EntryForm(request.POST)
    name = "kept" if is_kept else "composer"
    template = page_or_part(request, f"leads/journal/{name}.html", name)
    context = {"lead": lead, "form": form}
    if not form.is_valid():
        return render(request, template, context, status=422)
    data = form.cleaned_data
    shared = {"text": data["text"], "token": data["token"], "by": request.user}
    try:
        if is_kept:
            lead.keep(**{name: data[name] for name in FOLLOW_UP}, **shared)
        else:
            lead.write_entry(kind=data["kind"], **shared)
    except NotInProgress as error:
        form.add_error("follow_up_at", error.message)
        return render(request, template, context, status=409)
    except SentBefore as error:
        form.add_error("text", error.message)
        form.renew_token()
        return render(request, template, context, status=409)
    main = None if is_kept else "leads/journal/composer.html#composer"
    fields = FOLLOW_UP if is_kept else ()
    return changed(request, lead, main=main, fields=fields, form=EntryForm())


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, lead_id, entry_id):
    """Show the editor of an own entry (GET), save it (POST)."""
    lead = worked_lead(request, lead_id)
    entry = own_entry(request, lead, entry_id)
    context = {"lead": lead, "entry": entry}
    auto_id = f"eintrag_{entry.pk}_%s"
    if request.method != "POST":
        if "ansicht" in request.GET:
            return render(request, "leads/journal/_entry.html", context)
        context["form"] = EntryTextForm(
            initial={"text": entry.text, "seen": entry.text}, auto_id=auto_id
        )
        return render(
            request, page_or_part(request, "leads/journal/editor.html", "editor"), context
        )
    form = EntryTextForm(request.POST, auto_id=auto_id)
    context["form"] = form
    template = page_or_part(request, "leads/journal/editor.html", "editor")
    if not form.is_valid():
        return render(request, template, context, status=422)
    data = form.cleaned_data
    try:
        event = lead.edit_entry(
            entry_id, text=data["text"], seen=data["seen"], by=request.user
        )
    except FieldConflict:
        context["current"] = own_entry(request, lead, entry_id)
        form.see_again(context["current"].text)
        return render(request, template, context, status=409)
    if event:
        toast(request, _("Entry changed"), undo=[event])
    fresh = own_entry(request, lead, entry_id)
    return changed(request, lead, main="leads/journal/_entry.html", entry=fresh)


@posted_to(worked_lead, own_entry)
def delete(request, lead_id, entry_id):
    """Delete an own entry; the Verlauf keeps it and the toast brings it back."""
    lead = worked_lead(request, lead_id)
    entry = own_entry(request, lead, entry_id)
    event = lead.delete_entry(entry_id, by=request.user)
    toast(request, _("Entry deleted"), undo=[event])
    return changed(request, lead, parts=("counts", *(("head",) if entry.outcome else ())))
