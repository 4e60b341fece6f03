"""The operators' admin: one site for /admin/, with its own Content-Security-Policy."""

from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import BadRequest
from django.core.paginator import InvalidPage
from django.http import Http404, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext_lazy
from django.views.decorators.csp import csp_override
from unfold.sites import UnfoldAdminSite

from .appearance import theme_of
from .headers import forgetting

# No page of the admin needs a longer one; web servers refuse it anyway.
QUERY_MAX_LENGTH = 4000
# Unfold's Alpine.js evaluates the expressions of its templates and sets styles; only the
# admin may do so.
CONTENT_SECURITY_POLICY = {
    **settings.SECURE_CSP,
    "script-src": [CSP.SELF, CSP.UNSAFE_EVAL],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
}


class LeadbookAdminConfig(AdminConfig):
    """Django's admin with our site in the place of its own."""

    default_site = "leadbook.admin_site.LeadbookAdminSite"


class Autocomplete(AutocompleteJsonView):
    """What the select boxes with a search field offer."""

    def has_perm(self, request, obj=None):
        """Let somebody choose who may not open the chosen's own page."""
        may_choose = getattr(self.model_admin, "has_choose_permission", None)
        return super().has_perm(request, obj) or bool(may_choose and may_choose(request))


class LeadbookAdminSite(UnfoldAdminSite):
    """The site at /admin/. What each person sees of it is said by the model admins."""

    index_title = _("Administration")

    def admin_view(self, view, cacheable=False):
        """Guard `view`: 404 for who is signed in but not staff, as for all one may not see.

        Who is not signed in is led to the sign-in page. What a database cannot search for
        answers 400: a NUL character in PostgreSQL, a very long text in SQLite.
        """
        guarded = super().admin_view(view, cacheable)

        def answer(request, *args, **kwargs):
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            query = request.META["QUERY_STRING"]
            if "%00" in query or len(query) > QUERY_MAX_LENGTH:
                raise BadRequest
            return guarded(request, *args, **kwargs)

        return csp_override(CONTENT_SECURITY_POLICY)(answer)

    def get_urls(self):
        """Leave out the way from any object's id to its page: it tells which ids exist."""
        urls = super().get_urls()
        return [url for url in urls if getattr(url, "name", "") != "view_on_site"]

    def each_context(self, request):
        """Add the application's icon, and the theme that the person chose there."""
        theme = theme_of(request)
        icon = {"rel": "icon", "type": "image/svg+xml", "href": static("img/icon.svg")}
        return {
            **super().each_context(request),
            "site_favicons": [icon],
            "styles": [static("admin/leadbook.css")],
            "theme": theme if theme != "system" else None,
        }

    def password_change(self, request, extra_context=None):
        """Lead to the application's page, which limits the tries and logs the change."""
        return HttpResponseRedirect(reverse("password_change"))

    def logout(self, request, extra_context=None):
        """Sign out; the drafts of the application go, too."""
        return forgetting(super().logout(request, extra_context))

    def search(self, request, extra_context=None):
        """Find pages by their names; 404 for a portion that there is not."""
        try:
            return super().search(request, extra_context)
        except InvalidPage:
            raise Http404 from None

    def autocomplete_view(self, request):
        """Answer the select boxes with a search field."""
        return Autocomplete.as_view(admin_site=self)(request)


# Unfold brings no translations, and Django's are not complete. These are the words that
# our pages show of them, so that makemessages finds them.
WORDS = (
    ngettext_lazy(
        '\n            Found <span class="font-medium text-important">%(counter)s</span> '
        "result in %(time)s seconds\n        ",
        '\n            Found <span class="font-medium text-important">%(counter)s</span> '
        "results in %(time)s seconds\n        ",
    ),
    gettext_noop("After you’ve created a user, you’ll be able to edit more user options."),
    gettext_noop("After you've created a user, you’ll be able to edit more user options."),
    gettext_noop("Filters"),
    gettext_noop(
        "Raw passwords are not stored, so there is no way to see the user’s password."
    ),
    gettext_noop("Reset password"),
    gettext_noop("Set password: %s"),
    gettext_noop("All applications"),
    gettext_noop("Apply Filters"),
    gettext_noop("Available shortcuts"),
    gettext_noop("Cancel"),
    gettext_noop("Changelist shortcuts"),
    gettext_noop("Click to cancel"),
    gettext_noop("Command tool shortcuts"),
    gettext_noop("Create new record"),
    gettext_noop("Dark"),
    gettext_noop("General"),
    gettext_noop("Global shortcuts"),
    gettext_noop("Go back"),
    gettext_noop("Light"),
    gettext_noop("Navigate"),
    gettext_noop("Next"),
    gettext_noop("No results found"),
    gettext_noop("Nothing matched your search"),
    gettext_noop("Open command tool"),
    gettext_noop("Open selection"),
    gettext_noop("Open selection in new tab"),
    gettext_noop("Open shortcuts list"),
    gettext_noop("Previous"),
    gettext_noop("Reset filters"),
    gettext_noop("Run"),
    gettext_noop("Search apps and models..."),
    gettext_noop("Select"),
    gettext_noop("Select action"),
    gettext_noop("Select action to run"),
    gettext_noop("Select record"),
    gettext_noop("Select value"),
    gettext_noop("System"),
    gettext_noop("This item will be deleted."),
    gettext_noop("This page yielded into no results."),
    gettext_noop("Toggle dark/light mode"),
    gettext_noop("Toggle filter"),
    gettext_noop("Toggle password visibility"),
    gettext_noop("Toggle sidebar"),
    gettext_noop("Type to search"),
    gettext_noop("Welcome"),
)
