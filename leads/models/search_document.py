"""What each lead is found by, beside the lead, so that no list reads it along."""

from django.conf import settings
from django.db import connections, models
from django.db.models import (
    BigIntegerField,
    BooleanField,
    ExpressionWrapper,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, StrIndex
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext_lazy as _

from leadbook.row_keys import RowKey
from leads import search_index

FEW = "WITH few AS MATERIALIZED ({} LIMIT %s)"
# Planned without the limit, but read no further: with it PostgreSQL would expect many
# matches of a short word soon, read the whole table for them, and find none.
FENCED = "WITH found AS MATERIALIZED ({}), few AS MATERIALIZED (SELECT * FROM found LIMIT %s)"
HEADS = (
    "SELECT few.pk, CASE WHEN (SELECT COUNT(*) FROM few) <= %s"
    " THEN SUBSTR(few.text, 1, %s) END"
    " FROM few JOIN leads_lead AS lead ON lead.id = few.pk"
    " ORDER BY lead.last_activity_at DESC, few.pk DESC"
)


class SearchDocumentQuerySet(models.QuerySet):
    """Search documents. What they find is still read through `visible_to`."""

    def in_sight(self, slices):
        """Documents along the slices of a leads.models.sight.Sight."""
        condition = Q(pk__in=[])
        for values in slices:
            # PostgreSQL's index knows ids as they are kept, and no shorter integers.
            condition |= Q(
                **{n: Cast(value, BigIntegerField()) for n, value in values.items()}
            )
        return self.filter(condition)

    def of_status(self, statuses):
        """Documents of leads of these statuses."""
        return self.filter(status__in=statuses)

    def with_ids(self, ids):
        """Documents of the leads with these ids."""
        return self.filter(pk__in=ids)

    def containing(self, terms):
        """Documents that contain all `terms` (leads.search_terms)."""
        if not terms.words:
            return self.none()
        condition = Q()
        for pattern in terms.patterns:
            condition &= Q(text__contains=pattern)
        return self.filter(condition)

    def holding(self, patterns):
        """Documents with all `patterns` (Terms.patterns) in them, each looked into by itself.

        Whatever the patterns are, PostgreSQL plans this alike, and never along its index.
        """
        return self.filter(_holds(patterns)) if patterns else self.none()

    def is_holding(self, patterns):
        """Return whether the document of a lead does, as a condition on leads.

        Not as an EXISTS: the database would rather look into all documents first.
        """
        found = self.with_id(OuterRef("pk")).held(patterns)
        return Subquery(found, output_field=BooleanField())

    def held(self, patterns):
        """Whether the one document is `holding` the patterns; nothing where there is none."""
        held = ExpressionWrapper(_holds(patterns), output_field=BooleanField())
        return self.order_by().values_list(held)[:1]

    def with_id(self, pk):
        """The document of the lead with this id."""
        return self.filter(pk=pk)

    def matching(self, terms, *, statuses):
        """Documents of these statuses that contain all `terms`, found by the index."""
        found = self.of_status(statuses).containing(terms)
        if terms.words and self._is_sqlite:
            match = search_index.expression(terms.patterns, statuses=statuses)
            found = found.filter(pk__in=RawSQL(search_index.ROWS, [match]))  # noqa: S611
        return found

    def ids_matching(self, terms, *, statuses, slices, limit):
        """Return up to `limit` ids of matching documents along the slices, as they come."""
        rows = self._rows_matching("SELECT pk FROM few", terms, statuses, slices, limit)
        return [pk for (pk,) in rows]

    def heads_matching(self, terms, *, statuses, slices, most, length):
        """Return lead id and beginning of the matching documents, the last active first.

        `length` is that of a beginning, in characters; None of each where more than `most`
        match.
        """
        return self._rows_matching(HEADS, terms, statuses, slices, most + 1, most, length)

    def _rows_matching(self, select, terms, statuses, slices, limit, *params):
        """Return what is selected of `limit` matching documents, called few."""
        if not (terms.words and slices and statuses):
            return []
        picked = self._picked_by_fts if self._is_sqlite else self._picked_by_gin
        found = picked(terms, statuses, slices).order_by().values("pk", "text")
        sql, of_found = found.query.sql_with_params()
        few = (FEW if self._is_sqlite else FENCED).format(sql)
        with connections[self.db].cursor() as cursor:
            cursor.execute(f"{few} {select}", [*of_found, limit, *params])
            return cursor.fetchall()

    def _picked_by_fts(self, terms, statuses, slices):
        """Documents that match along the slices, for SQLite."""
        found = self.of_status(statuses).in_sight(slices).holding(terms.patterns)
        # A join, not a subquery, so that the index is read no further than the limit.
        match = search_index.expression(terms.patterns, statuses=statuses, slices=slices)
        return found.extra(  # noqa: S610
            tables=[search_index.INDEX],
            where=[search_index.OF_DOCUMENT, search_index.MATCHES],
            params=[match],
        )

    def _picked_by_gin(self, terms, statuses, slices):
        """Documents that match along the slices, for PostgreSQL.

        Its index goes through one list for each trigram and each of its keys, and through all
        lists anew for each slice. So it is asked for few trigrams and at most for an owner
        and one marketplace; the rest is compared.
        """
        own, whole = set(), set()
        for piece in slices:
            (own if "owner" in piece else whole).add(piece["marketplace"])
        along = Q(pk__in=[])
        if own:
            (owner,) = {piece["owner"] for piece in slices if "owner" in piece}
            along |= _has_key("own_key", statuses, owner) & Q(place__in=own)
        if len(whole) == 1:
            along |= _has_key("place_key", statuses, *whole)
        elif whole:
            along |= Q(place__in=whole)
        found = self.alias(
            place=Cast("marketplace_id", IntegerField()),
            own_key=RawSQL(search_index.OWN_KEY, []),  # noqa: S611
            place_key=RawSQL(search_index.PLACE_KEY, []),  # noqa: S611
        )
        found = found.of_status(statuses).filter(along)
        parts = search_index.trigrams_of(terms.patterns)
        # Of one word its lists are short where one of them is. Of several, none may be.
        if len(terms.patterns) == 1 or not all(part.strip().isalnum() for part in parts):
            parts = terms.patterns
        for part in parts:
            found = found.filter(text__contains=part)
        return found.holding(terms.patterns)

    def with_exactly(self, terms):
        """Documents with the e-mail address or the number that the terms are."""
        if terms.email:
            return self.filter(email=terms.email)
        return self.with_number([terms.number] if terms.number else [])

    def with_number(self, numbers):
        """Documents with one of these numbers (leads.text.phone_digits)."""
        return self.filter(Q(phone__in=numbers) | Q(mobile__in=numbers))

    @property
    def _is_sqlite(self):
        return connections[self.db].vendor == "sqlite"


def _has_key(name, statuses, number):
    condition = Q()
    for key in search_index.keys_of(statuses, number):
        # The index knows keys as they are kept, and no shorter integers.
        condition |= Q(**{name: Cast(key, BigIntegerField())})
    return condition


def _holds(patterns):
    condition = ~Q(status="offered")
    for pattern in patterns:
        condition &= Q(GreaterThan(StrIndex("text", Value(pattern)), 0))
    return condition


class SearchDocument(models.Model):
    """The folded words of one lead's fields and journal; see leads.search_documents.

    Written by the lead's verbs in their transactions. Marketplace, owner and status are
    copies that only make searching cheap. An anonymised lead has none.
    """

    lead = RowKey(
        "leads.Lead", on_delete=models.CASCADE, related_name="search_document",
        verbose_name=_("lead"),
    )  # fmt: skip
    # leads.search_index finds by these two and the status.
    marketplace = models.ForeignKey(
        "marketplaces.Marketplace", on_delete=models.CASCADE, related_name="+",
        db_index=False, verbose_name=_("marketplace"),
    )  # fmt: skip
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+",
        db_index=False, verbose_name=_("owner"),
    )  # fmt: skip
    status = models.CharField(_("status"), max_length=12)
    text = models.TextField()
    # Whole, for the fast path; null where there is none, so that the indexes are small.
    email = models.CharField(_("e-mail"), max_length=254, null=True)
    phone = models.CharField(_("phone"), max_length=40, null=True)
    mobile = models.CharField(_("mobile"), max_length=40, null=True)

    objects = SearchDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("search document")
        verbose_name_plural = _("search documents")
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=[name],
                condition=Q(**{f"{name}__isnull": False}),
                name=f"search_by_{name}",
            )
            for name in ("email", "phone", "mobile")
        ]

    def __str__(self):
        return f"#{self.lead_id}"
