"""Who may sign in."""

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

from .demo_accounts import DEMO_PASSWORD
from .models import User


class AccountBackend(ModelBackend):
    """Django's check of names and passwords, without the demo's known password.

    A database that once held the demo data may end up in production: there the known
    password opens nothing, whatever the account is called by then. It is refused after
    the same work as any wrong one.
    """

    def authenticate(self, request, username=None, password=None, **kwargs):
        """Return the user whose name and password these are, or None."""
        user = super().authenticate(request, username=username, password=password, **kwargs)
        is_known = password == DEMO_PASSWORD and settings.MODE == "production"
        return None if is_known else user

    def get_user(self, user_id):
        """Return the signed-in user, or None; with the mark of what is kept of the setup."""
        try:
            user = User.people.with_setup_mark().get(pk=user_id)
        except User.DoesNotExist:
            return None
        return user if self.user_can_authenticate(user) else None
