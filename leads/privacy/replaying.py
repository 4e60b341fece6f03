"""Repeating after a restore what the erasure list says, and completing the list."""

from itertools import chain
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from leads import search_index
from leads.models import Erasure, Lead, NoLongerVisible
from marketplaces.models import User

from . import erasure_list
from .former_members import AlreadyAnonymised, anonymise_user


def replay(path=None, *, tell=lambda sentence: None):
    """Repeat the erasures of the list that the database does not have; return how many.

    Idempotent. What the database does not have is passed over, and so is what has the
    id of something erased, but is something else: `tell` hears a sentence of it, and of
    each line that cannot be read. Raises OSError when the list cannot be read.
    """
    number = 0
    for line in erasure_list.read(path or settings.ERASURE_LIST, tell=tell):
        target = _target(line)
        if target is None:
            continue
        if not _is_the_same(target, line):
            tell(
                _("%(what)s is not what was erased; it was left alone.")
                % {"what": f"{target._meta.verbose_name} {target.pk}"}
            )
            continue
        try:
            if isinstance(target, Lead):
                erasure = target.anonymise(
                    by=None,
                    reason=Erasure.Reason.REPLAY,
                    among=Lead.objects.all(),
                    may_return=_may_return(line),
                )
            else:
                erasure = anonymise_user(target, by=None, reason=Erasure.Reason.REPLAY)
        except (NoLongerVisible, AlreadyAnonymised):
            continue
        number += 1
        for sentence in erasure.left_undone:
            tell(sentence)
    if number:
        for sentence in search_index.scrub_or_tell():
            tell(sentence)
    return number


def _target(line):
    """Return the lead or user that a line names and that is not erased yet, or None."""
    if "lead" in line:
        return Lead.objects.personal().with_id(line["lead"])
    return User.people.personal().with_id(line["user"])


def _may_return(line):
    """Whether an import may bring the person again, so that the line has no number."""
    return line.get("reason") == Erasure.Reason.TAKEN_BACK


def _is_the_same(target, line):
    if "user" in line:
        return target.date_joined.isoformat() == line["created_at"]
    number = "" if _may_return(line) else Erasure.hash_of(target.external_id)
    return (
        target.created_at.isoformat() == line["created_at"]
        and target.marketplace_id == line.get("marketplace")
        and number == line.get("external_id_sha256")
    )


def catch_up(other=None):
    """Append to the list the erasures that it does not name yet; return how many.

    For what could not be appended when it happened, and for the lines of the `other` list,
    that of an installation whose data were put back here. Raises OSError.
    """
    path = Path(settings.ERASURE_LIST)
    listed = erasure_list.read(path) if path.exists() else ()
    known = {erasure_list.identity(line) for line in listed}
    erasures = Erasure.objects.finished().select_related("lead", "user").iterator()
    lines = []
    for line in chain(
        erasure_list.read(other) if other else (), map(erasure_list.line_of, erasures)
    ):
        identity = erasure_list.identity(line)
        if identity not in known:
            known.add(identity)
            lines.append(line)
    if lines:
        erasure_list.write(lines, path)
    return len(lines)
