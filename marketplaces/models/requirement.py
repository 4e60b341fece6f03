"""Which fields must be filled before the next phase."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .operated import OperatedQuerySet


class RequirementQuerySet(OperatedQuerySet):
    """What phases require."""

    def of_phase(self, phase_id):
        """What this phase requires."""
        return self.filter(phase_id=phase_id)

    def of_field(self, name):
        """Where the field called `name` is required."""
        return self.filter(name=name)

    def names(self):
        """Return the names of the required fields."""
        return self.order_by().values_list("name", flat=True)


class Requirement(models.Model):
    """A field that must be filled before a lead leaves a phase forward.

    It is named as leads.fields names it, a marketplace's own one by its id: so it holds
    when the definition gets another label. A retired field is required of nobody.
    """

    marketplace = models.ForeignKey(
        "marketplaces.Marketplace",
        on_delete=models.CASCADE,
        related_name="requirements",
        verbose_name=_("marketplace"),
    )
    phase = models.ForeignKey(
        "marketplaces.Phase",
        on_delete=models.RESTRICT,
        related_name="requirements",
        verbose_name=_("phase"),
        help_text=_("A new phase can be chosen once it is saved."),
    )
    name = models.CharField(
        _("field"),
        max_length=40,
        help_text=_("Must be filled before the next phase; in the last one, before “Won”."),
    )

    objects = RequirementQuerySet.as_manager()
    # What the field is called, where somebody has told.
    label = ""

    class Meta:
        verbose_name = _("required field")
        verbose_name_plural = _("required fields")
        ordering = ["phase__position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["phase", "name"],
                name="requirement_unique",
                violation_error_message=_("The phase requires this field already."),
            ),
        ]

    def __str__(self):
        return self.label or self.name
