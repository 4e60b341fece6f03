"""Offered leads as a rep sees them before acceptance: without the contact."""

from django.core import signing

from marketplaces.models import Marketplace

from .fields import fields_of
from .models import Lead
from .paging import Order, page_of

SALT = "leads.offer"
MAX_AGE = 60 * 60 * 24 * 7


class OfferList:
    """The offers that one address shows to one user."""

    size = 30

    def __init__(self, user, params):
        self.user = user
        marketplaces = Marketplace.objects.seen_by(user).by_name()
        self.counts = self._base().numbers_by_marketplace()
        self.marketplaces = [m for m in marketplaces if self.counts.get(m.pk)]
        slug = params.get("marktplatz")
        self.marketplace = next((m for m in self.marketplaces if m.slug == slug), None)
        offers = self._base().for_offers()
        if self.marketplace:
            offers = offers.in_marketplace(self.marketplace.slug)
        order = Order("created_at", is_descending=True)
        self.page = page_of(offers, order, cursor=params.get("seite"), size=self.size)

    def _base(self):
        return Lead.objects.visible_to(self.user).offered().not_declined_by(self.user)

    @property
    def total(self):
        """How many leads are offered to the user."""
        return sum(self.counts.values())

    @property
    def chips(self):
        """The marketplaces with how many offers each has."""
        return [{"marketplace": m, "count": self.counts[m.pk]} for m in self.marketplaces]

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
