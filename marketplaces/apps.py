"""The app that says who sells where, and how."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MarketplacesConfig(AppConfig):
    """Marketplaces, their processes, fields, reasons and members."""

    name = "marketplaces"
    verbose_name = _("Marketplaces")

    def ready(self):
        """Let the database note when something is set up differently."""
        from . import setup_changes

        post_migrate.connect(setup_changes.install_after_migrate, sender=self)
