"""The demo: who and what it makes, that its history is consistent, where it is refused."""

import io
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone
from PIL import ExifTags, Image

from leads.demo import loading
from leads.demo.chance import Chance
from leads.demo.pdf_files import Pdf
from leads.demo.plans import draw_plan, plan_as_dxf
from leads.demo.staging import make_marketplaces, make_people
from leads.fields import fields_of
from leads.models import Attachment, JournalEntry, Lead, LeadEvent, LeadRefusal
from leads.models.attachment import attachment_storage
from leads.moments import Instant
from leads.uploads import Document
from marketplaces.demo_accounts import DEMO_PASSWORD, DEMO_USERNAMES
from marketplaces.models import Field, Marketplace, Membership, User
from tests import factories
from tests.leads.test_search import documents, expected

pytestmark = pytest.mark.once

# A weekday's morning, a Sunday's night, the night of the clock change.
NOWS = [
    datetime(2025, 11, 25, 8, 40, tzinfo=UTC),
    datetime(2025, 7, 6, 1, 10, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 50, tzinfo=UTC),
]


@pytest.fixture
def demo(db):
    """The smallest demo, loaded by the command."""
    call_command("demo", "--leads", "20")


@pytest.fixture
def stages(db):
    """The demo's people and marketplaces without leads."""
    return make_marketplaces(make_people())


def stored_files():
    folder = Path(attachment_storage().location)
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_five_people_can_sign_in_with_the_public_password(stages, client):
    for username in DEMO_USERNAMES:
        client.logout()
        client.post("/anmelden/", {"username": username, "password": DEMO_PASSWORD})
        user = User.objects.get(username=username)
        assert client.session["_auth_user_id"] == str(user.pk)
        assert user.email.endswith("@beispiel.de")
    rights = User.objects.order_by("pk").values_list("username", "is_staff", "is_superuser")
    assert list(rights) == [
        ("vertrieb1", False, False), ("vertrieb2", False, False), ("leitung", False, False),
        ("betreiber", True, False), ("admin", True, True),
    ]  # fmt: skip


def test_three_marketplaces_differ_in_process_and_fields(stages):
    marketplaces = list(Marketplace.objects.by_name())
    assert {m.slug: m.phases.count() for m in marketplaces} == {
        "waermepumpe-sued": 5, "photovoltaik-bayern": 6, "ladeinfrastruktur-dach": 4,
    }  # fmt: skip
    assert {m.color for m in marketplaces} == {"coral", "amber", "blue"}
    assert [m.slug for m in marketplaces if m.allows_early_loss] == ["ladeinfrastruktur-dach"]
    for marketplace in marketplaces:
        assert marketplace.loss_reasons.count() >= 5
        assert all(p.guidance and p.target_days for p in marketplace.phases.all())
    # Every kind of field stands in both groups.
    assert {(f.group, f.kind) for f in Field.objects.all()} == {
        (group, kind) for group in Field.Group.values for kind in Field.Kind.values
    }


def test_the_reps_overlap_and_one_person_manages_and_one_operates_all(stages):
    slugs = {
        username: set(
            Membership.objects.filter(user__username=username, role=role).values_list(
                "marketplace__slug", flat=True
            )
        )
        for username, role in (
            ("vertrieb1", "rep"), ("vertrieb2", "rep"), ("leitung", "manager"),
            ("betreiber", "operator"),
        )
    }  # fmt: skip
    everywhere = set(Marketplace.objects.values_list("slug", flat=True))
    assert slugs["leitung"] == slugs["betreiber"] == slugs["vertrieb1"] == everywhere
    assert len(slugs["vertrieb2"]) == 2


def test_every_state_is_there_and_every_value_fits_its_field(demo):
    states = Counter(Lead.objects.values_list("status", flat=True))
    assert set(states) == set(Lead.Status.values)
    assert sum(states.values()) == 20
    assert Lead.objects.filter(status="offered", owner=None).exists()
    assert LeadEvent.objects.filter(kind="entered").exists()
    for lead in Lead.objects.select_related("marketplace"):
        for field in fields_of(lead.marketplace, lead=lead):
            value = field.value_of(lead)
            data = field.form_field().prepare_value(value)
            if field.kind_name in {"text", "phone", "email", "long_text"}:
                assert field.form_field().clean(data) == value
            elif field.kind_name == "choice":
                assert value == "" or value in field.choices
            elif field.kind_name == "choices":
                assert set(value) <= set(field.choices)
        assert re.fullmatch(r"\d{4,5}", lead.postcode)
        assert re.search(r"(@beispiel\.de|\.example)$", lead.email)
    assert User.objects.get(username="vertrieb1").leads.filter(name="Familie Aigner").exists()


