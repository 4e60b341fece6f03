"""The load's marketplaces and people."""

from datetime import UTC, datetime
from itertools import accumulate

from django.contrib.auth.hashers import make_password

from leads.demo import read_data
from leads.demo.staging import make_marketplace, readers_of
from leads.targets import last_day
from leads.text import heading_key
from marketplaces.models import Marketplace, Membership, User

from . import cast

# Name, colour, whose process it follows, and its part of all leads in percent.
MARKETPLACES = [
    ("Wärmepumpe Süd", "coral", "waermepumpe-sued", 34),
    ("Photovoltaik Bayern", "amber", "photovoltaik-bayern", 22),
    ("Ladeinfrastruktur DACH", "blue", "ladeinfrastruktur-dach", 14),
    ("Wärmepumpe Nord", "leaf", "waermepumpe-sued", 10),
    ("Photovoltaik Schwaben", "teal", "photovoltaik-bayern", 7),
    ("Wärmepumpe Franken", "violet", "waermepumpe-sued", 5),
    ("Photovoltaik Gewerbe", "rose", "photovoltaik-bayern", 4),
    ("Ladeparks Autobahn", "slate", "ladeinfrastruktur-dach", 2),
    ("Wärmepumpe Alpenland", "coral", "waermepumpe-sued", 1.5),
    ("Photovoltaik Denkmal", "amber", "photovoltaik-bayern", 0.5),
]
# In which of them the measured reps sell.
OF_THE_MEASURED = MARKETPLACES[:3]
REPS = 488
REPS_EVERYWHERE = 2
DAY = 24 * 60 * 60
ABROAD = "ladeinfrastruktur-dach"


class Stage:
    """One marketplace with what its leads need, read once."""

    def __init__(self, marketplace, kind):
        self.marketplace, self.pk, self.name = marketplace, marketplace.pk, marketplace.name
        # The demo's marketplace whose process and requests this one has.
        self.kind = kind
        self.sells_abroad = kind == ABROAD
        self.readers = readers_of(marketplace)
        phases = marketplace.phases.in_order()
        self.phases = [(p.pk, p.name) for p in phases]
        self.targets = {p.pk: p.target_days for p in phases}
        self.last_days = {}
        self.reasons = [(r.pk, r.label) for r in marketplace.loss_reasons.in_order()]
        self.allows_early_loss = marketplace.allows_early_loss
        self.prefix = "".join(word[0] for word in marketplace.slug.split("-")).upper()
        self.reps, self.weights = [], []

    def admit(self, rep, weight):
        """Let `rep` own leads here, the more the higher the weight."""
        self.reps.append((rep.pk, str(rep)))
        self.weights.append(weight)

    def until(self, phase_id, entered):
        """Return the last day of a phase's target for who came there at this second."""
        key = phase_id, entered // DAY
        if key not in self.last_days:
            moment = datetime.fromtimestamp(entered, UTC)
            state = self.marketplace.federal_state
            day = last_day(moment, self.targets[phase_id], state)
            self.last_days[key] = day and day.isoformat()
        return self.last_days[key]

    @property
    def cumulated(self):
        """The weights as random.choices takes them fastest."""
        return list(accumulate(self.weights))


def make_stages():
    """Create the marketplaces; return the Stages, the largest first."""
    kinds = {data["slug"]: data for data in read_data("marketplaces")["marketplace"]}
    stages = []
    for name, color, kind, _part in MARKETPLACES:
        slug = "-".join(heading_key(word) for word in name.split())
        data = {**kinds[kind], "name": name, "slug": slug, "color": color}
        made = make_marketplace(data)
        fresh = Marketplace.objects.prefetch_related("fields").get(pk=made.pk)
        stages.append(Stage(fresh, kind))
    return stages


def make_people(stages, chance, *, password):
    """Create everybody with the one `password`; return the measured ones by user name."""
    encoded, people = make_password(password), read_data("people")
    measured = {
        name: _person(name, encoded, chance, people)
        for name in (cast.MANY, cast.FEW, cast.MANAGER, cast.OPERATOR, cast.SUPERUSER)
    }
    measured[cast.OPERATOR].is_staff = True
    measured[cast.SUPERUSER].is_staff = measured[cast.SUPERUSER].is_superuser = True
    reps = [_person(f"vertrieb{n:03}", encoded, chance, people) for n in range(1, REPS + 1)]
    managers = [
        _person(f"leitung{n:02}", encoded, chance, people) for n in range(2, len(stages) + 1)
    ]
    User.objects.bulk_create([*measured.values(), *reps, *managers])
    memberships = [(stages[0], measured[cast.MANAGER], Membership.Role.MANAGER)]
    memberships += [
        (stage, manager, Membership.Role.MANAGER)
        for stage, manager in zip(stages[1:], managers, strict=True)
    ]
    for stage in stages:
        memberships.append((stage, measured[cast.OPERATOR], Membership.Role.OPERATOR))
    for stage in stages[: len(OF_THE_MEASURED)]:
        for name in (cast.MANY, cast.FEW):
            memberships.append((stage, measured[name], Membership.Role.REP))
    memberships += _memberships_of_reps(stages, reps, chance)
    Membership.objects.bulk_create(
        Membership(marketplace=stage.marketplace, user=user, role=role)
        for stage, user, role in memberships
    )
    return measured


def _memberships_of_reps(stages, reps, chance):
    """Let each rep sell in one to three marketplaces; a few have most of the leads."""
    parts = [part for *_rest, part in MARKETPLACES]
    for place, rep in enumerate(reps):
        weight = (place + 9) ** -1.8
        chosen = set(chance.choices(stages, parts, k=chance.choice([1, 1, 2, 3])))
        if place < REPS_EVERYWHERE * len(stages):
            chosen.add(stages[place % len(stages)])
        for stage in stages:
            if stage in chosen:
                stage.admit(rep, weight)
                yield stage, rep, Membership.Role.REP


def _person(username, password, chance, people):
    return User(
        username=username,
        password=password,
        first_name=chance.choice(people["women"] + people["men"]),
        last_name=chance.choice(people["families"]),
        email=f"{username}@beispiel.de",
    )
