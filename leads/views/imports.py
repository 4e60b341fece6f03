"""Importing leads in the browser, from the file to the way back."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leadbook.htmx import page_or_part, wants_part
from leadbook.redirects import see_other
from leads.exporting.export import FORMATS
from leads.failed_rows import failed_file
from leads.forms import TokenForm
from leads.import_forms import ColumnsForm, ImportForm
from leads.import_pages import ImportPage
from leads.import_runs import choose_sheet, receive, remember_columns
from leads.models import LeadImport, StorageAway, Unchangeable
from leads.models.questions import Question
from leads.paging import SIZE, portion_of, row_above
from leads.tasks import go_on_with_import, push_import
from leads.toasts import in_short, toast
from leads.uploads import takes_files
from marketplaces.throttling import IMPORT_COLUMNS, IMPORTS, wait_before


@require_safe
def index(request):
    """Show the own imports, the newest first."""
    own = LeadImport.objects.visible_to(request.user).select_related("marketplace")
    above = row_above(own, request.GET.get("vor", ""))
    imports, has_more = portion_of(Question(None, lambda _given: own), before=above, size=SIZE)
    more_before = imports[-1].pk if has_more else None
    context = {"imports": imports, "is_first": above is None, "more_before": more_before}
    return render(request, "leads/imports/list.html", context)


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request):
    """Ask for the file (GET), keep it and go on to its columns (POST)."""
    if request.method != "POST":
        return _upload_form(request, ImportForm(user=request.user), TokenForm())
    token = TokenForm(request.POST)
    form = ImportForm(request.POST, request.FILES, user=request.user)
    for name, reason in getattr(request, "refused_uploads", ()):
        form.add_error("datei", f"{name}: {reason}")
    status = request.refused_status if getattr(request, "refused_uploads", ()) else 422
    if not (form.is_valid() and token.is_valid()):
        return _upload_form(request, form, token, status=status)
    if wait_before("import", request.user.pk, *IMPORTS):
        form.add_error(None, _("Too many imports in a short time; please wait."))
        return _upload_form(request, form, token, status=429)
    try:
        lead_import = receive(
            form.cleaned_data["datei"],
            marketplace=form.marketplace,
            mode=form.mode,
            by=request.user,
            token=token.cleaned_data["token"],
        )
    except ValidationError as error:
        form.add_error("datei", error)
    except StorageAway as error:
        form.add_error("datei", error.message)
        status = 507
    else:
        return _to(lead_import)
    return _upload_form(request, form, token, status=status)


@require_safe
def show(request, import_id):
    """Show how far the import is, and what can be done next."""
    return _page(request, _import(request, import_id))


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request, import_id):
    """Say what the columns mean, or of which sheet, and let the rows be checked."""
    lead_import = _import(request, import_id)
    if request.method != "POST":
        return _page(request, lead_import, form=ColumnsForm(lead_import=lead_import))
    try:
        if "nochmal" in request.POST:
            lead_import.map_again()
            return _to(lead_import)
        if wait_before("import_columns", request.user.pk, *IMPORT_COLUMNS):
            messages.error(request, _("Too many imports in a short time; please wait."))
            form = ColumnsForm(request.POST, lead_import=lead_import)
            return _page(request, lead_import, form=form, status=429)
        if "wechseln" in request.POST:
            choose_sheet(lead_import, request.POST.get("blatt", ""))
            return _to(lead_import)
        form = ColumnsForm(request.POST, lead_import=lead_import)
        if not form.is_valid():
            return _page(request, lead_import, form=form, status=422)
        lead_import.check_with(form.targets)
    except Unchangeable:
        return _page(request, _import(request, import_id), status=409)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _page(request, lead_import, status=422)
    except StorageAway as error:
        messages.error(request, error.message)
        return _page(request, lead_import, status=507)
    # First what the person waits for: what comes of remembering, only later files need.
    go_on_with_import.enqueue(lead_import.pk)
    remember_columns(lead_import, form.targets)
    return _to(lead_import)


@require_POST
def start(request, import_id):
    """Import the rows that were found good, all or without the possible duplicates."""
    leaves_out = request.POST.get("dubletten") == "auslassen"
    return _do(request, import_id, lambda found: found.run(leaves_out_duplicates=leaves_out))


@require_POST
def progress(request, import_id):
    """Say how far it is; without a worker, go on a little."""
    lead_import = _import(request, import_id)
    if lead_import.is_working:
        push_import(lead_import)
        lead_import = _import(request, import_id)
    return _page(request, lead_import) if wants_part(request) else _to(lead_import)


@require_POST
def cancel(request, import_id):
    """Stop; what is imported stays. Before that, forget the import."""
    lead_import = _import(request, import_id)
    try:
        if lead_import.state == LeadImport.State.RUNNING:
            lead_import.cancel()
            return _to(lead_import)
        lead_import.discard()
    except Unchangeable:
        return _page(request, _import(request, import_id), status=409)
    toast(
        request, _("The import of “%(file)s” is discarded.") % {"file": in_short(lead_import)}
    )
    return see_other("leads:imports")


@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request, import_id):
    """Ask (GET) and remove the leads of the import that nobody has touched (POST)."""
    if request.method == "POST":
        return _do(request, import_id, LeadImport.take_back)
    page = ImportPage(_import(request, import_id), request)
    if not page.can_be_taken_back:
        return _page(request, page.lead_import, status=409)
    template = page_or_part(request, "leads/imports/take_back.html", "dialog")
    return render(request, template, {"page": page, "import": page.lead_import})


@require_safe
def failed_rows(request, import_id, ending):
    """Hand out the rows that failed, with the reasons, to be corrected and sent again."""
    lead_import = _import(request, import_id)
    if ending not in FORMATS:
        raise Http404
    response = StreamingHttpResponse(
        failed_file(lead_import, ending), content_type=FORMATS[ending]
    )
    word = _("failed")
    response.headers["Content-Disposition"] = content_disposition_header(
        True, f"import-{lead_import.pk}-{word}.{ending}"
    )
    return response


def _import(request, import_id):
    found = LeadImport.objects.visible_to(request.user).for_page()
    return get_object_or_404(found, pk=import_id)


def _do(request, import_id, verb):
    """Do what goes on behind the answers; who comes second sees how far it is."""
    lead_import = _import(request, import_id)
    try:
        verb(lead_import)
    except Unchangeable:
        return _page(request, _import(request, import_id), status=409)
    go_on_with_import.enqueue(lead_import.pk)
    return _to(lead_import)


def _page(request, lead_import, *, form=None, status=200):
    page = ImportPage(lead_import, request, form=form)
    template = page_or_part(request, "leads/imports/import.html", "answer")
    context = {"page": page, "import": lead_import, "is_stale": status == 409}
    return render(request, template, context, status=status)


def _upload_form(request, form, token, *, status=200):
    context = {"form": form, "token_form": token}
    return render(request, "leads/imports/upload.html", context, status=status)


def _to(lead_import):
    return see_other("leads:import", lead_import.pk)
