"""The one rule of who may see a lead, as a condition on its row."""

from itertools import chain

from django.db.models import BooleanField, F, Func

from marketplaces.models import Membership

from .questions import Question
from .refusal import LeadRefusal

# Stands for the column of a lead's marketplace; no user has this id.
_HERE = -1


class IsVisible(Func):
    """Whether somebody may see a lead, superusers and anonymised leads aside.

    A rep sees the offered ones of the own marketplaces that the rep has not declined, and
    the own ones; a manager every lead of the marketplace. Each query asks for memberships
    afresh, so that what was taken away is gone at once. Said in SQL, because nearly every
    answer needs it and Django took longer to write it than the database to read it.
    """

    conditional = True
    output_field = BooleanField()

    def __init__(self, user_id):
        super().__init__(F("marketplace"), F("owner"), F("status"), F("pk"))
        self.user_id = user_id

    def as_sql(self, compiler, connection, **_extra):
        """Return the condition and its parameters."""
        columns = [compiler.compile(source)[0] for source in self.get_source_expressions()]
        marketplace, owner, status, pk = columns
        quoted = connection.ops.quote_name
        managed, of_managed = has_role("managing", self.user_id, marketplace)
        sold, of_sold = has_role("selling", self.user_id, marketplace)
        declined = (
            f"SELECT 1 FROM {quoted(LeadRefusal._meta.db_table)} AS declined"  # noqa: S608
            f" WHERE declined.lead_id = {pk} AND declined.rep_id = %s"
        )
        sql = (
            f"({managed} OR {sold} AND"
            f" ({owner} = %s OR {status} = 'offered' AND NOT EXISTS ({declined})))"
        )
        return sql, (*of_managed, *of_sold, self.user_id, self.user_id)


def has_role(role, user_id, marketplace):
    """Return SQL and parameters of whether somebody has a role in a marketplace.

    `marketplace` is SQL: a column, or an id. Asked of each row, by an index: PostgreSQL
    would count the price of a list of all of them for each lead that it looks up, and read
    the whole table of leads instead.
    """

    def build(given):
        memberships = getattr(Membership.objects.of(given["owner"]), role)()
        return memberships.within(given["marketplace"]).order_by().values("pk")

    sql, params = Question((role,), build, {"owner": user_id, "marketplace": _HERE}).sql()
    texts = [marketplace if param == _HERE else "%s" for param in params]
    pieces = sql.split("%s")
    joined = "".join(chain.from_iterable(zip(pieces, [*texts, ""], strict=True)))
    return f"EXISTS ({joined})", [param for param in params if param != _HERE]
