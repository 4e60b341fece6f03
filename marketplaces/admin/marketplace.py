"""A marketplace with its process, fields, reasons and members on one page."""

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from leadbook import security_log
from leadbook.numbers import german
from leads.models import NotNeighbours, SavedView, StorageUse
from leads.reckoning import reckon_later
from leads.relocating import leads_in, relocate_leads
from leads.tasks import sort_anew
from leads.uploads import megabytes
from marketplaces.forms import MarketplaceForm, RelocateForm
from marketplaces.models import Field, Marketplace, Membership, Phase

from .inlines import (
    ChecklistInline,
    FieldInline,
    LossReasonInline,
    MembershipInline,
    PhaseInline,
    RequirementInline,
)
from .scope import ForOperators, ScopedAdmin


@admin.register(Marketplace)
class MarketplaceAdmin(ForOperators, ScopedAdmin):
    """Marketplaces: operators set up their own, superusers all."""

    form = MarketplaceForm
    list_display = ["name", "phases_shown", "offered", "in_progress", "warning"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (
            None,
            {"fields": [("name", "slug"), ("color", "federal_state"), "allows_early_loss"]},
        ),
        (
            _("Reminders"),
            {
                "fields": [("remind_idle_days", "remind_late_days")],
                "description": _(
                    "On working days each rep gets one e-mail at most that names the own "
                    "forgotten leads; every person can switch it off."
                ),
            },
        ),
        (
            _("Attachments"),
            {
                "fields": [("storage_limit_gb", "room_taken")],
                "description": _(
                    "Deleted attachments count until they are removed for good, 30 days later."
                ),
            },
        ),
        (
            _("Data protection"),
            {
                "fields": [("anonymise_closed_after_months", "anonymise_offered_after_days")],
                "description": _(
                    "A daily run anonymises what is older, for good: contact, journal "
                    "and attachments go, the figures stay. It also takes the leads that "
                    "are older today."
                ),
            },
        ),
    ]
    readonly_fields = ["room_taken"]
    inlines = [
        PhaseInline,
        ChecklistInline,
        FieldInline,
        RequirementInline,
        LossReasonInline,
        MembershipInline,
    ]
    change_form_before_template = "admin/marketplaces/marketplace/warnings.html"
    warn_unsaved_form = True

    def get_queryset(self, request):
        """Add the numbers of phases and leads."""
        return super().get_queryset(request).with_counts()

    def get_readonly_fields(self, request, obj=None):
        """Let operators read how much room there is, and superusers give more."""
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else [*fields, "storage_limit_gb"]

    def get_object(self, request, object_id, from_field=None):
        """Hold the marketplace while it is saved, so that a second operator waits."""
        if request.method == "POST" and transaction.get_connection().in_atomic_block:
            self.model.objects.hold(object_id)
        return super().get_object(request, object_id, from_field)

    def get_deleted_objects(self, objs, request):
        """Say in one sentence what stands in the way, however many leads there are."""
        if any(marketplace.leads.exists() for marketplace in objs):
            return [], {}, set(), [gettext("Leads of this marketplace")]
        return super().get_deleted_objects(objs, request)

    def get_urls(self):
        """Add the page that moves the leads out of a phase."""
        return [
            path(
                "<int:marketplace_id>/phases/<int:phase_id>/relocate/",
                self.admin_site.admin_view(self.relocate_view),
                name="marketplaces_phase_relocate",
            ),
            *super().get_urls(),
        ]

    @display(description=_("Active phases"), ordering="active_phase_count")
    def phases_shown(self, marketplace):
        """Return the number of phases that are not retired."""
        return marketplace.active_phase_count

    @display(description=_("Offered"), ordering="offered_count")
    def offered(self, marketplace):
        """Return the number of leads that nobody works on yet."""
        return german(marketplace.offered_count)

    @display(description=_("In progress"), ordering="in_progress_count")
    def in_progress(self, marketplace):
        """Return the number of leads in Bearbeitung."""
        return german(marketplace.in_progress_count)

    @display(description=_("taken"))
    def room_taken(self, marketplace):
        """Return how much of its room the marketplace's attachments take."""
        if marketplace.pk is None:
            return "–"
        return _("%(taken)s of %(limit)s") % {
            "taken": megabytes(StorageUse.objects.bytes_of(marketplace)),
            "limit": megabytes(marketplace.storage_limit),
        }

    @display(
        description=_("Attention"),
        label={"no_phases": "danger", "no_reasons": "warning", "left_behind": "warning"},
    )
    def warning(self, marketplace):
        """Return what the operator must see to."""
        if not marketplace.active_phase_count:
            return "no_phases", _("No phases: cannot offer leads")
        if not marketplace.active_reason_count:
            return "no_reasons", _("No loss reasons: no lead can be lost")
        if count := marketplace.left_behind_count:
            text = ngettext(
                "%(count)s lead in a retired phase", "%(count)s leads in retired phases", count
            )
            return "left_behind", text % {"count": german(count)}
        return None

    def delete_model(self, request, obj):
        """Delete it, with the files of its imports: their rows go, and nobody finds them."""
        obj.imports.forget_files()
        super().delete_model(request, obj)

    def save_model(self, request, obj, form, change):
        """Save it; views that choose it by its short name go on doing so."""
        super().save_model(request, obj, form, change)
        if change and "slug" in form.changed_data:
            SavedView.objects.follow_marketplace(form.slug_before, obj.slug)

    def save_related(self, request, form, formsets, change):
        """Save the lists, and let the leads' targets be reckoned anew where they changed."""
        super().save_related(request, form, formsets, change)
        phases = next(formset for formset in formsets if formset.model is Phase)
        if "federal_state" in form.changed_data:
            reckon_later(form.instance.phases.all())
        else:
            reckon_later(phases.with_new_target())

    def save_formset(self, request, form, formset, change):
        """Save the list, and note for the answer which phases were retired by it."""
        super().save_formset(request, form, formset, change)
        if formset.model is Phase:
            request.newly_retired = formset.newly_retired()
        if formset.model is Membership:
            request.has_sent_away = bool(formset.deleted_objects or formset.changed_objects)
        if formset.model is Field and formset.newly_other_kind():
            marketplace_id = form.instance.pk
            transaction.on_commit(lambda: sort_anew.enqueue(marketplace_id))

    def response_change(self, request, obj):
        """After a phase was retired in which leads stand, offer to move them.

        After somebody was sent away who owns leads, stay where that is said. Who is not
        an operator here any more has none of these pages.
        """
        operated = self.model.objects.operated_by(request.user)
        if not operated.contains(obj):
            text = gettext(
                "“%(marketplace)s” was saved. You are not an operator there any more."
            )
            self.message_user(request, text % {"marketplace": obj}, messages.SUCCESS)
            page = "marketplaces_marketplace_changelist" if operated.exists() else "index"
            return HttpResponseRedirect(reverse(f"admin:{page}"))
        response = super().response_change(request, obj)
        left_behind = obj.phases.left_behind().among(getattr(request, "newly_retired", ()))
        if phase := left_behind.in_order().first():
            return HttpResponseRedirect(self._relocate_url(phase))
        if getattr(request, "has_sent_away", False) and obj.stranded_people.exists():
            return HttpResponseRedirect(request.path)
        return response

    def relocate_view(self, request, marketplace_id, phase_id):
        """Show how many leads stand in a phase, and move them to another one."""
        marketplace = self.get_object(request, str(marketplace_id))
        phase = get_object_or_404(marketplace.phases, pk=phase_id)
        form = RelocateForm(request.POST or None, phase=phase)
        if request.method == "POST" and form.is_valid():
            try:
                return self._relocate(request, phase, form.cleaned_data["to"])
            except NotNeighbours as error:
                form.add_error("to", error.message)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": marketplace,
            "title": _("Move leads"),
            "subtitle": f"{marketplace} · {phase}",
            "marketplace": marketplace,
            "phase": phase,
            "lead_count": leads_in(phase, by=request.user).count(),
            "form": form,
        }
        return TemplateResponse(
            request,
            "admin/marketplaces/phase/relocate.html",
            context,
            status=422 if form.is_bound else 200,
        )

    def _relocate(self, request, phase, to):
        moved = relocate_leads(phase, to=to, by=request.user)
        security_log.record(
            "admin_moved_leads", request, from_phase=phase.pk, to_phase=to.pk, leads=moved
        )
        text = ngettext(
            "%(count)s lead was moved to “%(phase)s”.",
            "%(count)s leads were moved to “%(phase)s”.",
            moved,
        )
        self.message_user(
            request, text % {"count": german(moved), "phase": to}, messages.SUCCESS
        )
        if left := leads_in(phase, by=request.user).count():
            text = ngettext(
                "%(count)s lead still stands in “%(phase)s”.",
                "%(count)s leads still stand in “%(phase)s”.",
                left,
            )
            self.message_user(
                request, text % {"count": german(left), "phase": phase}, messages.WARNING
            )
            return HttpResponseRedirect(self._relocate_url(phase))
        page = reverse("admin:marketplaces_marketplace_change", args=[phase.marketplace_id])
        return HttpResponseRedirect(f"{page}#phases")

    @staticmethod
    def _relocate_url(phase):
        return reverse(
            "admin:marketplaces_phase_relocate", args=[phase.marketplace_id, phase.pk]
        )
