"""What makes two leads of a marketplace alike: made of their fields, and made afresh.

A trait is a kind of likeness and the value that both must have, in one spelling. Kept
beside the lead is only a number made of it, which tells nothing and is found fast.
"""

import hashlib
import re

from django.apps import apps as current_apps
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from . import rebuilding
from .search_terms import WHOLE_NUMBER, words_of
from .text import composed, fold, phone_digits

NUMBERS = ("phone", "mobile")
NAMES = ("name", "company")
FIELDS = (*NUMBERS, *NAMES, "email", "street", "postcode", "city")
# Columns of a lead from which its keys are made.
COLUMNS = ("marketplace", "owner", "anonymised_at", *FIELDS)
# What stands before a name and says nothing of whose it is.
TITLES = {"familie", "fam", "herr", "frau", "eheleute", "dr", "prof", "dipl", "ing"}
NOT_A_LETTER = re.compile(r"[\W_]+")


class Likeness(TextChoices):
    """In what two leads are alike."""

    PHONE = "phone", _("same phone number")
    EMAIL = "email", _("same e-mail address")
    ADDRESS = "address", _("same name and address")


def is_matched(field):
    """Whether leads are matched by this LeadField."""
    return field.name in FIELDS


def traits_of(lead):
    """Return the traits of `lead`: pairs of Likeness and value."""
    digits = [phone_digits(getattr(lead, name)) for name in NUMBERS]
    traits = {(Likeness.PHONE, number) for number in digits if len(number) >= WHOLE_NUMBER}
    if "@" in (address := _email(lead.email)):
        traits.add((Likeness.EMAIL, address))
    if place := _place(lead):
        names = (_name(getattr(lead, name)) for name in NAMES)
        traits |= {(Likeness.ADDRESS, f"{name}\n{place}") for name in names if name}
    return traits


def number_of(trait, marketplace_id):
    """Return the number that stands for a trait of a marketplace's leads: 64 bits, signed."""
    text = "\n".join((str(marketplace_id), *map(str, trait)))
    digest = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def columns_of(lead):
    """Return the columns of each row that `lead` is to have, none before acceptance."""
    if lead.owner_id is None or lead.anonymised_at is not None:
        return []
    numbers = {number_of(trait, lead.marketplace_id) for trait in traits_of(lead)}
    return [
        {"lead_id": lead.pk, "key": number, "owner_id": lead.owner_id}
        for number in sorted(numbers)
    ]


def _email(text):
    return composed(text).casefold().strip()


def _name(text):
    """Return a name's words in an order of their own: Öttl, Anna is Anna Oettl."""
    words = {word for part in words_of(text) for word in NOT_A_LETTER.split(part)}
    return " ".join(sorted(words - TITLES - {""}))


def _place(lead):
    """Return where somebody lives, or nothing: a town alone is where many of a name do."""
    where = _compact(lead.postcode) or _compact(lead.city)
    street = _compact(lead.street).replace("strasse", "str")
    return f"{street}\n{where}" if street and where else ""


def _compact(text):
    return NOT_A_LETTER.sub("", fold(text))


def rebuild(**how):
    """Make the keys of all leads afresh, see leads.rebuilding; return the Outcome."""
    return rebuilding.rebuild(write, columns=COLUMNS, **how)


def write(leads, *, apps=current_apps):
    """Write the rows of these locked `leads` where they differ; return of how many."""
    keys = apps.get_model("leads.MatchKey")._base_manager
    there = {}
    for row in (
        keys.filter(lead__in=leads).order_by("key").values("lead_id", "key", "owner_id")
    ):
        there.setdefault(row["lead_id"], []).append(row)
    wanted = {lead.pk: columns_of(lead) for lead in leads}
    differing = [pk for pk, rows in wanted.items() if rows != there.get(pk, [])]
    if differing:
        keys.filter(lead__in=differing).delete()
        keys.bulk_create(keys.model(**row) for pk in differing for row in wanted[pk])
    return len(differing)
