"""What stands at the side of the admin's pages."""

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from .scope import operates


def _item(title, icon, name, permission):
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{name}_changelist"),
        "permission": permission,
    }


def is_superuser(request):
    """Whether the entries for superusers are shown."""
    return request.user.is_superuser


def navigation(request):
    """Return the groups of entries."""
    return [
        {
            "title": _("Marketplaces"),
            "items": [
                _item(_("Marketplaces"), "storefront", "marketplaces_marketplace", operates),
                _item(_("Leads"), "contacts", "leads_lead", operates),
                _item(_("History"), "history", "leads_leadevent", operates),
            ],
        },
        {
            "title": _("People"),
            "items": [
                _item(_("Users"), "group", "marketplaces_user", is_superuser),
            ],
        },
        {
            "title": _("Application"),
            "items": [
                {
                    "title": _("Leads in progress"),
                    "icon": "open_in_new",
                    "link": reverse_lazy("leads:list"),
                }
            ],
        },
    ]
