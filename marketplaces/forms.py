"""Forms of the admin: a marketplace's ordered lists, its members, moving leads."""

import json

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.utils import ErrorDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet, UserChangeForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from leads.definition_changes import agreement_to, impact_of
from leads.fields import all_fields_of
from leads.headings import is_built_in

from .models import Marketplace, Membership, Phase, User


class ShownField(forms.CharField):
    """What the page showed of an object, for the form to know what was changed in it."""

    widget = forms.HiddenInput

    def __init__(self, **kwargs):
        super().__init__(label="", required=False, **kwargs)

    def has_changed(self, initial, data):
        """Say that nobody changes it."""
        return False


class SetupForm(forms.ModelForm):
    """A form that writes what was changed in it, and leaves what others changed meanwhile.

    `shown` is what the page showed of the object, where that was sent.
    """

    def __init__(self, *args, shown=None, **kwargs):
        super().__init__(*args, **kwargs)
        # What the page is about to show of it.
        self.shows = {
            name: self.initial.get(name)
            for name, field in self.fields.items()
            if not isinstance(field, ShownField)
        }
        if self.is_bound and self.instance.pk and isinstance(shown, dict):
            # What is sent is compared with what the page showed, not with what is there now.
            self.initial |= {k: v for k, v in shown.items() if k in self.shows}

    def _post_clean(self):
        sent = self.cleaned_data
        if self.instance.pk:
            left = set(self.base_fields) - set(self.changed_data)
            self.cleaned_data = {k: v for k, v in sent.items() if k not in left}
        super()._post_clean()
        self.cleaned_data = {k: v for k, v in sent.items() if k not in self._errors}


def _shown(data, prefix=""):
    """Return what the page showed, as the sent `data` say; empty where they cannot be read."""
    try:
        shown = json.loads(data.get(f"{prefix}shown", "{}"))
    except (ValueError, RecursionError):
        return {}
    return shown if isinstance(shown, dict) else {}


class MarketplaceForm(SetupForm):
    """What a marketplace itself says."""

    shown = ShownField()

    def __init__(self, data=None, *args, **kwargs):
        super().__init__(data, *args, shown=_shown(data or {}), **kwargs)
        self.initial["shown"] = json.dumps(self.shows)
        self.slug_before = self.instance.slug

    def clean_name(self):
        """Refuse the name of another marketplace."""
        name, others = self.cleaned_data["name"], Marketplace.objects
        is_new = "name" in self.changed_data
        if is_new and others.is_called(name, besides=self.instance.pk):
            raise ValidationError(_("There is already a marketplace of this name."))
        return name


class PartForm(SetupForm):
    """One row of what a marketplace consists of."""

    # Somebody else deleted the row after the page was loaded.
    is_gone = False
    # The row that a new one is equal to: the form was sent twice.
    repeats = None

    def full_clean(self):
        """Take a row that is gone for deleted, and a repeated new one for saved."""
        if self.is_gone:
            self._errors, self.cleaned_data = ErrorDict(), {DELETION_FIELD_NAME: True}
            return
        super().full_clean()
        if self._errors and (equal := self._equal_row()):
            self._errors, self.repeats = ErrorDict(), equal

    @property
    def is_repeated(self):
        """Whether it was saved before."""
        return self.repeats is not None

    def has_changed(self):
        """Whether there is something to save."""
        return not self.is_repeated and super().has_changed()

    def _equal_row(self):
        if self.instance.pk or not self.instance.marketplace_id:
            return None
        values = {
            field.attname: getattr(self.instance, field.attname)
            for field in self.instance._meta.concrete_fields
            if field.name in self.fields and field.name not in {"id", "position"}
        }
        return type(self.instance).objects.filter(**values).first()


class TableFormSet(PaginationInlineFormSet):
    """Rows in a table."""

    def add_fields(self, form, index):
        """Name each field for screen readers: only the head of the column shows its label."""
        super().add_fields(form, index)
        for name, field in form.fields.items():
            label = _("Delete") if name == DELETION_FIELD_NAME else field.label
            if label:
                field.widget.attrs["aria-label"] = label


