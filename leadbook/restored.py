"""Checks of an installation whose data were put back from a backup."""

from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from leads.models import StorageAway
from leads.reconciling import Kind
from leads.reconciling import findings as findings_of_files


def findings():
    """Yield a sentence for each thing that is not as it should be; reads every file."""
    executor = MigrationExecutor(connection)
    if pending := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield _("Migrations are pending: %(count)d. Run manage.py migrate first.") % {
            "count": len(pending)
        }
        return
    yield from _of_database()
    try:
        for finding in findings_of_files():
            # Files of uploads that had no row yet; reconcile_attachments removes them.
            if finding.kind != Kind.ORPHANED:
                yield _("%(kind)s: attachment %(attachment)d of lead %(lead)d, %(key)s") % {
                    "kind": finding.kind.label,
                    "attachment": finding.attachment_id,
                    "lead": finding.lead_id,
                    "key": finding.key,
                }
    except StorageAway as error:
        yield str(error.message)


def _of_database():
    try:
        # PostgreSQL holds to its constraints itself; SQLite checks a file on demand.
        connection.check_constraints()
    except IntegrityError as error:
        yield _("The database contradicts itself: %(reason)s") % {"reason": error}
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            for (line,) in cursor.fetchall():
                if line != "ok":
                    yield _("The database is damaged: %(reason)s") % {"reason": line}
