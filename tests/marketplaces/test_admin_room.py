"""The room for attachments on a marketplace's page in the admin."""

import pytest

from leads.models import StorageUse
from marketplaces.models import Marketplace
from tests import factories
from tests.markup import read

from .admin_page import MarketplacePage


@pytest.fixture
def boss(db):
    return factories.UserFactory(username="chefin", is_staff=True, is_superuser=True)


def test_who_looks_sees_how_much_is_taken(signed_in, olaf, boss, heatpumps):
    StorageUse.objects.create(marketplace=heatpumps, bytes=2_400_000)
    for person in (olaf, boss):
        page = MarketplacePage(signed_in(person), heatpumps)
        assert "2,4 MB von 100 GB" in read(page.response).text
    before = list(StorageUse.objects.values_list())
    assert before == [(heatpumps.pk, 2_400_000)]


def test_a_superuser_gives_more_room_and_an_operator_does_not(
    signed_in, olaf, boss, heatpumps
):
    page = MarketplacePage(signed_in(boss), heatpumps)
    page.data["storage_limit_gb"] = "7"
    assert page.client.post(page.address, page.data).status_code == 302
    assert Marketplace.objects.get(pk=heatpumps.pk).storage_limit == 7 * 10**9
    page = MarketplacePage(signed_in(olaf), heatpumps)
    page.data["storage_limit_gb"] = "9000"
    assert page.client.post(page.address, page.data).status_code == 302
    assert Marketplace.objects.get(pk=heatpumps.pk).storage_limit == 7 * 10**9


@pytest.mark.parametrize("typed", ["0", "-1", "viel"])
def test_a_limit_that_is_none_is_refused(signed_in, boss, heatpumps, typed):
    page = MarketplacePage(signed_in(boss), heatpumps)
    page.data["storage_limit_gb"] = typed
    response = page.client.post(page.address, page.data)
    assert response.status_code in {200, 422}
    assert Marketplace.objects.get(pk=heatpumps.pk).storage_limit_gb is None
