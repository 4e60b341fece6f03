"""Offered leads as a rep sees them before acceptance: without the contact."""

from django.core import signing

from .fields import fields_of
from .models import Lead
from .models.counting import count_up_to
from .models.questions import Question
from .paging import Order, Part, page_of, page_or_first

SALT = "leads.offer"
MAX_AGE = 60 * 60 * 24 * 7


def counted(offers):
    """Return how many of the `offers` there are: in all, and by marketplace."""
    total, *counts = count_up_to(
        total=offers.values(), **{str(m.pk): [asked] for m, asked in offers.items()}
    ).values()
    return total, dict(zip(offers, counts, strict=True))


def offers_along(sight):
    """Return the questions for what is offered, by marketplace."""
    return dict(zip(sight.marketplaces, Lead.objects.offered_along(sight), strict=True))


class OfferList:
    """The offers that one address shows to one user."""

    size = 30

    def __init__(self, sight, params, *, user):
        self.user = user
        self.sight = sight
        offers = offers_along(sight)
        self.total, counts = counted(offers)
        self.chips = [
            {"marketplace": marketplace, "count": count}
            for marketplace, count in counts.items()
            if count
        ]
        slug = params.get("marktplatz")
        offering = (chip["marketplace"] for chip in self.chips)
        self.marketplace = next((m for m in offering if m.slug == slug), None)
        chosen = [self.marketplace] if self.marketplace else offers
        self._parts = [Part(offers[marketplace]) for marketplace in chosen]
        self.page = page_or_first(self._page_at, params.get("seite"))

    def _page_at(self, cursor):
        return page_of(
            self._parts,
            Order("created_at", is_descending=True),
            rows=Question(
                None, lambda _given: Lead.objects.visible_to(self.user).offered().for_offers()
            ),
            cursor=cursor,
            size=self.size,
        )

    @property
    def offers(self):
        """The page's offers."""
        return [Offer(lead, self.user) for lead in self.page.rows]


class Offer:
    """What the card of one offered lead shows to one user."""

    # The place stands in the card's head, the need is its title.
    ELSEWHERE = ("postcode", "city", "country", "need")

    def __init__(self, lead, user):
        self.pk = lead.pk
        self.marketplace = lead.marketplace
        self.created_at = lead.created_at
        self.place = f"{lead.postcode} {lead.city}".strip()
        self.title = lead.need
        self.facts = [
            {"label": field.label, "text": text}
            for field in fields_of(lead.marketplace, lead=lead)
            if field.offered
            and field.name not in self.ELSEWHERE
            and (text := field.text_of(lead))
        ]
        self.token = signing.dumps([lead.pk, user.pk], salt=SALT)

    @staticmethod
    def was_shown(token, lead_id, user):
        """Whether `token` proves that `user` was shown the offer of this lead.

        Only then may the user learn that somebody else took it; typed in by hand the
        address answers 404 as for any other lead.
        """
        try:
            return signing.loads(token, salt=SALT, max_age=MAX_AGE) == [lead_id, user.pk]
        except signing.BadSignature:
            return False
