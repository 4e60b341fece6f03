"""Reading the environment: a wrong value stops the start with a sentence that names it.

django-environ only takes the addresses of databases and mail servers apart: it reads
`HTTPS=ja` as no, and a secret that starts with `$` as the name of another variable.
"""

import os
import re
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}
DATABASES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}


class Environment:
    """The variables of the process; `NAME_FILE` holds the path of a file with the value."""

    def __init__(self, variables=None):
        self._variables = os.environ if variables is None else variables

    def __call__(self, name, *, default=""):
        """Return the text of a variable, without blanks around it."""
        path = self._variables.get(f"{name}_FILE", "").strip()
        if not path:
            return self._variables.get(name, "").strip() or default
        try:
            text = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(
                f"{name}_FILE must be the path of a readable text file, not {path!r}: {error}"
            ) from error
        if not text:
            # A secret that was not filled in, not a wish for the default.
            raise ImproperlyConfigured(
                f"{name}_FILE must be the path of a file with a value; {path!r} is empty."
            )
        return text

    def hand_on(self, name, value):
        """Set a variable for a library that reads the environment itself."""
        os.environ[name] = value

    def number(self, name, *, default, at_least=0):
        """Return a whole number."""
        text = self(name) or str(default)
        if not (text.isascii() and text.isdigit() and int(text) >= at_least):
            raise ImproperlyConfigured(
                f"{name} must be a whole number of at least {at_least}, not {text!r}."
            )
        return int(text)

    def switch(self, name, *, default):
        """Return whether a switch is on."""
        text = self(name).lower()
        if not text:
            return default
        if text not in TRUE | FALSE:
            raise ImproperlyConfigured(f"{name} must be 1 or 0, not {text!r}.")
        return text in TRUE

    def words(self, name, *, default=()):
        """Return a list of words that commas separate."""
        return [word.strip() for word in self(name).split(",") if word.strip()] or [*default]

    def endings(self, name, *, never):
        """Return endings of files, in lower case, without a dot, none of those in `never`."""
        endings = [word.lower().lstrip(".") for word in self.words(name)]
        if refused := never.intersection(endings):
            raise ImproperlyConfigured(
                f"{name} must not name {', '.join(sorted(refused))}: browsers or operating"
                " systems run such files."
            )
        return endings

    def socket(self, name):
        """Return None, the path of a Unix socket, or a pair of host and port."""
        address = self(name)
        if not address:
            return None
        if address.startswith("unix:/"):
            return address.removeprefix("unix:")
        host, _colon, port = address.rpartition(":")
        if not (host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise ImproperlyConfigured(
                f"{name} must be unix:/PATH or HOST:PORT, not {address!r}."
            )
        return host.strip("[]"), int(port)

    def one_of(self, name, choices, *, default):
        """Return one of `choices`."""
        text = self(name) or default
        if text not in choices:
            raise ImproperlyConfigured(
                f"{name} must be one of {', '.join(choices)}, not {text!r}."
            )
        return text

    def database(self, name, *, default):
        """Return Django's database setting for an address; its password is never shown."""
        address = self(name) or default
        try:
            database = environ.Env.db_url_config(address)
        except (ImproperlyConfigured, KeyError, ValueError) as error:
            raise ImproperlyConfigured(f"{name} is no address of a database.") from error
        if database.get("ENGINE") not in DATABASES or not database.get("NAME"):
            raise ImproperlyConfigured(
                f"{name} must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME."
            )
        if "sqlite" in database["ENGINE"] and not Path(database["NAME"]).is_absolute():
            # It would be another file for whoever starts from another folder.
            raise ImproperlyConfigured(
                f"{name} must name the file by its absolute path: sqlite:////data/leadbook.sqlite3."
            )
        return database

    def sender(self, name, *, default):
        """Return an e-mail address, with or without a name before it."""
        text = self(name) or default
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(text)[1]):
            raise ImproperlyConfigured(
                f"{name} must be an e-mail address, or NAME <ADDRESS>, not {text!r}."
            )
        return text

    def mailer(self, name, *, default):
        """Return Django's mailer setting for an address; its password is never shown."""
        address = self(name) or default
        try:
            parts = urlsplit(address)
            config = environ.Env.email_url_config(address)
        except (ImproperlyConfigured, KeyError, ValueError) as error:
            raise ImproperlyConfigured(
                f"{name} must be consolemail://, filemail:///PATH, "
                "smtp://USER:PASSWORD@HOST:PORT, smtp+tls://… or smtp+ssl://…."
            ) from error
        backend = config["EMAIL_BACKEND"]
        if parts.scheme == "filemail":
            return {
                "BACKEND": backend,
                "OPTIONS": {"file_path": f"/{config['EMAIL_FILE_PATH']}"},
            }
        if not parts.scheme.startswith("smtp"):
            return {"BACKEND": backend}
        if not parts.hostname:
            raise ImproperlyConfigured(f"{name} must name the mail server's host.")
        is_tls, is_ssl = config.get("EMAIL_USE_TLS", False), config.get("EMAIL_USE_SSL", False)
        return {
            "BACKEND": backend,
            "OPTIONS": {
                "host": parts.hostname,
                "port": parts.port or (465 if is_ssl else 587 if is_tls else 25),
                "username": config["EMAIL_HOST_USER"] or "",
                "password": config["EMAIL_HOST_PASSWORD"] or "",
                "use_tls": is_tls,
                "use_ssl": is_ssl,
                "timeout": 10,
            },
        }
