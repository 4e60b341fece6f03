"""The app that follows one lead from offer to won or lost."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class LeadsConfig(AppConfig):
    """Leads with journal, attachments and history."""

    name = "leads"
    verbose_name = _("Leads")

    def ready(self):
        """Let the database guard the history and keep its search index in step."""
        from . import append_only, search_index

        post_migrate.connect(append_only.install_after_migrate, sender=self)
        post_migrate.connect(search_index.install_after_migrate, sender=self)
