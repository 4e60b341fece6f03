"""Settings of every installation; the environment is the only difference.

The README lists each variable. A wrong value stops the start with a sentence
that names the variable. Each variable can also be given as the path of a file in a
variable with the suffix `_FILE`.
"""

import os
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from django.contrib.messages import constants as message_levels
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from leadbook.environment import Environment
from leads.file_types import NEVER

BASE_DIR = Path(__file__).resolve().parent.parent

# Where some other package has brought lxml along, openpyxl would read strangers' workbooks by
# it instead of defusedxml.
os.environ["OPENPYXL_LXML"] = "False"

env = Environment()

# Mode ---------------------------------------------------------------------------------
# production: safe by default. demo: known passwords, loopback only. development: as
# demo, with tracebacks and unhashed static files.
MODE = env.one_of("MODE", ["production", "demo", "development"], default="production")
PRODUCTION = MODE == "production"
DEBUG = MODE == "development"

SECRET_KEY = env("SECRET_KEY", default="" if PRODUCTION else "only-for-this-machine" * 3)
if PRODUCTION and (
    len(SECRET_KEY) < 50
    or len(set(SECRET_KEY)) < 10
    or SECRET_KEY.startswith(("only-for-this-machine", "django-insecure-"))
):
    raise ImproperlyConfigured(
        "SECRET_KEY (or SECRET_KEY_FILE) must hold at least 50 random characters. "
        "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )

# As browsers send them. What has more to it, a port or a path, fits none of their requests.
HOST = r"(?i:[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])"
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", default=[] if PRODUCTION else LOOPBACK_HOSTS)
if PRODUCTION and not (
    ALLOWED_HOSTS and all(re.fullmatch(rf"\.?{HOST}", host) for host in ALLOWED_HOSTS)
):
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS must list the host names of this installation, without '*', scheme and "
        "port: leads.example."
    )
if not PRODUCTION and not set(ALLOWED_HOSTS) <= {*LOOPBACK_HOSTS, "testserver"}:
    raise ImproperlyConfigured(
        f"MODE={MODE} has known passwords, so ALLOWED_HOSTS may only name this machine."
    )
# The origins that forms may come from, needed where a proxy does not pass the scheme on.
CSRF_TRUSTED_ORIGINS = env.words(
    "CSRF_TRUSTED_ORIGINS",
    default=[f"https://{'*' * host.startswith('.')}{host}" for host in ALLOWED_HOSTS],
)
if not all(
    re.fullmatch(rf"https?://(\*\.)?{HOST}(:[0-9]+)?", origin)
    for origin in CSRF_TRUSTED_ORIGINS
):
    raise ImproperlyConfigured(
        "CSRF_TRUSTED_ORIGINS must list origins with their scheme and without a path: "
        "https://leads.example."
    )

# Where the links in mails lead: a request may say any of the allowed hosts.
OWN_HOST = f"https://{ALLOWED_HOSTS[0].lstrip('.')}" if PRODUCTION else "http://127.0.0.1:8000"
PUBLIC_URL = env("PUBLIC_URL", default=OWN_HOST).rstrip("/")
if not re.fullmatch(rf"https?://{HOST}(:[0-9]+)?", PUBLIC_URL):
    raise ImproperlyConfigured(
        "PUBLIC_URL must be an address without a path: https://leads.example."
    )

# Applications -------------------------------------------------------------------------
INSTALLED_APPS = [
    # Without the site that it would put in the place of ours.
    "unfold.apps.BasicAppConfig",
    "leadbook.admin_site.LeadbookAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.forms",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "lucide",
    "storages",
    "django_tasks_db",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "leadbook",
    "marketplaces",
    "leads",
]

