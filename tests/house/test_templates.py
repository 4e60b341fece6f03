"""House rules of the templates: nothing inline, everything escaped, all works without htmx."""

import re

from django.contrib.staticfiles import finders

from .sources import matches, python, scripts, templates

TAG = re.compile(r"<[a-zA-Z][^<>]*(?:\{[%{][^<>]*[%}]\}[^<>]*)*>", re.DOTALL)


def tags():
    """`file`, tag text of every start tag in the templates."""
    return [(name, tag[0]) for name, text in templates().items() for tag in TAG.finditer(text)]


def test_everything_is_escaped():
    pattern = r"\|\s*safe(seq)?\b|autoescape|\{%\s*filter\s+safe"
    assert matches(pattern, templates(admin=True)) == []


def test_values_stand_in_quotes():
    assert matches(r"<[a-zA-Z][^<>]*\s[\w-]+=\{\{", templates(admin=True)) == []


def test_nothing_is_inline():
    """The policy forbids inline styles and scripts: they would silently not work."""
    pattern = (
        r"\sstyle\s*=|<style\b|\son[a-z]+\s*=|hx-on\b|[\"'\s]js:|javascript:|hx-vars|"
        r"hx-boost|<script(?![^>]*\ssrc=)"
    )
    assert matches(pattern, templates(), re.IGNORECASE) == []
    # The admin's policy lets Unfold's own scripts and styles in; ours need none there.
    pattern = r"\sstyle\s*=|<style\b|<script(?![^>]*\ssrc=)"
    assert matches(pattern, templates(admin=True), re.IGNORECASE) == []


def test_triggers_have_no_filters():
    """`hx-trigger="click[expression]"` is evaluated, which the policy forbids."""
    found = [tag for _name, tag in tags() if re.search(r"hx-trigger=\"[^\"]*\[", tag)]
    assert found == []


def test_what_htmx_swaps_is_said_where_it_is_sent():
    """Inheritance of hx-target and hx-swap is off; a request says where its answer goes."""
    missing = [
        f"{name}: {tag[:100]}"
        for name, tag in tags()
        if re.search(r"\bhx-(get|post)=", tag)
        and not ("hx-target=" in tag and "hx-swap=" in tag)
    ]
    assert missing == []


# Elements that ask by htmx without a form or link of their own, and why.
ONLY_WITH_SCRIPT = {
    # Part of the dialog's form, which takes ticks along; a button saves them alone.
    "templates/leads/phase/_item.html",
    # Beside it stands a button in <noscript> that sends the same form.
    'templates/leads/entry/form.html: <div class="row" hx-post="',
    # Tells early what the form's own answer tells in any case.
    'templates/leads/twins/_hint.html: <div id="entry-twins"',
    # In the form of the dialog, which takes the ticks along; such a button beside them, too.
    'templates/leads/phase/_item.html: <input type="checkbox" id="punkt-',
}


def test_what_htmx_does_works_without_it():
    found = [
        f"{name}: {tag}"
        for name, tag in tags()
        if re.search(r"\bhx-(?:get|post)=", tag)
        and not re.search(r"\s(href|action|formaction)=", tag)
    ]
    assert [place for place in found if not place.startswith(tuple(ONLY_WITH_SCRIPT))] == []


def test_every_form_that_posts_carries_the_token():
    missing = []
    for name, text in templates(admin=True).items():
        for form in re.finditer(r"<form\b[^>]*method=\"post\".*?</form>", text, re.DOTALL):
            if "{% csrf_token %}" not in form[0]:
                missing.append(f"{name}: {form[0][:80]}")
    assert missing == []


def test_pages_ask_no_other_host():
    """Fonts, scripts, styles and pictures are the installation's own."""
    pattern = r"(?:src|href|action)=\"(?:https?:)?//"
    assert matches(pattern, templates(admin=True)) == []


def test_every_template_is_used():
    texts = [*python().values(), *templates(admin=True).values()]
    everything = "\n".join(texts)
    unused = [
        path
        for path in (name.removeprefix("templates/") for name in templates())
        if path not in everything
    ]
    # leadbook.errors names them by the status.
    statuses = (400, 403, 404, 405, 411, 413, 429, 500, 502, 503)
    assert set(unused) <= {f"errors/{status}.html" for status in statuses}


def test_every_custom_element_is_defined_and_used():
    """An element that nobody defines does nothing and nobody notices."""
    used = {
        name
        for text in templates().values()
        for name in re.findall(r"<([a-z]+-[a-z-]+)", text)
    }
    defined = {
        name
        for text in scripts().values()
        for name in re.findall(r"customElements\.define\(\s*\"([a-z-]+)\"", text)
    }
    assert used == defined


def test_every_visible_word_is_translated():
    # These are the same in every language, or stand in their own.
    same_everywhere = {"leadbook", "Deutsch", "English", "·", "—", "*", "/", "→", "€", "?"}
    found = []
    for name, text in templates().items():
        for block in ("blocktranslate.*?endblocktranslate", "block page_class.*?endblock"):
            text = re.sub(r"\{% " + block + r" %\}", "", text, flags=re.DOTALL)
        text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<[^<>]*>", "\n", text, flags=re.DOTALL)
        for line in text.splitlines():
            words = line.strip(" ·—()")
            is_text = re.search(r"[A-Za-zÄÖÜäöü]{2}", words) and not re.search(
                r"[=\"<>]", words
            )
            if is_text and words not in same_everywhere:
                found.append(f"{name}: {words}")
    assert found == []


# Errors are told without our own tags; a QR code is no icon.
DRAWN_OTHERWISE = ("templates/errors/", "templates/registration/second_factor/set_up.html")


def test_icons_are_drawn_by_our_own_tag():
    texts = {n: t for n, t in templates().items() if not n.startswith(DRAWN_OTHERWISE)}
    assert matches(r"\{% lucide\b|<svg\b", texts) == []


def test_static_files_that_templates_name_exist():
    for name, text in templates(admin=True).items():
        for path in re.findall(r"\{% static ['\"]([^'\"]+)['\"] %\}", text):
            assert finders.find(path), (name, path)
