"""People: they exist here only as members of marketplaces."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models, transaction
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from .daily_mail import DailyMailQuerySet, Mailed
from .references import is_referred_to
from .setup_change import SetupChange


class PersonQuerySet(DailyMailQuerySet):
    """People, by who may find them."""

    def active(self):
        """People who can sign in, by name."""
        return self.filter(is_active=True).order_by("last_name", "first_name", "id")

    def administering(self):
        """People who can open the admin; what they set up there is said elsewhere."""
        return self.filter(is_active=True, is_staff=True)

    def personal(self):
        """People who are not anonymised."""
        return self.exclude(erasures__finished_at__isnull=False)

    def with_id(self, pk):
        """Return the person with this id, or None."""
        return self.filter(pk=pk).first()

    def with_setup_mark(self):
        """With `setup_mark`, under which all that the person sees is set up as it is now."""
        return self.annotate(setup_mark=SetupChange.objects.as_mark())

    def named(self, username):
        """Return the person with this user name, or None."""
        return self.filter(username=username).first()

    def hold(self, pk):
        """Return the person with this id, locked until the transaction ends, or None.

        Rows that only name the person as their author are written meanwhile.
        """
        return self.select_for_update(of=("self",), no_key=True).with_id(pk)

    def is_last_superuser(self, pk):
        """Whether this person alone can set everything up in the admin.

        In a transaction the answer holds until it ends: who takes the rights of another
        in the same moment waits.
        """
        able = self.administering().filter(is_superuser=True).order_by("pk")
        if transaction.get_connection(self.db).in_atomic_block:
            able = able.select_for_update(of=("self",), no_key=True)
        return list(able.values_list("pk", flat=True)[:2]) == [pk]

    def members_with(self, operator):
        """Members of the marketplaces that `operator` sets up."""
        operated = Membership.objects.of(operator).operating().marketplace_ids()
        return self.filter(
            pk__in=Membership.objects.filter(marketplace__in=operated).values("user_id")
        )

    def findable_by(self, operator, text):
        """People whom `operator` finds by `text`, to make them members.

        A superuser finds everybody by a part of the name. Others find the members of
        their own marketplaces so, and who is not among them only by the whole user name
        or e-mail address: the search is no directory of the other marketplaces.
        """
        text = text.replace("\x00", "").strip()
        named = Q()
        for word in text.split():
            named &= (
                Q(first_name__icontains=word)
                | Q(last_name__icontains=word)
                | Q(username__icontains=word)
                | Q(email__icontains=word)
            )
        if operator.is_superuser:
            return self.active().filter(named)
        named &= Q(pk__in=self.model.people.members_with(operator).values("pk"))
        called = Q(pk__in=self.model.people.called(text).values("pk"))
        return self.active().filter(named | called)

    def called(self, text):
        """People whose whole user name or e-mail address is `text`."""
        if not text:
            return self.none()
        return self.filter(Q(username__iexact=text) | Q(email__iexact=text))

    def selling_in(self, marketplaces):
        """People who can work on leads of one of these marketplaces, by name."""
        members = Membership.objects.selling().filter(marketplace__in=marketplaces)
        return self.active().filter(pk__in=members.values("user_id"))

    def owning(self, leads):
        """People who own one of these `leads` that is in progress, by name."""
        theirs = leads.personal().in_progress().filter(owner=OuterRef("pk"))
        return self.filter(Exists(theirs)).order_by("last_name", "first_name", "id")

    def stranded_in(self, marketplace):
        """People with leads in progress here, with `lead_count`, who do not sell here now."""
        selling = Membership.objects.selling().active().within(marketplace.pk)
        theirs = marketplace.leads.personal().in_progress().filter(owner=OuterRef("pk"))
        counted = theirs.order_by().values("owner").annotate(number=Count("pk"))
        return (
            self.exclude(pk__in=selling.values("user_id"))
            .owning(marketplace.leads.all())
            .annotate(lead_count=Subquery(counted.values("number")))
        )

    def to_be_mailed(self, mail, marketplaces, day):
        """Sellers of these marketplaces who want the mail and have not got that of the day."""
        selling = Membership.objects.selling().filter(marketplace__in=marketplaces)
        able = self.wanting(mail).without(mail, day)
        return able.filter(pk__in=selling.values("user_id")).order_by("pk")

    def choosable_by(self, operator, *, found=()):
        """People whom `operator` may make members: see `findable_by`.

        `found` are the ids of those whom the operator found by their whole name: who is
        not among the own members cannot be chosen by guessing a number.
        """
        if operator.is_superuser:
            return self.all()
        return self.filter(
            Q(pk__in=self.model.people.members_with(operator).values("pk")) | Q(pk__in=found)
        )


class User(Mailed, AbstractUser):
    """A person who signs in; what they may do is said by their memberships."""

    # See `with_setup_mark`; None where nobody knows whether something has changed since.
    setup_mark = None
    # List → names of the columns that the person chose for it, see leads.columns.
    list_columns = models.JSONField(null=True, editable=False)
    # Code of the language that the person chose, empty before.
    language = models.CharField(max_length=10, default="", db_default="", editable=False)
    wants_reminders = models.BooleanField(_("reminder e-mails"), default=True, db_default=True)
    wants_morning_mail = models.BooleanField(
        _("e-mail in the morning"), default=True, db_default=True
    )
    # The day of the last one, and which task is sending it: see DailyMail.
    reminded_on = models.DateField(null=True, editable=False)
    reminder_task = models.CharField(max_length=64, default="", db_default="", editable=False)
    morning_mailed_on = models.DateField(null=True, editable=False)
    morning_mail_task = models.CharField(
        max_length=64, default="", db_default="", editable=False
    )

    objects = UserManager()
    people = PersonQuerySet.as_manager()

    class Meta(AbstractUser.Meta):
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self):
        return self.called(self.username, self.first_name, self.last_name)

    @staticmethod
    def called(username, first_name, last_name):
        """Return what somebody with these names is called."""
        return f"{first_name} {last_name}".strip() or username

    def columns_of(self, name):
        """Return the names of the columns chosen for the list `name`; None where none are."""
        return (self.list_columns or {}).get(name)

    @transaction.atomic
    def choose_columns(self, name, columns):
        """Keep the names of the `columns` chosen for the list `name`; None for its own."""
        # Those of another list may be chosen elsewhere in the same moment.
        held = type(self).people.hold(self.pk)
        chosen = {**(held.list_columns or {}), name: columns}
        self.list_columns = {key: names for key, names in chosen.items() if names} or None
        self.save(update_fields=["list_columns"])

    def choose_language(self, language):
        """Keep a code of settings.LANGUAGES as that of the person's pages and mails."""
        self.language = language
        self.save(update_fields=["language"])

    def replace_name(self, *, username, name):
        """Replace everything that tells who the person was; nobody can sign in then."""
        self.username, self.first_name, self.last_name = username, "", name
        self.email, self.last_login = "", None
        self.set_unusable_password()
        self.save()

    @property
    def needs_second_factor(self):
        """Whether the person enters the admin and needs a code for it here."""
        return settings.SECOND_FACTOR == "admin" and self.is_staff

    @property
    def open_leads(self):
        """The leads in progress that the person owns, wherever they are."""
        return self.leads.personal().in_progress()

    @property
    def has_history(self):
        """Whether the person worked on leads or in the admin; then the account stays."""
        return is_referred_to(self) or self.logentry_set.exists()


