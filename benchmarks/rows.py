"""What is measured: each row is one request of one person, and how it is made anew."""

import itertools
import re
import uuid
from dataclasses import dataclass
from types import SimpleNamespace
from urllib.parse import urlencode

from leads.cursors import Edge
from leads.load import cast

from .browser import Browser, Line
from .databases import PASSWORD

LIST, OFFERS, CLOSED = "/leads/", "/leads/neu/", "/leads/abgeschlossen/"
HTMX = {"HX-Request": "true"}
COLUMNS = ("name", "marktplatz", "phase", "wiedervorlage", "aktivitaet", "volumen")
TABS = ("journal", "anhaenge", "verlauf")
LARGEST = "waermepumpe-sued"
BARE, SMALLEST, SMALLEST_FEW, ADMIN = (
    "bare view", "smallest view, 50 rows", "smallest view, 20 rows", "stock admin changelist",
)  # fmt: skip
# No id is higher, so that what lies before it is the last page.
BEHIND_ALL = 2**62


@dataclass(frozen=True)
class Row:
    """One line of the table; `ask(stage)` sends the request and returns the Answer.

    `before(stage)` sends what comes before, untimed: the same where it changes nothing.
    """

    name: str
    who: str
    ask: object
    before: object
    statuses: tuple = (200,)


class Stage:
    """One size of one database: its server, the people who are signed in, what they found."""

    def __init__(self, server, leads):
        self.leads = leads
        self.line = Line(server.port)
        self.people = {}
        for name in (cast.MANY, cast.FEW, cast.MANAGER, cast.SUPERUSER):
            self.people[name] = Browser(self.line)
            self.people[name].sign_in(name, PASSWORD)
        self.turns = itertools.count()
        self.offers = []
        self.moves = {}
        many = self.people[cast.MANY]
        first = many.get(LIST)
        self.ids = _ids_in(first.text)
        self.ids_of_few = _ids_in(self.people[cast.FEW].get(LIST).text)
        self.next = first.link("next")
        self.last = self._last_page(many)
        self.next_closed = many.get(CLOSED).link("next")
        self.next_offers = many.get(OFFERS).link("next") or OFFERS
        self.next_of_manager = self.people[cast.MANAGER].get(LIST).link("next")
        chosen = many.get(f"{LIST}?marktplatz={LARGEST}").text
        phases = re.search(r'<select [^>]*name="phase".*?</select>', chosen, re.DOTALL)[0]
        self.phase = re.findall(r'<option value="(\d+)"', phases)[1]
        dialog = many.get(f"/leads/filter/?liste=in-bearbeitung&marktplatz={LARGEST}").text
        self.number = re.search(r'name="(feld-\d+)-ab"', dialog)[1]
        found = re.search(r'type="checkbox" name="(feld-\d+)" value="([^"]+)"', dialog)
        self.choice, self.chosen = found.groups()
        heavy = many.get(f"/leads/{cast.heavy(leads)}/").text
        self.portion = re.search(r"[?&;]vor=(\d+)", heavy)[1]

    def next_worked(self):
        """Return the id of a lead to change, another one each time."""
        leads = cast.worked(self.leads)
        return leads[next(self.turns) % len(leads)]

    def next_offer(self):
        """Return the id of a lead that nobody has accepted yet."""
        if not self.offers:
            page = self.people[cast.MANY].get(OFFERS).text
            self.offers = list(dict.fromkeys(re.findall(r"/leads/(\d+)/annahme/", page)))
        return self.offers.pop()

    def next_move(self):
        """Return a lead and the move that takes it to its neighbour, or back again."""
        pk = self.next_worked()
        if pk not in self.moves:
            dialog = self.people[cast.MANY].get(f"/leads/{pk}/phase/", **HTMX)
            hidden = dialog.inputs()
            if not hidden.get("nach"):
                page = self.people[cast.MANY].get(f"/leads/{pk}/").text
                before = re.search(rf"/leads/{pk}/phase/\?nach=(\d+)", page)[1]
                dialog = self.people[cast.MANY].get(f"/leads/{pk}/phase/?nach={before}")
                hidden = dialog.inputs()
            self.moves[pk] = hidden["von"], hidden["nach"]
        here, there = self.moves[pk]
        self.moves[pk] = there, here
        return pk, {"von": here, "nach": there, "note": ""}

    def _last_page(self, browser):
        """Return the address of the last page: by a cursor, or else by walking to it."""
        by_follow_up = SimpleNamespace(column="follow_up_at", within="")
        behind_all = Edge(is_backwards=True, value=None, within=None, pk=BEHIND_ALL)
        address = f"{LIST}?seite={behind_all.cursor(by_follow_up)}"
        page = browser.get(address)
        if page.link("prev") and _ids_in(page.text)[0] != self.ids[0]:
            return address
        address = self.next
        while further := browser.get(_absolute(address)).link("next"):
            address = further
        return address


def rows():
    """Return all rows, in the order of the table."""
    return [*_lists(), *_others(), *_searches(), *_leads(), *_changes(), *_yardsticks()]


def _get(name, address, who=cast.MANY, **headers):
    """Return the row of an address, which may depend on the stage."""

    def ask(stage):
        place = address(stage) if callable(address) else address
        return stage.people[who].get(_absolute(place), **headers)

    return Row(name, who, ask, before=ask)


def _absolute(place):
    return place if place.startswith("/") else f"{LIST}{place}"


