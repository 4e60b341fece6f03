"""Which column of a spreadsheet means which field of a lead.

Headings are compared without case, blanks and punctuation, ä like ae: "E-Mail",
"e mail" and "EMAIL" are the same.
"""

from collections import Counter

from django.utils.translation import gettext as _
from django.utils.translation import override

from .fields import BUILT_IN, fields_of
from .text import fold

# What a column can mean beside the lead's fields.
EXTERNAL_ID, FIRST_NAME, LAST_NAME, HOUSE_NUMBER = (
    "external_id", "first_name", "last_name", "house_number",
)  # fmt: skip

# What spreadsheets call the columns, each word as `key` makes it. The interface's own
# labels are listed too, so that files keep working when a label is reworded.
SYNONYMS = {
    "name": "name kunde kundenname interessent leadname",
    "company": "firma firmenname unternehmen organisation betrieb",
    "contact_person": "ansprechpartner ansprechpartnerin kontaktperson kontakt",
    "phone": "telefon tel telefonnummer telefonnr telnr festnetz rufnummer",
    "mobile": "mobil mobiltelefon mobilnummer mobilnr handy handynummer handynr",
    "email": "email emailadresse mail mailadresse",
    "street": "strasse str strassehausnummer strasseundhausnummer strassehausnr strassenr "
    "adresse anschrift",
    "postcode": "plz postleitzahl",
    "city": "ort stadt wohnort gemeinde",
    "country": "land staat",
    "need": "bedarf anliegen interesse betreff",
    "description": "beschreibung bemerkung bemerkungen anmerkung anmerkungen notiz "
    "notizen kommentar nachricht",
    "value": "volumen volumeneur umsatz umsatzeur auftragswert auftragswerteur wert "
    "werteur betrag betrageur",
    "source": "quelle herkunft leadquelle kampagne",
    "wish_date": "wunschtermin wunschdatum",
    "follow_up_at": "wiedervorlage wiedervorlageam",
    EXTERNAL_ID: "externeid externalid id leadid leadnr leadnummer vorgangsnummer "
    "referenz referenznummer",
    FIRST_NAME: "vorname firstname",
    LAST_NAME: "nachname familienname zuname lastname",
    HOUSE_NUMBER: "hausnummer hausnr",
}


class UnusableHeadingsError(Exception):
    """The headings do not say how to read the rows; the message says why."""


def key(heading):
    """Return `heading` without case, blanks and punctuation."""
    return "".join(char for char in fold(heading) if char.isalnum())


def read_headings(cells, marketplace):
    """Return what each column means, index → target, and the unknown headings.

    A target is the name of a lead's field or one of the constants above. Raises
    UnusableHeadingsError: no name, a required field is missing, two columns for one field.
    """
    fields = {f.name: f for f in fields_of(marketplace) if not f.is_retired}
    known = _known(fields.values())
    targets, unknown = {}, []
    for index, heading in enumerate(cells):
        if target := known.get(key(heading)):
            targets[index] = target
        elif heading.strip():
            unknown.append(" ".join(heading.split()))
    _name_from_parts(targets, fields, cells, unknown)
    _check(targets, fields, cells)
    return targets, unknown


def _known(fields):
    """Return key → target; a label wins over another field's synonym."""
    known = {word: target for target, words in SYNONYMS.items() for word in words.split()}
    for field in fields:
        if field.own_id is not None:
            known[key(f"{field.label} {field.unit}")] = field.name
            known[key(str(field.label))] = field.name
    for field in BUILT_IN:
        known[key(field.name)] = field.name
        for language in ("en", "de"):
            with override(language):
                known[key(str(field.label))] = field.name
    return known


def _name_from_parts(targets, fields, cells, unknown):
    """Let a person's columns beside a full name be the contact person."""
    taken = set(targets.values())
    if not {"name", LAST_NAME} <= taken:
        return
    for index in [i for i, t in targets.items() if t in {FIRST_NAME, LAST_NAME}]:
        if "contact_person" in taken:
            unknown.append(" ".join(cells[index].split()))
            del targets[index]


def _check(targets, fields, cells):
    counts = Counter(targets.values())
    for target, count in counts.items():
        if count > 1:
            twice = [cells[index] for index, name in targets.items() if name == target]
            raise UnusableHeadingsError(
                _("These columns mean the same field: %(headings)s")
                % {"headings": ", ".join(twice)}
            )
    given = set(counts) | ({"name"} if LAST_NAME in counts else set())
    for name, field in fields.items():
        if field.required and name not in given:
            raise UnusableHeadingsError(
                _("The column “%(heading)s” is missing.") % {"heading": field.label}
            )
