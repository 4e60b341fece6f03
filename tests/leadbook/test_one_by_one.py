"""The tests' own guard against fetching one by one."""

import pytest

from leadbook import provenance
from leads.models import Lead
from tests import factories


@pytest.fixture
def two(heatpumps, anna):
    return [factories.accepted(heatpumps, anna) for _ in range(2)]


def test_in_a_request_rows_that_miss_something_are_noticed(two):
    with provenance.of(request_id="0" * 32):
        leads = list(Lead.objects.all())
        with pytest.raises(AssertionError, match="Lead.phase is fetched one by one"):
            _ = leads[0].phase
        missing = list(Lead.objects.defer("city"))
        with pytest.raises(AssertionError, match="Lead.city is fetched one by one"):
            _ = missing[1].city


def test_what_is_brought_along_or_alone_is_no_mistake(two):
    with provenance.of(request_id="0" * 32):
        assert [lead.phase.position for lead in Lead.objects.select_related("phase")] == [1, 1]
        assert Lead.objects.get(pk=two[0].pk).phase.position == 1


def test_elsewhere_it_is_allowed(two):
    assert [lead.phase.position for lead in Lead.objects.all()] == [1, 1]
