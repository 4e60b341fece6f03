"""Signing in and out."""

import logging

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.views.decorators.http import require_POST

from leadbook import errors
from leadbook.clients import client_address
from leadbook.redirects import safe_path
from leadbook.sessions import SessionStore
from marketplaces.auth_forms import SignInForm
from marketplaces.demo_accounts import DEMO_PASSWORD, DEMO_USERNAMES

security = logging.getLogger("leadbook.security")


class SignIn(LoginView):
    """The sign-in page."""

    authentication_form = SignInForm
    template_name = "registration/sign_in.html"
    redirect_authenticated_user = True

    def get_redirect_url(self, request=None):
        """Return `next` when it is a path of this site, the empty string otherwise."""
        request = request or self.request
        name = self.redirect_field_name
        return safe_path(request, request.POST.get(name, request.GET.get(name)))

    def form_valid(self, form):
        """Sign the person in, under a new session."""
        response = super().form_valid(form)
        _log("signed in", self.request, user=self.request.user.pk)
        return response

    def form_invalid(self, form):
        """Answer 422 with what was typed, apart from the password.

        What was typed as a name is not logged: some people type their password there.
        """
        _log("sign-in failed", self.request)
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs):
        """Add the demo's accounts, where this is the demo."""
        is_demo = settings.MODE == "demo"
        return super().get_context_data(
            demo_usernames=DEMO_USERNAMES if is_demo else (),
            demo_password=DEMO_PASSWORD if is_demo else "",
            **kwargs,
        )


class SignOut(LogoutView):
    """Ends the session; only by POST."""


@require_POST
def sign_out_everywhere(request):
    """End all sessions of the person, on every device."""
    ended = SessionStore.end_all_of(request.user)
    _log(f"signed out of {ended} sessions", request, user=request.user.pk)
    logout(request)
    return HttpResponseRedirect(resolve_url(settings.LOGOUT_REDIRECT_URL), status=303)


@login_not_required
def admin_sign_in(request):
    """Lead from the admin's own sign-in page to the one that everybody uses."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.GET.get("next") or resolve_url("admin:index"))
    if not request.user.is_staff:
        raise PermissionDenied
    return redirect("admin:index")


def throttled(request, response=None, credentials=None):
    """Answer 429 after too many failures; called by django-axes in place of `response`."""
    _log("sign-in throttled", request)
    return errors.too_many_requests(request, wait=settings.AXES_COOLOFF_TIME)


def _log(what, request, user=None):
    security.info("%s: user=%s address=%s", what, user, client_address(request))
