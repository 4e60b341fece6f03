"""One ordered step of a marketplace's sales process."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from leadbook.numbers import german

from .checklist import ChecklistItem
from .ordering import OrderedEntry, OrderedQuerySet
from .references import is_referred_to
from .requirement import Requirement


class PhaseQuerySet(OrderedQuerySet):
    """Phases of a marketplace's process."""

    def other_than(self, phase):
        """Without this one."""
        return self.exclude(pk=phase.pk)

    def for_process(self):
        """In order, and whether there is anything that each asks for before the next one."""
        return self.in_order().annotate(
            has_checklist=Exists(ChecklistItem.objects.of_phase(OuterRef("pk")).active()),
            has_requirements=Exists(Requirement.objects.of_phase(OuterRef("pk"))),
        )

    def for_lists(self):
        """With what filters and rows of lists show."""
        return self.only(
            "marketplace", "name", "position", "is_retired", "target_days"
        ).in_order()

    def with_lead_count(self):
        """With `lead_count`, the leads that stand in the phase and can still be moved."""
        return self.annotate(
            lead_count=Count(
                "leads", filter=Q(leads__status="in_progress", leads__anonymised_at=None)
            )
        )

    def left_behind(self):
        """Retired phases in which leads still stand, with `lead_count`."""
        return self.with_lead_count().filter(is_retired=True, lead_count__gt=0)


class Phase(OrderedEntry):
    """A step that a lead passes through before it can be won or lost."""

    marketplace = models.ForeignKey(
        "marketplaces.Marketplace",
        on_delete=models.CASCADE,
        related_name="phases",
        verbose_name=_("marketplace"),
    )
    name = models.CharField(_("name"), max_length=60)
    guidance = models.TextField(
        _("guidance"),
        blank=True,
        max_length=2000,
        help_text=_("What is to be done in this phase; the rep reads it in the dialog."),
    )
    target_days = models.PositiveSmallIntegerField(
        _("target in working days"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(999)],
        help_text=_("How long a lead should stand here at most."),
    )

    objects = PhaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("phase")
        verbose_name_plural = _("phases")
        ordering = ["marketplace", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["marketplace", "position"],
                name="phase_position_unique",
                violation_error_message=_("Two phases cannot have the same place."),
            ),
            models.UniqueConstraint(
                Lower("name"),
                "marketplace",
                name="phase_name_unique",
                violation_error_message=_("There is already a phase of this name."),
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def use(self):
        """How many leads stand in the phase, ended in it or have passed through it."""
        if count := self.leads.personal().in_progress().count():
            return ngettext(
                "%(count)s lead stands in this phase.",
                "%(count)s leads stand in this phase.",
                count,
            ) % {"count": german(count)}
        if count := self.leads.personal().count():
            return ngettext(
                "%(count)s closed lead ended in this phase.",
                "%(count)s closed leads ended in this phase.",
                count,
            ) % {"count": german(count)}
        if is_referred_to(self):
            return gettext("This phase stands in the history of leads.")
        if self.checklist_items.exists() or self.requirements.exists():
            return gettext("Checklist entries or required fields belong to this phase.")
        return ""
