"""Why a verb of a lead did not happen. After each of them nothing has changed."""

from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

_filled_in = lazy(lambda text, params: text % params, str)


class LeadError(Exception):
    """A verb that the lead's state does not allow; `message` is for the rep.

    It is in the language of whoever reads it: while a row is locked, another one holds.
    `params` are filled in.
    """

    message = _("This is not possible.")

    def __init__(self, message=None, **params):
        message = message or self.message
        self.message = _filled_in(message, params) if params else message
        super().__init__(str(self.message))


class NoLongerVisible(LeadError):
    """The actor may not see the lead any more; answers 404."""

    message = _("This lead is not yours any more.")


class AlreadyTaken(LeadError):
    """Somebody else accepted the offered lead first."""

    message = _("This lead is already taken.")


class NoPhases(LeadError):
    """The marketplace has no active phase in which a lead could start."""

    message = _("This marketplace has no phases yet, so its leads cannot be worked on.")


class NoRepHere(LeadError):
    """Who is to have the lead does not work on leads of its marketplace."""

    message = _("This person does not sell in this marketplace.")


class StaleMove(LeadError):
    """The lead is not where the actor saw it; `event` tells who moved it when."""

    message = _("This lead has moved on meanwhile.")

    def __init__(self, event=None):
        self.event = event
        super().__init__()


class NotNeighbours(LeadError):
    """The phase to reach is not next to the current one in the same process."""

    message = _("A lead moves one phase at a time.")


class PhaseRetired(NotNeighbours):
    """The phase to reach has been retired; what stands in it may only leave it."""

    message = _("This phase takes no leads any more.")


class NotInLastPhase(NotNeighbours):
    """The lead can be closed in the last phase alone, as things stand now."""

    message = _("This lead can only be closed in its last phase.")


class NotInProgress(LeadError):
    """The lead is closed, so nothing is due on it."""

    message = _("This lead is closed. Reopen it to set a follow-up.")


class ReasonGone(LeadError):
    """The loss reason was retired or deleted while the actor chose it."""

    message = _("This reason is not offered any more. Please choose another one.")


class RequirementsMissing(LeadError):
    """The phase asks for more before the next one: `fields` to fill, `items` to tick."""

    message = _("Before the next phase, this is still missing: %(missing)s.")

    def __init__(self, fields, items):
        self.fields, self.items = fields, items
        names = [*(field.label for field in fields), *(item.text for item in items)]
        super().__init__(missing=format_lazy(", ".join(["{}"] * len(names)), *names))


class Unchangeable(LeadError):
    """What was to be changed or undone is not there any more, or not the actor's."""

    message = _("This cannot be changed any more.")


class SentBefore(LeadError):
    """The form has written something else before; a repeat is only what is equal."""

    message = _(
        "This form has been sent before with other contents, and those are saved. Send it "
        "once more to save these, too."
    )


class StorageAway(LeadError):
    """The storage of attachments is full or does not answer."""

    message = _("The file could not be stored. Please try again later.")


class FieldConflict(LeadError):
    """Somebody changed a field since the actor saw it.

    `conflicts` maps each such field's name to the event that changed it (None where no
    event tells).
    """

    message = _("Somebody else changed this field meanwhile.")

    def __init__(self, conflicts):
        self.conflicts = conflicts
        super().__init__()
