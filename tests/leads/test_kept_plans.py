"""Which plans PostgreSQL may keep, and which never."""

import pytest
from django.db import connection

from tests import factories

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]
# More often than it takes until a statement is prepared.
OFTEN = 4


def prepared(start):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statement FROM pg_prepared_statements WHERE statement LIKE %s",
            [f"{start}%"],
        )
        return {statement for (statement,) in cursor.fetchall()}


def test_a_list_that_is_asked_for_again_is_planned_once(page_of_anna, anna, heatpumps):
    factories.accepted(heatpumps, anna)
    for _turn in range(OFTEN):
        page_of_anna.get("/leads/")
    assert any('FROM "leads_lead"' in statement for statement in prepared("SELECT"))


def test_what_reads_the_search_index_is_not_prepared(page_of_anna, anna, heatpumps):
    lead = factories.accepted(heatpumps, anna)
    before = prepared("")
    for _turn in range(OFTEN):
        assert lead.name in page_of_anna.get("/leads/", {"q": lead.name}).text
    new = prepared("") - before
    assert not [s for s in new if "MATERIALIZED" in s or "LIKE" in s]
    # What was typed is no part of what is.
    assert any("searchdocument" in s for s in new)
    assert not [s for s in new if lead.name.casefold() in s]


def test_a_pooler_without_prepared_statements_can_be_lived_with(
    page_of_anna, anna, heatpumps, settings
):
    settings.KEEP_QUERY_PLANS = False
    lead = factories.accepted(heatpumps, anna)
    before = prepared("")
    for _turn in range(OFTEN):
        page_of_anna.get("/leads/", {"sort": "-phase", "marktplatz": heatpumps.slug})
        page_of_anna.get(f"/leads/{lead.pk}/?tab=verlauf")
        assert lead.name in page_of_anna.get("/leads/", {"q": lead.name}).text
    assert prepared("") == before
