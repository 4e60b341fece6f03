"""Changing a password, and getting a new one by e-mail."""

from django.contrib import messages
from django.contrib.auth import views
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from leadbook import errors, security_log
from leadbook.clients import client_address
from marketplaces.auth_forms import ChangePasswordForm, NewPasswordForm, ResetForm
from marketplaces.throttling import (
    PASSWORD_CHANGES,
    RESETS_OF_CLIENT,
    hidden,
    remember_browser,
    wait_before,
)


class UnprocessableMixin:
    """Answers 422 to a form that does not hold, as everywhere in leadbook."""

    def form_invalid(self, form):
        """Show the form again with its mistakes."""
        return self.render_to_response(self.get_context_data(form=form), status=422)


class ChangePassword(UnprocessableMixin, views.PasswordChangeView):
    """A new password for whoever is signed in; the person's other sessions end."""

    form_class = ChangePasswordForm
    template_name = "registration/password.html"
    success_url = reverse_lazy("password_change")

    def post(self, request, *args, **kwargs):
        """Look at the form, but not at one old password after the other."""
        if wait := wait_before("password", request.user.pk, PASSWORD_CHANGES):
            return errors.too_many_requests(request, wait=wait)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        """Change it and say so."""
        response = super().form_valid(form)
        security_log.record("password_changed", self.request, status=302)
        messages.success(
            self.request, _("Your password is changed. All other devices are signed out.")
        )
        return response


class ForgotPassword(UnprocessableMixin, views.PasswordResetView):
    """Takes an e-mail address; the answer does not tell whether it belongs to anybody."""

    form_class = ResetForm
    template_name = "registration/forgot.html"
    email_template_name = "registration/reset_email.txt"
    subject_template_name = "registration/reset_subject.txt"
    success_url = reverse_lazy("password_reset_done")

    def form_valid(self, form):
        """Send the link, unless this client asked for too many."""
        if wait := wait_before("reset", client_address(self.request), RESETS_OF_CLIENT):
            return errors.too_many_requests(self.request, wait=wait)
        account = hidden(form.cleaned_data["email"].casefold())
        security_log.record("password_reset_asked", self.request, status=302, account=account)
        return super().form_valid(form)


class ForgotPasswordSent(views.PasswordResetDoneView):
    """Says that an e-mail is on its way, if there is such an account."""

    template_name = "registration/forgot_sent.html"


class NewPassword(UnprocessableMixin, views.PasswordResetConfirmView):
    """The page behind the link of the e-mail."""

    form_class = NewPasswordForm
    template_name = "registration/new_password.html"
    success_url = reverse_lazy("password_reset_complete")

    def form_valid(self, form):
        """Set it; whoever reads the account's e-mail signs in from a known browser."""
        response = super().form_valid(form)
        remember_browser(self.request, response, self.user.get_username())
        security_log.record("password_reset", self.request, user=self.user, status=302)
        return response

    def get_form(self, form_class=None):
        """Return the form, or None behind a link that is not valid."""
        return super().get_form(form_class) if self.validlink else None

    def render_to_response(self, context, **kwargs):
        """Answer 410 when the link has been used or is too old."""
        if not self.validlink:
            kwargs["status"] = 410
        return super().render_to_response(context, **kwargs)


class NewPasswordDone(views.PasswordResetCompleteView):
    """Says that the new password is set and leads to the sign-in page."""

    template_name = "registration/new_password_done.html"
