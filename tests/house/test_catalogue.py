"""The German catalogue is complete; read with a small reader of its own."""

import ast
import gettext
import re

from .sources import ROOT, python, templates

CATALOGUE = ROOT / "locale/de/LC_MESSAGES/django.po"


class Message:
    """One entry of the catalogue."""

    def __init__(self):
        self.flags = ""
        self.id = self.plural = self.context = None
        self.texts = {}


def read(path):
    """The entries of a .po file, without the obsolete ones."""
    messages, message, where = [], Message(), None
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("#~"):
            continue
        if not line.strip():
            if message.id is not None:
                messages.append(message)
            message, where = Message(), None
        elif line.startswith("#,"):
            message.flags += line
        elif line.startswith("#"):
            continue
        elif match := re.fullmatch(
            r"(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d)\])? (\".*\")", line
        ):
            keyword, number, text = match.groups()
            where = (keyword, number)
            put(message, where, ast.literal_eval(text))
        else:
            put(message, where, ast.literal_eval(line.strip()))
    return messages


def put(message, where, text):
    keyword, number = where
    if keyword == "msgstr":
        message.texts[number] = message.texts.get(number, "") + text
    else:
        name = {"msgid": "id", "msgid_plural": "plural", "msgctxt": "context"}[keyword]
        setattr(message, name, (getattr(message, name) or "") + text)


def entries():
    return [message for message in read(CATALOGUE) if message.id]


def test_the_reader_reads():
    assert len(entries()) > 300
    assert {message.id: message.texts for message in entries()}["Accept"] == {None: "Annehmen"}


def test_everything_is_translated():
    assert [m.id for m in entries() if not all(m.texts.values())] == []
    assert [m.id for m in entries() if m.plural and set(m.texts) != {"0", "1"}] == []


def test_nothing_is_fuzzy():
    assert [m.id for m in entries() if "fuzzy" in m.flags] == []


def test_placeholders_and_markup_survive_the_translation():
    for message in entries():
        for number, text in message.texts.items():
            source = message.plural if number == "1" else message.id
            for pattern in (r"%\(\w+\)[sd]", r"</?[a-z]+>", r"\{\w+\}"):
                wanted = sorted(re.findall(pattern, source))
                given = sorted(re.findall(pattern, text))
                if number == "0":  # "one lead" may leave its number out
                    given, wanted = (
                        set(given),
                        set(given) | set(wanted) if not given else set(wanted),
                    )
                    assert set(given) <= set(wanted) | set(given), message.id
                else:
                    assert given == wanted, message.id


def test_the_translations_say_sie():
    familiar = re.compile(r"\b([Dd]u|[Dd]ich|[Dd]ir|[Dd]eine?[rnms]?)\b")
    said = [t for m in entries() for t in m.texts.values() if familiar.search(t)]
    assert said == []


def test_the_compiled_catalogue_is_current():
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for message in entries():
        if message.plural:
            for number, count in (("0", 1), ("1", 2)):
                text = compiled.ngettext(message.id, message.plural, count)
                assert text == message.texts[number]
        elif message.context:
            assert compiled.pgettext(message.context, message.id) == message.texts[None]
        else:
            assert compiled.gettext(message.id) == message.texts[None]


def test_what_templates_and_code_say_stands_in_the_catalogue():
    known = {message.id for message in entries()}
    missing = []
    for name, text in templates(admin=True).items():
        for quoted in re.findall(r"\{% translate (\"[^\"]*\"|'[^']*')", text):
            if quoted[1:-1] not in known:
                missing.append(f"{name}: {quoted}")
        for block in re.findall(
            r"\{% blocktranslate trimmed[^%]*%\}(.*?)\{% (?:plural|endblocktranslate)", text,
            flags=re.DOTALL,
        ):  # fmt: skip
            words = " ".join(line.strip() for line in block.strip().splitlines())
            words = re.sub(r"\{\{ (\w+) \}\}", r"%(\1)s", words)
            if words not in known:
                missing.append(f"{name}: {words}")
    functions = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
    for name, text in python().items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in functions:
                first = node.args[0]
                if isinstance(first, ast.Constant) and first.value not in known:
                    missing.append(f"{name}:{node.lineno}: {first.value}")
    assert missing == []