@pytest.mark.parametrize("now", NOWS, ids=["morning", "sunday", "clock change"])
def test_history_is_consistent_and_lies_in_the_past(db, now):
    loading.load_demo(leads=20, now=now)
    for lead in Lead.objects.select_related("phase"):
        steps = list(lead.events.of_process().oldest_first())
        events = list(lead.events.order_by("id"))
        entries = list(lead.journal.order_by("created_at"))
        files = list(lead.attachments.all())
        moments = [row.created_at for row in (*events, *entries, *files)]
        assert max(moments) <= now
        assert all(one.created_at <= two.created_at for one, two in pairwise(events))
        assert lead.created_at == events[0].created_at == min(moments)
        counted = [e.created_at for e in events if e.kind != LeadEvent.Kind.DECLINED]
        rest = [row.created_at for row in (*entries, *files)]
        assert lead.last_activity_at == max(counted + rest)
        for line in lead.journal.exclude(event=None).select_related("event"):
            assert line.created_at == line.event.created_at
        if lead.is_offered:
            assert not steps
            continue
        assert lead.accepted_at == steps[0].created_at
        entered = [step for step in steps if step.to_phase_id]
        assert (lead.phase_id, lead.phase_entered_at) == (
            entered[-1].to_phase_id, entered[-1].created_at,
        )  # fmt: skip
        assert lead.closed_at == (steps[-1].created_at if lead.is_closed else None)
        times = lead.times_in_phases(steps)
        assert all(days >= 0 for days in times.values())
        assert (lead.phase_due_on is None) == lead.is_closed
        if lead.is_closed:
            assert_closed_rightly(lead)
    for refusal in LeadRefusal.objects.select_related("lead"):
        assert refusal.lead.created_at < refusal.created_at <= now
    assert_first_page(now)


def assert_first_page(now):
    """Check that the leads of the design stand as drawn."""
    mine = Lead.objects.filter(owner__username="vertrieb1", status="in_progress")
    first = mine.exclude(follow_up_at=None).order_by("follow_up_at", "id")[0]
    assert (first.name, first.phase.name) == ("Familie Aigner", "Angebot")
    assert Instant(now).due(first.follow_up_at).state == "overdue"
    wendl = mine.get(name="Bäckerei Wendl GmbH")
    assert Instant(now).due(wendl.follow_up_at).state != "overdue"
    assert timezone.localtime(wendl.follow_up_at).date() == timezone.localtime(now).date()
    assert mine.get(name="Familie Oberhofer").follow_up_at is None
    assert mine.get(name="Hausverwaltung Isarblick").journal.written().count() > 110


def assert_closed_rightly(lead):
    """Check that a closed lead passed every phase unless early loss is allowed."""
    assert (lead.loss_reason is not None) == (lead.status == "lost")
    if lead.status == "won" or not lead.marketplace.allows_early_loss:
        visited = {step.to_phase_id for step in lead.events.of_process()}
        assert lead.phase == lead.process[-1]
        assert {phase.pk for phase in lead.process} <= visited


def test_documents_are_real_files_with_thumbnails(demo):
    files = list(Attachment.objects.all())
    assert {f.extension for f in files} >= {"pdf", "eml", "jpg", "tif", "dxf", "csv"}
    turned = 0
    for file in files:
        content = attachment_storage().open(file.file.name).read()
        assert len(content) == file.size
        Document.check(SimpleUploadedFile(file.name, content))
        if file.extension in {"jpg", "jpeg", "tif", "tiff"}:
            with Image.open(io.BytesIO(content)) as image:
                image.load()
                turned += image.getexif().get(ExifTags.Base.Orientation) == 6
                is_upright = image.height > image.width
            with Image.open(attachment_storage().open(file.thumbnail.name)) as small:
                small.load()
                if is_upright:
                    assert small.width > small.height
        if file.extension == "tif":
            assert (image.mode, image.info["compression"]) == ("1", "group4")
        if file.extension == "eml":
            mail = message_from_bytes(content, policy=policy.default)
            assert ">" in mail.get_body().get_content()
            assert len(list(mail.iter_attachments())) == 1
            assert abs(mail["Date"].datetime - file.created_at) < timedelta(minutes=1)
        if file.extension == "pdf":
            assert_is_pdf(content)
    assert turned


