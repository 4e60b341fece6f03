"""The phone's camera, straight into the attachments."""

from playwright.sync_api import expect

from tests.leads.samples import picture


def test_a_photo_goes_straight_into_the_attachments(
    new_context, live_server, sign_in_as, anna, lead
):
    context = new_context(base_url=live_server.url, has_touch=True, is_mobile=True)
    sign_in_as(context, anna)
    page = context.new_page()
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"/leads/{lead.pk}/?tab=anhaenge")
    camera = page.get_by_label("Foto aufnehmen")
    expect(camera).to_have_attribute("capture", "environment")
    assert page.get_by_text("Foto aufnehmen").bounding_box()["height"] >= 44
    photo = {"name": "Dach.jpg", "mimeType": "image/jpeg", "buffer": picture("JPEG")}
    camera.set_input_files(photo)
    expect(page.get_by_role("link", name="Dach.jpg")).to_be_visible()


def test_a_desk_has_no_camera(annas_page, lead):
    annas_page.goto(f"/leads/{lead.pk}/?tab=anhaenge")
    expect(annas_page.get_by_label("Dateien auswählen")).to_be_visible()
    expect(annas_page.get_by_text("Foto aufnehmen")).to_be_hidden()
