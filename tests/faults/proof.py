"""Run on the server's database and storage after a fault: is anything lost or half?

Reads the reps' log and prints as JSON what is wrong and what was counted.
"""

import hashlib
import json
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import django

# How old a file without a row may get before it counts as lost; SECURITY, U10.
GRACE = timedelta(hours=24)


def prove(log):
    """Return the findings about the acts in `log`, and figures."""
    findings = [*lost_or_half_acts(log), *half_leads(), *half_files(), *broken_database()]
    orphans = files_without_row()
    unknown = [act for act in log if is_unknown(act)]
    allowed = 2 * sum(act["verb"] == "upload" for act in unknown)
    if len(orphans) > allowed:
        findings.append(f"{len(orphans)} files without row, {allowed} uploads were cut off")
    findings += [f"{key} has no row and is old" for key, age in orphans if age > GRACE]
    acknowledged = [act for act in log if act["status"] and act["status"] < 400]
    return {
        "findings": findings,
        "acknowledged": dict(sorted(Counter(act["verb"] for act in acknowledged).items())),
        "unknown": len(unknown),
        "unknown and done": sum(found(act) == 1 for act in unknown),
        "refused": len(log) - len(acknowledged) - len(unknown),
        "files without row": len(orphans),
    }


def lost_or_half_acts(log):
    """Acknowledged acts are there once, refused ones not at all, others once at most."""
    unknown = {(a["rep"], a["lead"]) for a in log if a["verb"] == "accept" and is_unknown(a)}
    for act in log:
        number = found(act)
        # Accepted by the rep's own request whose answer was lost: the next one comes late.
        is_repeated = act["verb"] == "accept" and (act["rep"], act["lead"]) in unknown
        if is_unknown(act) or is_repeated and act["status"] >= 400:
            if number > 1:
                yield f"done {number} times: {act}"
        elif number != (1 if act["status"] < 400 else 0):
            yield f"found {number} times: {act}"
    # A move and its note stand or fall together.
    from leads.models import LeadEvent

    moves = Counter(
        LeadEvent.objects.filter(kind__in=["moved", "moved_back"])
        .order_by()
        .values_list("lead", "from_phase", "to_phase")
    )
    noted = Counter(
        (act["lead"], act["seen"], act["to"])
        for act in log
        if act["verb"] == "move" and found(act)
    )
    for step in moves.keys() | noted.keys():
        # The stage moved each lead from the first phase to the second, without a note.
        first, second = phases()[:2]
        before = step[1:] == (first, second) and step[0] in staged(log)
        if moves[step] - noted[step] not in ({1} if before else {0}):
            yield f"moves and notes disagree: {step} {moves[step]} {noted[step]}"


def is_unknown(act):
    """Whether nobody was told what became of the act."""
    return act["status"] is None or act["status"] >= 500


def phases():
    """The ids of the phases in their order."""
    from marketplaces.models import Phase

    return list(Phase.objects.order_by("position").values_list("pk", flat=True))


def staged(log):
    """The ids of the leads that were in progress before the reps began."""
    from leads.models import Lead

    accepted = {act["lead"] for act in log if act["verb"] == "accept"}
    return set(Lead.objects.exclude(pk__in=accepted).values_list("pk", flat=True))


def found(act):
    """How often the act's trace is in the database, and with it the whole of the act."""
    from leads.models import Attachment, JournalEntry, LeadEvent

    lead = {"lead": act["lead"]}
    match act["verb"]:
        case "write":
            text = f"Eintrag {act['id']}"
            return JournalEntry.objects.filter(**lead, token=act["id"], text=text).count()
        case "edit":
            changes = LeadEvent.objects.filter(**lead, kind="field_changed", field="company")
            return changes.filter(new=act["id"]).count()
        case "move":
            return JournalEntry.objects.filter(**lead, text=f"Notiz {act['id']}").count()
        case "accept":
            events = LeadEvent.objects.filter(**lead, kind="accepted")
            owners = {"actor__username": act["rep"], "lead__owner__username": act["rep"]}
            return events.filter(**owners).count()
        case "upload":
            files = Attachment.objects.filter(**lead, sha256=act["sha256"], size=act["size"])
            return files.count()
        case "delete_file":
            files = Attachment.objects.filter(**lead, sha256=act["sha256"])
            return files.filter(deleted_at__isnull=False).count()