class PartFormSet(TableFormSet):
    """The rows of one kind; works on when another operator changed them meanwhile."""

    @cached_property
    def management_form(self):
        """Django's, with what the page shows of all rows.

        An input in each row would bring a large marketplace close to the most that is taken.
        """
        form = super().management_form
        shows = {} if self.is_bound else {f.instance.pk: f.shows for f in self.initial_forms}
        form.fields["shown"] = ShownField(initial=json.dumps(shows))
        return form

    @cached_property
    def _shown_by_id(self):
        return _shown(self.data, f"{self.prefix}-")

    def get_queryset(self):
        """Return the objects in the order in which the page sent its rows.

        The admin pairs forms and objects by their order, which may be another one now.
        """
        if not self.is_bound:
            return super().get_queryset()
        # Of a long list all: since the page was loaded, rows may stand on another one.
        by_id = {str(part.pk): part for part in self.queryset}
        sent = (
            self.data.get(f"{self.add_prefix(i)}-{self.model._meta.pk.name}")
            for i in range(min(self.initial_form_count(), self.total_form_count()))
        )
        return [by_id.get(pk) or self.model() for pk in sent]

    def clean(self):
        """Refuse a new row that is equal to one which is just being deleted or changed."""
        super().clean()
        passing = {
            form.instance
            for form in self.initial_forms
            if not form.is_gone and (self._should_delete_form(form) or form.has_changed())
        }
        for form in self.extra_forms:
            if form.repeats in passing:
                form.repeats = None
                form.add_error(
                    None,
                    _(
                        "Such a row is just being deleted or changed on this page. Save that "
                        "first, then add this one."
                    ),
                )

    def get_unique_error_message(self, unique_check):
        """Say of two equal rows what the constraint says that they break."""
        for constraint in self.model._meta.total_unique_constraints:
            if constraint.fields == tuple(unique_check):
                return constraint.violation_error_message
        return super().get_unique_error_message(unique_check)

    def _construct_form(self, i, **kwargs):
        pk = self.data.get(f"{self.add_prefix(i)}-{self.model._meta.pk.name}")
        form = super()._construct_form(i, shown=self._shown_by_id.get(pk), **kwargs)
        # Not to be read again for each row.
        setattr(form.instance, self.fk.name, self.instance)
        form.is_gone = (
            self.is_bound and i < self.initial_form_count() and form.instance._state.adding
        )
        return form


