"""A marketplace: an organisation's offer of leads, with its own process."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from .operated import OperatedQuerySet
from .people import Membership, User


class MarketplaceQuerySet(OperatedQuerySet):
    """Marketplaces by who may do what in them."""

    to_marketplace = "pk"

    def worked_by(self, user):
        """Where `user` works on leads."""
        return self.filter(pk__in=Membership.objects.of(user).selling().marketplace_ids())

    def offering(self, user):
        """Where `user` may offer leads: manages or operates, a superuser all."""
        if user.is_superuser:
            return self.all()
        return self.filter(pk__in=Membership.objects.of(user).leading().marketplace_ids())

    def seen_by(self, user):
        """Whose leads `user` may see at all: the own ones, a superuser all."""
        return self.all() if user.is_superuser else self.worked_by(user)

    def with_role_of(self, user):
        """With `is_managed`, whether `user` sees every lead, and `is_worked`, works there."""
        here = Membership.objects.of(user).filter(marketplace=OuterRef("pk"))
        is_managed = models.Value(True) if user.is_superuser else Exists(here.managing())
        return self.annotate(is_managed=is_managed, is_worked=Exists(here.selling()))

    def reminding(self):
        """Which send mails about forgotten leads."""
        return self.filter(Q(remind_idle_days__gt=0) | Q(remind_late_days__gt=0))

    def by_name(self):
        """In the order of their names."""
        return self.order_by("name", "id")

    def with_counts(self):
        """With the numbers of parts and leads that the admin shows, in one query."""
        return self.annotate(
            active_phase_count=self._count("phases", phases__is_retired=False),
            active_reason_count=self._count("loss_reasons", loss_reasons__is_retired=False),
            offered_count=self._count(
                "leads", leads__status="offered", leads__anonymised_at=None
            ),
            in_progress_count=self._count(
                "leads", leads__status="in_progress", leads__anonymised_at=None
            ),
            left_behind_count=self._count(
                "leads",
                leads__status="in_progress",
                leads__anonymised_at=None,
                leads__phase__is_retired=True,
            ),
        )

    def is_called(self, name, *, besides=None):
        """Whether one is called so in whatever case, another one than `besides`.

        Compared here: SQLite knows the lower case of ASCII's letters only.
        """
        names = self.exclude(pk=besides).values_list("name", flat=True)
        return name.lower() in map(str.lower, names)

    def hold(self, pk):
        """Lock the one with this id, its phases, fields, reasons and checklists.

        Who changes the same one waits. All are locked at the start and always in this
        order: a step of a lead that needs one of them then waits for no other.
        """
        try:
            held = self.order_by("pk").select_for_update(no_key=True).filter(pk=pk).first()
        except ValueError:
            return None
        if held:
            for entries in (
                held.phases,
                held.fields,
                held.loss_reasons,
                held.checklist_items,
            ):
                entries.all().hold()
        return held

    def _count(self, relation, **conditions):
        # A subquery for each number: joined, phases and leads would multiply.
        counted = self.model.objects.filter(pk=OuterRef("pk")).annotate(
            number=Count(relation, filter=Q(**conditions))
        )
        return Subquery(counted.order_by().values("number"))


class Marketplace(models.Model):
    """An organisation's offer of leads, with its own phases, fields, reasons, members."""

    class Color(models.TextChoices):
        """The mark beside the name; the colours themselves are the style sheet's."""

        CORAL = "coral", _("Coral")
        AMBER = "amber", _("Amber")
        LEAF = "leaf", _("Leaf green")
        TEAL = "teal", _("Teal")
        BLUE = "blue", _("Blue")
        VIOLET = "violet", _("Violet")
        ROSE = "rose", _("Rose")
        SLATE = "slate", _("Slate")

    class FederalState(models.TextChoices):
        """Whose public holidays count; the letters of ISO 3166-2."""

        BW = "BW", _("Baden-Württemberg")
        BY = "BY", _("Bavaria")
        BE = "BE", _("Berlin")
        BB = "BB", _("Brandenburg")
        HB = "HB", _("Bremen")
        HH = "HH", _("Hamburg")
        HE = "HE", _("Hesse")
        MV = "MV", _("Mecklenburg-Western Pomerania")
        NI = "NI", _("Lower Saxony")
        NW = "NW", _("North Rhine-Westphalia")
        RP = "RP", _("Rhineland-Palatinate")
        SL = "SL", _("Saarland")
        SN = "SN", _("Saxony")
        ST = "ST", _("Saxony-Anhalt")
        SH = "SH", _("Schleswig-Holstein")
        TH = "TH", _("Thuringia")

    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(
        _("short name"),
        max_length=80,
        unique=True,
        help_text=_("Stands in addresses and names the marketplace in imports."),
    )
    color = models.CharField(_("colour"), max_length=10, choices=Color, default=Color.TEAL)
    federal_state = models.CharField(
        _("federal state"),
        max_length=2,
        choices=FederalState,
        blank=True,
        default="",
        db_default="",
        help_text=_("Whose public holidays are no working days; empty: only Germany's."),
    )
    allows_early_loss = models.BooleanField(
        _("lost before the last phase"),
        default=False,
        help_text=_("Reps may close a lead as lost in every phase."),
    )
    remind_idle_days = models.PositiveSmallIntegerField(
        _("remind without activity after (working days)"),
        null=True,
        blank=True,
        default=5,
        db_default=5,
        validators=[MinValueValidator(1), MaxValueValidator(250)],
        help_text=_("For leads without a follow-up; empty: never."),
    )
    remind_late_days = models.PositiveSmallIntegerField(
        _("remind when over the target by (working days)"),
        null=True,
        blank=True,
        default=3,
        db_default=3,
        validators=[MinValueValidator(1), MaxValueValidator(250)],
        help_text=_("For leads that are not due later; empty: never."),
    )
    storage_limit_gb = models.PositiveIntegerField(
        _("room for attachments (GB)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: the limit of the installation."),
    )
    anonymise_closed_after_months = models.PositiveSmallIntegerField(
        _("anonymise closed leads after (months)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(600)],
        help_text=_("Counted from the closing; empty: never."),
    )
    anonymise_offered_after_days = models.PositiveSmallIntegerField(
        _("anonymise leads that nobody accepted after (days)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("Counted from the offer; empty: never."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = MarketplaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("marketplace")
        verbose_name_plural = _("marketplaces")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="marketplace_name_unique",
                violation_error_message=_("There is already a marketplace of this name."),
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def storage_limit(self):
        """The bytes that the attachments of all leads may take together."""
        if self.storage_limit_gb is None:
            return settings.UPLOAD_MAX_BYTES_PER_MARKETPLACE
        return self.storage_limit_gb * 10**9

    @property
    def stranded_people(self):
        """Who owns leads in progress here but does not work here any more."""
        return User.people.stranded_in(self)

    @property
    def first_phase(self):
        """The active phase in which a lead starts, or None where there is none."""
        return self.phases.active().in_order().first()

    def hold_first_phase(self):
        """Return `first_phase`, locked until the transaction ends.

        It cannot be deleted, retired or moved then. When that happened while we waited
        for it, another look finds its successor.
        """
        while (first := self.first_phase) is not None:
            held = self.phases.among([first]).hold()
            if held and self.first_phase == first:
                return held[0]
        return None

    @cached_property
    def own_value_counts(self):
        """Field id → number of leads that have a value in it, from one query."""
        return self.leads.own_value_counts(self.fields.values_list("pk", flat=True))
