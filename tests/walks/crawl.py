"""Finding what the pages themselves offer: every link, form and htmx request in them."""

from collections import deque
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from django.urls import resolve

from tests.markup import HTMX, read

from .asking import body_of, rolled_back, send
from .stage import route_name

HTMX_VERBS = ("get", "post", "put", "patch", "delete")
# How many addresses are looked at that differ only in the values of the same parameters.
ALIKE = 2
# How the form of the frame that parts of its pages name sends what its buttons say.
FRAME = {"post": "post"}
# Here the value of a parameter makes another page.
TELLING = {"tab", "nach"}


@dataclass(frozen=True)
class Target:
    """Where a form, a link or a button sends something, and what."""

    verb: str
    address: str
    data: tuple = ()

    @property
    def path(self):
        return urlsplit(self.address).path

    @property
    def route(self):
        return route_name(resolve(self.path).route)

    @cached_property
    def kind(self):
        """What makes two targets the same for a walk: all but the values."""
        asked = parse_qsl(urlsplit(self.address).query, keep_blank_values=True)
        names = {(name, value if name in TELLING else "") for name, value in asked}
        return self.verb, self.path, frozenset(names), frozenset(name for name, _ in self.data)

    def sent(self):
        """The data as a dictionary."""
        return dict(self.data)

    def ask(self, client, headers=None):
        """The answer to what the browser would send."""
        if self.verb == "GET":
            query = urlencode(self.data)
            address = f"{self.address.split('?')[0]}?{query}" if query else self.address
            return send(client, "GET", address, headers=headers)
        return send(client, self.verb, self.address, self.sent(), headers)


def targets_in(page, base):
    """All targets in the elements of a page at the address `base`."""
    forms = {form.get("id"): form for form in page.all("form")}
    for link in page.all("a"):
        yield "GET", link.get("href"), {}
    for picture in page.all("img"):
        yield "GET", picture.get("src"), {}
    for form in page.all("form"):
        if "hidden" in form.attrs:
            # Sent by the buttons elsewhere that name it, never by itself.
            continue
        held = form.typed
        yield form.get("method", "get").upper(), form.get("action") or base, held
        for button in form.all("button"):
            if button.get("form"):
                continue
            pressed = {button["name"]: button.get("value")} if button.get("name") else {}
            method = button.get("formmethod") or form.get("method", "get")
            action = button.get("formaction") or form.get("action") or base
            yield method.upper(), action, held | pressed
    for button in page.all("button"):
        if button.get("formaction") and button.get("form"):
            form = forms.get(button["form"])
            method = form.get("method", "get") if form else FRAME.get(button["form"], "get")
            method = button.get("formmethod") or method
            pressed = {button["name"]: button.get("value")} if button.get("name") else {}
            yield method.upper(), button["formaction"], pressed
    for element in page.all():
        for verb in HTMX_VERBS:
            if address := element.get(f"hx-{verb}"):
                held = element.typed if element.tag == "form" else {}
                yield verb.upper(), address, held


def own(targets, base):
    """The targets on this site, as Target, with absolute paths."""
    for verb, address, data in targets:
        if absolute := _own_address(address, base):
            flat = {k: v[0] if isinstance(v, list) else v for k, v in data.items()}
            yield Target(verb, absolute, tuple(flat.items()))


@lru_cache(maxsize=100_000)
def _own_address(address, base):
    parts = urlsplit(urljoin(f"http://testserver{base}", address.strip()))
    if parts.netloc != "testserver" or parts.scheme != "http" or not address:
        return ""
    if parts.path.startswith("/static/") or address.startswith("#"):
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


class Crawl:
    """What somebody finds who starts at `starts` and follows every link and button.

    `pages` holds each answer with its target, `targets` one of each kind. With `presses`
    what the answers to posted forms offer (toasts that undo) belongs to it too; what the
    forms change is taken back, so that some of what they offer (`passing`) is gone then.
    """

    def __init__(self, client, starts, *, within="/", without=("/admin/",), presses=False):
        self.client = client
        self.pages, self.targets, self._alike = [], {}, {}
        self._waiting = deque(Target("GET", start) for start in starts)
        self.passing, self._seen = set(), set(self._waiting)
        self._within, self._without, self._presses = within, without, presses
        while self._waiting:
            self._visit(self._waiting.popleft())

    def _visit(self, target):
        if not target.path.startswith(self._within) or target.path.startswith(self._without):
            return
        if self._alike.get(target.kind, 0) >= (ALIKE if target.verb == "GET" else 1):
            return
        self._alike[target.kind] = self._alike.get(target.kind, 0) + 1
        self.targets.setdefault((target.kind, self._alike[target.kind]), target)
        if target.verb == "GET":
            # The first one as page and as part, what is like it as a page.
            for headers in ({}, HTMX) if self._alike[target.kind] == 1 else ({},):
                self._read(target, target.ask(self.client, headers))
        elif self._presses:
            with rolled_back(self.client):
                answer = target.ask(self.client, HTMX)
            self._read(target, answer)

    def _read(self, target, response):
        self.pages.append((target, response))
        if "html" in response.headers.get("Content-Type", "") and response.status_code < 500:
            page = read(body_of(response).decode())
            offered = dict.fromkeys(own(targets_in(page, target.path), target.path))
            # Looked at once: a target that was passed over once is passed over again.
            self._waiting += [each for each in offered if each not in self._seen]
            self._seen.update(offered)
            if target.verb != "GET":
                self.passing.update(offered)
