"""Prospects out of the demo's word lists, in any number."""

import json
from decimal import Decimal

from leads.demo import read_data
from leads.demo.prospects import read_values
from leads.field_values import keys_of
from leads.models import Lead
from leads.text import heading_key

from . import cast

REQUESTS = 60
# Of the common town there are as many prospects as of this many other towns.
WEIGHT_OF_COMMON_TOWN = 4
PEOPLE = ("name", "company", "contact_person", "phone", "mobile", "email", "street")
PLACE = ("postcode", "city", "country")
REQUEST = ("need", "description", "value", "source", "wish_date", "own_values")
COLUMNS = (*PEOPLE, *PLACE, *REQUEST)


class Prospects:
    """Makes the values of leads, one after the other, as the database takes them."""

    def __init__(self, chance, today):
        self.chance, self.today = chance, today
        self.people = read_data("people")
        self.requests = read_data("requests")
        self.descriptions = read_data("journal")["all"]["descriptions"]
        # A name that is twice as frequent as the others.
        self.families = [*self.people["families"], cast.COMMON]
        self.first_names = self.people["women"] + self.people["men"]
        self.common_town = next(t for t in self.people["towns"] if t[1] == cast.COMMON_TOWN)
        weight = WEIGHT_OF_COMMON_TOWN
        self.towns = self.people["towns"] + [self.common_town] * (weight - 1)
        self.keys = {name: heading_key(name) for name in [*self.families, *self.first_names]}
        self.pools = {}
        # Own values as they are written → what they are found by; see leads.field_values.
        self.keys_of_own = {}

    def make(self, stage, number, *, family=None, town=None):
        """Return the values of COLUMNS for the lead `number` of the marketplace `stage`.

        The `town` is the common one or None, which leaves it to chance.
        """
        chance = self.chance
        is_company, request = chance.choice(self._pool(stage))
        towns = self.towns
        if stage.sells_abroad and chance.random() < 0.45:
            towns = self.people["towns_abroad"]
        postcode, city, country, area_code = self.common_town if town else chance.choice(towns)
        family = family or chance.choice(self.families)
        first = chance.choice(self.first_names)
        house = int(chance.random() * 98) + 1
        street = f"{chance.choice(self.people['streets'])} {house}"
        person = f"{first} {family}"
        by_name = self.keys.get(family) or heading_key(family)
        email = f"{self.keys[first][0]}.{by_name}{number}@beispiel.de"
        if is_company:
            name = chance.choice(self.people["companies"])
            name = name.format(family=family, town=city.partition(" (")[0])
            company, contact = name, person
        elif chance.random() < 0.6:
            name, company, contact = f"Familie {family}", "", person
        else:
            name, company, contact = person, "", ""
        phone = f"{area_code} 1{int(chance.random() * 900_000) + 100_000}"
        mobile = ""
        if chance.random() < 0.4:
            mobile = f"+49 176 040690{int(chance.random() * 100):02}"
        return (
            name, company, contact, phone, mobile, email, street, postcode, city, country,
            *request,
        )  # fmt: skip

    def _pool(self, stage):
        """Return what people ask for in `stage`: pairs of is company and values of REQUEST.

        Reading them as the editors do is slow, so the same ones are asked again and again.
        """
        if stage.pk not in self.pools:
            self.pools[stage.pk] = [self._request(stage) for _ in range(REQUESTS)]
        return self.pools[stage.pk]

    def _request(self, stage):
        chance = self.chance
        requests = self.requests[stage.kind]
        request = chance.choices(requests, [entry["weight"] for entry in requests])[0]
        texts = {
            "need": chance.expand(request["need"]),
            "description": chance.choice(self.descriptions) if chance.happens(45) else "",
            "value": "" if chance.happens(12) else chance.expand(request["value"]),
            "source": chance.choice(self.people["sources"]),
            "wish_date": "",
            **{label: chance.expand(spec) for label, spec in request["own"].items()},
        }
        if chance.happens(40):
            texts["wish_date"] = f"+{chance.randint(30, 330)}"
        lead, fields = Lead(), {r.field.name: r.field for r in stage.readers.values()}
        for name, value in read_values(stage, texts, self.today).items():
            fields[name].assign(lead, value)
        if lead.value and chance.happens(60):
            lead.value = round(lead.value / 1000) * Decimal(1000)
        own_values = self._written(stage, lead.own_values)
        return request["for"] == "company", (
            lead.need,
            lead.description,
            None if lead.value is None else f"{lead.value:.2f}",
            lead.source,
            lead.wish_date and lead.wish_date.isoformat(),
            own_values,
        )

    def with_number(self, stage, own_values, number):
        """Return `own_values` with `number` in the first field of the stage that takes one."""
        field_id = min(pk for pk, kind in _own_kinds(stage).items() if kind == "number")
        return self._written(stage, {**json.loads(own_values), str(field_id): str(number)})

    def _written(self, stage, values):
        """Return own values as the database takes them, and note what they are found by."""
        own_values = json.dumps(values)
        self.keys_of_own[own_values] = sorted(keys_of(values, _own_kinds(stage)))
        return own_values


def _own_kinds(stage):
    fields = (reader.field for reader in stage.readers.values())
    return {field.own_id: field.kind_name for field in fields if field.own_id}
