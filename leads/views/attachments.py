"""The attachments that are there: renaming and deleting them."""

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leadbook.htmx import page_or_part
from leads.forms import FileNameForm
from leads.models import FieldConflict
from leads.toasts import in_short, toast
from leads.views.answers import changed, kept_file, posted_to, worked_lead


@require_http_methods(["GET", "HEAD", "POST"])
def rename(request, lead_id, attachment_id):
    """Show the editor of the name (GET), confirm it (POST)."""
    lead = worked_lead(request, lead_id)
    attachment = kept_file(lead, attachment_id)
    # The file's pencil, from where the editor was opened, has the focus again after it.
    context = {"lead": lead, "attachment": attachment, "takes_focus": True}
    if request.method != "POST":
        if "ansicht" in request.GET:
            return render(request, "leads/attachments/_file.html", context)
        context["form"] = FileNameForm(attachment=attachment)
        template = page_or_part(request, "leads/attachments/rename.html", "editor")
        return render(request, template, context)
    form = FileNameForm(request.POST, attachment=attachment)
    template = page_or_part(request, "leads/attachments/rename.html", "editor")
    if not form.is_valid():
        return render(request, template, {**context, "form": form}, status=422)
    data = form.cleaned_data
    try:
        event = lead.rename_file(
            attachment_id, name=data["name"], seen=data["seen"] or None, by=request.user
        )
    except FieldConflict:
        form.see_again(kept_file(lead, attachment_id).name)
        return render(request, template, {**context, "form": form}, status=409)
    if event:
        toast(request, _("Renamed"), undo=[event])
    return changed(
        request,
        lead,
        tab="anhaenge",
        main="leads/attachments/_file.html",
        attachment=kept_file(lead, attachment_id),
        takes_focus=True,
    )


@posted_to(worked_lead)
def delete(request, lead_id, attachment_id):
    """Take the document away; the toast brings it back."""
    lead = worked_lead(request, lead_id)
    attachment = kept_file(lead, attachment_id)
    event = lead.delete_file(attachment_id, by=request.user)
    toast(request, _("“%(name)s” deleted") % {"name": in_short(attachment.name)}, undo=[event])
    return changed(request, lead, parts=("counts",), tab="anhaenge")
