"""What the pages offer: followed and pressed by those they are made for, and by others."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from tests.markup import read

from .asking import HEADERS, body_of, nothing_changes, outside, secrets_in, send
from .crawl import Crawl
from .stage import KNOWN, OF_A_LEAD, OF_ONES_OWN, PERSONAL, PUBLIC, SECRETS, SECRETS_OF_OFFERS

pytestmark = pytest.mark.once

ABSENT = 99999999
STARTS = ["/leads/", "/leads/neu/", "/leads/abgeschlossen/", "/leads/anlegen/", "/passwort/"]
REFUSED = ["ben", "clara", "olaf", "ended", "reassigned", "decliner"]
# Offered by the toast of what was done to selected rows, which a crawl does not tick; and by
# one that stands on the page to which a deletion leads, which the crawl takes back.
OFFERED_LATER = {"leads/wiedervorlage/ruecknahme/", "leads/ansichten/ruecknahme/"}
CLASSES = {**OF_A_LEAD, **OF_ONES_OWN, **PERSONAL, **PUBLIC}


def starts(stage):
    return [
        *STARTS,
        *(f"/leads/importe/{found.pk}/" for found in stage.imports.values()),
        *(f"/leads/{lead.pk}/" for lead in stage.leads),
    ]


# Each test finds the same stage with the same ids, so what somebody finds there is looked
# for once in a process.
_found = {}


def found_by(person, stage, client_of, *, presses):
    """The Crawl of this person."""
    if (person, presses) not in _found:
        _found[person, presses] = Crawl(client_of(person), starts(stage), presses=presses)
    return _found[person, presses]


def of_a_lead(found):
    return [target for target in found.targets.values() if target.route in OF_A_LEAD]


def with_files(target):
    data = target.sent()
    if target.path.endswith("/anhaenge/"):
        data["dateien"] = SimpleUploadedFile("Neu.txt", b"Neu")
    return data


def test_whatever_a_page_offers_is_classified_and_every_form_is_found(stage, client_of):
    found = found_by("anna", stage, client_of, presses=True)
    for target in found.targets.values():
        assert target.route in KNOWN
        if target.route in CLASSES:
            assert CLASSES[target.route].verbs[target.verb], target
    # The walk below is only as good as what is found: nothing may be out of its sight.
    # Direct uploads are offered where a bucket signs forms; tests/browser/ drives them.
    wanted = {
        (route, "POST")
        for route, of in {**OF_A_LEAD, **OF_ONES_OWN, **PERSONAL}.items()
        if of.post and "/direkt/" not in route and route not in OFFERED_LATER
    }
    wanted |= {
        (route, "GET") for route, of in OF_A_LEAD.items() if of.get and not of.is_for_scripts
    }
    assert wanted - {(target.route, target.verb) for target in found.targets.values()} == set()
    assert len(found.targets) > 100
    for target, response in found.pages:
        if target.verb == "GET":
            gone = {404} if target in found.passing else set()
            assert response.status_code in {200, 302, 409} | gone, target
        else:
            assert response.status_code not in {403, 405}, target
            assert response.status_code < 500, target


def test_no_form_that_is_kept_cuts_off_what_is_pasted(stage, client_of):
    """A browser does so without a word where an input says how much it takes."""
    pages = found_by("anna", stage, client_of, presses=True).pages
    texts = [body_of(answer) for target, answer in pages if target.verb == "GET"]
    limiting = [read(text.decode()) for text in texts if b" maxlength=" in text]
    forms = [form for page in limiting for form in page.all("form")]
    kept = [form for form in forms if form.get("method") == "post"]
    limited = {c.get("name") for form in kept for c in form.all() if "maxlength" in c.attrs}
    assert limited == set()


def test_no_form_found_in_a_page_serves_anybody_else(stage, client_of):
    """As each of the others, with the data, tokens and ids that the right person has."""
    found = of_a_lead(found_by("anna", stage, client_of, presses=True))
    asked = 0
    for person in REFUSED:
        with transaction.atomic():
            client, nowhere = client_of(person), {}
            with nothing_changes(client):
                for target in found:
                    if person not in OF_A_LEAD[target.route].refused:
                        continue
                    lead = target.path.split("/")[2]
                    if person == "decliner" and int(lead) not in {
                        stage.offered.pk, stage.withdrawn.pk,
                    }:  # fmt: skip
                        continue
                    if person in {"ben", "reassigned"} and int(lead) in {
                        stage.offered.pk, stage.withdrawn.pk,
                    }:  # fmt: skip
                        # The offer is theirs to see; what hangs on it has its own walk.
                        continue
                    data = with_files(target)
                    absent = target.address.replace(f"/leads/{lead}/", f"/leads/{ABSENT}/")
                    # Each target as page and as part is walked in test_isolation.
                    for headers in HEADERS[asked % 2 :][:1]:
                        asked += 1
                        answer = send(client, target.verb, target.address, data, headers)
                        key = target.route, target.verb, bool(headers)
                        if key not in nowhere:
                            twin = send(client, target.verb, absent, data, headers)
                            nowhere[key] = outside(twin)
                        assert outside(answer) == nowhere[key], (person, target)
                        assert answer.status_code == 404, (person, target)
            transaction.set_rollback(True)
    assert asked > 250


@pytest.mark.parametrize("person", ["ben", "clara", "olaf", "reassigned", "anna", "meike"])
def test_no_page_that_one_finds_tells_a_secret(stage, client_of, person):
    """A11, AZ6: also not in titles, headers, parts, cursors, hidden inputs, error texts."""
    secrets = SECRETS_OF_OFFERS if person in {"anna", "meike"} else SECRETS
    found = found_by(person, stage, client_of, presses=person in {"anna", "ben"})
    assert len(found.pages) > 20
    for target, response in found.pages:
        if "/annahme/" in target.path:
            continue
        assert secrets_in(response, secrets) == [], target