MIDDLEWARE = [
    # The first four stand outside of everything that can raise, so that errors carry them.
    "leadbook.headers.HeadersMiddleware",
    "leadbook.provenance.ProvenanceMiddleware",
    # Its line carries the request's id, and it measures all that is inside.
    "leadbook.access_log.AccessLogMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "leadbook.headers.VerbsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "leadbook.compression.PageCompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "leadbook.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "leadbook.bodies.BodyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "leadbook.htmx.SignInRedirectMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "leadbook.sessions.AuthenticationMiddleware",
    "leadbook.security_log.SecurityLogMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "marketplaces.admin_gate.AdminGateMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "leadbook.errors.FaultsMiddleware",
]

# The project's own widget templates stand in templates/forms/.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
ROOT_URLCONF = "leadbook.urls"
WSGI_APPLICATION = "leadbook.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "leadbook.folding.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "leads.context_processors.navigation",
                "leadbook.appearance.appearance",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "lucide.templatetags.lucide",
                "leadbook.templatetags.ui",
                "leads.templatetags.showing",
            ],
        },
    },
]

# Data ---------------------------------------------------------------------------------
VAR_DIR = Path(env("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
try:
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    # Files lie here while they arrive.
    (VAR_DIR / "uploads").mkdir(mode=0o700, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(
        f"VAR_DIR must be a folder that can be made and written: {error}"
    ) from error
DATABASES = {
    "default": env.database(
        "DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'leadbook.sqlite3'}"
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # Two writers queue at BEGIN instead of failing in the middle of a transaction.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # What is erased is overwritten, not only no longer found. And 16,000 KiB of pages are
        # kept, not two: a search of many leads reads more, again and again.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        " PRAGMA secure_delete=ON; PRAGMA cache_size=-16000;",
    }
    # In seconds. To open the file for each request would be to read all its tables' and
    # triggers' definitions each time, and to forget those pages.
    DATABASES["default"]["CONN_MAX_AGE"] = 600
    # In memory, all threads of a test would share one connection and never queue.
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}
elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
        "min_size": 1,
        "max_size": 8,
        # How long a request waits for a connection while the database is away.
        "timeout": 4,
        # The pool tries ever more rarely: after a long outage it would stay away for
        # minutes more. When it gives up, the next request makes it try afresh.
        "reconnect_timeout": 2,
    }
# A pooler that gives each transaction another connection must know prepared statements.
KEEP_QUERY_PLANS = env.switch("KEEP_QUERY_PLANS", default=True)
# Outlives a restore of the database, so it must lie where no backup of it is put back.
ERASURE_LIST = Path(env("ERASURE_LIST", default=str(VAR_DIR / "erasures.jsonl")))
# The folder is not made: where its disk is not mounted, the list would begin anew beside it.
if not (ERASURE_LIST.is_absolute() and ERASURE_LIST.parent.is_dir()) or ERASURE_LIST.is_dir():
    raise ImproperlyConfigured(
        "ERASURE_LIST must be the absolute path of a file, in a folder that is there, not "
        f"'{ERASURE_LIST}'."
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Static files and attachments ---------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# No other site needs them.
WHITENOISE_ALLOW_ALL_ORIGINS = False


def attachment_storage(address, *, is_for_web_server=False):
    """Return Django's storage setting for `address`.

    An absolute path means a folder of this machine; `s3://bucket/prefix?endpoint_url=…` a
    bucket, with `direct=0` one that browsers do not reach; a dotted path any other
    django-storages class, its options in the query. A folder `is_for_web_server` where
    its group may read, too.
    """
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query))
    if parts.scheme == "s3":
        if not parts.netloc:
            raise ImproperlyConfigured("ATTACHMENTS must name the bucket: s3://bucket/prefix.")
        direct = options.pop("direct", "1")
        if direct not in {"0", "1"}:
            raise ImproperlyConfigured(
                f"direct in ATTACHMENTS must be 1 or 0, not {direct!r}: whether browsers "
                "reach the bucket."
            )
        style = options.pop("addressing_style", "auto")
        if style not in {"auto", "path", "virtual"}:
            raise ImproperlyConfigured(
                "addressing_style in ATTACHMENTS must be auto, path or virtual, not "
                f"{style!r}."
            )
        # Slow to import, and only needed here.
        from boto3.s3.transfer import TransferConfig
        from botocore.config import Config

        return {
            "BACKEND": "leadbook.buckets.AttachmentBucket",
            "OPTIONS": {
                "bucket_name": parts.netloc,
                "direct": direct == "1",
                "location": parts.path.strip("/"),
                "file_overwrite": False,
                "default_acl": None,
                # One piece of a file at a time: with threads, ten would lie in memory.
                "transfer_config": TransferConfig(use_threads=False),
                # A storage that does not answer must not hold the rep's request for long.
                "client_config": Config(
                    signature_version="s3v4",
                    s3={"addressing_style": style},
                    connect_timeout=5,
                    read_timeout=30,
                    retries={"total_max_attempts": 2},
                ),
                **options,
            },
        }
    # Each release works in another folder: a relative path would lose the files.
    is_folder = parts.path.startswith("/")
    if parts.scheme or not (is_folder or re.fullmatch(r"\w+(\.\w+)+", parts.path)):
        raise ImproperlyConfigured(
            "ATTACHMENTS must be the path of a folder, from / on, s3://bucket/prefix or the "
            "dotted path of a storage class."
        )
    if not is_folder:
        return {"BACKEND": parts.path, "OPTIONS": options}
    return {
        "BACKEND": "leadbook.storages.AttachmentStorage",
        "OPTIONS": {
            "location": parts.path,
            "base_url": None,
            "file_permissions_mode": 0o640 if is_for_web_server else 0o600,
            "directory_permissions_mode": 0o750 if is_for_web_server else 0o700,
        },
    }


def origin_of_bucket(options):
    """Return the origin that browsers send files to, None where they do not reach it."""
    if "client_config" not in options:
        return None
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        client = boto3.client(
            "s3",
            endpoint_url=options.get("endpoint_url"),
            region_name=options.get("region_name"),
            config=options["client_config"],
            # Nothing is asked for: only boto knows how it spells the address.
            aws_access_key_id="none",
            aws_secret_access_key="none",  # noqa: S106
        )
        parts = urlsplit(client.generate_presigned_post(options["bucket_name"], "key")["url"])
    except (BotoCoreError, ValueError) as error:
        raise ImproperlyConfigured(
            "ATTACHMENTS must name a bucket and an endpoint_url that there can be: "
            + " ".join(str(error).split())
        ) from error
    return f"{parts.scheme}://{parts.netloc}" if options["direct"] else None


ATTACHMENTS = env("ATTACHMENTS", default=str(VAR_DIR / "attachments"))
# The internal location of the web server (nginx) that sends files of the folder.
ACCEL_REDIRECT = env("ACCEL_REDIRECT").rstrip("/")
if ACCEL_REDIRECT and not ACCEL_REDIRECT.startswith("/"):
    raise ImproperlyConfigured(
        f"ACCEL_REDIRECT must be the path of an internal location, not {ACCEL_REDIRECT!r}."
    )
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "media", "base_url": None},
    },
    "attachments": attachment_storage(ATTACHMENTS, is_for_web_server=bool(ACCEL_REDIRECT)),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "leadbook.storages.StaticFilesStorage"
    },
}