def half_leads():
    """Each lead's state is what its events say, and each event has its journal line."""
    from leads.models import JournalEntry, Lead, LeadEvent

    steps = LeadEvent.objects.of_process().oldest_first()
    for lead in Lead.objects.all():
        here = None
        for step in steps.filter(lead=lead):
            if step.from_phase_id != here:
                yield f"lead {lead.pk}: the chain of phases breaks at event {step.pk}"
            here = step.to_phase_id
        if lead.phase_id != here:
            yield f"lead {lead.pk}: in phase {lead.phase_id}, its events say {here}"
        value = None
        changes = LeadEvent.objects.of_field("company").oldest_first().filter(lead=lead)
        for change in changes:
            if value not in {None, change.old}:
                yield f"lead {lead.pk}: a change is missing before event {change.pk}"
            value = change.new
        if value not in {None, lead.company}:
            yield f"lead {lead.pk}: its field is not what its last event says"
    told = LeadEvent.objects.filter(kind__in=LeadEvent.IN_JOURNAL)
    lines = JournalEntry.objects.filter(event__isnull=False)
    for number in set(told.values_list("pk", flat=True)) ^ set(
        lines.values_list("event", flat=True)
    ):
        yield f"event {number}: journal line and event do not stand together"


def half_files():
    """Each row has its file, byte by byte, and its events."""
    from leads.models import Attachment, LeadEvent, StorageUse
    from leads.models.attachment import attachment_storage

    storage = attachment_storage()
    added = Counter(
        LeadEvent.objects.filter(kind="file_added").values_list("object_id", flat=True)
    )
    deleted = Counter(
        LeadEvent.objects.filter(kind="file_deleted").values_list("object_id", flat=True)
    )
    for file in Attachment.objects.all():
        if added.pop(file.pk, 0) != 1:
            yield f"attachment {file.pk}: not one event of its filing"
        if deleted.pop(file.pk, 0) != bool(file.deleted_at):
            yield f"attachment {file.pk}: deletion and event do not stand together"
        try:
            with storage.open(file.file.name) as stored:
                digest = hashlib.file_digest(stored.file, "sha256").hexdigest()
            if digest != file.sha256 or storage.size(file.file.name) != file.size:
                yield f"attachment {file.pk}: other bytes than were acknowledged"
            if file.thumbnail and not storage.size(file.thumbnail.name):
                yield f"attachment {file.pk}: its small picture is empty"
        except FileNotFoundError as error:
            yield f"attachment {file.pk}: no file: {error}"
    for number in [*added, *deleted]:
        yield f"attachment {number}: an event without a row"
    if wrong := StorageUse.objects.recount():
        yield f"the room of {wrong} marketplaces is not what its files take"


def files_without_row():
    """Pairs of key and age."""
    from django.utils import timezone

    from leads.models import Attachment
    from leads.models.attachment import attachment_storage

    storage = attachment_storage()
    root = Path(storage.location)
    rows = Attachment.objects.values_list("file", "thumbnail")
    known = {key for row in rows for key in row}
    keys = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
    now = timezone.now()
    return [(key, now - storage.get_modified_time(key)) for key in keys if key not in known]


def broken_database():
    """What the database itself finds."""
    from django.db import connection

    connection.check_constraints()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            if (answer := cursor.fetchall()) != [("ok",)]:
                yield f"integrity_check: {answer}"


if __name__ == "__main__":
    django.setup()
    json.dump(prove(json.loads(Path(sys.argv[1]).read_text())), sys.stdout)
