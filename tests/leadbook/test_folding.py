"""Folded templates say what Django's own would."""

from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Engine, engines
from django.template.base import Node, VariableNode
from django.template.defaulttags import URLNode
from django.templatetags.i18n import TranslateNode
from django.test import RequestFactory
from django.urls import NoReverseMatch, set_script_prefix
from django.utils import timezone, translation
from django.utils.safestring import SafeString

from leadbook.folding import Constant, fold
from leads.models import Lead

BUILTINS = settings.TEMPLATES[0]["OPTIONS"]["builtins"]


def rendered(source, *, folded, **values):
    template = Engine(builtins=BUILTINS).from_string(source)
    if folded:
        fold(template.nodelist)
    context = Context({"request": RequestFactory().get("/"), **values})
    context.template = template
    return template.render(context)


class Named:
    def __init__(self, name):
        self.name = name

    def __str__(self):
        return f"<{self.name}>"

    @property
    def lost(self):
        raise Lead.DoesNotExist

    def called(self):
        return 2

    def harmful(self):
        raise AssertionError

    harmful.alters_data = True
    none = None


@pytest.mark.parametrize(
    "source",
    [
        "{{ text }} {{ safe }} {{ number }} {{ amount }} {{ time }} {{ lazy }} {{ thing }}",
        "{{ thing.name }} {{ missing }} {{ nothing }} {{ yes }} {{ text|default:'x' }}",
        "{% autoescape off %}{{ text }}{% translate 'Close' %}{% endautoescape %}{{ text }}",
        "a {% translate 'Close' %} b {% icon 'check' %} {% url 'leads:list' %} c",
        "{% translate 'Closed' context 'navigation' %} {% translate text %}",
        "{% translate 'Close' as word %}{{ word }} {% icon kind as drawn %}{{ drawn }}",
        "{% icon kind %} {% url list %} {% translate 'Closed' context where %}",
        "{{ thing.lost }} {{ thing.called }} {{ thing.harmful }} {{ thing.none.name }}",
        "{{ table.key }} {{ table.nothing }} {{ numbers.1 }} {{ numbers.9 }}",
        "{% if thing.name == table.key and not thing.lost or thing.called in numbers %}a"
        "{% endif %}{{ called.name }}",
        "{% if yes %}{% translate 'Close' %}{% elif no %}-{% else %}{{ text }}{% endif %}",
        "{% for n in numbers %}{% if n > 2 %}{% icon 'x' %}{% endif %}{{ n }}{% empty %}-"
        "{% endfor %}",
        "{% with a=text %}{{ a }}{% translate 'Save' %}{% endwith %}",
        "{% url 'leads:field' number word %} {% url 'leads:field' number text %}",
        "{% url 'leads:detail' lead_id=number %} ",
        "{% url 'leads:detail' number as at %}{{ at }}",
        "{% url name number %} {% url 'leads:journal_entry' number 7 %}",
    ],
)
def test_it_says_the_same(source):
    values = {
        "text": "<b>&'\"ä", "safe": SafeString("<i>"), "number": 1234567, "amount": 12.5,
        "time": timezone.now(), "lazy": translation.gettext_lazy("Close"), "nothing": None,
        "thing": Named("<x>"), "yes": True, "no": False, "numbers": [1, 2, 3],
        "word": "feld-12", "kind": "check", "list": "leads:list", "where": "navigation",
        "table": {"key": "<x>"},
        "called": lambda: Named("y"),
        "name": "leads:detail",
    }  # fmt: skip
    for language in ("de", "en"):
        with translation.override(language):
            plain = rendered(source, folded=False, **values)
            # Twice: what is kept must be as good as what is worked out.
            assert rendered(source, folded=True, **values) == plain
            assert rendered(source, folded=True, **values) == plain


def test_a_language_and_a_place_of_the_site_have_their_own_words():
    template = Engine(builtins=BUILTINS).from_string(
        "{% translate 'Close' %} {% url 'leads:list' %} {% url 'leads:detail' 7 %}"
    )
    fold(template.nodelist)
    told = []
    for language, prefix in (("de", "/"), ("en", "/"), ("de", "/desk/"), ("de", "/")):
        set_script_prefix(prefix)
        try:
            with translation.override(language):
                told.append(template.render(Context()))
        finally:
            set_script_prefix("/")
    assert told == [
        "Schließen /leads/ /leads/7/", "Close /leads/ /leads/7/",
        "Schließen /desk/leads/ /desk/leads/7/", "Schließen /leads/ /leads/7/",
    ]  # fmt: skip


def test_an_address_that_does_not_exist_is_still_a_mistake():
    for source in ("{% url 'leads:nowhere' %}", "{% url 'leads:detail' 'x' %}"):
        with pytest.raises(NoReverseMatch):
            rendered(source, folded=True)


def test_neighbours_that_are_constant_become_one():
    template = Engine(builtins=BUILTINS).from_string(
        "a{% translate 'Close' %}b{% icon 'x' %}{{ text }}c"
        "{% if text %}{% icon 'x' %}d{% endif %}"
    )
    fold(template.nodelist)
    assert [type(node).__name__ for node in template.nodelist] == [
        "Constant", "Value", "TextNode", "IfNode",
    ]  # fmt: skip
    assert len(template.nodelist.get_nodes_by_type(Constant)) == 2


def test_every_template_of_ours_is_loaded_folded():
    for folder in settings.TEMPLATES[0]["DIRS"]:
        for path in Path(folder).rglob("*.html"):
            template = engines["django"].get_template(str(path.relative_to(folder))).template
            nodes = template.nodelist.get_nodes_by_type(Node)
            assert nodes
            left = {type(node) for node in nodes if not getattr(node, "asvar", None)}
            assert not left & {VariableNode, URLNode, TranslateNode}, path