BUCKET_ORIGIN = origin_of_bucket(STORAGES["attachments"]["OPTIONS"])
if ACCEL_REDIRECT and not STORAGES["attachments"]["BACKEND"].endswith(".AttachmentStorage"):
    raise ImproperlyConfigured(
        "ACCEL_REDIRECT needs ATTACHMENTS in a folder that the web server can read."
    )

# Uploads; sizes in bytes --------------------------------------------------------------
UPLOAD_MAX_BYTES = env.number("UPLOAD_MAX_BYTES", default=50_000_000, at_least=1)
UPLOAD_MAX_REQUEST_BYTES = env.number(
    "UPLOAD_MAX_REQUEST_BYTES", default=209_715_200, at_least=1
)
UPLOAD_MAX_FILES_PER_LEAD = env.number("UPLOAD_MAX_FILES_PER_LEAD", default=500, at_least=1)
UPLOAD_MAX_BYTES_PER_LEAD = env.number(
    "UPLOAD_MAX_BYTES_PER_LEAD", default=2_147_483_648, at_least=1
)
UPLOAD_MAX_BYTES_PER_MARKETPLACE = env.number(
    "UPLOAD_MAX_BYTES_PER_MARKETPLACE", default=100_000_000_000, at_least=1
)
UPLOAD_EXTRA_TYPES = env.endings("UPLOAD_EXTRA_TYPES", never=NEVER)
# The virus scanner: None, the path of its socket, or a pair of host and port.
CLAMD = env.socket("CLAMD")
# Files from this size on go to the bucket by a signed form, where browsers reach it.
UPLOAD_DIRECT_FROM_BYTES = env.number(
    "UPLOAD_DIRECT_FROM_BYTES", default=16_000_000, at_least=1
)
# What stays free on the disk on which uploads arrive: the database may be there, too.
UPLOAD_KEEP_FREE_BYTES = env.number("UPLOAD_KEEP_FREE_BYTES", default=500_000_000)
FILE_UPLOAD_HANDLERS = ["leads.uploads.UploadHandler"]
FILE_UPLOAD_TEMP_DIR = VAR_DIR / "uploads"
DATA_UPLOAD_MAX_NUMBER_FILES = 20
# The admin sends a marketplace with all its phases, fields, reasons and members at once.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1900
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

