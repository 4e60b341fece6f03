"""Reading HTML in tests: elements by tag and attributes, forms with what they send."""

from lxml.html import HTMLParser, document_fromstring, fragment_fromstring

HTMX = {"HX-Request": "true"}


class Element:
    """One element with its attributes and text."""

    def __init__(self, node):
        self.node = node

    def __getitem__(self, name):
        return self.attrs[name]

    def get(self, name, default=""):
        return self.attrs.get(name, default)

    @property
    def tag(self):
        return self.node.tag

    @property
    def attrs(self):
        return self.node.attrib

    @property
    def parent(self):
        return Element(self.node.getparent())

    @property
    def text(self):
        """All text inside, blanks folded."""
        return " ".join("".join(self.node.itertext()).split())

    def all(self, tag=None, **attrs):
        """All elements inside with this tag and attributes: aria_label=…, checked=True."""
        wanted = {name.strip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [
            Element(node)
            for node in self.node.iterdescendants(tag)
            if all(
                name in node.attrib if value is True else node.get(name) == value
                for name, value in wanted.items()
            )
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
        for control in self.all():
            name = control.get("name")
            if not name or control.tag == "button" or "disabled" in control.attrs:
                continue
            if control.tag == "select":
                chosen = [o["value"] for o in control.all("option") if "selected" in o.attrs]
                first = [option["value"] for option in control.all("option")][:1]
                data[name] = (chosen or first or [""])[0]
            elif control.tag == "textarea":
                # A browser drops the line break directly after the tag.
                data[name] = "".join(control.node.itertext()).removeprefix("\n")
            elif control.tag == "input" and control.get("type") in {"checkbox", "radio"}:
                if "checked" in control.attrs:
                    value = control.get("value", "on")
                    is_list = control["type"] == "checkbox"
                    data[name] = [*data.get(name, []), value] if is_list else value
            elif control.tag == "input" and control.get("type") != "file":
                data[name] = control.get("value")
        return data


def as_read(text):
    """What a browser makes of a text in HTML: it has no null characters."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def read(response):
    """The elements of a response's HTML (or of a string), a whole page or a part of one."""
    html = response.encode() if isinstance(response, str) else response.content
    # A parser keeps the names of all that it has read; a new one each time forgets them.
    parser = HTMLParser(encoding="utf-8", remove_comments=True, huge_tree=True)
    if not html[:100].lstrip().lower().startswith(b"<!doctype"):
        return Element(fragment_fromstring(html, create_parent="document", parser=parser))
    page = Element(fragment_fromstring(b"", create_parent="document"))
    page.node.append(document_fromstring(html, parser=parser))
    return page
