"""The accounts that `manage.py demo` makes.

Their password is public, so signing in with it is refused wherever settings.MODE is
production.
"""

DEMO_PASSWORD = "leadbook"  # noqa: S105 public on purpose, see above
DEMO_USERNAMES = ("vertrieb1", "vertrieb2", "leitung", "betreiber", "admin")