# Background work ----------------------------------------------------------------------
# immediate: in the process that asks for it, nothing to run beside. database: durable, in
# the transaction that asks for it; `manage.py worker` does it.
TASKS = {
    "default": {
        "BACKEND": {
            "immediate": "django.tasks.backends.immediate.ImmediateBackend",
            "database": "django_tasks_db.DatabaseBackend",
        }[env.one_of("TASKS", ["immediate", "database"], default="immediate")],
    }
}

# People -------------------------------------------------------------------------------
AUTH_USER_MODEL = "marketplaces.User"
AUTHENTICATION_BACKENDS = ["marketplaces.backends.AccountBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "marketplaces.passwords.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12, "staff_min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    # Dates and telephone numbers, which no list of common passwords holds.
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "leads:list"
LOGOUT_REDIRECT_URL = "sign_in"
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24
# Who needs a code from a phone beside the password: nobody, or who enters the admin.
SECOND_FACTOR = env.one_of("SECOND_FACTOR", ["off", "admin"], default="off")
# What the app on the phone calls the account, beside the user name.
OTP_TOTP_ISSUER = f"leadbook {urlsplit(PUBLIC_URL).hostname}"

# Language, time and numbers -----------------------------------------------------------
LANGUAGE_CODE = "de"
LANGUAGES = [("de", _("German")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Berlin"
USE_TZ = True

# Mail ---------------------------------------------------------------------------------
# In production the machine's own mail server: on the console, a link that sets a
# password would stand in the log.
MAILERS = {
    "default": env.mailer(
        "EMAIL_URL", default="smtp://localhost" if PRODUCTION else "consolemail://"
    )
}
DEFAULT_FROM_EMAIL = env.sender("DEFAULT_FROM_EMAIL", default="leadbook <leadbook@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Security -----------------------------------------------------------------------------
HTTPS = env.switch("HTTPS", default=PRODUCTION)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz/(alive/)?$"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
# The number of proxies in front that set X-Forwarded-For and X-Forwarded-Proto.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", default=0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
# By which a browser is known that somebody signed in with before; marketplaces.throttling.
BROWSER_COOKIE_NAME = "__Host-browser" if HTTPS else "browser"
BROWSER_COOKIE_AGE = 60 * 60 * 24 * 180
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
SESSION_ENGINE = "leadbook.sessions"
# How long a session may lie idle and how long it lasts at most. The time of the last
# request is written once in SESSION_REFRESH, not with every request.
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_IDLE = timedelta(seconds=SESSION_COOKIE_AGE)
SESSION_IDLE_STAFF = timedelta(hours=2)
SESSION_LIFETIME = timedelta(days=7)
SESSION_REFRESH = timedelta(minutes=10)
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "leadbook.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
MESSAGE_TAGS = {message_levels.ERROR: "bad"}

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "blob:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF, *filter(None, [BUCKET_ORIGIN])],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "object-src": [CSP.NONE],
}

# Admin --------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": _("leadbook administration"),
    "SITE_HEADER": "leadbook",
    "SITE_SUBHEADER": _("Administration"),
    "SITE_SYMBOL": "storefront",
    "SITE_URL": "/",
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    # The application's accent, static/css/tokens.css.
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .012 218)",
            "100": "oklch(94.5% .025 218)",
            "200": "oklch(89% .045 218)",
            "300": "oklch(82% .075 217)",
            "400": "oklch(76% .095 215)",
            "500": "oklch(70% .1 217)",
            "600": "oklch(45% .085 222)",
            "700": "oklch(40% .08 223)",
            "800": "oklch(35% .065 224)",
            "900": "oklch(31% .05 225)",
            "950": "oklch(24% .04 226)",
        }
    },
    "ACCOUNT": {"navigation": "marketplaces.admin.navigation.account_links"},
    "SIDEBAR": {"navigation": "marketplaces.admin.navigation.navigation"},
}

