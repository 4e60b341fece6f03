"""Reading HTML in tests: elements by tag and attributes, forms with what they send."""

from html.parser import HTMLParser

HTMX = {"HX-Request": "true"}
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Element:
    """One element with its attributes, children and text."""

    def __init__(self, tag="", attrs=(), parent=None):
        self.tag = tag
        self.attrs = {name: value or "" for name, value in attrs}
        self.parent = parent
        self.children = []
        # All elements of the document in their order, and where those inside begin and end.
        self.document = [] if parent is None else parent.document
        if parent is not None:
            self.document.append(self)
        self.begin, self.end = len(self.document), None

    def __getitem__(self, name):
        return self.attrs[name]

    def get(self, name, default=""):
        return self.attrs.get(name, default)

    @property
    def text(self):
        """All text inside, blanks folded."""
        return " ".join(self._pieces().split())

    def _pieces(self):
        return "".join(c if isinstance(c, str) else c._pieces() for c in self.children)

    def all(self, tag=None, **attrs):
        """All elements inside with this tag and these attributes (aria_label=…)."""
        wanted = {name.strip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [
            element
            for element in self._descendants()
            if (tag is None or element.tag == tag)
            and all(element.attrs.get(name) == value for name, value in wanted.items())
        ]

    def one(self, tag=None, **attrs):
        """The only such element inside."""
        found = self.all(tag, **attrs)
        assert len(found) == 1, f"{len(found)} × <{tag} {attrs}> in {self.text[:300]}"
        return found[0]

    def button(self, name):
        """The only button with this accessible name."""
        found = [b for b in self.all("button") if name in {b.text, b.get("aria-label")}]
        assert len(found) == 1, f"{len(found)} × button {name} in {self.text[:300]}"
        return found[0]

    def form(self, action):
        """The only form that sends to `action`."""
        return self.one("form", action=action)

    def sends(self, **typed):
        """What a browser sends of this form when `typed` is put into its inputs."""
        return {**self.held, **typed}

    @property
    def typed(self):
        """What the form holds, without the token that differs from answer to answer."""
        return {k: v for k, v in self.held.items() if k != "csrfmiddlewaretoken"}

    @property
    def held(self):
        """What a browser sends of this form as it is."""
        data = {}
        for control in self._descendants():
            name = control.get("name")
            if not name or control.tag == "button" or "disabled" in control.attrs:
                continue
            if control.tag == "select":
                chosen = [o["value"] for o in control.all("option") if "selected" in o.attrs]
                first = [option["value"] for option in control.all("option")][:1]
                data[name] = (chosen or first or [""])[0]
            elif control.tag == "textarea":
                # A browser drops the line break directly after the tag.
                data[name] = control._pieces().removeprefix("\n")
            elif control.tag == "input" and control.get("type") in {"checkbox", "radio"}:
                if "checked" in control.attrs:
                    value = control.get("value", "on")
                    is_list = control["type"] == "checkbox"
                    data[name] = [*data.get(name, []), value] if is_list else value
            elif control.tag == "input" and control.get("type") != "file":
                data[name] = control.get("value")
        return data

    def _descendants(self):
        return self.document[self.begin : self.end]


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.root = self.here = Element()

    def handle_starttag(self, tag, attrs):
        element = Element(tag, attrs, self.here)
        self.here.children.append(element)
        if tag in VOID:
            element.end = element.begin
        else:
            self.here = element

    def handle_endtag(self, tag):
        place = self.here
        while place is not self.root and place.tag != tag:
            place = place.parent
        while self.here is not place.parent and place is not self.root:
            self.here.end = len(self.root.document)
            self.here = self.here.parent

    def handle_data(self, data):
        self.here.children.append(data)


def read(response):
    """The elements of a response's HTML (or of a string)."""
    reader = _Reader()
    reader.feed(response if isinstance(response, str) else response.content.decode())
    return reader.root
