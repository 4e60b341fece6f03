"""Questions to the database: compiled once, asked with other values each time."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from leads.models import Lead
from leads.models.questions import Question
from tests import factories


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("value", [Decimal(n) for n in (10, 20, 30)]),
        ("wish_date", [date(2027, 1, n) for n in (10, 20, 30)]),
        ("follow_up_at", [datetime(2027, 1, n, tzinfo=UTC) for n in (10, 20, 30)]),
    ],
)
def test_values_of_one_kind_are_not_mistaken_for_each_other(anna, heatpumps, name, values):
    leads = [factories.accepted(heatpumps, anna, **{name: value}) for value in values]

    def asked(given):
        ends = {f"{name}__gte": given["first"], f"{name}__lte": given["last"]}
        return Lead.objects.filter(**ends).order_by("pk")

    for first, last in ((0, 1), (1, 2), (0, 2)):
        question = Question(
            ("range", name), asked, {"first": values[first], "last": values[last]}
        )
        assert question.objects() == leads[first : last + 1]
