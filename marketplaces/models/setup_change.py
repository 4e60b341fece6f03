"""What tells whether marketplaces are still set up as somebody saw them."""

import secrets

from django.db import models, transaction
from django.db.models.expressions import RawSQL

# So few that nobody notices when a page adds them up.
MOST_KEPT = 200
# So small that no sum of half a million leaves 64 bits.
LIMIT = 2**44


class SetupChangeQuerySet(models.QuerySet):
    """Changes of how marketplaces are set up."""

    def as_mark(self):
        """Return the expression of the mark under which everything is set up as it is now.

        Another after each change, also after one that was rolled back or restored. NULL
        where nothing has been recorded yet.
        """
        table = self.model._meta.db_table
        return RawSQL(  # noqa: S611
            f"SELECT CAST(SUM(number) AS bigint) FROM {table}",  # noqa: S608
            (),
            output_field=models.BigIntegerField(),
        )

    def forget_most(self):
        """Delete all but the smallest and draw one, MOST_KEPT in all; the setup is read anew.

        Without the one that is drawn, a night after few changes would bring back the mark
        of the night before, and with it what was read under that.
        """
        beyond = self.order_by("pk").values_list("pk", flat=True)[MOST_KEPT - 1 :][:1]
        for number in beyond:
            with transaction.atomic():
                self.filter(pk__gte=number).delete()
                self.create(number=secrets.randbelow(LIMIT))


class SetupChange(models.Model):
    """One change of marketplaces, their definitions or members; triggers write it.

    Its number is drawn by lot: changes that are written at the same time neither wait for
    each other nor have to come in an order, because only the sum of all counts. And rows
    that are loaded from elsewhere have no number that one of these has.
    """

    number = models.BigIntegerField(primary_key=True)

    objects = SetupChangeQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return str(self.number)
