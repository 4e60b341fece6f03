"""Where somebody sees leads: the ways along which lists, counters and searches look."""

from dataclasses import dataclass

from marketplaces.models import Marketplace, Membership


@dataclass(frozen=True)
class Sight:
    """The marketplaces in which a user sees every lead, and those in which only the own.

    `LeadQuerySet.visible_to` decides what may be seen. Its condition joins roles with OR,
    which no index can follow in order; each slice here is one prefix of an index instead.
    What is found along the slices is still read through `visible_to`.
    """

    user_id: int
    # Ids of marketplaces.
    managed: tuple
    sold: tuple

    @classmethod
    def of(cls, user):
        """Return what `user` sees as things stand now, in one query."""
        if user.is_superuser:
            pks = Marketplace.objects.order_by("pk").values_list("pk", flat=True)
            return cls(user.pk, tuple(pks), ())
        roles = Membership.objects.of(user).selling().values_list("marketplace", "role")
        managed = {pk for pk, role in roles if role == Membership.Role.MANAGER}
        sold = {pk for pk, _role in roles} - managed
        return cls(user.pk, tuple(sorted(managed)), tuple(sorted(sold)))

    @property
    def slices(self):
        """The values of marketplace (and owner) of the leads whose contact is seen."""
        return [{"marketplace": pk} for pk in self.managed] + [
            {"marketplace": pk, "owner": self.user_id} for pk in self.sold
        ]
