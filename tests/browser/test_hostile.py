"""What somebody typed stays text in a real browser, and what was seen is gone afterwards."""

import json
import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.usefixtures("heatpumps")

HOSTILE = [
    '<div hx-get="/geladen/" hx-trigger="load">a</div>',
    '<div data-hx-post="/geladen/" data-hx-trigger="load">b</div>',
    '<button hx-on:click="window.hit = 1">c</button>',
    '<img src=x onerror="window.hit = 1">',
    "<script>window.hit = 1</script>",
    '<svg onload="window.hit = 1"></svg>',
    '</textarea><template><p hx-get="/geladen/" hx-trigger="revealed">d</p></template>',
    "{{ 7|add:7 }} {% csrf_token %}",
]


@pytest.fixture
def asked(annas_page):
    """The addresses that the page asks for."""
    addresses = []
    annas_page.on("request", lambda request: addresses.append(request.url))
    return addresses


def entries(page):
    return page.locator(".entry__text")


def assert_inert(page, asked):
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.hit") is None
    assert not [address for address in asked if "geladen" in address]
    planted = "[hx-on\\:click], [onerror], [onload], [hx-get='/geladen/'], .entry script"
    expect(page.locator(planted)).to_have_count(0)


def test_hostile_text_is_shown_as_it_was_typed(annas_page, lead, asked):
    annas_page.goto(f"/leads/{lead.pk}/")
    text = "\n".join(HOSTILE)
    annas_page.get_by_role("textbox", name="Journaleintrag").fill(text)
    annas_page.get_by_role("button", name="Eintragen").click()
    shown = annas_page.get_by_text("window.hit = 1", exact=False)
    expect(shown).to_be_visible()
    assert shown.inner_text().split("\n") == HOSTILE
    assert_inert(annas_page, asked)
    annas_page.reload()
    expect(shown).to_be_visible()
    assert_inert(annas_page, asked)
    annas_page.get_by_role("button", name="Eintrag bearbeiten").click()
    editor = annas_page.get_by_role("textbox", name="Journaleintrag").last
    expect(editor).to_have_value(text)
    assert_inert(annas_page, asked)


def test_hostile_name_is_text_in_list_page_title_and_history(annas_page, lead, anna, asked):
    name = '"><img src=x onerror="window.hit = 1"><b hx-get="/geladen/" hx-trigger="load">'
    lead.set_field("name", seen=lead.name, value=name, by=anna)
    annas_page.goto("/leads/")
    expect(annas_page.get_by_role("link", name=name)).to_be_visible()
    assert_inert(annas_page, asked)
    for tab in ("", "?tab=verlauf"):
        annas_page.goto(f"/leads/{lead.pk}/{tab}")
        expect(annas_page.get_by_role("heading", name=name)).to_be_visible()
        expect(annas_page).to_have_title(f"{name} · leadbook")
        assert_inert(annas_page, asked)


CONFIG = {
    "selfRequestsOnly": True,
    "allowEval": False,
    "allowScriptTags": False,
    "includeIndicatorStyles": False,
    "historyCacheSize": 0,
    "historyRestoreAsHxRequest": False,
}


def test_htmx_does_only_what_it_must(annas_page, lead):
    annas_page.goto(f"/leads/{lead.pk}/")
    config = annas_page.evaluate("htmx.config")
    assert {name: config[name] for name in CONFIG} == CONFIG
    assert config["defaultSwapStyle"] == "innerHTML"
    kept = annas_page.evaluate("[{...localStorage}, {...sessionStorage}]")
    assert "Aigner" not in json.dumps(kept)


@pytest.mark.parametrize("status", [409, 413, 422, 507])
def test_refusals_that_carry_a_form_are_swapped(annas_page, status):
    annas_page.goto("/leads/")
    handling = annas_page.evaluate("htmx.config.responseHandling")
    first = next(rule for rule in handling if re.search(rule["code"], str(status)))
    assert (first["swap"], first.get("error", False)) == (True, False)


def test_injected_markup_runs_nothing_and_asks_nobody(annas_page, lead, complaints):
    """The second belt: what htmx and the policy do should markup get in nevertheless."""
    reached = []

    def answer(route):
        reached.append(route.request.url)
        route.fulfill(body="")

    annas_page.route("https://evil.example/**", answer)
    annas_page.goto(f"/leads/{lead.pk}/")
    annas_page.evaluate(
        """() => {
            const place = document.createElement("div");
            place.id = "planted";
            place.innerHTML = `<button hx-on:click="window.hit = 1">x</button>
                <i hx-get="https://evil.example/geladen/" hx-trigger="load"></i>
                <i hx-get="/leads/" hx-swap="none" hx-trigger="load"
                   hx-vals="js:{a: (window.hit = 1)}"></i>
                <img src="https://evil.example/geladen/"><script>window.hit = 1<\\/script>`;
            document.body.append(place);
            htmx.process(place);
            const script = "<script>window.hit = 1<\\/script>";
            htmx.swap("#planted", script, { swapStyle: "beforeend" });
        }"""
    )
    annas_page.locator("#planted button").click()
    annas_page.wait_for_load_state("networkidle")
    assert annas_page.evaluate("window.hit") is None
    assert reached == []
    assert complaints
    complaints.clear()


def test_server_error_keeps_what_was_typed(annas_page, lead, complaints):
    annas_page.goto(f"/leads/{lead.pk}/")
    box = annas_page.get_by_role("textbox", name="Journaleintrag")
    box.fill("Lange getippt")
    annas_page.route("**/journal/", lambda route: route.fulfill(status=500, body="<h1>x</h1>"))
    annas_page.get_by_role("button", name="Eintragen").click()
    expect(annas_page.get_by_role("alert")).to_contain_text("Ihre Eingabe steht noch hier.")
    expect(box).to_have_value("Lange getippt")
    complaints.clear()


def test_back_button_after_signing_out_shows_no_lead(annas_page, lead):
    annas_page.goto("/leads/")
    annas_page.get_by_role("link", name="Familie Aigner").click()
    expect(annas_page.get_by_role("heading", name="Familie Aigner")).to_be_visible()
    sign_out = annas_page.locator("form[action='/abmelden/']")
    expect(sign_out).to_have_attribute("method", "post")
    annas_page.evaluate("document.querySelector('form[action=\"/abmelden/\"]').submit()")
    expect(annas_page.get_by_role("heading", name="Anmelden")).to_be_visible()
    for _step in range(2):
        annas_page.go_back()
        expect(annas_page.get_by_role("heading", name="Anmelden")).to_be_visible()
        assert "Aigner" not in annas_page.content()
