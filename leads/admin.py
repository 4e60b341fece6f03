"""Leads and their history in the admin: to look at; reps work on them in the application."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from marketplaces.admin.scope import OperatedFilter, ReadOnly, ScopedAdmin

from .fields import BUILT_IN_BY_NAME, fields_of
from .handing_over_admin import HandingOverAction, OwnerFilter
from .models import Lead, LeadEvent
from .privacy.admin_pages import PrivacyPages

VALUE = BUILT_IN_BY_NAME["value"]
EVENT_FIELDS = ["created_at", "actor_name", "source", "kind", "label", "old_text", "new_text"]


class EventInline(ReadOnly, TabularInline):
    """The history on the page of its lead."""

    model = LeadEvent
    fields = EVENT_FIELDS
    ordering = ["-created_at", "-id"]
    extra = 0
    per_page = 50
    tab = True
    show_title = False


@admin.register(Lead)
class LeadAdmin(HandingOverAction, PrivacyPages, ReadOnly, ScopedAdmin):
    """The leads of the marketplaces that somebody operates."""

    list_display = [
        "name",
        "city",
        "marketplace",
        "status_shown",
        "phase",
        "owner",
        "value_shown",
        "created_at",
    ]
    list_filter = [
        ("marketplace", OperatedFilter),
        ("phase", OperatedFilter),
        ("owner", OwnerFilter),
        "status",
    ]
    # Says only that there is a search; `get_search_results` does it.
    search_fields = ["name"]
    search_help_text = _("Name, company, contact person, city, e-mail or phone")
    list_per_page = 50
    show_full_result_count = False
    inlines = [EventInline]
    fieldsets = [
        (
            None,
            {"fields": [("marketplace", "status"), ("phase", "owner_shown"), "loss_reason"]},
        ),
        (_("Fields"), {"fields": ["values_shown"]}),
        (
            _("Times"),
            {
                "fields": [
                    ("created_at", "accepted_at"),
                    ("phase_entered_at", "phase_due_on"),
                    ("closed_at", "last_activity_at"),
                    ("anonymised_at", "external_id"),
                ]
            },
        ),
    ]
    readonly_fields = ["owner_shown", "values_shown"]

    def get_queryset(self, request):
        """Add what the list shows of other tables."""
        return super().get_queryset(request).for_list()

    def get_search_results(self, request, queryset, search_term):
        """Search as the application does."""
        return queryset.matching(search_term, offered=True), False

    @display(
        description=_("Status"),
        ordering="status",
        label={
            "offered": "info",
            "in_progress": "warning",
            "won": "success",
            "lost": "danger",
        },
    )
    def status_shown(self, lead):
        """Return the status with its colour."""
        return lead.status, lead.get_status_display()

    @display(description=VALUE.label, ordering="value")
    def value_shown(self, lead):
        """Return the value as all other pages show it."""
        # The narrow column would leave the euro a line of its own.
        return VALUE.text_of(lead).replace(" ", "\u00a0") or None

    @display(description=_("owner"))
    def owner_shown(self, lead):
        """Return the owner's name, without the link to an account that few may see."""
        return lead.owner and str(lead.owner)

    @display(description=_("Values"))
    def values_shown(self, lead):
        """Return all fields that have a value, the marketplace's own ones included."""
        texts = (
            (field.label, field.text_of(lead))
            for field in fields_of(lead.marketplace, lead=lead)
        )
        return "\n".join(f"{label}: {text}" for label, text in texts if text)


@admin.register(LeadEvent)
class LeadEventAdmin(ReadOnly, ScopedAdmin):
    """The history of all leads. Nobody adds, changes or deletes an event."""

    list_display = [
        "created_at",
        "lead",
        "kind",
        "label",
        "old_text",
        "new_text",
        "actor_name",
        "source",
    ]
    list_filter = [("lead__marketplace", OperatedFilter), "kind", "source"]
    list_select_related = ["lead"]
    list_per_page = 50
    show_full_result_count = False
    fields = ["lead", *EVENT_FIELDS, ("from_phase", "to_phase"), "request_id"]
