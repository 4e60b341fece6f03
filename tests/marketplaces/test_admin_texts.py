"""What operators type follows the same rules as what reps type."""

import pytest
from django.urls import reverse

from .admin_page import MarketplacePage

REFUSED = "Bitte entfernen Sie die Steuerzeichen."
CONTROLS = ["a\x00b", "a\x1b[31mb", "a\x7fb", "a\x85b", "a\u2028b"]
# Typed, kept.
CLEANED = [
    ("  A\u0308ußen  termin ", "Äußen termin"),
    ("Plan\u202enaLp\u202c", "PlannaLp"),
    ("\u2066Plan\u2069\u200f", "Plan"),
    ("Plan\tA", "Plan A"),
]
INVISIBLE = ["\u200b", "\u200d\ufeff \u2060"]


@pytest.fixture
def setup(signed_in, olaf, heatpumps):
    return MarketplacePage(signed_in(olaf), heatpumps)


def type_into(setup, place, text):
    """Type into one of the texts of a marketplace's page; return how to read it again."""
    heatpumps = setup.response.context["original"]
    if place == "name":
        setup.data["name"] = text
        return lambda: type(heatpumps).objects.get(pk=heatpumps.pk).name
    if place == "phase":
        offer = heatpumps.phases.get(name="Angebot")
        setup.set("phases", "Angebot", name=text)
        return lambda: heatpumps.phases.get(pk=offer.pk).name
    if place == "reason":
        reason = heatpumps.loss_reasons.get(label="Zu teuer")
        setup.set("loss_reasons", "Zu teuer", label=text)
        return lambda: heatpumps.loss_reasons.get(pk=reason.pk).label
    texts = {"label": "Dach", "unit": "m", "help_text": "Hilfe", place: text}
    setup.add("fields", group="interest", kind="number", **texts)
    return lambda: getattr(heatpumps.fields.get(), place)


PLACES = pytest.mark.parametrize(
    "place", ["name", "phase", "reason", "label", "unit", "help_text"]
)


@PLACES
@pytest.mark.parametrize(("typed", "kept"), CLEANED)
def test_lines_are_cleaned(setup, place, typed, kept):
    read = type_into(setup, place, typed)
    setup.save()
    assert read() == kept


@PLACES
@pytest.mark.parametrize("text", CONTROLS)
def test_control_characters_are_refused(setup, place, text):
    type_into(setup, place, text)
    assert setup.send().status_code == 200
    assert REFUSED in "".join(setup.errors())


@pytest.mark.parametrize("place", ["name", "phase", "reason", "label"])
@pytest.mark.parametrize("text", INVISIBLE)
def test_a_name_of_invisible_characters_is_none(setup, place, text):
    type_into(setup, place, text)
    assert setup.send().status_code == 200
    assert setup.errors()


def test_longer_texts_keep_their_lines(setup, heatpumps):
    setup.set("phases", "Angebot", guidance="Erst\r\nrufen,\rdann mailen. ")
    setup.add(
        "fields",
        label="Dach",
        group="interest",
        kind="choice",
        choices=" Ziegel \r\nBle\u202ech\r\n\u200b\r\nScha\u0308tzung",
    )
    setup.save()
    assert heatpumps.phases.get(name="Angebot").guidance == "Erst\nrufen,\ndann mailen."
    assert heatpumps.fields.get().choice_list == ["Ziegel", "Blech", "Schätzung"]


@pytest.mark.parametrize(("typed", "kept"), CLEANED)
def test_names_of_people_are_cleaned(admin_client, ben, typed, kept):
    address = reverse("admin:marketplaces_user_change", args=[ben.pk])
    table = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    data = {"username": "ben", "first_name": typed, "is_active": "on", **table}
    assert admin_client.post(address, data).status_code == 302
    ben.refresh_from_db()
    assert ben.first_name == kept


@pytest.mark.parametrize("field", ["username", "email", "first_name"])
@pytest.mark.parametrize("text", [*CONTROLS, "a\u202eb@beispiel.de", "\u200b"])
def test_names_to_sign_in_with_and_addresses_hold_nothing_invisible(
    admin_client, ben, field, text
):
    address = reverse("admin:marketplaces_user_change", args=[ben.pk])
    table = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    data = {"username": "ben", "is_active": "on", **table, field: text}
    admin_client.post(address, data)
    ben.refresh_from_db()
    assert getattr(ben, field).isprintable()


@pytest.mark.parametrize(
    ("place", "length"),
    [("name", 80), ("phase", 60), ("reason", 80), ("label", 60), ("unit", 20)],
)
def test_too_long_texts_are_refused_on_every_database(setup, place, length):
    type_into(setup, place, "x" * (length + 1))
    assert setup.send().status_code == 200
    assert setup.errors()
    setup.load()
    read = type_into(setup, place, "x" * length)
    setup.save()
    assert read() == "x" * length
