"""Objects for tests, made the way the application makes them."""

import factory
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.text import slugify

from leads.models import Lead, LeadImport
from leads.models.attachment import attachment_storage
from leads.uploads import Document
from marketplaces.models import Field, LossReason, Marketplace, Membership, Phase, User

PASSWORD = "korrekt-pferd-batterie"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        django_get_or_create = ("username",)
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    first_name = factory.LazyAttribute(lambda user: user.username.capitalize())
    last_name = "Beispiel"
    email = factory.LazyAttribute(lambda user: f"{user.username}@beispiel.de")

    @factory.post_generation
    def password(self, create, extracted, **kwargs):
        self.set_password(extracted or PASSWORD)
        self.save()


class MarketplaceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Marketplace
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Marktplatz {n}")
    slug = factory.LazyAttribute(lambda m: slugify(m.name))

    @factory.post_generation
    def phases(self, create, names, **kwargs):
        for position, name in enumerate(names or (), start=1):
            Phase.objects.create(marketplace=self, name=name, position=position)

    @factory.post_generation
    def reasons(self, create, labels, **kwargs):
        for position, label in enumerate(labels or (), start=1):
            LossReason.objects.create(marketplace=self, label=label, position=position)

    @factory.post_generation
    def members(self, create, roles, **kwargs):
        for role, users in (roles or {}).items():
            for user in users:
                Membership.objects.create(marketplace=self, user=user, role=role)


def make_field(marketplace, label, kind="text", **kwargs):
    """Add an own field at the end of a marketplace's form."""
    position = marketplace.fields.count() + 1
    return Field.objects.create(
        marketplace=marketplace, label=label, kind=kind, position=position, **kwargs
    )


def contact(**values):
    """The fields of a lead whose contact must be hidden while it is offered."""
    return {
        "name": "Familie Aigner",
        "company": "Aigner Holzbau",
        "contact_person": "Sabine Aigner",
        "phone": "+49 8031 1234567",
        "mobile": "0171 7654321",
        "email": "s.aigner@beispiel.de",
        "street": "Am Mühlbach 14",
        "postcode": "83022",
        "city": "Rosenheim",
        "need": "Wärmepumpe statt Ölheizung",
        "description": "Bitte abends anrufen",
        **values,
    }


def offer(marketplace, **values):
    """An offered lead."""
    return Lead.offer(marketplace=marketplace, values=contact(**values))


def accepted(marketplace, by, *, phase=1, **values):
    """A lead that `by` accepted and moved to the phase at this position."""
    lead = offer(marketplace, **values)
    lead.accept(by=by)
    while lead.phase.position < phase:
        lead.move(seen=lead.phase, to=lead.next_phase, by=by)
    return Lead.objects.get(pk=lead.pk)


def attach(lead, by, name, data):
    """An attachment of `lead` with these bytes."""
    attachment, _event = lead.attach(Document.check(SimpleUploadedFile(name, data)), by=by)
    return attachment


def imported(marketplace, by, state):
    """An import of `by`'s own leads in this state; of its rows one is bad."""
    file = ContentFile(b"Name;E-Mail\nLehmann;\nHuber;falsch\n")
    made = LeadImport.objects.create(
        marketplace=marketplace, by=by, mode="own", state=state, size=file.size,
        file_name=f"Eigene Liste {state}.csv", headings=["Name", "E-Mail"],
        targets={"0": "name", "1": "email"}, sample=[[2, ["Lehmann", ""]]],
        row_count=2, created=1, failed=1,
    )  # fmt: skip
    attachment_storage().save(made.file_key, file)
    made.rows.create(
        line=3, fate="failed", cells=["Huber", "falsch"],
        problems=[[1, "E-Mail", "Keine Adresse"]],
    )  # fmt: skip
    if state == "done":
        own = accepted(marketplace, by, phase=1, name="Lehmann")
        made.rows.create(line=2, fate="created", lead=own, activity_at=own.last_activity_at)
    return made
