"""Possible duplicates as they are typed, asked for and corrected."""

from playwright.sync_api import expect

from leads.models import Lead


def test_somebody_is_recognised_while_typing_when_sent_and_on_the_page(annas_page, lead):
    page = annas_page
    page.goto("/leads/anlegen/")
    page.get_by_label("Name").first.fill("Sabine")
    page.get_by_label("Telefon").fill("0049 8031/123 45 67")
    page.get_by_label("Mobil").click()
    told = page.locator("#entry-twins")
    expect(told.get_by_role("link", name="Familie Aigner")).to_be_visible()
    expect(told).to_contain_text("gleiche Telefonnummer")
    expect(page.get_by_label("Name").first).to_have_value("Sabine")
    page.get_by_label("Mobil").fill("0171 7654321")
    page.get_by_role("button", name="Lead anlegen").click()
    expect(page.get_by_role("alert")).to_contain_text("Noch ist nichts gespeichert")
    expect(page.get_by_label("Telefon")).to_have_value("0049 8031/123 45 67")
    assert Lead.objects.count() == 1
    anyway = page.get_by_role("alert").get_by_role("button", name="Trotzdem anlegen")
    expect(anyway).to_be_focused()
    # What is asked for while somebody types takes the focus of nobody.
    page.get_by_label("Mobil").fill("0171 7654322")
    with page.expect_response("**/leads/anlegen/"):
        page.get_by_label("Ort").click()
    expect(page.get_by_label("Ort")).to_be_focused()
    anyway.click()
    expect(page.get_by_role("heading", name="Sabine", level=1)).to_be_visible()

    box = page.get_by_role("complementary", name="Mögliche Dubletten")
    expect(box.get_by_role("link", name="Familie Aigner")).to_be_visible()
    for label in ("Telefon", "Mobil"):
        page.get_by_role("button", name=f"{label} bearbeiten").click()
        page.get_by_role("textbox", name=label).fill("089 99998123")
        page.get_by_role("button", name="Änderung bestätigen").click()
        expect(page.get_by_role("group", name=label)).to_contain_text("089 99998123")
    expect(box).to_be_hidden()
