"""What is said of an error outside of the installation's data: never what somebody typed.

The text of an error often quotes the value that caused it: a name that a column did not
take, a key that is there already, an address that the mail server refused. Kind, place
and what the database names are enough to find the fault.
"""

import os
import traceback

from django.core.exceptions import DisallowedHost, FieldError, ImproperlyConfigured
from django.db import Error
from django.template import TemplateDoesNotExist, TemplateSyntaxError

# Their texts name code, settings and hosts.
ABOUT_CODE = (
    AttributeError, NameError, ImportError, DisallowedHost, FieldError, ImproperlyConfigured,
    TemplateDoesNotExist, TemplateSyntaxError,
)  # fmt: skip
# Names codes, buckets and our random keys.
ABOUT_STORAGE = "botocore"
MAX_LENGTH = 20_000


def text_of(error):
    """Return the part of an error's text that quotes no value; often that is nothing."""
    driver = error.__cause__ if isinstance(error, Error) and error.__cause__ else error
    if hasattr(driver, "diag"):
        return _postgresql_text(driver)
    if hasattr(driver, "sqlite_errorname"):
        return _sqlite_text(driver)
    if isinstance(error, OSError):
        return os.strerror(error.errno) if isinstance(error.errno, int) else ""
    package = type(error).__module__.partition(".")[0]
    return str(error) if isinstance(error, ABOUT_CODE) or package == ABOUT_STORAGE else ""


def summary(error):
    """Return the kind of an error with what `text_of` says."""
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    text = text_of(error)
    return f"{name}: {text}" if text else name


def chain(error):
    """Return the error and those that led to it, the first one first."""
    errors = []
    while error is not None and error not in errors:
        errors.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return errors[::-1]


def traceback_of(error):
    """Return the traceback of an error and of those that led to it, without values."""
    lines = []
    for each in chain(error):
        lines += traceback.format_tb(each.__traceback__)
        lines.append(f"{summary(each)}\n")
    return "".join(lines)[-MAX_LENGTH:].rstrip("\n")


def _postgresql_text(error):
    if error.sqlstate is None:
        # The connection's own: which server, and why it does not answer.
        kinds = {kind.__name__ for kind in type(error).__mro__}
        return str(error) if "OperationalError" in kinds else ""
    said = error.diag
    names = (said.table_name, said.column_name, said.constraint_name)
    return " ".join([error.sqlstate, *filter(None, names)])


def _sqlite_text(error):
    # A syntax error quotes the statement, that of a search what is looked for.
    name = error.sqlite_errorname
    return name if name == "SQLITE_ERROR" else f"{name}: {error}"
