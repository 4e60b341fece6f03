"""By what leads are sorted and filtered in a marketplace's own fields, beside the lead."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _


class _LookedUp(Exists):
    """An EXISTS that PostgreSQL asks of each row on the way, until the page is full.

    Without the OFFSET it may join all there are, to find fifty of them.
    """

    def as_postgresql(self, compiler, connection, **extra):
        """Return the condition and its parameters."""
        template = "EXISTS(%(subquery)s OFFSET 0)"
        return self.as_sql(compiler, connection, template=template, **extra)


class FieldValueQuerySet(models.QuerySet):
    """Values of own fields. What they find is still read through `visible_to`."""

    def along(self, field_id, *, owner=None, is_closed):
        """Values of a field along one slice of a sight: all of them, or those of `owner`."""
        values = self.filter(field_id=field_id, is_closed=is_closed)
        return values.filter(owner_id=owner) if owner is not None else values

    def to_sort(self):
        """Of each lead the one value by which it is sorted."""
        return self.filter(is_choice=False)

    def of_outer_lead(self, field_id):
        """Values of a field in the lead of the query around."""
        return self.filter(lead=OuterRef("pk"), field_id=field_id)

    def of_leads(self, leads):
        """Values of those of `leads` that the queryset finds.

        PostgreSQL goes the shorter way: from few leads to their values, or along the values.
        """
        return self.filter(Exists(leads.filter(pk=OuterRef("lead_id")).order_by()))

    def of_ids(self, ids):
        """Values in the leads with these ids."""
        return self.filter(lead_id__in=ids)

    def lead_ids(self, condition, limit):
        """Return the ids of up to `limit` leads whose value meets the condition."""
        found = self.filter(condition).order_by().values_list("lead_id", flat=True)
        return list(found.distinct()[:limit])


class FieldValue(models.Model):
    """One value of one own field in one worked lead; see leads.field_values.

    Written by the lead's verbs in their transactions. Owner and state are copies that make
    a slice of a list one range of an index; the field belongs to one marketplace. An
    offered or anonymised lead has none.
    """

    # Ends in what a filter asks of a single lead, so that no row is looked at.
    pk = models.CompositePrimaryKey("lead_id", "field_id", "is_choice", "key")
    lead = models.ForeignKey(
        "leads.Lead", on_delete=models.CASCADE, related_name="field_values",
        db_index=False, verbose_name=_("lead"),
    )  # fmt: skip
    field = models.ForeignKey(
        "marketplaces.Field", on_delete=models.CASCADE, related_name="+",
        db_index=False, verbose_name=_("field"),
    )  # fmt: skip
    # Who owns a lead cannot be deleted: nobody has to look for these rows.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+",
        db_index=False, db_constraint=False, verbose_name=_("owner"),
    )  # fmt: skip
    is_closed = models.BooleanField(_("closed"))
    # One of several choices, to filter by; beside it stands the row to sort by.
    is_choice = models.BooleanField(_("choice"))
    # In byte order, see `Kind.key`.
    key = models.CharField(max_length=200)

    objects = FieldValueQuerySet.as_manager()

    class Meta:
        verbose_name = _("value of an own field")
        verbose_name_plural = _("values of own fields")
        indexes = [
            models.Index(
                fields=["field", "owner", "is_closed", "is_choice", "key", "lead"],
                name="field_value_own",
            ),
            models.Index(
                fields=["field", "is_closed", "is_choice", "key", "lead"],
                name="field_value_all",
            ),
        ]

    def __str__(self):
        return f"#{self.lead_id} · {self.field_id}"


def has_value(field_id, condition=None):
    """Return what is true of leads that have a value (that meets `condition`) in a field."""
    return _LookedUp(FieldValue.objects.of_outer_lead(field_id).filter(condition or Q()))
