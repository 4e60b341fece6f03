"""Who walks, and where."""

import pytest
from django.test import Client

from tests import factories

from .stage import Stage


@pytest.fixture
def mona(solar):
    """A manager of another marketplace."""
    user = factories.UserFactory(username="mona")
    solar.memberships.create(user=user, role="manager")
    return user


@pytest.fixture
def former(heatpumps):
    """Somebody who managed here and whose membership ended while signed in."""
    user = factories.UserFactory(username="former")
    heatpumps.memberships.create(user=user, role="manager")
    return user


@pytest.fixture
def deactivated(heatpumps):
    """A manager whose account is deactivated while signed in."""
    user = factories.UserFactory(username="deactivated")
    heatpumps.memberships.create(user=user, role="manager")
    return user


@pytest.fixture
def stage(heatpumps, anna, ben, clara, meike, olaf, solar):
    return Stage(heatpumps, anna)


@pytest.fixture
def client_of(request, signed_in):
    """Return a function that gives the client of the person with this name."""

    def client_of(name):
        if name == "nobody":
            return Client()
        user = request.getfixturevalue(name)
        client = signed_in(user)
        if name == "former":
            user.memberships.all().delete()
        if name == "deactivated":
            user.is_active = False
            user.save()
        return client

    return client_of
