"""What operators type follows the same rules as what reps type."""

import pytest
from django.urls import reverse

from .admin_page import MarketplacePage

pytestmark = pytest.mark.once

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
PLACES = ["name", "phase", "reason", "label", "unit", "help_text"]


@pytest.fixture
def setup(signed_in, olaf, heatpumps):
    return MarketplacePage(signed_in(olaf), heatpumps)


def type_into_all(setup, text, places=PLACES):
    """Type into these texts of a marketplace's page; return how to read them again."""
    heatpumps = setup.response.context["original"]
    phase = heatpumps.phases.get(name="Angebot")
    reason = heatpumps.loss_reasons.get(label="Zu teuer")
    texts = {"label": "Dach", "unit": "m", "help_text": "Hilfe"}
    for place in places:
        if place == "name":
            setup.data["name"] = text
        elif place == "phase":
            setup.set("phases", "Angebot", name=text)
        elif place == "reason":
            setup.set("loss_reasons", "Zu teuer", label=text)
        else:
            texts[place] = text
    setup.add("fields", group="interest", kind="number", **texts)

    def read():
        field = heatpumps.fields.get()
        kept = {
            "name": type(heatpumps).objects.get(pk=heatpumps.pk).name,
            "phase": heatpumps.phases.get(pk=phase.pk).name,
            "reason": heatpumps.loss_reasons.get(pk=reason.pk).label,
            **{place: getattr(field, place) for place in texts},
        }
        return {place: kept[place] for place in places}

    return read


@pytest.mark.parametrize(("typed", "kept"), CLEANED)
def test_lines_are_cleaned(setup, typed, kept):
    read = type_into_all(setup, typed)
    setup.save()
    assert read() == dict.fromkeys(PLACES, kept)


@pytest.mark.parametrize("text", CONTROLS)
def test_control_characters_are_refused(setup, text):
    type_into_all(setup, text)
    assert setup.send().status_code == 200
    assert "".join(setup.errors()).count(REFUSED) == len(PLACES)


@pytest.mark.parametrize("text", INVISIBLE)
def test_a_name_of_invisible_characters_is_none(setup, text):
    names = ["name", "phase", "reason", "label"]
    type_into_all(setup, text, names)
    assert setup.send().status_code == 200
    assert len(setup.errors()) == len(names)


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
    ("length", "places"),
    [(80, ["name", "reason"]), (60, ["phase", "label"]), (20, ["unit"])],
)
def test_too_long_texts_are_refused_on_every_database(setup, length, places):
    type_into_all(setup, "x" * (length + 1), places)
    assert setup.send().status_code == 200
    assert len(setup.errors()) == len(places)
    setup.load()
    read = type_into_all(setup, "x" * length, places)
    setup.save()
    assert read() == dict.fromkeys(places, "x" * length)
