"""Invented prospects and what they ask for, written as a rep would type it."""

from dataclasses import dataclass, field
from datetime import timedelta

from leads.text import heading_key

from . import read_data


@dataclass
class Prospect:
    """The texts of a lead's fields by name or label, and how to address the contact."""

    values: dict = field(default_factory=dict)
    person: str = ""
    a_person: str = ""


class Prospects:
    """Makes one prospect after the other."""

    def __init__(self, chance):
        self.chance = chance
        self.people = read_data("people")
        self.requests = read_data("requests")
        self.descriptions = read_data("journal")["all"]["descriptions"]
        self.companies_used = set()
        # Numbers that nobody has; each once, so that who shares one is the same person.
        networks = ("171 39200", "176 040690")
        self.mobiles = [f"+49 {network}{n:02}" for network in networks for n in range(100)]
        chance.shuffle(self.mobiles)

    def make(self, slug):
        """Return a Prospect for the marketplace of this short name."""
        chance = self.chance
        requests = self.requests[slug]
        request = chance.choices(requests, [entry["weight"] for entry in requests])[0]
        towns = self.people["towns"]
        if slug == "ladeinfrastruktur-dach" and chance.happens(45):
            towns = self.people["towns_abroad"]
        postcode, city, country, area_code = chance.choice(towns)
        is_woman = chance.happens(45)
        first = chance.choice(self.people["women" if is_woman else "men"])
        family = chance.choice(self.people["families"])
        prospect = Prospect(
            person=f"{'Frau' if is_woman else 'Herr'} {family}",
            a_person=f"{'Frau' if is_woman else 'Herrn'} {family}",
        )
        values = prospect.values
        if request["for"] == "company":
            values |= self._company(city, first, family)
        else:
            values |= self._private(first, family)
        values |= {
            "postcode": postcode,
            "city": city,
            "country": country,
            "need": chance.expand(request["need"]),
            "value": "" if chance.happens(4) else chance.expand(request["value"]),
            "source": chance.choice(self.people["sources"]),
            "wish_date": f"+{chance.randint(30, 330)}" if chance.happens(40) else "",
            "description": chance.choice(self.descriptions) if chance.happens(45) else "",
        }
        values |= self._numbers(area_code, is_company=request["for"] == "company")
        values |= {label: chance.expand(spec) for label, spec in request["own"].items()}
        return prospect

    def _private(self, first, family):
        chance = self.chance
        name = chance.weighted(
            {
                f"Familie {family}": 60,
                f"{first} {family}": 25,
                f"{first} und {chance.choice(self.people['men'])} {family}": 10,
                f"Dr. {first} {family}": 5,
            }
        )
        return {
            "name": name,
            "contact_person": f"{first} {family}" if name.startswith("Familie") else "",
            "email": f"{heading_key(first)[0]}.{heading_key(family)}@beispiel.de",
            "street": f"{chance.choice(self.people['streets'])} {self._house_number()}",
        }

    def _company(self, city, first, family):
        chance = self.chance
        town = city.split(" (")[0]
        name = ""
        while not name or name in self.companies_used:
            kinds = self.people["long_companies" if chance.happens(6) else "companies"]
            owner = chance.choice(self.people["families"])
            name = chance.choice(kinds).format(family=owner, town=town)
        self.companies_used.add(name)
        streets = self.people["industrial_streets" if chance.happens(60) else "streets"]
        box = f"{heading_key(first)[0]}.{heading_key(family)}"
        return {
            "name": name,
            "company": name,
            "contact_person": f"{first} {family}",
            "email": f"{box}@{heading_key(name)[:28]}.example",
            "street": f"{chance.choice(streets)} {self._house_number()}",
        }

    def _numbers(self, area_code, *, is_company):
        chance = self.chance
        subscriber = f"1{chance.randrange(10**5, 10**6)}"
        if area_code == "+49 89":
            subscriber = f"99998{chance.randrange(1000):03}"
        has_phone = is_company or chance.happens(75)
        mobile = ""
        if self.mobiles and (not has_phone or chance.happens(45)):
            mobile = self.mobiles.pop()
        return {
            "phone": f"{area_code} {subscriber}" if has_phone or not mobile else "",
            "mobile": mobile,
        }

    def _house_number(self):
        number = self.chance.randint(1, 98)
        return f"{number} {self.chance.choice('abc')}" if self.chance.happens(12) else number


def read_values(stage, texts, today):
    """Return field name → value of the `texts`, read as an import reads cells.

    A date may be written as days from `today`: +150.
    """
    values = {}
    for name, text in texts.items():
        reader = stage.readers[name]
        if reader.field.kind_name == "date" and text[:1] in {"+", "-"}:
            text = (today + timedelta(days=int(text))).isoformat()
        values[reader.field.name] = reader.value(text)
    return values