def _lists():
    yield _get("list, first page", LIST)
    yield _get("list, next page", lambda stage: stage.next)
    yield _get("list, last page", lambda stage: stage.last)
    yield _get("list, answer to htmx", LIST, **HTMX)
    for column, sign in itertools.product(COLUMNS, ("", "-")):
        sort = f"{sign}{column}"
        if sort != "wiedervorlage":
            yield _get(f"list, sorted by {sort}", f"?sort={sort}")
    for due in ("ueberfaellig", "heute", "keine"):
        yield _get(f"list, follow-up {due}", f"?wiedervorlage={due}")
    yield _get("list, one marketplace", f"?marktplatz={LARGEST}")
    yield _get("list, one phase", lambda stage: f"?phase={stage.phase}")
    for name, asked in (
        ("an own choice", lambda s: {s.choice: s.chosen}),
        ("an own number", lambda s: {f"{s.number}-ab": "20"}),
        ("an own number that three have", lambda s: {f"{s.number}-ab": str(cast.RARE_NUMBER)}),
        ("sorted by an own number", lambda s: {"sort": s.number}),
        ("sorted by an own number, down", lambda s: {"sort": f"-{s.number}"}),
        ("with own columns", lambda s: {"spalten": f"name,phase,{s.number},{s.choice}"}),
    ):
        yield _get(
            f"list, {name}",
            lambda s, asked=asked: f"?{urlencode({'marktplatz': LARGEST, **asked(s)})}",
        )
    yield _get("list, first page", LIST, cast.FEW)
    yield _get("list, first page", LIST, cast.MANAGER)
    yield _get("list, next page", lambda stage: stage.next_of_manager, cast.MANAGER)
    yield _get("list, sorted by -volumen", "?sort=-volumen", cast.MANAGER)
    yield _get("list, first page", LIST, cast.SUPERUSER)


def _others():
    yield _get("closed, first page", CLOSED)
    yield _get("closed, next page", lambda s: _on(CLOSED, s.next_closed))
    yield _get("closed, won only", f"{CLOSED}?ergebnis=gewonnen")
    yield _get("closed, first page", CLOSED, cast.MANAGER)
    yield _get("offers, first page", OFFERS)
    yield _get("offers, next page", lambda s: _on(OFFERS, s.next_offers))


def _on(path, link):
    return link if link.startswith("/") else f"{path}{link}"


def _searches():
    for name, text in (
        ("rare", cast.RARE), ("common", cast.COMMON), ("none", cast.ABSENT),
        ("e-mail", cast.EMAIL), ("phone", cast.PHONE_AS_TYPED),
        ("in the journal", cast.IN_JOURNAL),
        ("two words", f"{cast.COMMON} {cast.COMMON_TOWN}"), ("two letters", cast.COMMON[:2]),
    ):  # fmt: skip
        yield _get(f"search, {name}", f"?{urlencode({'q': text})}")
    for who in (cast.FEW, cast.MANAGER, cast.SUPERUSER):
        yield _get("search, common", f"?{urlencode({'q': cast.COMMON})}", who)


def _leads():
    for name, pk in (("plain", cast.plain), ("heavy", cast.heavy)):
        for tab in TABS:
            yield _get(
                f"lead ({name}), {tab}", lambda s, p=pk, t=tab: f"/leads/{p(s.leads)}/?tab={t}"
            )
    yield _get(
        "lead (heavy), further journal",
        lambda s: f"/leads/{cast.heavy(s.leads)}/?vor={s.portion}",
        **HTMX,
    )
    yield _get(
        "lead (plain), dialog of the phase", lambda s: f"/leads/{cast.plain(s.leads)}/phase/",
        **HTMX,
    )  # fmt: skip
    yield _get(
        "lead (plain), journal", lambda s: f"/leads/{cast.plain(s.leads)}/", cast.MANAGER
    )


def _changes():
    for name, ask in (
        ("phase move", _move), ("field edit", _edit), ("journal entry", _write),
        ("accept", _accept),
    ):  # fmt: skip
        yield Row(name, cast.MANY, ask, before=_look)


def _look(stage):
    """Look at a lead, as everybody does who changes one."""
    return stage.people[cast.MANY].get(f"/leads/{cast.plain(stage.leads)}/")


def _move(stage):
    pk, fields = stage.next_move()
    return _change(stage, pk, "phase/", fields)


def _edit(stage):
    pk = stage.next_worked()
    browser, address = stage.people[cast.MANY], f"/leads/{pk}/felder/source/"
    hidden = browser.get(address, **HTMX).inputs()
    return _change(stage, pk, "felder/source/", {**hidden, "source": f"Messe {uuid.uuid4()}"})


def _write(stage):
    fields = {"kind": "call", "text": "Rückruf vereinbart.", "token": str(uuid.uuid4())}
    return _change(stage, stage.next_worked(), "journal/", fields)


def _accept(stage):
    answer = _change(stage, stage.next_offer(), "annahme/", {})
    # The toast waits for the next page; it is not to be the list that is measured.
    stage.people[cast.MANY].get(OFFERS)
    return answer


def _change(stage, pk, part, fields):
    """Send a form as htmx does on the lead's page."""
    page = f"http://127.0.0.1/leads/{pk}/"
    headers = {**HTMX, "HX-Current-URL": page}
    return stage.people[cast.MANY].post(f"/leads/{pk}/{part}", fields, **headers)


def _yardsticks():
    yield _get(BARE, "/bench/bare/")
    yield _get(SMALLEST, lambda s: f"/bench/smallest/?ids={','.join(s.ids)}")
    yield _get(SMALLEST_FEW, lambda s: f"/bench/smallest/?ids={','.join(s.ids_of_few)}")
    yield _get(ADMIN, "/bench/admin/leads/lead/", cast.SUPERUSER)


def _ids_in(page):
    """Return the ids of the leads whose names are links, in their order."""
    return re.findall(r'class="lead-table__name" href="/leads/(\d+)/[?"]', page)
