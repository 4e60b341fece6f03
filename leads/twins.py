"""Leads that may be about the same person, as far as somebody may see them.

Looked for among worked leads of the same marketplace only: what nobody has accepted yet is
never compared, as its contact is hidden. See leads.match_keys and ADR 11.
"""

from dataclasses import dataclass
from itertools import batched

from .match_keys import Likeness, number_of, traits_of
from .models import Lead
from .models.match_key import MOST_ALIKE, MOST_KEYS


@dataclass(frozen=True)
class Twin:
    """A lead that is alike, and in what."""

    lead: Lead
    likenesses: tuple

    @property
    def reasons(self):
        """In what it is alike, as people read it."""
        return labels_of(self.likenesses)


def labels_of(likenesses):
    """Return likenesses as people read them."""
    return " · ".join(str(likeness.label) for likeness in likenesses)


def twins_of(lead, *, user):
    """Return the Twins of `lead` that `user` may see, the most alike first."""
    return twins_of_all([lead], lead.marketplace, user=user)[0]


def twins_of_all(leads, marketplace, *, user):
    """Return the Twins of each of these leads of a marketplace, which may not be saved yet.

    `user` is None where all of the marketplace may be seen: by a command, by who offers.
    What more than MOST_ALIKE leads have is no likeness.
    """
    traits = [traits_of(lead) for lead in leads]
    numbers = sorted({number_of(t, marketplace.pk) for of_one in traits for t in of_one})
    by_trait = {}
    for some in batched(numbers, MOST_KEYS):
        but = leads[0].pk or 0 if len(leads) == 1 else 0
        found = Lead.objects.alike(some, marketplace=marketplace, user=user, but=but)
        for lead in found:
            for trait in traits_of(lead):
                by_trait.setdefault(trait, {})[lead.pk] = lead
    return [_twins(of_one, by_trait) for of_one in traits]


def _twins(traits, by_trait):
    likenesses, leads = {}, {}
    for trait in traits:
        found = by_trait.get(trait, {})
        if len(found) <= MOST_ALIKE:
            leads |= found
            for pk in found:
                likenesses.setdefault(pk, set()).add(trait[0])
    twins = [
        Twin(leads[pk], tuple(each for each in Likeness if each in of_one))
        for pk, of_one in likenesses.items()
    ]
    twins.sort(key=lambda twin: (-len(twin.likenesses), -twin.lead.pk))
    return twins[:MOST_ALIKE]