class EntryForm(PartForm):
    """One entry of an ordered list."""

    # Where the operator wants the entry; the list gives the real places when it is saved.
    position = forms.IntegerField(
        label=_("order"),
        required=False,
        min_value=0,
        max_value=10_000,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    @cached_property
    def changed_data(self):
        """Return the changed fields; a place alone does not make a new row."""
        changed = super().changed_data
        if self.instance.pk is None:
            changed = [name for name in changed if name != "position"]
        return changed

    def clean(self):
        """Refuse to delete an entry that is in use, and take the deletion back."""
        cleaned = super().clean()
        if self.instance.pk and cleaned.get(DELETION_FIELD_NAME):
            try:
                self.instance.check_deletable()
            except ValidationError as error:
                cleaned[DELETION_FIELD_NAME] = False
                self.data = self.data.copy()
                self.data.pop(self.add_prefix(DELETION_FIELD_NAME), None)
                self.add_error(None, error)
        return cleaned

    def _get_validation_exclusions(self):
        return super()._get_validation_exclusions() | {"position"}

    def _post_clean(self):
        place = self.instance.position
        super()._post_clean()
        self.instance.position = place

    def sort_key(self, *, is_new):
        """Return what to order the rows by.

        Of two rows with the same number the one that was moved there comes before the one
        that stood there when it came from below, behind it when it came from above.
        """
        stood = float("inf") if is_new else self.instance.position
        wanted = self.cleaned_data.get("position")
        if wanted is None or not (is_new or "position" in self.changed_data):
            wanted = stood
        return wanted, (wanted > stood) - (wanted < stood)


class EntryFormSet(PartFormSet):
    """A marketplace's list: its order is written when everything else is saved."""

    # The columns in which each entry of the list is unique; the last one is its name.
    name_columns = ("label",)

    def clean(self):
        """Refuse the same name twice; the database is asked about the others."""
        super().clean()
        seen = set()
        for form in self.forms:
            *group, name = (getattr(form.instance, field) for field in self.name_columns)
            if form.cleaned_data.get(DELETION_FIELD_NAME) or form.is_repeated:
                continue
            key = (*group, name.lower())
            if name and key in seen:
                form.add_error(self.name_columns[-1], _("This name stands here twice."))
            seen.add(key)

    def save_new(self, form, commit=True):
        """Save the new entry behind the others."""
        form.instance.position = self._entries.next_position()
        return super().save_new(form, commit)

    def save(self, commit=True):
        """Save the rows, then put them into the wanted order."""
        saved = super().save(commit)
        new = self.extra_forms
        rows = [form for form in self.forms if form.instance.pk and not form.is_gone]
        rows.sort(key=lambda form: form.sort_key(is_new=form in new))
        self._entries.arrange([form.instance.pk for form in rows])
        return saved

    @property
    def _entries(self):
        return self.model.objects.of(self.instance)


class FieldForm(EntryForm):
    """An own field."""

    def clean_label(self):
        """Refuse the name of a field that all leads have, unless it stands there already."""
        label = self.cleaned_data["label"]
        if "label" in self.changed_data and is_built_in(label):
            raise ValidationError(_("Every lead has a field of this name anyway."))
        return label


class FieldFormSet(EntryFormSet):
    """The own fields of a marketplace; what touches existing values is asked once more."""

    AGREED = "agreed"
    # What the sent changes would do to values, where it is not agreed to yet.
    impacts = ()

    def clean(self):
        """Refuse changes that touch values, until the operator has agreed to them."""
        super().clean()
        if any(self.errors):
            return
        changed = (form for form in self.initial_forms if form.has_changed())
        impacts = []
        for form in changed:
            if not form.is_gone and not form.cleaned_data.get(DELETION_FIELD_NAME):
                before = type(form.instance).objects.of(self.instance).get(pk=form.instance.pk)
                before.marketplace = self.instance
                if form.instance.kind != before.kind:
                    form.instance.remember_kind(before.kind)
                impacts.append(impact_of(form.instance, before))
        impacts = list(filter(None, impacts))
        if impacts and self.data.get(self.add_prefix(self.AGREED)) != agreement_to(impacts):
            self.impacts, self.agreement = impacts, agreement_to(impacts)
            raise ValidationError(_("These changes touch values. Please look at them above."))

    def newly_other_kind(self):
        """Whether a field was made another kind by what has just been saved."""
        return any("kind" in changed for _field, changed in self.changed_objects)


class PhaseFormSet(EntryFormSet):
    """The phases of a marketplace's process."""

    name_columns = ("name",)

    def with_new_target(self):
        """Return the phases whose target was changed by what has just been saved."""
        return [phase for phase, changed in self.changed_objects if "target_days" in changed]

    def newly_retired(self):
        """Return the phases that were retired by what has just been saved."""
        return [
            phase
            for phase, changed in self.changed_objects
            if phase.is_retired and "is_retired" in changed
        ]


class OfPhases:
    """A list whose rows each belong to one of the marketplace's phases."""

    @cached_property
    def phases(self):
        """The phases, read once for all rows."""
        return list(self.instance.phases.in_order()) if self.instance.pk else []

    def add_fields(self, form, index):
        """Offer the marketplace's own phases."""
        super().add_fields(form, index)
        field = form.fields["phase"]
        field.queryset = Phase.objects.of(self.instance.pk)
        field.choices = [("", _("Choose a phase")), *((p.pk, p.name) for p in self.phases)]


class ChecklistFormSet(OfPhases, EntryFormSet):
    """The checklists of a marketplace's phases."""

    name_columns = ("phase_id", "text")


class RequirementFormSet(OfPhases, PartFormSet):
    """The fields that a marketplace's phases require."""

    @cached_property
    def names(self):
        """Pairs of name and label of the fields, read once for all rows."""
        if not self.instance.pk:
            return []
        return [
            (field.name, field.label)
            for field in all_fields_of(self.instance)
            if not field.is_retired
        ]

    def add_fields(self, form, index):
        """Offer the fields; a retired one only where it stands already."""
        super().add_fields(form, index)
        names, stands = list(self.names), form.instance.name
        if stands and stands not in dict(names):
            names.append((stands, _("(retired field)")))
        label, help_text = form.fields["name"].label, form.fields["name"].help_text
        form.fields["name"] = forms.ChoiceField(
            label=label,
            help_text=help_text,
            choices=[("", _("Choose a field")), *names],
            widget=UnfoldAdminSelectWidget(attrs={"aria-label": label}),
        )

    def save(self, commit=True):
        """Save the rows; the history of the admin names them by the fields' labels."""
        saved = super().save(commit)
        labels = {name: str(label) for name, label in self.names}
        changed = [part for part, _fields in self.changed_objects]
        for part in (*self.new_objects, *changed, *self.deleted_objects):
            part.label = labels.get(part.name, part.name)
        return saved


class MembershipForm(PartForm):
    """A member; who is deactivated can stay one, but not become one."""

    def clean_user(self):
        """Refuse a person who cannot sign in."""
        person = self.cleaned_data["user"]
        if not person.is_active and "user" in self.changed_data:
            raise ValidationError(_("This account is deactivated."))
        return person


class MembershipFormSet(PartFormSet):
    """The members of a marketplace, as `by` changes them."""

    by = None

    def clean(self):
        """Refuse to leave a marketplace without anybody who sets it up, superusers apart."""
        super().clean()
        if any(self.errors) or self.by.is_superuser:
            return
        shown = [form.instance.pk for form in self.initial_forms if not form.is_gone]
        elsewhere = self.instance.memberships.operating().exclude(pk__in=shown)
        left = [form.instance.user_id for form in self.forms if self._operates(form)]
        left += elsewhere.values_list("user_id", flat=True)
        if not User.people.administering().filter(pk__in=left).exists():
            raise ValidationError(
                _(
                    "At least one operator who can open this administration must remain, or "
                    "nobody could set this up any more."
                )
            )

    def save(self, commit=True):
        """Save the rows; the history of the admin, written without a language, names them."""
        saved = super().save(commit)
        changed = [member for member, _fields in self.changed_objects]
        for member in (*self.new_objects, *changed, *self.deleted_objects):
            member.role_name = str(member.get_role_display())
        return saved

    @staticmethod
    def _operates(form):
        if form.cleaned_data.get(DELETION_FIELD_NAME) or form.is_repeated:
            return False
        return form.instance.role == Membership.Role.OPERATOR


class AccountForm(UserChangeForm):
    """Somebody's account; one remains that can set everything up."""

    def clean(self):
        """Refuse to take its rights from the last superuser who can use them."""
        data = super().clean()
        rights = ("is_active", "is_staff", "is_superuser")
        stays = all(data.get(name) for name in rights)
        if not stays and User.people.is_last_superuser(self.instance.pk):
            raise ValidationError(
                _("Nobody else is a superuser: this account must stay an active one of staff.")
            )
        return data


class RelocateForm(forms.Form):
    """Where the leads of a phase shall go: another active phase of the same process."""

    to = forms.ModelChoiceField(
        label=_("Move to"),
        queryset=Phase.objects.none(),
        empty_label=_("Choose a phase"),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args, phase, **kwargs):
        super().__init__(*args, **kwargs)
        others = phase.marketplace.phases.active().other_than(phase)
        self.fields["to"].queryset = others.in_order()
