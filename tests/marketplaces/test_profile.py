"""What a person sets for the own screen."""

import pytest
from django.test import Client

from tests import factories
from tests.markup import HTMX, read


def theme(client, value, next_="/leads/neu/"):
    return client.post("/darstellung/", {"theme": value, "next": next_})


def language(client, value, next_="/leads/neu/"):
    return client.post("/sprache/", {"language": value, "next": next_})


@pytest.mark.parametrize("value", ["light", "dark", "system"])
def test_theme_is_kept_and_shown(page_of_anna, value):
    response = theme(page_of_anna, value)
    assert (response.status_code, response.url) == (303, "/leads/neu/")
    cookie = page_of_anna.cookies["theme"]
    assert (cookie["max-age"], cookie["samesite"]) == (60 * 60 * 24 * 365, "Lax")
    assert f'data-theme="{value}"' in page_of_anna.get("/passwort/").text


def test_unknown_theme_in_the_cookie_is_the_systems(page_of_anna):
    page_of_anna.cookies["theme"] = '"><script>'
    page = page_of_anna.get("/passwort/").text
    assert 'data-theme="system"' in page
    assert '"><script>' not in page


def test_language_is_kept_and_shown(page_of_anna):
    response = language(page_of_anna, "en")
    assert (response.status_code, response.url) == (303, "/leads/neu/")
    page = page_of_anna.get("/passwort/")
    assert '<html lang="en"' in page.text
    assert page.headers["Content-Language"] == "en"
    language(page_of_anna, "de")
    assert '<html lang="de"' in page_of_anna.get("/passwort/").text


def test_language_goes_with_the_account_into_the_next_browser(page_of_anna, anna, ben):
    language(page_of_anna, "en")
    desk = Client()
    desk.post("/anmelden/", {"username": "anna", "password": factories.PASSWORD})
    assert '<html lang="en"' in desk.get("/passwort/").text
    language(desk, "de")
    for browser in (desk, page_of_anna):
        browser.post("/abmelden/")
        browser.post("/anmelden/", {"username": "anna", "password": factories.PASSWORD})
        assert '<html lang="de"' in browser.get("/passwort/").text
    other = Client()
    other.post("/anmelden/", {"username": "ben", "password": factories.PASSWORD})
    assert '<html lang="de"' in other.get("/passwort/").text


def test_language_of_the_browser_changes_nothing(page_of_anna):
    page = page_of_anna.get("/passwort/", HTTP_ACCEPT_LANGUAGE="en")
    assert '<html lang="de"' in page.text


@pytest.mark.parametrize("set_", [theme, language])
def test_unknown_choice_is_refused(page_of_anna, set_):
    response = set_(page_of_anna, "xx")
    assert response.status_code == 400
    assert not response.cookies


@pytest.mark.parametrize(("set_", "value"), [(theme, "dark"), (language, "en")])
@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", ""])
def test_next_stays_on_this_site(page_of_anna, set_, value, target):
    assert set_(page_of_anna, value, target).url == "/"


@pytest.mark.parametrize(("set_", "value"), [(theme, "dark"), (language, "en")])
@pytest.mark.parametrize(
    ("referer", "target"),
    [
        # What was filtered and searched since the page was loaded.
        ("http://testserver/leads/?phase=2&q=M%C3%BC", "/leads/?phase=2&q=M%C3%BC"),
        ("http://testserver/leads/", "/leads/"),
        # Another page, another site, none.
        ("http://testserver/leads/neu/?phase=2", "/leads/?sort=name"),
        ("http://testserver/", "/leads/?sort=name"),
        ("https://evil.example/leads/?phase=2", "/leads/?sort=name"),
        ("http://testserver//evil.example/leads/", "/leads/?sort=name"),
        ("http://[/leads/", "/leads/?sort=name"),
        ("", "/leads/?sort=name"),
    ],
)
def test_the_query_that_the_page_has_got_since_is_kept(
    page_of_anna, set_, value, referer, target
):
    page_of_anna.defaults["HTTP_REFERER"] = referer
    assert set_(page_of_anna, value, "/leads/?sort=name").url == target


@pytest.mark.parametrize("next_", ["//evil.example/", "https://evil.example/", ""])
@pytest.mark.parametrize("referer", ["//evil.example/", "https://evil.example/"])
def test_no_page_behind_leads_off_this_site(page_of_anna, next_, referer):
    for behind in (referer, f"http://testserver{referer}"):
        page_of_anna.defaults["HTTP_REFERER"] = behind
        assert theme(page_of_anna, "dark", next_).url == "/"


@pytest.mark.parametrize(("set_", "name"), [(theme, "theme"), (language, "django_language")])
def test_cookies_are_secure_with_https(page_of_anna, settings, set_, name):
    settings.HTTPS = settings.LANGUAGE_COOKIE_SECURE = True
    set_(page_of_anna, {"theme": "dark", "django_language": "en"}[name])
    assert page_of_anna.cookies[name]["secure"]


@pytest.mark.parametrize("address", ["/sprache/", "/darstellung/"])
def test_get_changes_nothing(page_of_anna, address):
    response = page_of_anna.get(address, {"theme": "dark", "language": "en"})
    assert response.status_code == 405
    assert not response.cookies


@pytest.mark.parametrize("set_", [theme, language])
def test_strangers_are_sent_to_the_sign_in_page(db, client, set_):
    assert set_(client, "dark").url.startswith("/anmelden/")


def test_single_keys_are_switched_off_for_this_browser(page_of_anna, settings):
    settings.HTTPS = True
    assert "data-keys" not in page_of_anna.get("/passwort/").text
    page = read(page_of_anna.get("/tastatur/"))
    assert page.one("h1").text == "Tastaturkürzel"
    button = page.button("Einzelne Zeichen abschalten")
    sent = {button["name"]: button["value"]}
    answer = page_of_anna.post("/tastatur/", sent)
    assert (answer.status_code, answer.url) == (303, "/tastatur/")
    assert page_of_anna.cookies["keys"]["secure"]
    assert '<html lang="de" data-theme="system" data-keys="off"' in (
        page_of_anna.get("/passwort/").text
    )
    # As a dialog, it stays and says what holds now.
    part = read(page_of_anna.post("/tastatur/", {"einzeln": "an"}, headers=HTMX))
    assert not part.all("html")
    assert part.one("shortcut-list")["data-keys"] == "on"
    assert "data-keys" not in page_of_anna.get("/passwort/").text


def test_the_list_of_keys_says_what_the_pages_declare(page_of_anna, lead):
    """What stands there is pressed by an element of a page, and each of these stands there."""
    pages = [page_of_anna.get(address) for address in ("/leads/", f"/leads/{lead.pk}/")]
    in_list = read(page_of_anna.get("/leads/")).one("a", class_="lead-table__name")["href"]
    factories.accepted(lead.marketplace, lead.owner)
    factories.accepted(lead.marketplace, lead.owner)
    pages.append(page_of_anna.get(in_list))
    middle = read(pages[-1]).one("a", rel="next")["href"]
    pages.append(page_of_anna.get(middle))
    declared = {
        element.get("aria-keyshortcuts")
        for page in pages
        for element in read(page).all()
        if element.get("aria-keyshortcuts")
    }
    shown = {
        item["data-works-with"]
        for item in read(page_of_anna.get("/tastatur/")).all("div", class_="shortcuts__item")
    }
    pressed = {
        selector.removeprefix('[aria-keyshortcuts="').removesuffix('"]')
        for selector in shown
        if selector.startswith("[aria")
    }
    assert pressed == declared
