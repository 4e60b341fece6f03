"""The code in front of the admin, in a real browser: by keyboard, and without scripts."""

import pytest
from playwright.sync_api import expect

from tests.factories import PASSWORD
from tests.marketplaces.phone import Phone


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def context(request, new_context, live_server):
    context = new_context(base_url=live_server.url, java_script_enabled=request.param)
    context.set_default_timeout(20_000)
    return context


def sign_in(page):
    page.goto("/admin/leads/lead/")
    page.get_by_label("Benutzername").fill("olaf")
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")


def heading(page, name):
    return page.get_by_role("heading", level=1, name=name)


def test_an_operator_sets_a_phone_up_and_comes_in_by_keyboard(
    page, olaf, heatpumps, settings, clock
):
    settings.SECOND_FACTOR = "admin"
    sign_in(page)
    expect(heading(page, "Zweiten Faktor einrichten")).to_be_visible()
    expect(page.get_by_role("img", name="QR-Code für die App")).to_be_visible()
    phone = Phone(page.get_by_label("Oder diesen Schlüssel").input_value(), clock)
    code = page.get_by_role("textbox", name="Code")
    code.focus()
    page.keyboard.type(phone.code())
    page.keyboard.press("Enter")
    expect(heading(page, "Ihre Notfallcodes")).to_be_visible()
    recovery_code = page.locator("main li").first.inner_text()
    page.get_by_role("link", name="Ich habe sie aufbewahrt").press("Enter")
    expect(page).to_have_url("/admin/leads/lead/")
    page.context.clear_cookies()
    sign_in(page)
    expect(heading(page, "Code eingeben")).to_be_visible()
    expect(code).to_be_focused()
    page.keyboard.type(phone.wrong())
    page.keyboard.press("Enter")
    expect(page.get_by_text("Dieser Code stimmt nicht")).to_be_visible()
    expect(code).to_be_focused()
    code.fill(recovery_code)
    page.keyboard.press("Enter")
    expect(page).to_have_url("/admin/leads/lead/")
    # Unfold shows its messages by script.
    expect(page.get_by_text("Der Notfallcode ist nun verbraucht.")).to_be_attached()
