"""The app that follows one lead from offer to won or lost."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LeadsConfig(AppConfig):
    """Leads with journal, attachments and history."""

    name = "leads"
    verbose_name = _("Leads")
