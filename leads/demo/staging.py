"""The demo's people and marketplaces."""

from django.contrib.auth.hashers import make_password

from leads.cells import CellReader
from leads.fields import fields_of
from marketplaces.demo_accounts import DEMO_PASSWORD, DEMO_USERNAMES
from marketplaces.models import (
    ChecklistItem,
    Field,
    LossReason,
    Marketplace,
    Membership,
    Phase,
    Requirement,
    User,
)

from . import read_data

NAMES = {
    "vertrieb1": ("Jonas", "Reiter"),
    "vertrieb2": ("Miriam", "Hölzl"),
    "leitung": ("Claudia", "Straßmayr"),
    "betreiber": ("Oliver", "Kunze"),
    "admin": ("Andrea", "Mindel"),
}
SLUGS = ("waermepumpe-sued", "photovoltaik-bayern", "ladeinfrastruktur-dach")
SELLS_IN = {
    "vertrieb1": SLUGS,
    "vertrieb2": ("waermepumpe-sued", "ladeinfrastruktur-dach"),
}


# What of a phase's data is not a column of its own.
BESIDE = {"stage", "checklist", "requires"}


def make_people():
    """Create the demo's accounts; return user name → User."""
    # One hash for all of them: the password is public, and hashing is slow on purpose.
    password = make_password(DEMO_PASSWORD)
    people = {}
    for username in DEMO_USERNAMES:
        first_name, last_name = NAMES[username]
        people[username] = User.objects.create(
            username=username,
            password=password,
            first_name=first_name,
            last_name=last_name,
            email=f"{username}@beispiel.de",
            is_staff=username in {"betreiber", "admin"},
            is_superuser=username == "admin",
        )
    return people


def make_marketplaces(people):
    """Create the three marketplaces with their members; return slug → Stage."""
    stages = {}
    for data in read_data("marketplaces")["marketplace"]:
        marketplace = make_marketplace(data)
        _make_members(marketplace, people)
        _make_requirements(marketplace, data["phase"])
        kinds_of_phases = [phase["stage"] for phase in data["phase"]]
        stages[marketplace.slug] = Stage(marketplace, kinds_of_phases, people)
    return stages


def make_marketplace(data):
    """Create the marketplace that `data` describes, with phases, fields and reasons."""
    marketplace = _saved(
        Marketplace(
            name=data["name"],
            slug=data["slug"],
            color=data["color"],
            federal_state=data.get("federal_state", ""),
            allows_early_loss=data.get("allows_early_loss", False),
        )
    )
    for position, phase in enumerate(data["phase"], start=1):
        values = {k: v for k, v in phase.items() if k not in BESIDE}
        values["guidance"] = values["guidance"].strip()
        _saved(Phase(marketplace=marketplace, position=position, **values))
    for position, field in enumerate(data["field"], start=1):
        values = {**field, "choices": "\n".join(field.get("choices", ()))}
        _saved(Field(marketplace=marketplace, position=position, **values))
    for position, label in enumerate(data["loss_reasons"], start=1):
        _saved(LossReason(marketplace=marketplace, position=position, label=label))
    return marketplace


def readers_of(marketplace):
    """Return readers by what the data files call a field: its name, or its own label."""
    return {
        field.name if field.own_id is None else field.label: CellReader(field)
        for field in fields_of(marketplace)
    }


class Stage:
    """One marketplace with what the stories played in it need, read once."""

    def __init__(self, marketplace, kinds_of_phases, people):
        self.marketplace = Marketplace.objects.prefetch_related("fields").get(
            pk=marketplace.pk
        )
        self.phases = list(marketplace.phases.in_order())
        # What each phase is about: contact, visit, check, offer, negotiation or order.
        self.kinds_of_phases = kinds_of_phases
        self.reasons = list(marketplace.loss_reasons.in_order())
        self.reps = [people[name] for name, slugs in SELLS_IN.items() if self.slug in slugs]
        self.manager = people["leitung"]
        self.readers = readers_of(self.marketplace)

    @property
    def slug(self):
        """The marketplace's short name."""
        return self.marketplace.slug


def _make_requirements(marketplace, phases):
    """Create the checklists, where "!" stands before what is required, and required fields."""
    texts = []
    for phase, data in zip(marketplace.phases.in_order(), phases, strict=True):
        texts += [(phase, text) for text in data.get("checklist", ())]
        for name in data.get("requires", ()):
            _saved(Requirement(marketplace=marketplace, phase=phase, name=name))
    for position, (phase, text) in enumerate(texts, start=1):
        _saved(
            ChecklistItem(
                marketplace=marketplace, phase=phase, position=position,
                text=text.removeprefix("!"), is_required=text.startswith("!"),
            )
        )  # fmt: skip


def _make_members(marketplace, people):
    roles = [(name, Membership.Role.REP) for name, slugs in SELLS_IN.items()
             if marketplace.slug in slugs]  # fmt: skip
    roles += [("leitung", Membership.Role.MANAGER), ("betreiber", Membership.Role.OPERATOR)]
    for username, role in roles:
        _saved(Membership(marketplace=marketplace, user=people[username], role=role))


def _saved(instance):
    instance.full_clean()
    instance.save()
    return instance
