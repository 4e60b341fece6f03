"""Signing in and out."""

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.views.decorators.http import require_POST

from leadbook import errors, security_log
from leadbook.clients import client_address
from leadbook.headers import forgetting
from leadbook.language import known_language, set_language
from leadbook.redirects import safe_path
from leadbook.sessions import SessionStore
from marketplaces.auth_forms import SignInForm
from marketplaces.demo_accounts import DEMO_PASSWORD, DEMO_USERNAMES
from marketplaces.throttling import SignInAttempt, hidden, remember_browser
from marketplaces.views.passwords import UnprocessableMixin


class SignIn(UnprocessableMixin, LoginView):
    """The sign-in page."""

    authentication_form = SignInForm
    template_name = "registration/sign_in.html"
    redirect_authenticated_user = True

    def get_redirect_url(self, request=None):
        """Return `next` when it is a path of this site, the empty string otherwise."""
        request = request or self.request
        name = self.redirect_field_name
        return safe_path(request, request.POST.get(name, request.GET.get(name)))

    def post(self, request, *args, **kwargs):
        """Count the attempt, and look at the password only when there is room for it."""
        form = self.get_form()
        name = form.typed_name
        if not name:
            return self.form_invalid(form)
        cookie = request.COOKIES.get(settings.BROWSER_COOKIE_NAME, "")
        attempt = SignInAttempt(name, client=client_address(request), cookie=cookie)
        if wait := attempt.wait():
            return self.throttled(name, wait)
        if form.is_valid():
            attempt.succeed()
            return self.form_valid(form)
        # What was typed as a name is hashed: some people type their password there.
        security_log.record("sign_in_failed", request, status=422, account=hidden(name))
        if wait := attempt.wait_after_failure():
            return self.throttled(name, wait)
        return self.form_invalid(form)

    def form_valid(self, form):
        """Sign the person in, under a new session, in a browser that is now known."""
        person = form.get_user()
        response = super().form_valid(form)
        if person.language:
            set_language(response, known_language(person.language))
        remember_browser(self.request, response, person.get_username())
        account = hidden(form.typed_name)
        security_log.record("signed_in", self.request, status=302, account=account)
        return response

    def throttled(self, name, wait):
        """Answer 429: nothing is accepted for the timedelta `wait`, not even what is right."""
        security_log.record_often(
            "sign_in_throttled", self.request, status=429, account=hidden(name)
        )
        return errors.too_many_requests(self.request, wait=wait)

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

    def post(self, request, *args, **kwargs):
        """End it and write down whose it was."""
        security_log.record("signed_out", request, status=302)
        return forgetting(super().post(request, *args, **kwargs))


@require_POST
def sign_out_everywhere(request):
    """End all sessions of the person, on every device."""
    ended = SessionStore.end_all_of(request.user)
    security_log.record("signed_out_everywhere", request, status=303, sessions=ended)
    logout(request)
    to = resolve_url(settings.LOGOUT_REDIRECT_URL)
    return forgetting(HttpResponseRedirect(to, status=303))


@login_not_required
def admin_sign_in(request):
    """Lead from the admin's own sign-in page to the one that everybody uses."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.GET.get("next") or resolve_url("admin:index"))
    if not request.user.is_staff:
        raise PermissionDenied
    return redirect("admin:index")
