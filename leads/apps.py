"""The app that follows one lead from offer to won or lost."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class LeadsConfig(AppConfig):
    """Leads with journal, attachments and history."""

    name = "leads"
    verbose_name = _("Leads")

    def ready(self):
        """Let the database guard the history."""
        from .append_only import install_after_migrate

        post_migrate.connect(install_after_migrate, sender=self)
