"""The project's own app: what is neither a marketplace nor a lead."""

from django.apps import AppConfig
from django.conf import settings
from django.db.backends.signals import connection_created

from leadbook import query_watch


class LeadbookConfig(AppConfig):
    """Template tags, checks, health, and who watches all of it."""

    name = "leadbook"

    def ready(self):
        """Watch the database's connections; tell Sentry of errors where that is wanted."""
        connection_created.connect(query_watch.begin)
        if settings.SENTRY_DSN:
            from leadbook import sentry  # slow to import, and only needed here

            sentry.start()
