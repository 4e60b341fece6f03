"""The documents of the demo by name: what makes each of them, and where they fit."""

from django.core.files.uploadedfile import SimpleUploadedFile

from leads.uploads import Document

from .letters import load_profile_as_csv, offer_as_pdf, reply_as_email
from .photos import photo_of_boiler_room, photo_of_car_park, photo_of_roof
from .plans import draw_plan, plan_as_dxf, plan_as_pdf, plan_as_tiff

MAKERS = {
    "offer_pdf": offer_as_pdf,
    "reply_email": reply_as_email,
    "load_profile_csv": lambda lead, at, by, chance: load_profile_as_csv(
        chance=chance, year=at.year - 1
    ),
    "floor_plan_pdf": lambda lead, at, by, chance: plan_as_pdf(_plan(lead, chance)),
    "floor_plan_tiff": lambda lead, at, by, chance: plan_as_tiff(
        _plan(lead, chance, "basement")
    ),
    "roof_plan_tiff": lambda lead, at, by, chance: plan_as_tiff(_plan(lead, chance, "roof")),
    "plan_dxf": lambda lead, at, by, chance: plan_as_dxf(_plan(lead, chance, "yard")),
    "photo_boiler_room": lambda lead, at, by, chance: photo_of_boiler_room(chance, at),
    "photo_boiler_room_turned": lambda lead, at, by, chance: photo_of_boiler_room(
        chance, at, turned=True
    ),
    "photo_roof": lambda lead, at, by, chance: photo_of_roof(chance, at),
    "photo_car_park": lambda lead, at, by, chance: photo_of_car_park(chance, at),
}
# Which documents arise in which kind of phase: pairs of maker and file name.
FITTING = {
    "waermepumpe-sued": {
        "contact": [("photo_boiler_room", "Typenschild.jpg"), ("reply_email", "Anfrage.eml")],
        "visit": [
            ("photo_boiler_room", "Heizraum.jpg"),
            ("photo_boiler_room_turned", "Heizraum_hoch.jpg"),
            ("floor_plan_pdf", "Grundriss_EG.pdf"), ("floor_plan_tiff", "Grundriss_KG.tif"),
        ],
    },
    "photovoltaik-bayern": {
        "contact": [("photo_roof", "Unser_Dach.jpg"), ("reply_email", "Anfrage.eml")],
        "visit": [("load_profile_csv", "Verbrauch.csv"), ("photo_roof", "Dach_Sued.jpg")],
        "check": [("roof_plan_tiff", "Dachaufsicht.tif"), ("photo_roof", "Dachflaeche.jpeg")],
    },
    "ladeinfrastruktur-dach": {
        "contact": [("photo_car_park", "Hof.jpg"), ("plan_dxf", "Lageplan_Entwurf.dxf")],
        "visit": [("photo_car_park", "Parkplatz.jpg"), ("floor_plan_pdf", "Garage_UG.pdf")],
        "check": [("plan_dxf", "Lageplan.dxf"), ("floor_plan_tiff", "Bestandsplan.tiff")],
    },
}  # fmt: skip
ANYWHERE = {
    "offer": [("offer_pdf", "Angebot.pdf"), ("reply_email", "AW: Angebot.eml")],
    "negotiation": [("reply_email", "AW: Rückfrage zum Angebot.eml")],
    "order": [("offer_pdf", "Auftragsbestätigung.pdf")],
}


def fitting(slug, kind_of_phase):
    """Return pairs of maker and file name that fit a phase of this kind."""
    return FITTING[slug].get(kind_of_phase, []) + ANYWHERE.get(kind_of_phase, [])


def make_document(maker, name, *, lead, at, by, chance):
    """Return a Document (leads.uploads) called `name`, checked like every upload."""
    content = MAKERS[maker](lead, at=at, by=by, chance=chance)
    return Document.check(SimpleUploadedFile(name, content))


def _plan(lead, chance, kind="floor"):
    title = {
        "floor": "Grundriss Erdgeschoss", "basement": "Grundriss Kellergeschoss",
        "roof": "Dachaufsicht 1:100", "yard": "Lageplan",
    }[kind]  # fmt: skip
    return draw_plan(chance, title=f"{title} · {lead.street}, {lead.city}", kind=kind)
