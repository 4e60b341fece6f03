"""By what leads are recognised as alike, beside the lead; see leads.match_keys."""

from django.conf import settings
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from .questions import keeping_plans
from .visibility import has_role

# A value that more leads have, a switchboard's number, says nothing of a person.
MOST_ALIKE = 5
# SQLite joins at most 500 tables with UNION.
MOST_KEYS = 100


class MatchKey(models.Model):
    """One trait of one worked lead, as a number that holds the marketplace, too.

    Written by the lead's verbs in their transactions; the owner is a copy, so that what
    somebody may see is one range of the index. An offered or anonymised lead has none.
    """

    pk = models.CompositePrimaryKey("lead_id", "key")
    lead = models.ForeignKey(
        "leads.Lead", on_delete=models.CASCADE, related_name="match_keys",
        db_index=False, verbose_name=_("lead"),
    )  # fmt: skip
    # Who owns a lead cannot be deleted: nobody has to look for these rows.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+",
        db_index=False, db_constraint=False, verbose_name=_("owner"),
    )  # fmt: skip
    key = models.BigIntegerField()

    class Meta:
        verbose_name = _("match key")
        verbose_name_plural = _("match keys")
        indexes = [models.Index(fields=["key", "owner", "lead"], name="match_key_owner")]

    def __str__(self):
        return f"#{self.lead_id}"


def ids_sharing(keys, *, marketplace_id, user, but=0):
    """Return the ids of leads with one of up to MOST_KEYS keys, in one query.

    Of each key one more than MOST_ALIKE, among the leads of `user` or, where that is None
    or sees all of the marketplace, of anybody; never the lead `but`.
    """
    if not keys:
        return []
    with keeping_plans(), connection.cursor() as cursor:
        cursor.execute(*question(keys, marketplace_id=marketplace_id, user=user, but=but))
        return [pk for (pk,) in cursor.fetchall()]


def question(keys, *, marketplace_id, user, but):
    """Return SQL and parameters of `ids_sharing`.

    Each part reads no more of the index than it gives, whatever others have: not even the
    time tells of them. In SQL because every page of a lead asks it, most for nothing.
    """
    table = MatchKey._meta.db_table
    part = (
        f"SELECT lead_id FROM (SELECT lead_id FROM {table}"  # noqa: S608
        f" WHERE key = %s AND lead_id <> %s{{}} LIMIT {MOST_ALIKE + 1}) AS found"
    )
    parts, params = [], []
    sees_all = user is None or user.is_superuser
    if not sees_all:
        manages, of_managing = has_role("managing", user.pk, str(int(marketplace_id)))
    for key in keys:
        if sees_all:
            parts.append(part.format(""))
            params += [key, but]
            continue
        parts.append(part.format(" AND owner_id = %s"))
        parts.append(part.format(f" AND {manages}"))
        params += [key, but, user.pk, key, but, *of_managing]
    return " UNION ".join(parts), params
