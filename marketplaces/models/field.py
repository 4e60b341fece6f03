"""A marketplace's own entries of the lead form."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from leadbook.numbers import german

from .ordering import OrderedEntry


class Field(OrderedEntry):
    """One entry of the lead form that a marketplace defines.

    Its id is what a lead's value hangs on: renaming or retiring the definition loses
    no value.
    """

    class Group(models.TextChoices):
        """The two groups of a lead's fields."""

        PROSPECT = "prospect", _("Prospect")
        INTEREST = "interest", _("Request")

    class Kind(models.TextChoices):
        """What can be entered."""

        TEXT = "text", _("Text")
        LONG_TEXT = "long_text", _("Long text")
        NUMBER = "number", _("Number with unit")
        MONEY = "money", _("Money")
        DATE = "date", _("Date")
        CHOICE = "choice", _("Choice")
        CHOICES = "choices", _("Several choices")
        YES_NO = "yes_no", _("Yes or no")

    marketplace = models.ForeignKey(
        "marketplaces.Marketplace",
        on_delete=models.CASCADE,
        related_name="fields",
        verbose_name=_("marketplace"),
    )
    group = models.CharField(_("group"), max_length=10, choices=Group, default=Group.INTEREST)
    label = models.CharField(_("label"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.TEXT)
    unit = models.CharField(
        _("unit"), max_length=20, blank=True, help_text=_("For numbers: m², kW, kWh …")
    )
    choices = models.TextField(
        _("choices"),
        blank=True,
        max_length=4000,
        help_text=_("For choices: one on each line."),
    )
    # The kinds that it was of before, the latest first: in their ways values may be kept.
    former_kinds = models.CharField(
        max_length=100, blank=True, default="", db_default="", editable=False
    )
    help_text = models.CharField(_("help text"), max_length=200, blank=True)
    is_required = models.BooleanField(_("required"), default=False)

    class Meta:
        verbose_name = _("field")
        verbose_name_plural = _("fields")
        ordering = ["marketplace", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["marketplace", "position"],
                name="field_position_unique",
                violation_error_message=_("Two fields cannot have the same place."),
            ),
            models.UniqueConstraint(
                Lower("label"),
                "marketplace",
                name="field_label_unique",
                violation_error_message=_("There is already a field of this name."),
            ),
            models.CheckConstraint(
                condition=models.Q(group__in=["prospect", "interest"]),
                name="field_group_known",
                violation_error_message=_("This group does not exist."),
            ),
        ]

    # What the fields' names in addresses begin with.
    NAME_PREFIX = "feld-"

    def __str__(self):
        return self.label

    @property
    def name(self):
        """What the field is called in addresses and forms, whatever its label becomes."""
        return f"{self.NAME_PREFIX}{self.pk}"

    @property
    def choice_list(self):
        """The choices as a list, in the operator's order, without repetitions."""
        lines = (line.strip() for line in self.choices.splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def remember_kind(self, kind):
        """Keep that values may have been entered while the field was of this `kind`."""
        others = (name for name in self.former_kinds.split() if name != kind)
        self.former_kinds = " ".join([kind, *others])

    @property
    def value_count(self):
        """How many leads have a value in this field; counted once for a marketplace."""
        return self.marketplace.own_value_counts.get(self.pk, 0)

    @property
    def use(self):
        """How many leads have a value in this field, or which phases require one."""
        count = self.marketplace.leads.with_own_value(self.pk).count()
        if not count:
            if self.marketplace.requirements.of_field(self.name).exists():
                return gettext("A phase requires this field.")
            return ""
        return ngettext(
            "%(count)s lead has a value in this field.",
            "%(count)s leads have a value in this field.",
            count,
        ) % {"count": german(count)}

    def clean(self):
        """Refuse a choice without choices."""
        if self.kind in {self.Kind.CHOICE, self.Kind.CHOICES} and not self.choice_list:
            raise ValidationError({"choices": _("Enter at least one choice.")})
