"""The phone's camera, straight into the attachments."""

import pytest
from playwright.sync_api import expect

from tests.leads.samples import picture

PHOTO = {"name": "Dach.jpg", "mimeType": "image/jpeg", "buffer": picture("JPEG")}


@pytest.fixture
def phone(new_context, live_server, sign_in_as, anna):
    context = new_context(base_url=live_server.url, has_touch=True, is_mobile=True)
    sign_in_as(context, anna)
    page = context.new_page()
    page.set_viewport_size({"width": 360, "height": 740})
    return page


def test_a_photo_goes_straight_into_the_attachments(phone, lead):
    phone.goto(f"/leads/{lead.pk}/?tab=anhaenge")
    camera = phone.get_by_label("Foto aufnehmen")
    expect(camera).to_have_attribute("capture", "environment")
    assert phone.get_by_text("Foto aufnehmen").bounding_box()["height"] >= 44
    camera.set_input_files(PHOTO)
    expect(phone.get_by_role("link", name="Dach.jpg")).to_be_visible()


def opened(phone):
    """Tap on the photo in the bar below; return the chooser that stands for the camera."""
    bar = phone.get_by_role("navigation", name="Schnellzugriff")
    with phone.expect_file_chooser() as camera:
        bar.get_by_role("link", name="Foto").tap()
    camera = camera.value
    assert camera.element.get_attribute("capture") == "environment"
    assert camera.element.get_attribute("accept") == "image/*"
    return camera


def test_one_tap_opens_the_camera_wherever_the_lead_is_looked_at(phone, lead):
    phone.goto(f"/leads/{lead.pk}/")
    phone.get_by_label("Journaleintrag").fill("Ölkessel von 1994")
    phone.get_by_label("Journaleintrag").blur()
    # Who comes back without a picture finds the page as it was.
    opened(phone)
    expect(phone.get_by_label("Journaleintrag")).to_have_value("Ölkessel von 1994")
    opened(phone).set_files(PHOTO)
    expect(phone.get_by_role("link", name="Dach.jpg")).to_be_in_viewport()
    # One after another, in the tab that is open now.
    opened(phone).set_files({**PHOTO, "name": "Keller.jpg", "buffer": picture("PNG")})
    expect(phone.get_by_role("alert")).to_contain_text("passt nicht zur Endung")
    opened(phone).set_files({**PHOTO, "name": "Zähler.jpg", "buffer": picture("JPEG", (9, 9))})
    expect(phone.get_by_role("link", name="Zähler.jpg")).to_be_in_viewport()
    assert set(lead.attachments.values_list("name", flat=True)) == {"Dach.jpg", "Zähler.jpg"}
    phone.get_by_role("tab", name="Journal").tap()
    expect(phone.get_by_label("Journaleintrag")).to_have_value("Ölkessel von 1994")


def test_a_photo_waits_until_the_server_can_be_reached(phone, lead):
    phone.goto(f"/leads/{lead.pk}/")
    attachments = "**/leads/*/?tab=anhaenge"
    phone.route(attachments, lambda route: route.abort())
    opened(phone).set_files(PHOTO)
    again = phone.get_by_role("button", name="Noch einmal versuchen")
    expect(again).to_be_visible()
    opened(phone).set_files({**PHOTO, "name": "Zähler.jpg", "buffer": picture("JPEG", (9, 9))})
    phone.unroute(attachments)
    again.tap()
    for name in ("Dach.jpg", "Zähler.jpg"):
        expect(phone.get_by_role("link", name=name)).to_be_visible()


def test_a_desk_has_no_camera(annas_page, lead):
    annas_page.goto(f"/leads/{lead.pk}/?tab=anhaenge")
    expect(annas_page.get_by_label("Dateien auswählen")).to_be_visible()
    expect(annas_page.get_by_text("Foto aufnehmen")).to_be_hidden()
    annas_page.set_viewport_size({"width": 500, "height": 740})
    expect(annas_page.get_by_role("link", name="Anhänge", exact=True)).to_be_visible()
    expect(annas_page.get_by_role("link", name="Foto", exact=True)).to_be_hidden()
