"""An import in the browser: the file that was sent, how it is read, and how far it is."""

import logging
import secrets
import uuid
from datetime import timedelta
from itertools import batched

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from leads.headings import EXTERNAL_ID
from leads.text import LONGEST_HEADING, heading_key
from marketplaces.models import Marketplace

from .attachment import attachment_storage
from .errors import Unchangeable
from .timeline import TimelineQuerySet

logger = logging.getLogger(__name__)

# So long after its last sign of life somebody else goes on with an import.
LEASE = timedelta(minutes=2)
# So long files, samples and rows that failed are kept after the last change.
KEPT = timedelta(days=14)
# So many imports of one person keep their file.
FILES_OF_A_PERSON = 40


def import_key():
    """Return a name for the file in the storage: 128 random bits."""
    return f"imports/{secrets.token_hex(16)}"


ALWAYS = Q()


class Fate(models.TextChoices):
    """What becomes of a row."""

    CREATED = "created", _("imported")
    EXISTING = "existing", _("already there")
    FAILED = "failed", _("not imported")
    DUPLICATE = "duplicate", _("left out as a duplicate")


class ClaimLost(Exception):
    """Somebody cancelled the import or goes on with it; what was not written is not."""


class LeadImportQuerySet(TimelineQuerySet):
    """Imports. Everything that a user sees starts from `visible_to`."""

    def visible_to(self, user):
        """The own imports, as long as `user` may import there."""
        mode = LeadImport.Mode
        offering = Marketplace.objects.offering(user).values("pk")
        selling = Marketplace.objects.worked_by(user).values("pk")
        return self.filter(
            Q(mode=mode.OFFER, marketplace__in=offering)
            | Q(mode=mode.OWN, marketplace__in=selling),
            by=user,
        )

    def for_page(self):
        """With what the page shows."""
        return self.select_related("marketplace", "by").prefetch_related("marketplace__fields")

    def sent_with(self, token, *, by):
        """Return the import that a form of `by` made before, or None."""
        return self.filter(token=token, by=by).first()

    def keys_among(self, keys):
        """Return those of the storage's `keys` that are files of imports."""
        return set(self.filter(file_key__in=keys).values_list("file_key", flat=True))

    def claim(self, pk, *, worker):
        """Return the import that `worker` may go on with now, or None."""
        now = timezone.now()
        free = Q(claimed_by="") | Q(claimed_by=worker) | Q(claimed_until__lt=now)
        mine = self.filter(free, pk=pk, state__in=LeadImport.WORKING)
        if not mine.update(claimed_by=worker, claimed_until=now + LEASE):
            return None
        # It may be cancelled in between.
        held = self.filter(claimed_by=worker, state__in=LeadImport.WORKING)
        return held.for_page().with_id(pk)

    def forget_file_with(self, lead):
        """Forget the file from which `lead` came, as the person in it is erased."""
        self.filter(rows__lead=lead).forget_files()
        ImportRow.objects.forget_cells_like(lead)

    def forget_contact(self, mentions, texts):
        """Forget a person who is erased where a file or a column has their name.

        `mentions` are leads.privacy.mentions.Mentions, `texts` what they are made of. A file
        without a line of headings has its first person there.
        """
        # A phone number of dashes has no key, as many a column has none.
        words = {heading_key(text) for text in texts} - {""}
        ColumnMemory.objects.filter(heading__in=words).delete()
        for found in self.exclude(headings=[]).iterator():
            kept = ["" if heading_key(text) in words else text for text in found.headings]
            if kept != found.headings:
                self.filter(pk=found.pk).update(headings=kept)
                found.forget_file()
        names = self.values_list("pk", "file_name").iterator()
        told = [pk for pk, name in names if mentions.in_cells([name])]
        self.filter(pk__in=told).update(file_name=str(_("File")))

    def forget_mentions(self, mentions, *, marketplace, unread):
        """Forget the files and rows of a marketplace that name somebody who is erased.

        `mentions` are leads.privacy.mentions.Mentions. With `unread`, workbooks go without
        being read, which takes long.
        """
        rows = ImportRow.objects.without_lead().filter(lead_import=OuterRef("pk"))
        of_it = self.filter(marketplace=marketplace).defer("headings", "sample")
        for found in of_it.filter(~Q(file_key="") | Exists(rows)):
            column = found.column_of(EXTERNAL_ID)
            # Who writes rows of the file meanwhile is waited for here, before they are read.
            if found.file_key and (
                (unread and found.sheets) or found.names_in_file(mentions, column)
            ):
                found.forget_file()
            found.rows.without_lead().forget_mentions(mentions, column)

    def forget_files(self):
        """Forget the files of all."""
        for found in self.exclude(file_key="").iterator():
            found.forget_file()

    def forget_files_beyond(self, number, *, by):
        """Let only the newest imports of `by` keep their files."""
        with_file = self.filter(by=by).exclude(file_key="").newest_first()
        for found in with_file[number:]:
            found.forget_file()

    def forget_old(self):
        """Remove what is kept of old imports; those that led to nothing as a whole."""
        old = self.filter(changed_at__lt=timezone.now() - KEPT)
        old.forget_files()
        ImportRow.objects.filter(lead_import__in=old, lead=None).delete()
        old.exclude(headings=[]).update(headings=[])
        ended = Q(~Exists(_leads_of_it()), state__in=LeadImport.AFTER_IT)
        old.filter(ended | Q(state__in=LeadImport.BEFORE_IT)).delete()


