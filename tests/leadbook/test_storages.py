"""The style sheet that production serves: one file with all of its parts."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import InMemoryStorage
from django.core.management import call_command

from leadbook.storages import StaticFilesStorage, bundled


def stored(**files):
    storage = InMemoryStorage()
    paths = {}
    for stem, css in files.items():
        name = f"css/{stem}.css"
        with storage.open(name, "w") as file:
            file.write(css)
        paths[name] = (storage, name)
    return paths


def test_imports_are_taken_in_with_their_layer_and_media():
    paths = stored(
        app='@layer a, b;\n@import url("one.css") layer(a);\n@import url("two.css") print;\n',
        one=".one { color: red }\n",
        two=".two { color: blue }\n",
    )
    assert bundled("css/app.css", paths) == (
        "@layer a, b;\n"
        "@layer a {\n.one { color: red }\n}\n\n"
        "@media print {\n.two { color: blue }\n}\n\n"
    )


@pytest.mark.parametrize("css", ['@import url("three.css");', ".a { mask: url(b.svg) }"])
def test_a_part_that_names_other_files_is_refused(css):
    paths = stored(app='@import url("one.css") layer(a);\n', one=css)
    with pytest.raises(ImproperlyConfigured, match=r"css/one\.css"):
        bundled("css/app.css", paths)


def test_a_part_that_is_missing_is_not_passed_over():
    with pytest.raises(KeyError):
        bundled("css/app.css", stored(app='@import url("one.css") layer(a);\n'))


@pytest.fixture
def collected(settings, tmp_path):
    """The static files as an installation serves them; gives name → text."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "leadbook.storages.StaticFilesStorage"},
    }
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    call_command("collectstatic", interactive=False, verbosity=0)

    def text_of(name):
        return (settings.STATIC_ROOT / StaticFilesStorage().stored_name(name)).read_text()

    return text_of


def test_production_serves_one_style_sheet_with_all_parts(collected):
    css = collected("css/app.css")
    assert "@import" not in css
    assert "@layer tokens {" in css
    assert ".stepper__circle" in css
    assert "@media print {" in css
    assert css.count("{") == css.count("}")


def test_production_serves_scripts_under_hashed_names(collected):
    assert './elements/drop-zone.js"' not in collected("js/app.js")
    assert "./elements/drop-zone." in collected("js/app.js")
