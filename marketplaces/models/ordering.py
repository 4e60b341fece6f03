"""What phases, fields, reasons and checklists share: an order inside their marketplace."""

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.db.models import F, Max
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .operated import OperatedQuerySet


class OrderedQuerySet(OperatedQuerySet):
    """Entries of a marketplace's list."""

    def of(self, marketplace):
        """Entries of this marketplace."""
        return self.filter(marketplace=marketplace)

    def with_ids(self, ids):
        """Those with these ids."""
        return self.filter(pk__in=ids)

    def among(self, entries):
        """Those that are also in the list `entries`."""
        return self.with_ids([entry.pk for entry in entries])

    def active(self):
        """Entries that are not retired."""
        return self.filter(is_retired=False)

    def in_order(self):
        """Entries as the operator put them."""
        return self.order_by("position", "id")

    def by_marketplace(self):
        """In the order of the marketplaces' names, with the marketplaces."""
        named = self.select_related("marketplace")
        return named.order_by("marketplace__name", "position", "id")

    def hold(self):
        """Lock the entries until the transaction ends and return them as they are now.

        Everybody locks them in this order, so that nobody waits for each other.
        """
        return list(self.order_by("pk").select_for_update(no_key=True))

    # While entries change places, they stand this far beyond every real position, so
    # that the unique constraint holds after each statement (SQLite knows no deferrable
    # constraints).
    PARKED = 1_000_000

    def park(self):
        """Move all entries out of the way; call inside a transaction, then renumber."""
        self.filter(position__lt=self.PARKED).update(position=F("position") + self.PARKED)

    @transaction.atomic
    def renumber(self, ids):
        """Give the entries the order of `ids`, from 1 on; the others follow behind."""
        self.hold()
        self.park()
        rest = [pk for pk in self.in_order().values_list("pk", flat=True) if pk not in ids]
        for position, pk in enumerate([*ids, *rest], start=1):
            self.filter(pk=pk).update(position=position)

    def next_position(self):
        """Return the place behind the last entry."""
        return (self.aggregate(last=Max("position"))["last"] or 0) + 1

    def arrange(self, ids):
        """Put the entries `ids` into this order, and write only what changes.

        An entry that is not named, because somebody else added it meanwhile, stays behind
        the one that it stands behind now.
        """
        now = list(self.in_order().values_list("pk", flat=True))
        order, before = [pk for pk in ids if pk in now], None
        for pk in now:
            if pk not in order:
                order.insert(order.index(before) + 1 if before else 0, pk)
            before = pk
        if order != now:
            self.renumber(order)


class OrderedEntry(models.Model):
    """One entry of a list that a marketplace orders and retires."""

    position = models.PositiveIntegerField(_("order"), default=0)
    is_retired = models.BooleanField(
        _("retired"),
        default=False,
        help_text=_("No longer offered; leads that use it keep it."),
    )

    objects = OrderedQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def use(self):
        """What needs the entry, as a sentence; empty where nothing does."""
        return ""

    @classmethod
    def share(cls, ids):
        """Lock the entries with these ids against who holds or changes them until the end.

        As OrderedQuerySet.hold, in the same order, but others may share them at the same
        time. SQLite needs no lock: there, one transaction writes after the other.
        """
        if connection.features.has_select_for_update:
            table = connection.ops.quote_name(cls._meta.db_table)
            sql = f"SELECT id FROM {table} WHERE id = ANY(%s) ORDER BY id FOR SHARE"  # noqa: S608
            with connection.cursor() as cursor:
                cursor.execute(sql, [list(ids)])

    def check_deletable(self):
        """Raise a ValidationError that says what still needs the entry.

        Call inside a transaction: until its end nobody can begin to use the entry.
        """
        type(self).objects.filter(pk=self.pk).order_by("pk").select_for_update().first()
        if use := self.use:
            advice = gettext("It cannot be deleted, but it can be retired.")
            raise ValidationError(f"{use} {advice}", code="in_use")
