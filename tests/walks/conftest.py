"""Who walks, and where."""

from functools import cached_property

import pytest
from django.test import Client

from leadbook.storages import AttachmentStorage
from leads.models import Lead
from tests import factories
from tests.cast import Cast, put_on_stage

from .stage import Stage


class StagedCast(Cast):
    """The cast and all that hangs on its leads."""

    @cached_property
    def stage(self):
        assert self.solar
        return Stage(self.heatpumps, self.anna)


@pytest.fixture
def cast(request, db, monkeypatch):
    """The stage, too; its folder signs forms as a bucket does that browsers reach."""
    if "stage" in request.fixturenames:
        monkeypatch.setattr(AttachmentStorage, "signs_forms", True, raising=False)
        monkeypatch.setattr(AttachmentStorage, "signed_form", signed_form, raising=False)
    return put_on_stage(StagedCast, request.fixturenames)


@pytest.fixture
def mona(solar):
    """A manager of another marketplace."""
    user = factories.UserFactory(username="mona")
    solar.memberships.create(user=user, role="manager")
    return user


@pytest.fixture
def otto(solar):
    """An operator of another marketplace."""
    user = factories.UserFactory(username="otto", is_staff=True)
    solar.memberships.create(user=user, role="operator")
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
def stage(cast):
    return cast.stage


def signed_form(storage, key, **options):
    return "https://bucket.example/", {"key": key}


@pytest.fixture
def client_of(request, signed_in):
    """Return a function that gives the client of the person with this name.

    Beside the fixtures: `nobody`; Anna as `ended`, whose membership ended, and as
    `reassigned`, whose leads went to Ben; Ben as the `decliner` of what is offered. What
    befalls them befalls them with a page open.
    """
    names = {"ended": "anna", "reassigned": "anna", "decliner": "ben"}

    def client_of(name):
        if name == "nobody":
            return Client()
        user = request.getfixturevalue(names.get(name, name))
        client = signed_in(user)
        assert client.get("/leads/").status_code == 200
        match name:
            case "former" | "ended":
                user.memberships.all().delete()
            case "deactivated":
                user.is_active = False
                user.save()
            case "reassigned":
                Lead.objects.filter(owner=user).update(owner=request.getfixturevalue("ben"))
            case "decliner":
                for lead in Lead.objects.offered():
                    lead.decline(by=user)
        return client

    return client_of
