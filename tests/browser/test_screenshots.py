"""The README's pictures, taken from the demo's data.

Each test shows that its page comes out of the demo as drawn. With SCREENSHOTS=1 in the
environment the pictures also replace those in docs/screenshots/.
"""

import os
import re
import shutil

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import expect

from leads.demo.loading import load_demo
from leads.models import Lead
from marketplaces.models import User

FOLDER = settings.BASE_DIR / "docs" / "screenshots"


@pytest.fixture
def rep(transactional_db):
    load_demo(leads=60)
    return User.objects.get(username="vertrieb1")


@pytest.fixture
def aigner(rep):
    return Lead.objects.visible_to(rep).in_progress().get(name="Familie Aigner")


@pytest.fixture
def take(tmp_path):
    """Return a function that takes a picture, which must not be blank."""

    def take(page, name):
        path = tmp_path / f"{name}.png"
        page.evaluate("document.activeElement.blur()")
        page.screenshot(path=path, animations="disabled")
        with Image.open(path) as picture:
            colours = picture.convert("RGB").getcolors(maxcolors=2**24)
            assert len(colours) > 100
            smaller = picture.convert("RGB").quantize(
                256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
            )
        smaller.save(path, optimize=True)
        assert path.stat().st_size < 150_000
        if os.environ.get("SCREENSHOTS") == "1":
            FOLDER.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, FOLDER)

    return take


def test_the_desktop(page, sign_in_as, rep, aigner, take):
    sign_in_as(page.context, rep)
    page.goto("/leads/")
    expect(page.get_by_role("heading", name="Leads in Bearbeitung")).to_be_visible()
    expect(page.get_by_role("link", name="Familie Aigner")).to_be_visible()
    take(page, "list")
    page.get_by_role("link", name=re.compile("^Neue Leads")).click()
    expect(page.get_by_role("heading", name="Neue Leads")).to_be_visible()
    expect(page.get_by_role("button", name="Annehmen").first).to_be_visible()
    take(page, "offers")
    page.goto(f"/leads/{aigner.pk}/")
    expect(page.get_by_role("tab", name="Journal")).to_be_visible()
    take(page, "lead")
    page.get_by_role("tab", name="Anhänge").click()
    picture = page.get_by_role("listitem").filter(has_text="Heizraum_02.jpg").locator("img")
    expect(picture).to_have_js_property("complete", True)
    take(page, "attachments")
    page.get_by_role("tab", name="Journal").click()
    page.get_by_role("button", name="Angebot", exact=True).click()
    expect(page.get_by_role("button", name="Nächste Phase")).to_be_visible()
    take(page, "dialog")


def test_the_dark_and_the_phone(page, sign_in_as, rep, aigner, take):
    sign_in_as(page.context, rep)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.goto(f"/leads/{aigner.pk}/")
    expect(page.get_by_role("tab", name="Journal")).to_be_visible()
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert float(re.search(r"[\d.]+", paper)[0]) < 0.3, paper
    take(page, "dark")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/leads/")
    expect(page.get_by_role("link", name="Familie Aigner")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    take(page, "phone")