# Logs, figures, errors ----------------------------------------------------------------
LOG_LEVEL = env.one_of(
    "LOG_LEVEL", ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], default="INFO"
)
LOG_FORMAT = env.one_of(
    "LOG_FORMAT", ["json", "line"], default="json" if PRODUCTION else "line"
)
# In milliseconds; 0 for none.
SLOW_QUERY_MS = env.number("SLOW_QUERY_MS", default=500)
METRICS_TOKEN = env("METRICS_TOKEN")
if METRICS_TOKEN and len(METRICS_TOKEN) < 20:
    raise ImproperlyConfigured(
        "METRICS_TOKEN must hold at least 20 random characters, or be left out."
    )
PROMETHEUS_MULTIPROC_DIR = env("PROMETHEUS_MULTIPROC_DIR", default=str(VAR_DIR / "metrics"))
if METRICS_TOKEN:
    env.hand_on("PROMETHEUS_MULTIPROC_DIR", PROMETHEUS_MULTIPROC_DIR)
SENTRY_DSN = env("SENTRY_DSN")
if SENTRY_DSN and not re.fullmatch(r"https?://[^@/\s]+@[^/\s]+/(.*/)?\d+", SENTRY_DSN):
    raise ImproperlyConfigured("SENTRY_DSN must be an address like https://KEY@HOST/NUMBER.")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "leadbook.log_lines.LineFormatter", "shows_values": DEBUG},
        "json": {"()": "leadbook.log_lines.JsonFormatter", "shows_values": DEBUG},
        "security": {"()": "leadbook.security_log.Formatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "level": LOG_LEVEL,
        },
        "access": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": LOG_FORMAT,
        },
        "security": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "security",
        },
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers would print each line a second time.
        "django": {"handlers": [], "level": "INFO"},
        # What these say beside errors, the access log says without what was searched for.
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": [], "level": "CRITICAL"},
        # Below it they write whole requests.
        "boto3": {"level": "INFO"},
        "botocore": {"level": "INFO"},
        "s3transfer": {"level": "INFO"},
        "urllib3": {"level": "INFO"},
        # It names addresses of failed requests, so its lines go through our formatter.
        "gunicorn.error": {"handlers": ["console"], "propagate": False},
        "leadbook.access": {"handlers": ["access"], "propagate": False},
        # Whatever LOG_LEVEL says: these lines are evidence.
        "leadbook.security": {"handlers": ["security"], "level": "INFO", "propagate": False},
    },
}