def assert_is_pdf(content):
    """Check that each offset of the table leads to its object."""
    table = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", content)[1])
    assert content[table:].startswith(b"xref\n0 ")
    offsets = re.findall(rb"^(\d{10}) 00000 n $", content[table:], re.MULTILINE)
    for number, offset in enumerate(offsets, start=1):
        assert content[int(offset) :].startswith(b"%d 0 obj\n" % number)
    assert b"/Root 1 0 R" in content[table:]


def test_brackets_and_umlauts_survive_in_a_pdf():
    pdf = Pdf("Größe (m²)")
    pdf.text(10, 10, "Öl \\ (24 kW) 5 €")
    assert_is_pdf(pdf.to_bytes())
    assert "Größe \\(m²\\)".encode("cp1252") in pdf.to_bytes()


def test_plans_are_closed_and_differ():
    plans = [draw_plan(Chance(seed), title="Plan", kind="basement") for seed in range(4)]
    assert len({plan_as_dxf(plan) for plan in plans}) == 4
    for plan in plans:
        assert len(plan.labels) >= 3
        for x1, y1, x2, y2 in plan.walls:
            assert 0 <= min(x1, x2) <= max(x1, x2) <= plan.width + 0.01
            assert 0 <= min(y1, y2) <= max(y1, y2) <= plan.depth + 0.01


def test_two_loads_tell_the_same(db):
    def told():
        loading.load_demo(leads=20, now=NOWS[0])
        rows = list(Lead.objects.order_by("id").values_list("name", "street", "created_at"))
        return rows, list(JournalEntry.objects.order_by("id").values_list("text", flat=True))

    with transaction.atomic():
        first = told()
        transaction.set_rollback(True)
    assert told() == first


def test_a_second_load_is_refused_and_changes_nothing(stages):
    with pytest.raises(CommandError):
        call_command("demo", "--leads", "20")
    assert (Lead.objects.count(), User.objects.count()) == (0, len(DEMO_USERNAMES))


def test_if_empty_says_that_there_is_data_and_succeeds(heatpumps, capsys):
    call_command("demo", "--if-empty")
    assert capsys.readouterr().out.strip()
    assert not Lead.objects.exists()
    assert Marketplace.objects.count() == 1


def test_a_database_with_a_single_user_is_not_empty(db):
    factories.UserFactory()
    with pytest.raises(CommandError):
        call_command("demo", "--leads", "20")
    assert not Marketplace.objects.exists()


@pytest.mark.parametrize("options", [[], ["--if-empty"]])
def test_production_is_refused(db, settings, options):
    settings.MODE = "production"
    with pytest.raises(CommandError):
        call_command("demo", "--leads", "20", *options)
    assert not User.objects.exists()


def test_too_few_leads_are_refused(db):
    with pytest.raises(CommandError, match="20"):
        call_command("demo", "--leads", "3")
    assert not User.objects.exists()


def test_a_failure_leaves_neither_rows_nor_files(db, monkeypatch):
    def fail(_chronicle):
        assert stored_files()
        raise RuntimeError

    monkeypatch.setattr(loading.Chronicle, "set_back", fail)
    with pytest.raises(RuntimeError):
        loading.load_demo(leads=20)
    assert not User.objects.exists()
    assert not stored_files()


def test_the_command_tells_what_was_made(db, capsys):
    call_command("demo", "--leads", "20")
    out = capsys.readouterr().out
    for word in ("20", "3", "5", DEMO_PASSWORD, *DEMO_USERNAMES):
        assert word in out


def test_the_demo_is_searched_as_if_it_had_been_lived(demo, index):
    assert documents() == expected()
    index.is_in_step()
