"""The app that says who sells where, and how."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MarketplacesConfig(AppConfig):
    """Marketplaces, their processes, fields, reasons and members."""

    name = "marketplaces"
    verbose_name = _("Marketplaces")
