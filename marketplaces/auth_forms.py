"""The forms of signing in, of passwords and of codes."""

import re

from django import forms
from django.conf import settings
from django.contrib.auth import forms as auth_forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from leadbook import tasks
from leadbook.mail import send_behind

from .models import User
from .passwords import required_length
from .second_factor import CODE_LENGTH, RECOVERY_CODE_LENGTH
from .tasks import reset_mail, send_reset_mail
from .throttling import RESETS_OF_EMAIL, wait_before


class SignInForm(auth_forms.AuthenticationForm):
    """User name and password; every refusal reads the same."""

    username = auth_forms.UsernameField(
        label=_("User name"),
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    error_messages = {
        "invalid_login": _("The user name or the password is not right."),
        "inactive": _("The user name or the password is not right."),
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.is_bound:
            del self.fields["username"].widget.attrs["autofocus"]
            self.fields["password"].widget.attrs["autofocus"] = True

    @property
    def typed_name(self):
        """The user name that is looked up; empty when no password would be checked."""
        if not self.data.get("password"):
            return ""
        try:
            return self.fields["username"].clean(self.data.get("username"))
        except forms.ValidationError:
            return ""


class ResetForm(auth_forms.PasswordResetForm):
    """The e-mail address that a link for a new password goes to."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )

    def save(self, **options):
        """Send the link; it leads here, whatever host the request was said to be for."""
        scheme, _separator, domain = settings.PUBLIC_URL.partition("://")
        super().save(**{**options, "domain_override": domain, "use_https": scheme == "https"})

    def get_users(self, email):
        """Return who gets the link: nobody when this address got several of late.

        Instead of nobody a made-up person, so that the same work is done: what takes
        longer tells as much as what says more.
        """
        wait = wait_before("reset_email", email.casefold(), RESETS_OF_EMAIL)
        people = [] if wait else [*super().get_users(email)]
        return people or [User(pk=0, username="-", email=email)]

    def send_mail(self, subject, body, context, from_email, to_email, **kwargs):
        """Write the mail; send it behind the answer's back, and to real people only.

        Where there is a worker, it does both; a row is written for the made-up person, too.
        """
        if tasks.are_durable():
            send_reset_mail.enqueue(
                context["user"].pk,
                domain=context["domain"],
                protocol=context["protocol"],
                language=get_language(),
            )
            return
        mail = reset_mail(context)
        if context["user"].pk:
            send_behind(mail)


class _NewPassword:
    """What the forms that set a password share: plain words and where a mistake stands."""

    error_messages = {
        **auth_forms.SetPasswordMixin.error_messages,
        "password_mismatch": _("The two passwords are not the same."),
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password1"].help_text = _(
            "At least %(count)d characters, neither a common password nor your name."
        ) % {"count": required_length(self.user)}
        self.fields["new_password2"].label = _("New password once more")
        self.fields["new_password2"].help_text = ""


class NewPasswordForm(_NewPassword, auth_forms.SetPasswordForm):
    """A new password, for whoever came by the link of an e-mail."""


class ChangePasswordForm(_NewPassword, auth_forms.PasswordChangeForm):
    """A new password, for whoever knows the old one."""

    error_messages = {
        **_NewPassword.error_messages,
        "password_incorrect": _("The current password is not right."),
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = _("Current password")


class CodeForm(forms.Form):
    """A code of the app, or a recovery code; blanks and hyphens in it do not count."""

    lengths = (CODE_LENGTH, RECOVERY_CODE_LENGTH)
    code = forms.CharField(
        label=_("Code"),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )

    def clean_code(self):
        """Return the digits alone."""
        code = re.sub(r"[\s-]", "", self.cleaned_data["code"])
        if not re.fullmatch("[0-9]+", code) or len(code) not in self.lengths:
            raise forms.ValidationError(_("A code has 6 digits, a recovery code 12."))
        return code

    def refuse(self):
        """Say that the code is not right."""
        self.add_error(
            "code",
            _("This code is not right, or it was used before. Wait for the next one."),
        )


class SetupCodeForm(CodeForm):
    """The first code that the app shows."""

    lengths = (CODE_LENGTH,)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            # A phone would scroll past what is to be scanned first.
            del self.fields["code"].widget.attrs["autofocus"]

    def refuse(self):
        """Say what may be the reason."""
        self.add_error(
            "code", _("This code is not right. Is the time on the phone set automatically?")
        )


class OwnPasswordForm(forms.Form):
    """The password of whoever is signed in, before something that matters."""

    password = forms.CharField(
        label=_("Current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, user, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self):
        """Refuse what is not the person's password."""
        password = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(_("The current password is not right."))
        return password
