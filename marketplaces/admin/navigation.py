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


def account_links(request):
    """Return what a click on one's own name offers."""
    links = [{"title": _("Change password"), "link": reverse_lazy("password_change")}]
    if request.user.needs_second_factor:
        links.append({"title": _("Second factor"), "link": reverse_lazy("second_factor")})
    return links


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
                    # Its address is a part of those of the admin's own lists.
                    "active": lambda request: False,
                }
            ],
        },
    ]
