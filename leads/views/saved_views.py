"""Saved views: keeping a list under a name, renaming, ordering and deleting it."""

from django.contrib import messages
from django.core import signing
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leadbook.htmx import page_or_part, wants_part
from leads.forms import NewViewForm, SavedViewForm
from leads.listing import LISTS
from leads.models import NameTaken, SavedView, TooManyFilters, TooManyViews, Unchangeable
from leads.sight import sight_of
from leads.toasts import in_short, toast
from leads.views.answers import go

# Seconds in which a deleted view can be brought back: somebody it names may be erased.
AT_HAND = 3600
# What a view keeps as its list → the kind of list.
KINDS = {kind.name: kind for kind in LISTS}


@require_safe
def show_all(request):
    """Show the own views, to open, order, change and delete them."""
    template = page_or_part(request, "leads/views/list.html", "views")
    return render(request, template, _groups(request))


@require_http_methods(["GET", "HEAD", "POST"])
def keep(request):
    """Ask for the name of the list that the query describes (GET), save it (POST)."""
    asked = request.POST if request.method == "POST" else request.GET
    list_name = asked.get("liste", SavedView.List.IN_PROGRESS)
    if list_name not in KINDS:
        raise Http404
    kind = KINDS[list_name]
    is_sent = request.method == "POST"
    described = QueryDict(request.POST.get("abfrage", "")) if is_sent else request.GET
    leads = kind(sight_of(request), described, user=request.user)
    form = NewViewForm(request.POST if is_sent else None, list_name=list_name)
    context = {"form": form, "list_name": list_name, "leads": leads, "back": leads.link}
    if not form.is_bound:
        return _dialog(request, context)
    if not leads.asked:
        form.add_error(None, _("This list has neither filters nor an order to save yet."))
    if not form.is_valid():
        return _dialog(request, context, status=422)
    own = SavedView.objects.visible_to(request.user)
    try:
        view = own.keep(
            request.user,
            name=form.cleaned_data["name"],
            list_name=list_name,
            query=leads.query,
            said=leads.said,
            is_start=form.is_start,
            replaces=form.cleaned_data["replaces"],
        )
    except NameTaken as error:
        taken = own.called(form.cleaned_data["name"])
        if taken and taken.is_start:
            form.tick_start()
        form.add_error("name", error.message)
        return _dialog(request, {**context, "is_taken": True}, status=422)
    except (TooManyViews, TooManyFilters) as error:
        form.add_error(None, error.message)
        return _dialog(request, context, status=422)
    toast(request, _("View “%(view)s” saved") % {"view": in_short(view.name)})
    return go(request, f"{reverse(kind.address)}?{view.query}")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, view_id):
    """Ask for another name (GET), confirm it (POST)."""
    view = _own(request, view_id)
    sent = request.POST if request.method == "POST" else None
    held = {"name": view.name, "start": view.is_start}
    form = SavedViewForm(sent, initial=held, list_name=view.list_name)
    context = {"form": form, "view": view, "back": reverse("leads:views")}
    if not form.is_bound:
        return _dialog(request, context)
    if not form.is_valid():
        return _dialog(request, context, status=422)
    try:
        view.change(name=form.cleaned_data["name"], is_start=form.is_start)
    except NameTaken as error:
        form.add_error("name", error.message)
        return _dialog(request, context, status=422)
    except Unchangeable:
        raise Http404 from None
    toast(request, _("View “%(view)s” saved") % {"view": in_short(view.name)})
    return go(request, "leads:views")


@require_POST
def place(request, view_id):
    """Put the view at another place among those of its list."""
    view = _own(request, view_id)
    number = request.POST.get("platz", "")
    if number.isascii() and number.isdigit():
        view.place(int(number[:4]))
    if not wants_part(request):
        return go(request, "leads:views")
    context = {**_groups(request), "moved": view}
    return render(request, "leads/views/list.html#views", context)


@require_POST
def delete(request, view_id):
    """Delete the view; the leads in it stay as they are."""
    view = _own(request, view_id)
    try:
        described = view.discard()
    except Unchangeable:
        raise Http404 from None
    kept = signing.dumps(described, salt=_salt(request.user), compress=True)
    # What was done comes first: a long name may leave no room behind it.
    text = _("View deleted: “%(view)s”") % {"view": described["name"]}
    toast(request, text, undo_at=f"{reverse('leads:view_restore')}?ansicht={kept}")
    return go(request, "leads:views")


@require_POST
def restore(request):
    """Bring back the deleted view that the toast describes."""
    try:
        kept = signing.loads(
            request.GET.get("ansicht", ""), salt=_salt(request.user), max_age=AT_HAND
        )
        SavedView.objects.visible_to(request.user).bring_back(request.user, **kept)
    except signing.BadSignature:
        messages.error(request, Unchangeable.message)
    except (NameTaken, TooManyViews) as error:
        messages.error(request, _("Not taken back: %(reason)s") % {"reason": error.message})
    else:
        toast(request, _("Taken back"))
    return go(request, "leads:views")


def _salt(user):
    """Return what no other signature of the application has, nor that of other people."""
    return f"leads.saved_views.{user.pk}"


def _own(request, view_id):
    return get_object_or_404(SavedView.objects.visible_to(request.user), pk=view_id)


def _groups(request):
    """Return the own views by list: its name, where it leads, and the views."""
    views = SavedView.objects.visible_to(request.user).in_order()
    groups = [
        {
            "heading": list_name.label,
            "address": reverse(KINDS[list_name].address),
            "views": [view for view in views if view.list_name == list_name],
        }
        for list_name in SavedView.List
    ]
    return {"groups": [group for group in groups if group["views"]]}


def _dialog(request, context, *, status=200):
    template = page_or_part(request, "leads/views/dialog.html", "dialog")
    return render(request, template, context, status=status)
