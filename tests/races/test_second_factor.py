"""A code that comes twice at once counts once."""

import pytest

from marketplaces.second_factor import SecondFactor, readable
from tests.marketplaces.phone import CODE, Phone, set_up

from . import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("means", ["phone", "recovery_code"])
def test_one_code_at_the_same_instant_lets_one_session_in(
    olaf, signed_in, settings, clock, means
):
    settings.SECOND_FACTOR = "admin"
    phone, codes = set_up(signed_in(olaf), clock)
    code = phone.code() if means == "phone" else codes[0]
    clients = [signed_in(olaf) for _ in range(4)]
    acts = [lambda c=client: c.post(CODE, {"code": code}).status_code for client in clients]
    assert sorted(at_once(*acts)) == [303, 422, 422, 422]
    assert sum(client.get("/admin/").status_code == 200 for client in clients) == 1


def test_one_setup_at_the_same_instant_makes_one_phone(olaf, clock):
    keys = [f"{number:040x}" for number in range(1, 5)]

    def set_up_with(key):
        factor = SecondFactor(olaf)
        assert factor.phone is None
        return factor.set_up(key, Phone(readable(key), clock).code())

    answers = at_once(*[lambda k=key: set_up_with(k) for key in keys])
    codes = [answer for answer in answers if isinstance(answer, list)]
    assert len(codes) == 1
    assert SecondFactor(olaf).recovery_codes_left == 10
