"""Where somebody sees leads: the ways along which lists, counters and searches look."""

from dataclasses import dataclass

from django.db import connection

from marketplaces.models import Field, Marketplace, Phase, User

from .questions import Question, read_beside

# What lists and filters show of a marketplace.
SHOWN = ["id", "name", "slug", "color", "federal_state"]


@dataclass(frozen=True)
class Sight:
    """The marketplaces whose leads a user sees: every lead, or only the own ones.

    `LeadQuerySet.visible_to` decides what may be seen. Its condition joins roles with OR,
    which no index can follow in order; each slice here is one prefix of an index instead.
    What is found along the slices is still read through `visible_to`.
    """

    user_id: int
    # By name; with `is_managed` where every lead is seen, `is_worked` where the user works.
    marketplaces: tuple
    # Under which what is read beside the marketplaces is kept; see Question.
    setup_mark: int | None = None

    @classmethod
    def of(cls, user):
        """Return what `user` sees as things stand now, in one query at most."""
        kind = ("sight", bool(user.is_superuser))
        marketplaces = []
        asked = Question(kind, _build(user), {"owner": user.pk})
        for *shown, is_managed, is_worked in asked.rows(user.setup_mark):
            marketplace = Marketplace.from_db(connection.alias, SHOWN, shown)
            marketplace.is_managed = bool(is_managed)
            marketplace.is_worked = bool(is_worked)
            marketplaces.append(marketplace)
        return cls(user.pk, tuple(marketplaces), user.setup_mark)

    def read_phases(self):
        """Read the phases of the marketplaces, as lists show them, once."""
        self._read_beside("phases", Phase.objects.for_lists)

    def read_fields(self):
        """Read the definitions of the marketplaces' own fields, once."""
        self._read_beside("fields", Field.objects.in_order)

    def _read_beside(self, name, build):
        mark = self.setup_mark
        read_beside(self.marketplaces, name, build, key=("sight",), setup_mark=mark)

    @property
    def slices(self):
        """The values of marketplace (and owner) of the leads whose contact is seen."""
        return [self.slice_of(marketplace) for marketplace in self.marketplaces]

    @property
    def offered_slices(self):
        """The values of marketplace of the offered leads."""
        return [{"marketplace": marketplace.pk} for marketplace in self.marketplaces]

    @property
    def has_others(self):
        """Whether other people's leads are seen, too."""
        return any(marketplace.is_managed for marketplace in self.marketplaces)

    @property
    def can_enter(self):
        """Whether the user may enter leads anywhere."""
        return any(marketplace.is_worked for marketplace in self.marketplaces)

    def slice_of(self, marketplace):
        """The slice of one of the marketplaces."""
        path = {"marketplace": marketplace.pk}
        return path if marketplace.is_managed else {**path, "owner": self.user_id}


def _build(user):
    def build(given):
        somebody = User(pk=given["owner"], is_superuser=user.is_superuser)
        seen = Marketplace.objects.seen_by(somebody).with_role_of(somebody).by_name()
        return seen.values_list(*SHOWN, "is_managed", "is_worked")

    return build
