"""The Leadakte goes from the lead's page onto A4 pages."""

import re
import zlib
from contextlib import suppress

from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import expect

from leads.models import JournalEntry
from leads.uploads import Document
from tests.faults.waiting import until
from tests.leads.samples import picture

PAGE = re.compile(rb"/Type\s*/Page\b.*?/MediaBox \[([\d. ]+)\]", re.DOTALL)
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
PRINTS = "window.print = () => document.body.append('Gedruckt!')"


def sizes_of(pdf):
    """Width and height of each page, in points."""
    return [tuple(round(float(n)) for n in box.split()[2:]) for box in PAGE.findall(pdf)]


def lines_of(pdf):
    """The lines of each page, as their fonts write them: two digits a letter in ours."""
    pages = []
    for found in STREAM.finditer(pdf):
        with suppress(zlib.error):
            drawn = zlib.decompress(found[1])
            if texts := re.findall(rb"BT\n.*?ET\n", drawn, re.DOTALL):
                pages.append({b"".join(re.findall(rb"<(\w+)> Tj", text)) for text in texts})
    return pages


def test_the_lead_is_printed_on_a4_in_light_colours(annas_page, anna, lead):
    JournalEntry.objects.bulk_create(
        JournalEntry(lead=lead, author=anna, text=f"Notiz {n} " + "Donaudampfschiff" * 20)
        for n in range(40)
    )
    for number in range(3):
        data = picture("PNG", size=(1200, 1700 + number))
        lead.attach(Document.check(SimpleUploadedFile(f"Plan {number}.png", data)), by=anna)
    # Where there is a worker, it looks at them first.
    pictures = lead.attachments.exclude(thumbnail="")
    until(lambda: pictures.count() == 3, what="the pictures are known as such")
    page = annas_page
    page.add_init_script(PRINTS)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"/leads/{lead.pk}/")
    page.get_by_role("link", name="Leadakte drucken").click()
    expect(page.get_by_role("heading", level=1, name="Familie Aigner")).to_be_visible()
    # The heading is there before the style is, which hides this on a phone.
    expect(page.get_by_text("Strg+P")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    content = page.locator(".dossier__content")
    assert content.evaluate("box => box.scrollWidth - box.clientWidth") == 0
    page.get_by_role("button", name="Drucken").click()
    expect(page.get_by_text("Gedruckt!")).to_be_attached()
    # The pictures are there, as large as they were uploaded.
    assert page.evaluate("[...document.images].map((one) => one.naturalWidth)") == [1200] * 3
    # Every page is A4, none is left over behind the last.
    pages = {}
    for size in ("groß", "keine"):
        page.get_by_role("link", name=size).click()
        expect(page.get_by_role("link", name=size)).to_have_attribute("aria-current", "true")
        pdf = page.pdf(prefer_css_page_size=True)
        pages[size] = sizes_of(pdf)
        assert set(pages[size]) == {(595, 842)}
        # Each page says whose it is, by a line that all of them have.
        lines = lines_of(pdf)
        assert len(lines) == len(pages[size])
        longest = max(len(line) for line in set.intersection(*lines))
        assert longest == 2 * len(f"Familie Aigner · Nummer {lead.pk}")
    # Three large pictures, each on a page of its own.
    assert len(pages["groß"]) >= len(pages["keine"]) + 2 >= 6
    # What is only for the screen stays there, and dark is not for paper.
    page.emulate_media(media="print", color_scheme="dark")
    for thing in (page.get_by_role("button"), page.get_by_role("navigation")):
        expect(thing).to_have_count(0)
    inks = set()
    for theme in ("dark", "light"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        inks.add(page.evaluate("getComputedStyle(document.body).color"))
    assert len(inks) == 1
