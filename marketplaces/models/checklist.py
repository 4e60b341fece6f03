"""What is to be ticked off in a phase."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from .ordering import OrderedEntry, OrderedQuerySet
from .references import is_referred_to


class ChecklistQuerySet(OrderedQuerySet):
    """Entries of checklists."""

    def of_phase(self, phase_id):
        """Entries of this phase."""
        return self.filter(phase_id=phase_id)


class ChecklistItem(OrderedEntry):
    """One entry of a phase's checklist.

    Once a lead has ticked it, it can only be retired: the tick goes on saying what it was.
    """

    marketplace = models.ForeignKey(
        "marketplaces.Marketplace",
        on_delete=models.CASCADE,
        related_name="checklist_items",
        verbose_name=_("marketplace"),
    )
    phase = models.ForeignKey(
        "marketplaces.Phase",
        on_delete=models.RESTRICT,
        related_name="checklist_items",
        verbose_name=_("phase"),
        help_text=_("A new phase can be chosen once it is saved."),
    )
    text = models.CharField(_("to do"), max_length=200)
    is_required = models.BooleanField(
        pgettext_lazy("checklist", "required"),
        default=False,
        help_text=_("Must be ticked before the next phase."),
    )

    objects = ChecklistQuerySet.as_manager()

    class Meta:
        verbose_name = _("checklist item")
        verbose_name_plural = _("checklists")
        ordering = ["marketplace", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["marketplace", "position"],
                name="checklist_position_unique",
                violation_error_message=_("Two entries cannot have the same place."),
            ),
            models.UniqueConstraint(
                Lower("text"),
                "phase",
                name="checklist_text_unique",
                violation_error_message=_("This already stands in the phase's checklist."),
            ),
        ]

    def __str__(self):
        return self.text

    @property
    def use(self):
        """Whether leads have ticked the entry."""
        return gettext("Leads have ticked this entry.") if is_referred_to(self) else ""
