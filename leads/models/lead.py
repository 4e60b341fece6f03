"""The lead: all columns, constraints and indexes. The verbs stand in the mixins."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.fields import BUILT_IN_BY_NAME
from leads.text import sort_key

from .acceptance import Acceptance
from .calling import Calling
from .editing import Editing
from .erasing import Erasing
from .filing import Filing
from .follow_up import FollowUp
from .handing_over import HandingOver
from .indexes import indexes_of_lists
from .informing import Informing
from .journaling import Journaling
from .matching import Matching
from .process import Process
from .queryset import LeadQuerySet
from .questions import Question
from .recording import Recording
from .reminding import Reminding
from .requirements import Requirements
from .searching import Searching
from .undo import Undo
from .valuing import Valuing


class Lead(
    Acceptance,
    HandingOver,
    Process,
    FollowUp,
    Requirements,
    Reminding,
    Editing,
    Journaling,
    Calling,
    Filing,
    Undo,
    Informing,
    Erasing,
    Searching,
    Valuing,
    Matching,
    Recording,
    models.Model,
):
    """One prospect with a need."""

    class Status(models.TextChoices):
        """Where the lead stands as a whole."""

        OFFERED = "offered", _("Offered")
        IN_PROGRESS = "in_progress", _("In progress")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    marketplace = models.ForeignKey(
        "marketplaces.Marketplace", on_delete=models.PROTECT, related_name="leads",
        verbose_name=_("marketplace"),
    )  # fmt: skip
    external_id = models.CharField(
        _("external id"),
        max_length=100,
        null=True,
        blank=True,
        help_text=_("The marketplace's own number; an import recognises the lead by it."),
    )
    # Made by the form "Lead anlegen": sent twice, it enters one lead.
    entry_token = models.UUIDField(null=True, editable=False)

    # Built-in fields; leads.fields says how each is edited and shown.
    name = models.CharField(_("name"), max_length=200)
    company = models.CharField(_("company"), max_length=200, blank=True)
    contact_person = models.CharField(_("contact person"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    mobile = models.CharField(_("mobile"), max_length=40, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    street = models.CharField(_("street"), max_length=200, blank=True)
    postcode = models.CharField(_("postcode"), max_length=12, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=60, blank=True)
    need = models.CharField(_("need"), max_length=200, blank=True)
    description = models.TextField(_("description"), max_length=5000, blank=True)
    value = models.DecimalField(
        _("value"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    source = models.CharField(_("source"), max_length=100, blank=True)
    wish_date = models.DateField(_("wish date"), null=True, blank=True)
    follow_up_at = models.DateTimeField(_("follow-up"), null=True, blank=True)
    follow_up_note = models.CharField(
        _("note of the follow-up"), max_length=200, blank=True, default="", db_default=""
    )
    # The marketplace's own fields: id of the definition → JSON value.
    own_values = models.JSONField(_("own fields"), default=dict, blank=True)

    status = models.CharField(
        _("status"), max_length=12, choices=Status, default=Status.OFFERED
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True,
        related_name="leads", verbose_name=_("owner"),
    )  # fmt: skip
    phase = models.ForeignKey(
        "marketplaces.Phase", on_delete=models.PROTECT, null=True, blank=True,
        related_name="leads", verbose_name=_("phase"),
    )  # fmt: skip
    loss_reason = models.ForeignKey(
        "marketplaces.LossReason", on_delete=models.PROTECT, null=True, blank=True,
        related_name="leads", verbose_name=_("loss reason"),
    )  # fmt: skip
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    phase_entered_at = models.DateTimeField(_("in this phase since"), null=True, blank=True)
    # The last day on which it does not lie there too long; see leads.targets.
    phase_due_on = models.DateField(_("target of the phase"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    last_activity_at = models.DateTimeField(_("last activity"), default=timezone.now)
    # The attempts to call since acceptance, and on how many days; kept by `counted_calls`.
    call_count = models.SmallIntegerField(editable=False, default=0, db_default=0)
    call_days = models.SmallIntegerField(editable=False, default=0, db_default=0)
    # What was personal is gone; what is left serves the figures and is seen by operators.
    anonymised_at = models.DateTimeField(_("anonymised"), null=True, blank=True)

    # Derived by `derive`; never written elsewhere.
    sort_name = models.CharField(max_length=200, editable=False, default="")

    objects = LeadQuerySet.as_manager()

    class Meta:
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["marketplace", "external_id"],
                name="lead_external_id_unique",
                violation_error_message=_("This external id is already used here."),
            ),
            models.UniqueConstraint(
                fields=["owner", "entry_token"],
                name="lead_entered_once",
                violation_error_message=_("This lead is already entered."),
            ),
            models.CheckConstraint(
                condition=Q(
                    status="offered",
                    owner=None,
                    phase=None,
                    accepted_at=None,
                    phase_entered_at=None,
                    closed_at=None,
                )
                | Q(
                    status="in_progress",
                    owner__isnull=False,
                    phase__isnull=False,
                    accepted_at__isnull=False,
                    phase_entered_at__isnull=False,
                    closed_at=None,
                )
                | Q(
                    status__in=["won", "lost"],
                    owner__isnull=False,
                    phase__isnull=False,
                    accepted_at__isnull=False,
                    phase_entered_at__isnull=False,
                    closed_at__isnull=False,
                ),
                name="lead_status_and_phase_agree",
                violation_error_message=_("Status, owner, phase and times disagree."),
            ),
            models.CheckConstraint(
                condition=Q(status="lost", loss_reason__isnull=False)
                | ~Q(status="lost") & Q(loss_reason=None),
                name="lead_lost_has_reason",
                violation_error_message=_("A lost lead needs a reason, no other has one."),
            ),
            models.CheckConstraint(
                condition=Q(value=None) | Q(value__gte=0),
                name="lead_value_not_negative",
                violation_error_message=_("The value cannot be negative."),
            ),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="lead_has_name",
                violation_error_message=_("A lead needs a name."),
            ),
        ]
        indexes = indexes_of_lists()

    def __str__(self):
        return self.name

    def derive(self):
        """Set the column for sorting from the fields; does not save."""
        self.sort_name = sort_key(self.name)[:200]

    @property
    def tab_counts(self):
        """The numbers of journal entries and attachments as they are now; see `counted`."""
        names = ("entry_count", "file_count")

        def build(given):
            of_lead = type(self).objects.filter(pk=given["pk"])
            return of_lead.order_by().counted().values_list(*names)

        [counts] = Question(("tab counts",), build, {"pk": self.pk}).objects()
        return dict(zip(names, counts, strict=True))

    @property
    def call_address(self):
        """The `tel:` address of the phone, or else of the mobile, or None."""
        numbers = (BUILT_IN_BY_NAME[name].href(self) for name in ("phone", "mobile"))
        return next(filter(None, numbers), None)

    @property
    def mail_address(self):
        """The `mailto:` address of the e-mail, or None."""
        return BUILT_IN_BY_NAME["email"].href(self)

    @property
    def is_offered(self):
        """Whether nobody works on the lead yet; then its contact is hidden."""
        return self.status == self.Status.OFFERED

    @property
    def is_in_progress(self):
        """Whether the lead is in Bearbeitung."""
        return self.status == self.Status.IN_PROGRESS

    @property
    def is_closed(self):
        """Whether the lead is won or lost."""
        return self.status in {self.Status.WON, self.Status.LOST}
