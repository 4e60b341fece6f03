"""What must be done once a day, each job a task of its own."""

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.tasks import task

from leads.models import LeadImport
from marketplaces.models import SetupChange
from marketplaces.throttling import forget_old_attempts

from . import tasks


def _scan_attachments():
    if settings.CLAMD is not None:
        call_command("scan_attachments")


def _add_thumbnails():
    # Not above: the models are not there yet when the settings are read.
    from leads.tasks import add_missing_thumbnails

    add_missing_thumbnails()


def _tidy_tasks():
    if tasks.are_durable():
        tasks.put_back()
        call_command("prune_db_task_results", queue_name="*", min_age_days=14)


def _reckon_targets():
    from leads.reckoning import reckon_all

    reckon_all()


def _remind():
    from leads.reminding import remind_everybody

    remind_everybody()


def _send_morning_mails():
    from leads.morning import mail_all

    mail_all()


def _count_for_plans():
    """Let SQLite see what lies where; PostgreSQL's own caretaker does it by itself."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # So many rows of each index, however long it is.
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("ANALYZE")


JOBS = {
    "clearsessions": lambda: call_command("clearsessions"),
    "forget_attempts": forget_old_attempts,
    "forget_setup_changes": lambda: SetupChange.objects.forget_most(),
    "purge_attachments": lambda: call_command("purge_attachments"),
    "forget_imports": lambda: LeadImport.objects.forget_old(),
    "apply_retention": lambda: call_command("apply_retention"),
    "scan_attachments": _scan_attachments,
    # What has just been scanned may be opened now.
    "add_thumbnails": _add_thumbnails,
    "tidy_tasks": _tidy_tasks,
    "count_for_plans": _count_for_plans,
    "reckon_targets": _reckon_targets,
    "remind": _remind,
    "morning_mails": _send_morning_mails,
}


# Whoever waits for a mail or a picture goes first. Immediate backends take any priority.
@task(priority=-50)
def run_job(name):
    """Do one of JOBS; each can be done again at any time."""
    JOBS[name]()
