"""Many attempts at once get no further than one after the other."""

from datetime import timedelta

import pytest
from django.test import Client

from marketplaces.throttling import Limit, wait_before
from tests.factories import PASSWORD

from . import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def attempt(address, password="falsch-und-lang-genug"):
    data = {"username": "anna", "password": password}
    return Client().post("/anmelden/", data, REMOTE_ADDR=address).status_code


def test_parallel_passwords_are_looked_at_five_times_at_most(anna):
    answers = at_once(*[lambda: attempt("192.0.2.1")] * 20)
    assert set(answers) <= {422, 429}
    assert answers.count(422) <= 5
    assert attempt("192.0.2.2", PASSWORD) == 302


def test_parallel_attack_from_many_addresses_is_slowed_after_twenty(anna):
    acts = [lambda n=number: attempt(f"198.51.100.{n}") for number in range(30)]
    answers = at_once(*acts)
    assert set(answers) <= {422, 429}
    assert answers.count(422) <= 21


def test_parallel_turns_are_no_more_than_the_limit(db):
    limit = Limit(4, timedelta(minutes=1))
    waits = at_once(*[lambda: wait_before("x", 1, limit)] * 16)
    assert waits.count(None) <= 4