class LeadImport(models.Model):
    """One file of leads that somebody imports; its rows are ImportRows."""

    class Mode(models.TextChoices):
        """What becomes of the rows."""

        OFFER = "offer", _("Offer as new leads")
        OWN = "own", _("Enter as my own leads")

    class State(models.TextChoices):
        """How far it is."""

        MAPPING = "mapping", _("Columns")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked")
        RUNNING = "running", _("Being imported")
        DONE = "done", _("Imported")
        CANCELLED = "cancelled", _("Cancelled")
        REFUSED = "refused", _("Stopped")
        TAKING_BACK = "taking", _("Being taken back")
        TAKEN_BACK = "taken_back", pgettext_lazy("import", "Taken back")

    WORKING = (State.CHECKING, State.RUNNING, State.TAKING_BACK)
    # Nothing is imported yet.
    BEFORE_IT = (State.MAPPING, State.CHECKING, State.CHECKED)
    AFTER_IT = (State.DONE, State.CANCELLED, State.REFUSED)

    marketplace = models.ForeignKey(
        "marketplaces.Marketplace", on_delete=models.CASCADE, related_name="imports",
        verbose_name=_("marketplace"),
    )  # fmt: skip
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+",
        verbose_name=_("person"),
    )  # fmt: skip
    # Made by the form: sent twice, it is one import.
    token = models.UUIDField(default=uuid.uuid4)
    mode = models.CharField(_("mode"), max_length=10, choices=Mode)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.MAPPING)
    # Empty as soon as the file is gone.
    file_key = models.CharField(max_length=100, blank=True, default=import_key)
    file_name = models.CharField(_("file"), max_length=150)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sheet = models.CharField(_("sheet"), max_length=100, blank=True)
    sheets = models.JSONField(default=list)
    headings = models.JSONField(default=list)
    # The first rows, as pairs of line and cells.
    sample = models.JSONField(default=list)
    # Index of a column as text → target; see leads.headings.
    targets = models.JSONField(default=dict)
    # Why it was stopped, for the person who imports.
    message = models.TextField(blank=True)
    row_count = models.PositiveIntegerField(_("rows"), default=0)
    last_line = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    existing = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    # Left out because they may be duplicates; and all that may be.
    duplicate = models.PositiveIntegerField(default=0, db_default=0)
    alike = models.PositiveIntegerField(default=0, db_default=0)
    leaves_out_duplicates = models.BooleanField(default=False, db_default=False)
    removed = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    claimed_by = models.CharField(max_length=64, blank=True, default="")
    claimed_until = models.DateTimeField(null=True)

    objects = LeadImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["by", "token"], name="import_sent_once"),
        ]
        indexes = [
            models.Index(fields=["by", "-created_at", "-id"], name="import_newest_of_person"),
            models.Index(fields=["changed_at"], name="import_changed"),
        ]

    def __str__(self):
        return self.file_name

    @property
    def is_working(self):
        """Whether something is being done behind the answers."""
        return self.state in self.WORKING

    @property
    def is_own(self):
        """Whether the rows become own leads."""
        return self.mode == self.Mode.OWN

    @property
    def has_begun(self):
        """Whether leads were to be made; before, `created` only counts what would be.

        A check that came to its end has counted the rows.
        """
        return self.row_count > 0 and self.state not in self.BEFORE_IT

    @property
    def has_leads(self):
        """Whether it made leads."""
        return self.rows.with_lead().exists()

    @property
    def is_claimed(self):
        """Whether somebody is at it, as far as is known."""
        return bool(self.claimed_by) and self.claimed_until > timezone.now()

    @property
    def percent(self):
        """How much of what is being done is done, or None where that is not known."""
        if self.state == self.State.TAKING_BACK:
            total, done = self.created, self.removed + self.left
        else:
            total, done = self.row_count, self.rows_done
        return min(100, done * 100 // total) if total else None

    @property
    def column_targets(self):
        """What each column means: index → target."""
        return {int(index): target for index, target in self.targets.items()}

    def column_of(self, target):
        """Return the index of the column that means `target`, or None."""
        columns = (index for index, each in self.column_targets.items() if each == target)
        return next(columns, None)

    def keeps_file(self):
        """Whether its file was not forgotten since it was loaded."""
        return type(self).objects.filter(pk=self.pk, file_key=self.file_key).exists()

    def names_in_file(self, mentions, id_column):
        """Whether the file names the person of `mentions`, or cannot be read."""
        try:
            with attachment_storage().open(self.file_key, "rb") as stored:
                return mentions.in_file(stored, id_column)
        except Exception:
            # Whatever a storage's own client raises.
            logger.exception("The file of import %d could not be searched.", self.pk)
            return True

    # Verbs. Each is a conditional update: who comes second changes nothing. ------------

    def choose_sheet(self, sheet, **looked):
        """Read another sheet; `looked` is what leads.import_runs.look found in it."""
        self._change({self.State.MAPPING}, sheet=sheet, **looked)

    def map_again(self):
        """Go back to the columns."""
        self._change(
            {self.State.CHECKED, self.State.REFUSED}, must=~Exists(_leads_of_it()),
            state=self.State.MAPPING,
        )  # fmt: skip

    def check_with(self, targets):
        """Let the rows be checked with these targets."""
        with transaction.atomic():
            self._change(
                {self.State.MAPPING}, state=self.State.CHECKING, row_count=0,
                **self._nothing_done(),
                targets={str(index): target for index, target in targets.items()},
            )  # fmt: skip
            self.rows.all().delete()

    def run(self, *, leaves_out_duplicates=False):
        """Let the rows be imported, maybe without those that may be duplicates."""
        with transaction.atomic():
            self._change(
                {self.State.CHECKED}, state=self.State.RUNNING, **self._nothing_done(),
                leaves_out_duplicates=leaves_out_duplicates,
            )  # fmt: skip
            self.rows.all().delete()

    def cancel(self):
        """Stop importing; what is imported stays."""
        self._change({self.State.RUNNING}, state=self.State.CANCELLED, claimed_by="")

    def discard(self):
        """Forget an import before anything of it was imported."""
        with transaction.atomic():
            self._change({*self.BEFORE_IT, self.State.REFUSED}, must=~Exists(_leads_of_it()))
            self.forget_file()
            self.delete()

    def take_back(self):
        """Let the leads be removed that nobody has touched."""
        self._change(
            self.AFTER_IT, must=Exists(_leads_of_it()), state=self.State.TAKING_BACK,
            last_line=0, removed=0, left=0, message="",
        )  # fmt: skip

    def advance(self, **values):
        """Note how far it is; raises ClaimLost when somebody else has it now."""
        now = timezone.now()
        mine = type(self).objects.filter(
            pk=self.pk, claimed_by=self.claimed_by, state=self.state
        )
        if not mine.update(claimed_until=now + LEASE, changed_at=now, **values):
            raise ClaimLost
        for name, value in values.items():
            setattr(self, name, value)

    def release(self):
        """Let anybody go on with it."""
        mine = type(self).objects.filter(pk=self.pk, claimed_by=self.claimed_by)
        mine.update(claimed_by="")

    def forget_file(self):
        """Remove the file and what was kept of its first rows."""
        key = self.file_key
        type(self).objects.filter(pk=self.pk).update(file_key="", sample=[])
        self.file_key, self.sample = "", []
        transaction.on_commit(lambda: _remove(key))

    def _change(self, states, *, must=ALWAYS, **values):
        values["changed_at"] = timezone.now()
        mine = type(self).objects.filter(must, pk=self.pk, state__in=states)
        if not mine.update(**values):
            raise Unchangeable
        for name, value in values.items():
            setattr(self, name, value)

    def _nothing_done(self):
        names = ("last_line", "rows_done", *Fate.values, "alike")
        return {**dict.fromkeys(names, 0), "message": "", "claimed_by": ""}


def _leads_of_it():
    return ImportRow.objects.filter(lead_import=OuterRef("pk"), lead__isnull=False)


def _remove(key):
    try:
        if key:
            attachment_storage().delete(key)
    except Exception:
        # Whatever a storage's own client raises; reconcile_attachments removes it later.
        logger.exception("The file of an import could not be removed: %s", key)


class ImportRowQuerySet(models.QuerySet):
    """Rows, in the order of the file."""

    def in_order(self):
        """As they stand in the file."""
        return self.order_by("line")

    def failed(self):
        """Those that were, or would be, not imported."""
        return self.filter(fate=Fate.FAILED)

    def alike(self):
        """Those that may be duplicates."""
        return self.exclude(likenesses="")

    def forget_cells_like(self, lead):
        """Forget the cells of rows that are alike to `lead`, as its person is erased."""
        self.filter(twin=lead).update(twin=None, cells=[])
        of_its_file = {"lead_import__rows__lead": lead}
        of_its_row = {"twin_line": F("lead_import__rows__line")}
        self.filter(**of_its_file, **of_its_row).update(cells=[])

    def forget_mentions(self, mentions, id_column):
        """Forget the cells of rows that name the person of `mentions`, and their problems.

        The reasons of these quote what stands in the cells.
        """
        rows = self.exclude(cells=[], problems=[]).values_list("pk", "cells", "problems")
        naming = [
            pk
            for pk, cells, problems in rows.iterator(chunk_size=100)
            if mentions.in_cells(cells, id_column)
            or mentions.in_cells([reason for _column, _heading, reason in problems])
        ]
        for pks in batched(naming, 1000):
            self.filter(pk__in=pks).update(cells=[], problems=[])

    def after(self, line):
        """Those behind `line`."""
        return self.filter(line__gt=line)

    def lines(self):
        """Return their lines."""
        return set(self.values_list("line", flat=True))

    def without_lead(self):
        """Those that did not become a lead."""
        return self.filter(lead=None)

    def with_lead(self):
        """Those that became a lead."""
        return self.filter(lead__isnull=False)


class ImportRow(models.Model):
    """What became of one row that is worth remembering.

    Of those that became a lead no cells are kept; the others go with the file.
    """

    lead_import = models.ForeignKey(
        LeadImport, on_delete=models.CASCADE, related_name="rows", db_index=False
    )
    line = models.PositiveIntegerField(_("line"))
    fate = models.CharField(max_length=10, choices=Fate)
    cells = models.JSONField(default=list)
    # Triples of column (or null), heading and reason.
    problems = models.JSONField(default=list)
    lead = models.ForeignKey(
        "leads.Lead", on_delete=models.PROTECT, null=True, related_name="import_rows"
    )
    # When the lead was touched last as it was made.
    activity_at = models.DateTimeField(null=True)
    # What it is alike to, a lead or a line above, and in what (leads.match_keys).
    twin = models.ForeignKey(
        "leads.Lead", on_delete=models.DO_NOTHING, null=True, related_name="+",
        db_index=False, db_constraint=False,
    )  # fmt: skip
    twin_line = models.PositiveIntegerField(null=True)
    likenesses = models.CharField(max_length=40, blank=True, default="", db_default="")

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        ordering = ["line"]
        constraints = [
            models.UniqueConstraint(fields=["lead_import", "line"], name="import_row_once"),
        ]
        indexes = [
            models.Index(fields=["lead_import", "fate", "line"], name="import_row_by_fate"),
            models.Index(
                fields=["lead_import", "line"],
                condition=~Q(likenesses=""),
                name="import_row_alike",
            ),
            models.Index(
                fields=["twin"], condition=Q(twin__isnull=False), name="import_row_of_twin"
            ),
        ]

    def __str__(self):
        return f"{self.line}"


class ColumnMemoryQuerySet(models.QuerySet):
    """What columns meant before."""

    def of(self, marketplace):
        """Return heading → target of the marketplace."""
        rows = self.filter(marketplace=marketplace).order_by("-changed_at", "-id")
        return dict(rows.values_list("heading", "target")[:1000])

    def remember(self, marketplace, meanings):
        """Remember heading → target for the next file; headings as leads.text.heading_key."""
        # In one order, whatever that of the file: two imports would wait for each other.
        self.bulk_create(
            [
                self.model(marketplace=marketplace, heading=heading, target=target)
                for heading, target in sorted(meanings.items())
            ],
            update_conflicts=True,
            unique_fields=["marketplace", "heading"],
            update_fields=["target", "changed_at"],
        )


class ColumnMemory(models.Model):
    """What a heading means in the files of a marketplace; empty: left out."""

    marketplace = models.ForeignKey(
        "marketplaces.Marketplace", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    heading = models.CharField(max_length=LONGEST_HEADING)
    target = models.CharField(max_length=40, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = ColumnMemoryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["marketplace", "heading"], name="column_memory_once"
            ),
        ]

    def __str__(self):
        return self.heading
