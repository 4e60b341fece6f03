"""Anonymising a former member: the account stays, because the history hangs on it."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from leadbook import provenance
from leadbook.numbers import german
from leadbook.sessions import SessionStore
from leads.models import Erasure, LeadError, LeadEvent
from marketplaces.models import User
from marketplaces.second_factor import SecondFactor

from . import erasure_list, traces


class StillActive(LeadError):
    """The account can still sign in."""

    message = _("This account is active; deactivate it first.")


class StillOwner(LeadError):
    """Leads in progress would be left with somebody who is not there any more."""

    def __init__(self, user, count):
        text = ngettext(
            "The account %(username)s still owns %(count)s lead in progress. Hand it over in "
            "the administration, under Leads.",
            "The account %(username)s still owns %(count)s leads in progress. Hand them over "
            "in the administration, under Leads.",
            count,
        )
        super().__init__(text % {"username": user.username, "count": german(count)})


class AlreadyAnonymised(LeadError):
    """The account's data were erased before."""

    message = _("This account is anonymised already.")


def anonymise_user(user, *, by, reason):
    """Replace name, user name and e-mail of a deactivated account; return the Erasure.

    Events, erasures and the admin's log name the replacement from then on. Memberships and
    sessions go. What the member wrote into journals stays: it belongs to the leads.
    Repeated after a restore, it deactivates the account as well, and leaves the leads in
    progress that the backup still has of it to the operators.
    Raises StillActive, StillOwner, AlreadyAnonymised.
    """
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
        user = User.people.personal().hold(user.pk)
        if user is None:
            raise AlreadyAnonymised
        if reason == Erasure.Reason.REPLAY:
            # On the list is only who was deactivated; the backup may be older than that.
            user.is_active = False
        if user.is_active:
            raise StillActive
        open_leads = user.open_leads.count()
        if open_leads and reason != Erasure.Reason.REPLAY:
            raise StillOwner(user, open_leads)
        erasure = Erasure.objects.create(user=user, reason=reason, **provenance.signature(by))
        names = _names_of(user)
        SessionStore.end_all_of(user)
        SecondFactor(user).remove()
        user.replace_name(username=f"former-{user.pk}", name=gettext("Former member"))
        memberships, _details = user.memberships.all().delete()
        erasure.counts = {"memberships": memberships, "events": _rename_in_history(user)}
        Erasure.objects.filter(actor=user).update(actor_name=str(user))
        traces.forget_person(user, names)
        erasure.finished_at = timezone.now()
        erasure.save(update_fields=["counts", "finished_at"])
        transaction.on_commit(lambda: erasure_list.append_or_tell(erasure))
        if open_leads:
            erasure.left_undone.append(StillOwner(user, open_leads).message)
    return erasure


def _names_of(user):
    """Return what the member is called, and was called whenever something was written down."""
    events, handed_over = LeadEvent.objects.all(), LeadEvent.objects.handed_over()
    kept = [
        events.filter(actor=user).values_list("actor_name", flat=True),
        handed_over.filter(old=user.pk).values_list("old_text", flat=True),
        handed_over.filter(new=user.pk).values_list("new_text", flat=True),
        Erasure.objects.filter(actor=user).values_list("actor_name", flat=True),
        traces.log_of(user).values_list("object_repr", flat=True),
    ]
    then = (name for names in kept for name in names.order_by().distinct())
    return {str(user), user.username, *then}


def _rename_in_history(user):
    """Let events name the replacement; return how many the member made."""
    handed_over = LeadEvent.objects.handed_over()
    handed_over.filter(old=user.pk).update(old_text=str(user))
    handed_over.filter(new=user.pk).update(new_text=str(user))
    return LeadEvent.objects.filter(actor=user).update(actor_name=str(user))
