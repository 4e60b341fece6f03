"""Which column of a spreadsheet means which field of a lead.

Headings are compared without case, blanks and punctuation, ä like ae: "E-Mail",
"e mail" and "EMAIL" are the same.
"""

from collections import Counter

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from .fields import BUILT_IN, fields_of
from .text import heading_key

# What a column can mean beside the lead's fields.
EXTERNAL_ID, FIRST_NAME, LAST_NAME, HOUSE_NUMBER = (
    "external_id", "first_name", "last_name", "house_number",
)  # fmt: skip
# Their names, for whoever chooses among them.
PARTS = {
    FIRST_NAME: gettext_lazy("First name"),
    LAST_NAME: gettext_lazy("Last name"),
    HOUSE_NUMBER: gettext_lazy("House number"),
    EXTERNAL_ID: gettext_lazy("External id"),
}

# What spreadsheets call the columns, each word as `heading_key` makes it. The interface's own
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
    "follow_up_note": "wiedervorlagenotiz notizzurwiedervorlage wiedervorlagegrund",
    EXTERNAL_ID: "externeid externalid externenummer id leadid leadnr leadnummer "
    "vorgangsnummer referenz referenznummer",
    FIRST_NAME: "vorname firstname",
    LAST_NAME: "nachname familienname zuname lastname",
    HOUSE_NUMBER: "hausnummer hausnr",
}


class UnusableHeadingsError(Exception):
    """The headings do not say how to read the rows; the message says why."""


def guess_targets(cells, marketplace, remembered=()):
    """Return what each column means, index → target, as far as its heading says.

    A target is the name of a lead's field or one of the constants above. `remembered`
    maps headings, as `heading_key` makes them, to targets, empty ones for columns to leave
    out. Of two columns called the same, as of an export, the second is the marketplace's own.
    """
    fields = _fields(marketplace)
    known = _known(fields.values())
    own = {}  # key → label in small letters → name: "Maße" and "Masse" are two fields
    for field in fields.values():
        if field.own_id is not None:
            label = field.label.lower()
            own.setdefault(heading_key(label), {})[label] = field.name
    remembered = {
        heading: target
        for heading, target in dict(remembered).items()
        if not target or target in fields or target in PARTS
    }
    targets, taken = {}, set()
    for index, heading in enumerate(cells):
        word = heading_key(heading)
        target = remembered.get(word, known.get(word))
        namesakes = own.get(word, {})
        if len(namesakes) > 1:
            target = namesakes.get(" ".join(heading.lower().split()), target)
        elif target in taken:
            target = next(iter(namesakes.values()), target)
        if target:
            targets[index] = target
            taken.add(target)
    _name_from_parts(targets, taken)
    return targets


def check_targets(targets, cells, marketplace):
    """Raise UnusableHeadingsError where the columns do not say how to read the rows.

    No name, a required field is missing, two columns for one field, a field that is not
    used any more.
    """
    known = dict(choices_of_targets(marketplace))
    if gone := [cells[index] for index, target in targets.items() if target not in known]:
        raise UnusableHeadingsError(
            _(
                "The field of the column “%(heading)s” is not used any more. Please say "
                "again what the columns mean."
            )
            % {"heading": gone[0]}
        )
    counts = Counter(targets.values())
    for target, count in counts.items():
        if count > 1:
            twice = [cells[index] for index, name in targets.items() if name == target]
            raise UnusableHeadingsError(
                _("These columns mean the same field: %(headings)s")
                % {"headings": ", ".join(twice)}
            )
    if labels := missing_fields(targets, marketplace):
        raise UnusableHeadingsError(
            _("The column “%(heading)s” is missing.") % {"heading": labels[0]}
        )


def missing_fields(targets, marketplace):
    """Return the labels of the required fields that no column means."""
    given = set(targets.values())
    if LAST_NAME in given:
        given.add("name")
    return [
        str(field.label)
        for field in _fields(marketplace).values()
        if field.required and field.name not in given
    ]


def is_built_in(label):
    """Whether a field that all leads have is called so, in whatever case and spelling."""
    return heading_key(label) in {word for field in BUILT_IN for word in _words(field)}


def choices_of_targets(marketplace):
    """Return pairs of target and label, for whoever says what a column means."""
    fields = [(field.name, field.label) for field in _fields(marketplace).values()]
    return [*fields, *PARTS.items()]


def _fields(marketplace):
    return {f.name: f for f in fields_of(marketplace) if not f.is_retired}


def says_itself(heading, marketplace):
    """Whether a heading means a field whatever is remembered; as `heading_key` makes it."""
    return heading in _known(_fields(marketplace).values())


def _known(fields):
    """Return key → target; a label wins over another field's synonym."""
    known = {word: target for target, words in SYNONYMS.items() for word in words.split()}
    for field in fields:
        if field.own_id is not None:
            known[heading_key(f"{field.label} {field.unit}")] = field.name
            known[heading_key(str(field.label))] = field.name
    for field in BUILT_IN:
        known |= dict.fromkeys(_words(field), field.name)
    return known


def _words(field):
    """Yield what a built-in field is called, in each language, as `heading_key` makes it."""
    yield heading_key(field.name)
    for language in ("en", "de"):
        with override(language):
            yield heading_key(str(field.label))


def _name_from_parts(targets, taken):
    """Let a person's columns beside a full name be the contact person."""
    if {"name", LAST_NAME, "contact_person"} <= taken:
        for index in [i for i, t in targets.items() if t in {FIRST_NAME, LAST_NAME}]:
            del targets[index]
