"""The lists on a marketplace's page."""

from django.db import models
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from leadbook.numbers import german
from marketplaces.forms import (
    ChecklistFormSet,
    EntryForm,
    EntryFormSet,
    FieldForm,
    FieldFormSet,
    MembershipForm,
    MembershipFormSet,
    PartForm,
    PhaseFormSet,
    RequirementFormSet,
)
from marketplaces.models import (
    ChecklistItem,
    Field,
    LossReason,
    Membership,
    Phase,
    Requirement,
    User,
)

from .scope import CleanTexts, PartOfOperated, found_people

SMALL_TEXT = {models.TextField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 2})}}


class PartInline(CleanTexts, PartOfOperated):
    """One of the lists, each under a tab."""

    extra = 0
    tab = True
    show_title = False
    max_num = 150

    def get_formset(self, request, obj=None, **kwargs):
        """Refuse more rows than anybody needs; the page would be made of all of them."""
        return super().get_formset(request, obj, absolute_max=self.max_num, **kwargs)


class EntryInline(PartInline):
    """A list that is dragged into order; its number does the same for the keyboard."""

    form = EntryForm
    formset = EntryFormSet
    ordering_field = "position"
    ordering = ["position", "id"]
    formfield_overrides = SMALL_TEXT


class PhaseInline(EntryInline, TabularInline):
    """The phases of the sales process."""

    model = Phase
    formset = PhaseFormSet
    fields = ["position", "name", "guidance", "target_days", "is_retired", "leads_here"]
    readonly_fields = ["leads_here"]

    def get_queryset(self, request):
        """Count the leads that stand in each phase."""
        return super().get_queryset(request).with_lead_count()

    @display(description=_("Leads"))
    def leads_here(self, phase):
        """Return how many leads stand in the phase, with the way to move them."""
        return render_to_string("admin/marketplaces/phase/leads.html", {"phase": phase})


class ChecklistInline(EntryInline, TabularInline):
    """What is to be ticked off in each phase."""

    model = ChecklistItem
    formset = ChecklistFormSet
    fields = ["position", "phase", "text", "is_required", "is_retired"]
    ordering = ["phase__position", "position", "id"]


class RequirementInline(PartInline, TabularInline):
    """Which fields must be filled before the next phase."""

    model = Requirement
    form = PartForm
    formset = RequirementFormSet
    fields = ["phase", "name"]
    ordering = ["phase__position", "id"]


class FieldInline(EntryInline, TabularInline):
    """The marketplace's own fields of a lead."""

    model = Field
    form = FieldForm
    formset = FieldFormSet
    lists = ["choices"]
    fields = [
        "position",
        "label",
        "group",
        "kind",
        "unit",
        "choices",
        "help_text",
        "is_required",
        "is_retired",
        "values_kept",
    ]
    readonly_fields = ["values_kept"]

    @display(description=_("Leads"))
    def values_kept(self, field):
        """Return how many leads have a value in the field."""
        return german(field.value_count) if field.pk else None


class LossReasonInline(EntryInline, TabularInline):
    """Why the marketplace's leads are lost."""

    model = LossReason
    fields = ["position", "label", "is_retired", "leads_lost"]
    readonly_fields = ["leads_lost"]

    def get_queryset(self, request):
        """Count the leads that were lost for each reason."""
        return super().get_queryset(request).with_lead_count()

    @display(description=_("Lost leads"))
    def leads_lost(self, reason):
        """Return how many leads were lost for this reason."""
        return german(reason.lead_count) if reason.pk else None


class MembershipInline(PartInline, TabularInline):
    """Who works in the marketplace, and as what."""

    model = Membership
    form = MembershipForm
    formset = MembershipFormSet
    fields = ["user", "role"]
    autocomplete_fields = ["user"]
    ordering = ["role", "user__last_name", "user__first_name", "id"]
    per_page = 50

    def get_formset(self, request, obj=None, **kwargs):
        """Tell it who changes the members."""
        made = super().get_formset(request, obj, **kwargs)
        made.by = request.user
        return made

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        """Let the operator choose only people whom the search has offered."""
        if db_field.name == "user":
            kwargs["help_text"] = _(
                "Who works in none of your marketplaces yet is only found by the whole user "
                "name or e-mail address."
            )
            kwargs["queryset"] = User.people.choosable_by(
                request.user, found=found_people(request)
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
