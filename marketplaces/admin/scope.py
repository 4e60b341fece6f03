"""Who may do what in the admin: it follows from what somebody operates.

Nobody needs rows of Django's permissions. Each model's `operated_by(user)` says which
objects there are for the person; what is not among them does not exist: 404.
"""

from functools import partial

from django.contrib.admin import RelatedFieldListFilter
from django.db import models, transaction
from django.http import Http404
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import override
from unfold.admin import ModelAdmin

from leadbook import security_log
from leads.kinds import LineField, LinesField, TextField
from marketplaces.models import Marketplace

FOUND, FOUND_AT_MOST = "found_people", 100
TEXTS = {models.CharField: LineField, models.TextField: TextField}


def operates(request):
    """Whether the person sets up any marketplace; asked once a request."""
    if not hasattr(request, "_operates"):
        operated = Marketplace.objects.operated_by(request.user)
        request._operates = request.user.is_superuser or operated.exists()
    return request._operates


def found_people(request):
    """Return the ids of the people whom the operator found by their whole name."""
    return request.session.get(FOUND, [])


def remember_found(request, people):
    """Keep for the operator's session that these `people` were found."""
    known = found_people(request)
    if new := [person.pk for person in people if person.pk not in known]:
        request.session[FOUND] = [*known, *new][-FOUND_AT_MOST:]


class SuperuserOnly:
    """Permissions of what superusers alone see and change."""

    def has_module_permission(self, request):
        """Whether the model stands in the navigation."""
        return request.user.is_superuser

    def has_view_permission(self, request, obj=None):
        """Whether it can be looked at."""
        return request.user.is_superuser

    def has_change_permission(self, request, obj=None):
        """Whether it can be changed."""
        return request.user.is_superuser

    def has_add_permission(self, request, obj=None):
        """Whether one can be added."""
        return request.user.is_superuser

    def has_delete_permission(self, request, obj=None):
        """Whether it can be deleted."""
        return request.user.is_superuser


class ForOperators(SuperuserOnly):
    """Permissions of what operators see and change; only superusers add and delete."""

    def has_module_permission(self, request):
        """Whether the model stands in the navigation."""
        return operates(request)

    def has_view_permission(self, request, obj=None):
        """Whether it can be looked at; which ones, says the queryset."""
        return operates(request)

    def has_change_permission(self, request, obj=None):
        """Whether it can be changed; which ones, says the queryset."""
        return operates(request)


class PartOfOperated(ForOperators):
    """Permissions of the parts of a marketplace: who may change it, may change them."""

    def has_add_permission(self, request, obj=None):
        """Whether a part can be added."""
        return operates(request)

    def has_delete_permission(self, request, obj=None):
        """Whether a part can be deleted."""
        return operates(request)


class ReadOnly(ForOperators):
    """Permissions of what the admin only shows, to superusers too."""

    def has_change_permission(self, request, obj=None):
        """Refuse."""
        return False

    def has_add_permission(self, request, obj=None):
        """Refuse."""
        return False

    def has_delete_permission(self, request, obj=None):
        """Refuse."""
        return False


class CleanTexts:
    """Forms whose texts follow the same rules as those of the application."""

    # Columns that hold one entry on each line.
    lists = ()

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Clean what is typed: NFC, nothing that cannot be seen, refuse control characters.

        Fields of other types, as names to sign in with and e-mail addresses, accept no
        such characters anyway.
        """
        if db_field.name in self.lists:
            kwargs.setdefault("form_class", LinesField)
        elif type(db_field) in TEXTS and not db_field.choices:
            kwargs.setdefault("form_class", TEXTS[type(db_field)])
        made = super().formfield_for_dbfield(db_field, request, **kwargs)
        # The admin's inputs stop where the column does, as those of other types do.
        if limit := getattr(made, "max_length", None):
            made.widget.attrs["maxlength"] = limit
        return made


class ScopedAdmin(CleanTexts, ModelAdmin):
    """What the pages of our models share."""

    view_on_site = False
    # No deleting of many at once.
    actions = None

    def get_queryset(self, request):
        """Start from what the person operates."""
        return super().get_queryset(request).operated_by(request.user)

    def lookup_allowed(self, lookup, value, request):
        """Allow what the list's own filters ask for, no other query by address."""
        offered = {name if isinstance(name, str) else name[0] for name in self.list_filter}
        path, _separator, kind = lookup.rpartition("__")
        return kind in {"exact", "isnull"} and path.removesuffix("__id") in offered

    def get_object(self, request, object_id, from_field=None):
        """Answer 404 for what does not exist and for what may not be seen."""
        # An empty name of a field in the address means none; Django looks for it.
        found = super().get_object(request, object_id, from_field or None)
        if found is None:
            raise Http404
        return found

    def save_formset(self, request, form, formset, change):
        """Save the parts, and write down which were added, changed and deleted."""
        model = formset.model
        going = [gone.instance.pk for gone in formset.deleted_forms if gone.instance.pk]
        super().save_formset(request, form, formset, change)
        for part in formset.new_objects:
            _write_down("admin_added", request, model, part.pk, of=form.instance.pk)
        for part, fields in formset.changed_objects:
            _write_down("admin_changed", request, model, part.pk, fields, of=form.instance.pk)
        for pk in going:
            _write_down("admin_deleted", request, model, pk, of=form.instance.pk)

    def log_addition(self, request, obj, message):
        """Write it down in the security log too."""
        _write_down("admin_added", request, type(obj), obj.pk)
        return super().log_addition(request, obj, message)

    def log_change(self, request, obj, message):
        """Write it down in the security log too; the parts stand there by themselves."""
        changes = [part["changed"] for part in message if "changed" in part]
        fields = [name for own in changes if "name" not in own for name in own["fields"]]
        if fields:
            _write_down("admin_changed", request, type(obj), obj.pk, fields)
        for part in changes:
            part["fields"] = [self._words.get(label, label) for label in part["fields"]]
        return super().log_change(request, obj, message)

    @cached_property
    def _words(self):
        """Label of a field → the word of the catalogue that it is, as the history needs it.

        Labels begin with a capital letter, and would be looked up as they stand there.
        """
        models = [self.model, *(inline.model for inline in self.inlines)]
        with override(None):
            words = [str(field.verbose_name) for m in models for field in m._meta.fields]
        return {capfirst(word): word for word in words}

    def log_deletions(self, request, queryset):
        """Write them down in the security log too."""
        for obj in queryset:
            _write_down("admin_deleted", request, type(obj), obj.pk)
        return super().log_deletions(request, queryset)


def _write_down(event, request, model, pk, fields=None, **details):
    """Write to the security log what happened to an object, once it has happened."""
    if fields is not None:
        details["fields"] = list(fields)
    line = partial(
        security_log.record, event, request, model=model._meta.label_lower, id=pk, **details
    )
    transaction.on_commit(line, robust=True)


class OperatedFilter(RelatedFieldListFilter):
    """A filter by a marketplace, or by a part of one, that names only the operated ones."""

    def field_choices(self, field, request, model_admin):
        """Return pairs of id and name."""
        choices = field.related_model.objects.operated_by(request.user)
        if field.related_model is Marketplace:
            return [(choice.pk, str(choice)) for choice in choices.by_name()]
        parts = choices.by_marketplace()
        return [(part.pk, f"{part.marketplace} · {part}") for part in parts]