class MembershipQuerySet(models.QuerySet):
    """Memberships by what they allow."""

    def of(self, user):
        """Memberships of `user`; an inactive user has none."""
        return self.filter(user=user, user__is_active=True)

    def selling(self):
        """Memberships that work on leads: reps and managers."""
        return self.filter(role__in=[Membership.Role.REP, Membership.Role.MANAGER])

    def managing(self):
        """Memberships that see every lead of the marketplace."""
        return self.filter(role=Membership.Role.MANAGER)

    def leading(self):
        """Memberships that decide which leads the marketplace offers."""
        return self.filter(role__in=[Membership.Role.MANAGER, Membership.Role.OPERATOR])

    def operating(self):
        """Memberships that set the marketplace up in the admin."""
        return self.filter(role=Membership.Role.OPERATOR)

    def active(self):
        """Memberships of people who can sign in."""
        return self.filter(user__is_active=True)

    def within(self, marketplace_id):
        """Memberships of one marketplace."""
        return self.filter(marketplace_id=marketplace_id)

    def with_role(self, role):
        """Memberships as `role`, with the people, by name."""
        people = self.filter(role=role).select_related("user")
        return people.order_by("user__last_name", "user__first_name", "user_id")

    def hold(self):
        """Lock them until the transaction ends and return them as they are now."""
        return list(self.order_by("pk").select_for_update(of=("self",), no_key=True))

    def marketplace_ids(self):
        """The marketplaces' ids, as a subquery."""
        return self.values("marketplace_id")


class Membership(models.Model):
    """One role of one person in one marketplace."""

    class Role(models.TextChoices):
        """What a member does in the marketplace."""

        REP = "rep", _("Sales")
        MANAGER = "manager", _("Management")
        OPERATOR = "operator", _("Operations")

    marketplace = models.ForeignKey(
        "marketplaces.Marketplace",
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("marketplace"),
    )
    user = models.ForeignKey(
        "marketplaces.User",
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("person"),
    )
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.REP)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["marketplace", "user", "role", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["marketplace", "user", "role"],
                name="membership_once_per_role",
                violation_error_message=_("This person already has this role here."),
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=["rep", "manager", "operator"]),
                name="membership_role_known",
                violation_error_message=_("This role does not exist."),
            ),
        ]

    # What the role is called where no language is chosen.
    role_name = ""

    def __str__(self):
        return f"{self.user} · {self.role_name or self.get_role_display()}"
