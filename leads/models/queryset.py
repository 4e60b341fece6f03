"""Which leads somebody may see, and the lists made of them."""

from datetime import timedelta

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, Subquery
from django.db.models.expressions import RawSQL
from django.utils import timezone

from leads.match_keys import COLUMNS as MATCHED
from leads.moments import start_of_day
from leads.search_terms import WHOLE_NUMBER, Terms
from leads.text import fold, phone_digits
from marketplaces.models import Field, Marketplace, Membership, Phase, SetupChange, User
from marketplaces.models.operated import OperatedQuerySet

from .attachment import Attachment
from .counting import MOST, count_up_to
from .event import LeadEvent
from .field_value import FieldValue, has_value
from .indexes import OF_ANYBODY
from .journal import JournalEntry
from .match_key import ids_sharing
from .questions import Question
from .refusal import LeadRefusal
from .search_document import SearchDocument
from .visibility import IsVisible

# No database gives a higher one.
LAST_ID = 2**63 - 1
# What a person is called by.
NAMES = ("username", "first_name", "last_name")


class LeadQuerySet(OperatedQuerySet):
    """Leads. Everything that a user sees starts from `visible_to`."""

    # Who may see what -----------------------------------------------------------------

    def visible_to(self, user):
        """Leads that `user` may see.

        A rep: the offered ones of the own marketplaces that the rep has not declined,
        and the own ones. A manager: every lead of the marketplace. A superuser: all.
        Nobody sees an anonymised one.
        """
        return (
            self.personal()
            if user.is_superuser
            else self.personal().filter(IsVisible(user.pk))
        )

    def one_visible_to(self, user, pk, *reading):
        """Return the lead with this id as `user` may see it, or None.

        `reading` are the methods of this queryset that say what is read of it. Nearly every
        address begins with this, so that it is a Question; see leads.models.questions.
        """
        if pk > LAST_ID:
            return None

        def build(given):
            leads = self.visible_to(User(pk=given["owner"], is_superuser=user.is_superuser))
            for name in reading:
                leads = getattr(leads, name)()
            return leads.filter(pk=given["pk"]).order_by()

        key = ("one", user.is_superuser, *reading)
        found = Question(key, build, {"owner": user.pk, "pk": pk}).objects()
        return found[0] if found else None

    def open_to(self, user):
        """Leads of the marketplaces in which `user` sells, whoever owns them.

        Only for accepting and declining, where the loser of a race must be told so.
        """
        return self.personal() if user.is_superuser else self.personal().sold_by(user)

    def gone_for(self, user):
        """Leads where `user` sells that are not offered any more: taken, or erased.

        Only to tell somebody so who was shown the offer.
        """
        leads = self if user.is_superuser else self.sold_by(user)
        return leads.exclude(status=self.model.Status.OFFERED, anonymised_at=None)

    def sold_by(self, user):
        """Leads of the marketplaces in which `user` sells, whoever owns them."""
        return self.filter(
            marketplace__in=Membership.objects.of(user).selling().marketplace_ids()
        )

    def along(self, piece):
        """Worked leads along one slice of a `Sight`; see leads.models.indexes."""
        leads = self.personal().filter(**piece)
        return leads if "owner" in piece else leads.filter(OF_ANYBODY)

    def owned_within(self, marketplace_ids, owner_id):
        """Worked leads of somebody in these marketplaces."""
        return self.personal().filter(marketplace__in=marketplace_ids, owner=owner_id)

    def offered_along(self, sight):
        """Return what asks for the offers that a user sees, slice by slice."""
        return [
            Question(
                ("offered",),
                lambda given: (
                    self.personal()
                    .offered()
                    .filter(marketplace=given["marketplace"])
                    .not_declined_by(given["owner"])
                    .order_by("created_at", "id")
                ),
                {**piece, "owner": sight.user_id},
            )
            for piece in sight.offered_slices
        ]

    def worked_along(self, sight, key, narrow, *, marketplaces=None, **values):
        """Return what asks for the leads along a sight, as pairs of marketplace and Question.

        `narrow` takes the leads of a slice and the `values`, and returns those that are
        asked for; it does the same for each `key`, which is None where it does not.
        """
        chosen = sight.marketplaces if marketplaces is None else marketplaces
        for marketplace in chosen:
            piece = sight.slice_of(marketplace)
            names = tuple(piece)
            yield (
                marketplace,
                Question(
                    key and (*key, *names),
                    lambda given, names=names: narrow(
                        self.along({name: given[name] for name in names}), given
                    ),
                    {**piece, **values},
                ),
            )

    def led_by(self, user):
        """Leads of the marketplaces that `user` manages or operates, a superuser all."""
        return self.personal().filter(marketplace__in=Marketplace.objects.offering(user))

    def personal(self):
        """Leads that are not anonymised."""
        return self.filter(anonymised_at=None)

    # States ---------------------------------------------------------------------------

    def offered(self):
        """Leads that nobody works on yet."""
        return self.filter(status=self.model.Status.OFFERED)

    def in_progress(self):
        """Leads in Bearbeitung."""
        return self.filter(status=self.model.Status.IN_PROGRESS)

    def closed(self):
        """Won and lost leads: those that have a time of closing, as a constraint says."""
        return self.filter(closed_at__isnull=False)

    def worked(self):
        """Leads whose contact may be seen: accepted or entered ones, closed or not."""
        return self.exclude(status=self.model.Status.OFFERED)

    def not_declined_by(self, user):
        """Leads without those that `user` declined (a manager still sees them)."""
        return self.filter(~Exists(LeadRefusal.objects.filter(lead=OuterRef("pk"), rep=user)))

    def closed_before(self, moment):
        """Leads that were closed before `moment`."""
        return self.filter(closed_at__lte=moment)

    def created_before(self, moment):
        """Leads that were offered or entered before `moment`."""
        return self.filter(created_at__lte=moment)

    def untouched_since(self, moment):
        """Leads that nobody has touched since `moment`, at which they were made.

        Whoever waits for a row sees its own time, but not the events of others; so both.
        """
        return self._as_made().filter(last_activity_at=moment)

    def untouched_of(self, lead_import):
        """The leads of an import that nobody has touched since."""
        return self._as_made().filter(
            import_rows__lead_import=lead_import,
            import_rows__activity_at=F("last_activity_at"),
        )

    def _as_made(self):
        made = (LeadEvent.Kind.OFFERED, LeadEvent.Kind.ENTERED)
        others = LeadEvent.objects.filter(lead=OuterRef("pk")).exclude(kind__in=made)
        return self.personal().filter(~Exists(others))

    # Filters --------------------------------------------------------------------------

    def in_phase(self, phase_id):
        """Leads that stand in this phase."""
        return self.filter(phase_id=phase_id)

    def with_own_value(self, field_id):
        """Leads that have a value in this field of their marketplace."""
        return self.filter(own_values__has_key=str(field_id))

    def with_status(self, status):
        """Leads of this status."""
        return self.filter(status=status)

    def due(self, which, times):
        """Leads whose follow-up is `overdue`, `today` (but not overdue) or `none`.

        `times` are those of `due_times`.
        """
        return self.filter(due_conditions(times)[which])

    def for_morning(self, marketplace):
        """Those of one marketplace, the earliest due first, with what a mail tells."""
        return (
            self.filter(marketplace=marketplace)
            .order_by("follow_up_at", "id")
            .only("name", "follow_up_at", "follow_up_note")
        )

    def lying_too_long(self, day):
        """Leads whose phase's target was over before `day`; see leads.targets."""
        return self.filter(phase_due_on__lt=day)

    def for_calendar(self, since):
        """Those that are due from `since` on, the next first, with what a calendar shows."""
        return (
            self.filter(follow_up_at__gte=since)
            .order_by("follow_up_at", "id")
            .only("name", "company", "follow_up_at", "follow_up_note", "last_activity_at")
        )

    def owned_by(self, user):
        """Leads that `user` works on."""
        return self.filter(owner=user)

    def of_others_than(self, user):
        """Leads on which somebody else works."""
        return self.exclude(owner=user)

    def stranded(self):
        """Leads whose owner does not sell in their marketplace any more, or is not active."""
        selling = Membership.objects.selling().active()
        theirs = selling.filter(user=OuterRef("owner"), marketplace=OuterRef("marketplace"))
        return self.filter(~Exists(theirs))

    def forgotten_by(
        self, user, marketplace, *, day, idle_since, late_since, reminded_since, most
    ):
        """Return the first of the user's leads in which nothing happens or is planned.

        Late ones, whose phase's target was over before `late_since` and that are not due
        from `day` on; and idle ones, without a follow-up and an activity from the
        moment `idle_since` on. None of either switches that off. Left out is what the user was
        reminded of after `reminded_since`.
        """
        mine = self.in_progress().owned_by(user).filter(marketplace=marketplace)
        reminded = Q(
            reminders__user=user,
            reminders__created_on__gt=reminded_since,
            # Today's are of the mail that is being written, for the second time.
            reminders__created_on__lt=timezone.localdate(day),
        )
        mine = mine.exclude(pk__in=self.model.objects.filter(reminded).values("pk"))
        mine = mine.select_related("marketplace", "phase")
        found = {}
        if late_since:
            late = mine.exclude(follow_up_at__gte=day).lying_too_long(late_since)
            late = late.order_by("phase_due_on", "id")
            found.update((lead.pk, lead) for lead in late[:most])
        if idle_since:
            idle = mine.filter(follow_up_at=None, last_activity_at__lt=idle_since)
            idle = idle.order_by("last_activity_at", "id")
            found.update((lead.pk, lead) for lead in idle[:most])
        return list(found.values())[:most]

    def matching(self, text, *, offered=False):
        """Leads that are found by `text`; of the offered ones, only if `offered` says so.

        Their contact must be found by operators only. See leads.search_terms.
        """
        terms = Terms.read(text)
        if terms.is_empty:
            return self
        statuses = [
            status
            for status in self.model.Status.values
            if offered or status != self.model.Status.OFFERED
        ]
        found = SearchDocument.objects.matching(terms, statuses=statuses)
        return self.filter(pk__in=found.order_by().values("pk"))

    def of_person_like(self, lead):
        """Leads that may be about the same person: same name, e-mail or phone number."""
        same = Q(sort_name=lead.sort_name)
        documents = SearchDocument.objects.order_by().values("pk")
        if lead.email:
            same |= Q(pk__in=documents.filter(email=fold(lead.email)))
        numbers = [phone_digits(number) for number in (lead.phone, lead.mobile)]
        if whole := [digits for digits in numbers if len(digits) >= WHOLE_NUMBER]:
            same |= Q(pk__in=documents.with_number(whole))
        return self.personal().filter(same).exclude(pk=lead.pk).order_by("pk")

    def alike(self, numbers, *, marketplace, user, but=0):
        """Return worked leads of a marketplace with one of these leads.match_keys.

        Those that `user` may see, without the lead `but`; all where the user is None.
        """
        ids = ids_sharing(numbers, marketplace_id=marketplace.pk, user=user, but=but)
        if not ids:
            # Most leads have none, and even a `none()` is put into SQL before it is empty.
            return []
        leads = self.personal() if user is None else self.visible_to(user)
        return list(
            leads.worked()
            .with_ids(ids)
            .select_related("phase", "owner")
            .only(*MATCHED, "status", "phase__name", *(f"owner__{name}" for name in NAMES))
            .order_by()
        )

    def having(self, field_id, condition=None):
        """Leads with a value in this own field, one that meets the condition."""
        return self.filter(has_value(field_id, condition))

    def without_value(self, field_id):
        """Leads that have no value in this own field to sort them by."""
        return self.filter(~has_value(field_id))

    def with_own_key(self, field_ids):
        """With `own_key`: what they are sorted by in one of these own fields, or None."""
        values = FieldValue.objects.to_sort().filter(
            lead=OuterRef("pk"), field_id__in=field_ids
        )
        return self.annotate(own_key=Subquery(values.values("key")[:1]))

    def with_ids(self, ids):
        """The leads with these ids."""
        return self.filter(pk__in=ids)

    def marketplace_ids(self):
        """The marketplaces' ids, as a subquery."""
        return self.order_by().values("marketplace_id")

    def ids(self):
        """Return the ids of these leads, in no order."""
        return list(self.order_by().values_list("pk", flat=True))

    def entered_with(self, token, *, by):
        """Return the lead that a form of `by` entered before, or None."""
        return self.filter(entry_token=token, owner=by).first()

    def with_id(self, pk):
        """Return the lead with this id, or None."""
        return self.filter(pk=pk).first()

    # Lists ----------------------------------------------------------------------------

    def for_list(self):
        """With what a row of the admin's lists shows."""
        return self.select_related("marketplace", "phase", "owner", "loss_reason").defer(
            "description"
        )

    def for_rows(self, *more):
        """With what a row of a rep's list shows; the list has the marketplaces itself.

        `more` are further columns of the leads.
        """
        return self.select_related("loss_reason").only(
            *("marketplace", "phase", "owner", "name", "sort_name", "city", "need"),
            *("status", "follow_up_at", "last_activity_at", "created_at", "closed_at"),
            *("follow_up_note", "phone", "mobile", "phase_entered_at", "phase_due_on"),
            *("value", "loss_reason__label", *more),
        )

    def for_columns(self, columns):
        """With what the values of these leads.columns are read from, and nothing else."""
        reads = {name for column in columns for name in column.reads}
        beside = {name.partition("__")[0] for name in reads if "__" in name}
        # Without a name select_related() would take everything along.
        rows = self.select_related(*beside) if beside else self
        return rows.only(*("marketplace", "phase", "owner", "loss_reason", *reads))

    def with_owner_name(self):
        """With what tells whose lead it is; `for_rows` or the like comes before."""
        return self.select_related("loss_reason", "owner").only(
            *self.query.deferred_loading[0], *(f"owner__{name}" for name in NAMES)
        )

    def for_offers(self):
        """With what the card of an offered lead shows; never the contact."""
        return self.select_related("marketplace").prefetch_related("marketplace__fields")

    def for_page(self):
        """With what the lead's page shows around its tabs."""
        beside = self.select_related("marketplace__storage_use", "owner", "loss_reason")
        return beside.for_process().for_fields().counted().with_stamp()

    def for_stamp(self):
        """With what tells whether anything has changed; see leads.live."""
        seen = ("marketplace", "owner", "status", "phase", "follow_up_at", "last_activity_at")
        return self.only(*seen).with_stamp()

    def with_stamp(self):
        """With what is done to a lead's files behind everybody's back."""
        return self.annotate(
            # In SQL for the reason that `_counted` gives.
            files_stamp=RawSQL(  # noqa: S611
                "SELECT COALESCE(CAST(MAX(scanned_at) AS varchar(40)), '') || '/' ||"  # noqa: S608
                f" COUNT(NULLIF(thumbnail, '')) FROM {Attachment._meta.db_table}"
                " WHERE lead_id = leads_lead.id",
                (),
            ),
        )

    def held(self):
        """Locked until the transaction ends.

        Without joins: who waited for the row would get it as it is now, but beside it the
        phase and the owner of before.
        """
        return self.select_for_update(of=("self",))

    def for_process(self):
        """With the phases of the marketplace, which the stepper and its dialogs show."""
        phases = Prefetch("marketplace__phases", Phase.objects.for_process())
        return (
            self.select_related("marketplace", "phase")
            .prefetch_related(phases)
            .with_setup_mark()
        )

    def for_fields(self):
        """With the marketplace's own fields."""
        fields = Prefetch("marketplace__fields", Field.objects.in_order())
        return self.with_marketplace().prefetch_related(fields).with_setup_mark()

    def with_setup_mark(self):
        """With the mark of how marketplaces are set up, as it is together with the lead.

        A phase in which a lead stands is among those of this mark, or of a later one.
        """
        return self.annotate(setup_mark=SetupChange.objects.as_mark())

    def with_marketplace(self):
        """With the marketplace, which the head of a lead's page names."""
        return self.select_related("marketplace")

    def counted(self):
        """With the numbers on the tabs, for leads.models.counting.Count."""
        return self.annotate(
            entry_count=_counted(JournalEntry, "NOT (kind = 'event') AND deleted_at IS NULL"),
            # The newest, because they lie beside each other in the table; by another index
            # each would be on a page of its own.
            file_count=_counted(
                Attachment, "deleted_at IS NULL ORDER BY created_at DESC, id DESC"
            ),
        )

    def own_value_counts(self, field_ids):
        """Return field id → number of leads that have a value in it, in one query."""
        counts = self.aggregate(
            **{
                f"field_{pk}": Count("pk", filter=Q(own_values__has_key=str(pk)))
                for pk in field_ids
            }
        )
        return {int(name.removeprefix("field_")): count for name, count in counts.items()}

    def by_name(self):
        """By the name as a dictionary has it."""
        return self.order_by("sort_name", "pk")

    def for_choice(self):
        """With what tells one lead from another."""
        return self.select_related("marketplace", "phase", "owner")

    def counted_for(self, sight, *, with_filters=True):
        """Return the counters of the navigation and of the list's filters, in one query."""
        times = due_times()

        def asked(which=None):
            def narrow(leads, given):
                leads = leads.in_progress()
                return leads.due(which, given) if which else leads

            return self._to_count(sight, (which,), narrow, order="follow_up_at", **times)

        groups = {
            "offered": self._offered_to_count(sight),
            "in_progress": asked(),
            "overdue": asked("overdue"),
            "today": asked("today"),
        }
        if with_filters:
            groups["none"] = asked("none")
            groups["late"] = self._to_count(
                sight,
                ("late",),
                lambda leads, given: leads.in_progress().lying_too_long(given["day"]),
                order="phase_due_on",
                day=timezone.localdate(),
            )
        return count_up_to(**groups)

    def _offered_to_count(self, sight):
        """Return what asks for all offers that a user sees, only to count them."""
        if not sight.marketplaces:
            return []
        seen = {
            f"marketplace {n}": piece["marketplace"]
            for n, piece in enumerate(sight.offered_slices)
        }
        return [
            Question(
                ("counted", "offered"),
                lambda given: (
                    self.personal()
                    .offered()
                    .filter(marketplace__in=[given[name] for name in seen])
                    .not_declined_by(given["owner"])
                    .order_by()
                ),
                {"owner": sight.user_id, **seen},
            )
        ]

    def _to_count(self, sight, key, narrow, *, order, **values):
        """Return what asks for the leads in Bearbeitung along a sight, only to count them.

        Those of a managed marketplace are read in an `order`, so that PostgreSQL takes the
        index that is. The user's own ones in all other marketplaces are one range of any
        index that begins with the owner: many of them took longer to plan than to count.
        """
        questions = []
        own = {}
        for number, marketplace in enumerate(sight.marketplaces):
            if not marketplace.is_managed:
                own[f"marketplace {number}"] = marketplace.pk
                continue
            questions.append(
                Question(
                    ("counted", *key),
                    lambda given: narrow(
                        self.along({"marketplace": given["marketplace"]}), given
                    ).order_by(order),
                    {"marketplace": marketplace.pk, **values},
                )
            )
        if own:
            questions.append(
                Question(
                    ("counted", *key),
                    lambda given: narrow(
                        self.owned_within([given[name] for name in own], given["owner"]), given
                    ).order_by(),
                    {"owner": sight.user_id, **own, **values},
                )
            )
        return questions


def due_times():
    """Return the moments from which `due_conditions` tells what is due."""
    now = timezone.now()
    today = start_of_day(now)
    return {"now": now, "today": today, "tomorrow": start_of_day(today + timedelta(hours=36))}


def due_conditions(times):
    """Return what overdue, today and none mean for a follow-up; see leads.moments."""
    today = Q(follow_up_at__gte=times["today"], follow_up_at__lt=times["tomorrow"])
    overdue = Q(follow_up_at__lt=times["now"]) & ~Q(follow_up_at=times["today"])
    return {"overdue": overdue, "today": today & ~overdue, "none": Q(follow_up_at=None)}


def _counted(model, condition):
    """Return the number of a lead's rows for which `condition` holds.

    In SQL, because it stands in every page of a lead: the compiler takes longer to make
    these two sentences than the database to answer them. So `condition` has the very words
    of an index, without which SQLite does not know that it answers.
    """
    return RawSQL(  # noqa: S611 all parts are this module's own words
        f"SELECT COUNT(*) FROM (SELECT 1 FROM {model._meta.db_table}"  # noqa: S608
        f" WHERE lead_id = leads_lead.id AND {condition} LIMIT {MOST + 1}) AS counted",
        (),
    )
