"""Whatever is sent in whatever order, a lead goes through its process step by step.

Hypothesis plays reps, a manager and an operator: fresh, stale, foreign, repeated and
reordered requests, while phases are retired, inserted, reordered, renamed and deleted and
memberships end. `FUZZ_EXAMPLES` multiplies the number of examples.
"""

import logging
import os
import uuid
from collections import Counter
from contextlib import suppress
from types import SimpleNamespace

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from leads.models import JournalEntry, Lead, LeadEvent
from leads.offers import Offer
from leads.stepper import Stepper
from marketplaces.models import Phase
from tests import factories
from tests.marketplaces.admin_page import MarketplacePage
from tests.markup import HTMX, read

from .history import assert_whole

logger = logging.getLogger(__name__)
pytestmark = pytest.mark.django_db
EXAMPLES = 10 * int(os.environ.get("FUZZ_EXAMPLES", "1"))
STEPS = 30

PLACE = st.integers(0, 5)
WHO = st.sampled_from(["owner"] * 7 + ["meike", "ben", "clara"])
# What of a request is not as it is now: mostly nothing.
FAULTS = [f"{what} {how}" for what in ("von", "nach", "seit") for how in ("old", "odd")]
FAULT = st.sampled_from([None] * 9 + FAULTS)


class Sequences(RuleBasedStateMachine):
    """One lead of one marketplace, and what the model expects of both."""

    stage = None
    counted = Counter()
    forms = Bundle("forms")
    pages = Bundle("pages")

    def __init__(self):
        super().__init__()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.marketplace = self.stage.marketplace
        self.lead = factories.offer(self.marketplace)
        self.status, self.phase, self.owner = "offered", None, "anna"
        self.members = {"anna", "ben", "meike"}
        self.declined = set()
        self.loses_early = False
        self.last_step = None
        # Since when it stands where it stands, then and now.
        self.since = [None]
        self.rows = []
        self.fresh()

    def teardown(self):
        transaction.set_rollback(True)
        self.outer.__exit__(None, None, None)

    # The model --------------------------------------------------------------------------

    def fresh(self):
        self.lead = Lead.objects.get(pk=self.lead.pk)
        self.process = list(self.marketplace.phases.in_order())

    def named(self, who):
        """The person behind "owner"; nobody owns an offered lead, so Anna."""
        return self.owner if who == "owner" else who

    def sees(self, who):
        """Whether the lead's page is there for the person, the lead being worked on."""
        is_there = who in self.members and self.status != "offered"
        return is_there and who in {self.owner, "meike"}

    def neighbours(self):
        """The phases before and behind: the next active ones on each side."""
        ids = [phase.pk for phase in self.process]
        here = ids.index(self.phase)
        active = [i for i, phase in enumerate(self.process) if not phase.is_retired]
        before = [ids[i] for i in active if i < here]
        behind = [ids[i] for i in active if i > here]
        return (before[-1] if before else None), (behind[0] if behind else None)

    def is_last(self):
        return self.neighbours()[1] is None

    def phase_sent(self, name, right, fault, place):
        """What a form says of a phase: what is `right`, or an old or an odd one."""
        odd = [self.stage.foreign_phase, "", "x", 2**63, 0]
        if fault == f"{name} odd":
            return odd[place % len(odd)]
        if fault == f"{name} old":
            return self.process[place % len(self.process)].pk
        return right or ""

    def since_sent(self, fault, place):
        if fault == "seit odd":
            return ""  # who does not say since when is taken at the word
        if fault == "seit old":
            return self.since[place % len(self.since)] or ""
        return self.since[-1] or ""

    def expect(self, *, status=None, phase=None):
        """Expect the next look to find the lead there."""
        self.status = status or self.status
        self.phase = phase or self.phase

    # Sending ----------------------------------------------------------------------------

    def send(self, who, tail, data, *, hx=False):
        """Send; return the answer. What it has done is looked at by `looked`."""
        client = self.stage.clients[who]
        address = f"/leads/{self.lead.pk}/{tail}"
        answer = client.post(address, data, headers=HTMX if hx else None)
        assert answer.status_code in {200, 303, 404, 409, 422}, answer.status_code
        self.check_answer(who, answer, hx)
        return answer

    def check_answer(self, who, answer, hx):
        if answer.status_code == 200:
            assert hx
        if who == "clara" or who not in self.members:
            assert answer.status_code == 404

    def looked(self, answer, *, ok, steps=1):
        """Compare with what was expected: `ok` whether the request had to be taken."""
        assert (answer.status_code in {200, 303}) == ok, (answer.status_code, ok)
        self.counted["taken" if ok else f"refused {answer.status_code}"] += 1
        self.fresh()
        found = list(self.lead.events.of_process().oldest_first())
        new = found[len(self.process_rows()) :]
        assert len(new) == (steps if ok else 0)
        if new:
            self.last_step = new[-1]
            self.counted[self.last_step.kind] += 1
            now = self.lead.closed_at or self.lead.phase_entered_at
            self.since.append(now.isoformat())
        if not ok:
            assert self.lead.events.count() == len(self.rows), "a refusal leaves no event"

    def process_rows(self):
        return [row for row in self.rows if row["kind"] in LeadEvent.PROCESS]

    # What is true after every step ------------------------------------------------------

    @initialize(place=st.sampled_from([None, 0, 1, 2, 3, 3]))
    def begin(self, place):
        """Most leads are already somewhere in the process."""
        if place is None:
            return
        self.accept("owner", shown=True)
        self.nothing_contradicts()
        for _step in range(place):
            self.go_on(1)

    @invariant()
    def nothing_contradicts(self):
        self.fresh()
        lead = self.lead
        assert (lead.status, lead.phase_id) == (self.status, self.phase)
        rows = list(lead.events.order_by("pk").values())
        assert rows[: len(self.rows)] == self.rows, "what has happened is never rewritten"
        self.rows = rows
        assert_whole(lead)

    # Looking ----------------------------------------------------------------------------

    @rule(target=forms, who=WHO, which=st.sampled_from(["next", "next", "back", "reopen"]))
    def open_dialog(self, who, which):
        """What the dialog holds now may be sent at any time later, and twice."""
        who = self.named(who)
        tail = "wiedereroeffnung/" if which == "reopen" else "phase/"
        query = {}
        if which == "back" and self.status == "in_progress":
            query["nach"] = self.neighbours()[0] or ""
        address = f"/leads/{self.lead.pk}/{tail}"
        answer = self.stage.clients[who].get(address, query)
        if not self.sees(who):
            assert answer.status_code == 404
            return multiple()
        is_open = self.status == "in_progress"
        assert answer.status_code == (200 if is_open or which == "reopen" else 409)
        found = []
        for form in read(answer).all("form"):
            action = form.get("action")
            if action in {f"/leads/{self.lead.pk}/{t}" for t in
                          ("phase/", "abschluss/", "wiedereroeffnung/")}:  # fmt: skip
                found.append((action.split("/")[3] + "/", form.typed))
        return multiple(*found)

    @rule(tab=st.sampled_from(["journal", "verlauf", "anhaenge"]), who=WHO)
    def look_at_the_page(self, tab, who):
        who = self.named(who)
        answer = self.stage.clients[who].get(f"/leads/{self.lead.pk}/", {"tab": tab})
        may = self.sees(who) or (
            self.status == "offered"
            and who in self.members
            and (who == "meike" or who not in self.declined)
        )
        assert answer.status_code == (200 if may else 404)
        if self.status == "offered":
            return
        entered = {row["to_phase_id"] for row in self.rows}
        here = next(p for p in self.process if p.pk == self.phase)
        for step in Stepper(Lead.objects.for_page().get(pk=self.lead.pk)).steps:
            is_before = step.phase.position < here.position
            assert step.phase.pk == self.phase or not step.phase.is_retired
            if is_before:
                assert (step.state == "done") == (step.phase.pk in entered)
            elif step.phase.pk != self.phase:
                assert step.state == "coming"
        if self.sees(who) and self.status == "in_progress":
            page = read(answer)
            current = page.one("button", aria_current="step")
            assert page.one(id=current["aria-labelledby"]).text == here.name

    # The process ------------------------------------------------------------------------

    @rule(who=WHO, shown=st.booleans())
    def accept(self, who, shown):
        who = self.named(who)
        data = {"angebot": Offer(self.lead, self.stage.people[who]).token} if shown else {}
        is_offered = self.status == "offered" and who in self.members
        is_offered = is_offered and (who == "meike" or who not in self.declined)
        first = next((p.pk for p in self.process if not p.is_retired), None)
        answer = self.send(who, "annahme/", data)
        if is_offered and first:
            self.owner = who
            self.expect(status="in_progress", phase=first)
            self.looked(answer, ok=True)
        elif is_offered:
            self.looked(answer, ok=True, steps=0)
        else:
            mine = shown and self.sees(who) and self.owner == who
            self.looked(answer, ok=mine, steps=0)

    @rule(who=WHO)
    def decline(self, who):
        who = self.named(who)
        may = self.status == "offered" and who in self.members
        may = may and (who == "meike" or who not in self.declined)
        answer = self.send(who, "ablehnung/", {"reason": "Zu weit"})
        self.looked(answer, ok=may, steps=0)
        if may:
            self.declined.add(who)

    def stepping(self, who, data, *, hx=False):
        """Send a step and expect it to be taken only between neighbours, as they are now."""
        may = (
            self.sees(who)
            and self.status == "in_progress"
            and str(data["von"]) == str(self.phase)
            and data.get("seit", "") in {"", self.since[-1]}
            and str(data["nach"]) in {str(pk) for pk in self.neighbours() if pk}
        )
        answer = self.send(who, "phase/", data, hx=hx)
        if may:
            self.expect(phase=int(data["nach"]))
        self.looked(answer, ok=may)
        if may:
            places = {phase.pk: i for i, phase in enumerate(self.process)}
            forward = places[self.last_step.to_phase_id] > places[self.last_step.from_phase_id]
            assert self.last_step.kind == ("moved" if forward else "moved_back")

    @rule(who=WHO, way=st.sampled_from(["next", "next", "next", "back"]), fault=FAULT,
          place=PLACE, note=st.booleans(), hx=st.booleans())  # fmt: skip
    def move(self, who, way, fault, place, note=False, hx=False):
        who = self.named(who)
        before, behind = self.neighbours() if self.phase else (None, None)
        data = {
            "von": self.phase_sent("von", self.phase, fault, place),
            "nach": self.phase_sent("nach", behind if way == "next" else before, fault, place),
            "seit": self.since_sent(fault, place),
        }
        if note:
            data["note"] = "Notiz"
        self.stepping(who, data, hx=hx)

    @rule(number=st.integers(1, 4))
    def go_on(self, number):
        """The owner clicks the same form once, or in vain several times."""
        behind = self.neighbours()[1] if self.phase else None
        data = {"von": self.phase or "", "nach": behind or "", "seit": self.since[-1] or ""}
        for _click in range(number):
            self.stepping(self.owner, data)
            self.nothing_contradicts()

    @rule(place=PLACE, way=st.sampled_from(["next", "back"]))
    def try_what_must_fail(self, place, way):
        """The owner tries whatever is no step from here, or was one some time ago."""
        for fault in FAULTS:
            if fault != "seit odd":
                self.move("owner", way, fault, place)
                self.nothing_contradicts()
        if self.status == "in_progress":
            for phase in self.process:
                if phase.pk not in self.neighbours():
                    self.stepping(self.owner, {"von": self.phase, "nach": phase.pk})
                    self.nothing_contradicts()
        for result in ("gewonnen", "verloren"):
            self.close("owner", "seit old", place, result)
            self.nothing_contradicts()
            if self.status == "in_progress" and not self.is_last():
                self.close("owner", None, place, result)
                self.nothing_contradicts()
        self.reopen("owner", "seit old", place)
        self.nothing_contradicts()
        for row in self.process_rows()[:-1]:
            if self.phase in {row["from_phase_id"], row["to_phase_id"]}:
                self.undoing(self.owner, row)
                self.nothing_contradicts()

    def closing(self, who, data):
        is_won = data["ergebnis"] == "gewonnen"
        reasons = {str(reason.pk) for reason in self.marketplace.loss_reasons.active()}
        chosen = str(data.get("loss_reason") or "")
        may = (
            self.sees(who)
            and self.status == "in_progress"
            and str(data["von"]) == str(self.phase)
            and data.get("seit", "") in {"", self.since[-1]}
            and (self.is_last() or (self.loses_early and not is_won))
            and (chosen in reasons or is_won and not chosen)
        )
        answer = self.send(who, "abschluss/", data)
        if may:
            self.expect(status="won" if is_won else "lost")
        self.looked(answer, ok=may)

    @rule(who=WHO, fault=FAULT, place=PLACE,
          result=st.sampled_from(["gewonnen", "verloren"]))  # fmt: skip
    def close(self, who, fault, place, result):
        reason = self.marketplace.loss_reasons.in_order()[place % 2].pk
        if fault == "nach odd":
            reason = [self.stage.foreign_reason, "", "x"][place % 3]
        self.closing(
            self.named(who),
            {
                "von": self.phase_sent("von", self.phase, fault, place),
                "seit": self.since_sent(fault, place),
                "ergebnis": result,
                "loss_reason": reason if result == "verloren" else "",
            },
        )

    def reopening(self, who, data):
        may = (
            self.sees(who)
            and self.status in {"won", "lost"}
            and data.get("seit", "") in {"", self.since[-1]}
        )
        answer = self.send(who, "wiedereroeffnung/", data)
        if may:
            self.expect(status="in_progress")
        self.looked(answer, ok=may)

    @rule(who=WHO, fault=FAULT, place=PLACE)
    def reopen(self, who, fault, place):
        self.reopening(self.named(who), {"seit": self.since_sent(fault, place)})

    @rule(who=WHO, form=forms, result=st.sampled_from(["gewonnen", "verloren"]))
    def send_a_form_of_then(self, who, form, result):
        who = self.named(who)
        tail, data = form
        if tail == "phase/":
            self.stepping(who, data)
        elif tail == "abschluss/":
            reason = self.marketplace.loss_reasons.first().pk if result == "verloren" else ""
            self.closing(who, {**data, "ergebnis": result, "loss_reason": reason})
        else:
            self.reopening(who, data)

    @rule(who=WHO, place=st.integers(0, 60), newest=st.booleans())
    def undo(self, who, place, newest):
        who = self.named(who)
        rows = self.rows[-1:] if newest else self.rows
        self.undoing(who, rows[place % len(rows)])

    def undoing(self, who, row):
        kind, is_last = row["kind"], self.last_step and row["id"] == self.last_step.pk
        may = self.sees(who) and is_last
        if kind in {"moved", "moved_back"}:
            may = may and row["from_phase_id"] in self.neighbours()
            target = {"phase": row["from_phase_id"]}
        elif kind in {"won", "lost"}:
            target = {"status": "in_progress"}
        elif kind == "field_changed":
            name = row["field"]
            may = self.sees(who) and getattr(self.lead, name) in {row["new"], row["old"]}
            answer = self.send(who, f"verlauf/{row['id']}/ruecknahme/", {})
            self.looked(answer, ok=may, steps=0)
            return
        else:
            may, target = False, {}
        answer = self.send(who, f"verlauf/{row['id']}/ruecknahme/", {})
        if may:
            self.expect(**target)
        self.looked(answer, ok=may)

    # Beside the process -----------------------------------------------------------------

    @rule(who=WHO, name=st.sampled_from(["phone", "city"]), value=st.sampled_from("123"),
          is_stale=st.booleans())  # fmt: skip
    def edit_a_field(self, who, name, value, is_stale):
        who = self.named(who)
        value *= 4
        now = getattr(self.lead, name)
        seen = "seen long ago" if is_stale else now
        answer = self.send(who, f"felder/{name}/", {name: value, f"seen-{name}": seen})
        self.looked(answer, ok=self.sees(who) and (not is_stale or value == now), steps=0)
        if answer.status_code == 303:
            assert getattr(self.lead, name) == value

    @rule(who=WHO, again=st.booleans())
    def write_an_entry(self, who, again):
        who = self.named(who)
        texts = dict(self.lead.journal.written().values_list("token", "text"))
        token = list(texts)[-1] if again and texts else uuid.uuid4()
        text = "Rückruf"
        answer = self.send(who, "journal/", {"text": text, "token": token})
        # A step's note is something else: its token does not let it be lost.
        self.looked(answer, ok=self.sees(who) and texts.get(token, text) == text, steps=0)
        written = JournalEntry.objects.filter(lead=self.lead, token=token).count()
        assert written == (token in texts or self.sees(who))

    # What operators do ------------------------------------------------------------------

    @rule(target=pages)
    def load_the_operators_page(self):
        return MarketplacePage(self.stage.clients["olaf"], self.marketplace)

    def operate(self, page, act):
        """Change the page and send it; the lead stays where it is."""
        data = dict(page.data)
        with suppress(KeyError):  # renamed or gone since the page was loaded
            act(page)
        answer = page.send()
        assert answer.status_code in {200, 302}
        # A page from before may have taken it back.
        self.marketplace.refresh_from_db(fields=["allows_early_loss"])
        self.loses_early = self.marketplace.allows_early_loss
        page.data = data
        self.counted[f"operator {answer.status_code}"] += 1

    def name_near(self, offset):
        """The phase so far behind the lead's own."""
        here = [phase.pk for phase in self.process].index(self.phase) if self.phase else 0
        return self.process[(here + offset) % len(self.process)].name

    @rule(page=st.none() | pages, offset=st.sampled_from([1, 1, 0, -1, 2]), to=PLACE,
          what=st.sampled_from(["retire", "unretire", "insert", "rename", "delete",
                                "put"]))  # fmt: skip
    def change_the_process(self, page, offset, to, what):
        page = page or MarketplacePage(self.stage.clients["olaf"], self.marketplace)
        name = self.name_near(offset)

        def act(page):
            match what:
                case "retire":
                    page.set("phases", name, is_retired="on")
                case "unretire":
                    page.data.pop(f"{page.row('phases', name)}-is_retired", None)
                case "insert":
                    page.add("phases", name=f"Neu {uuid.uuid4().hex[:6]}", position=str(to))
                case "rename":
                    page.set("phases", name, name=f"Um {uuid.uuid4().hex[:6]}")
                case "delete":
                    page.delete("phases", name)
                case "put":
                    page.set("phases", name, position=str(to))

        self.operate(page, act)

    @rule(place=PLACE, to=PLACE)
    def move_the_leads_out_of_a_phase(self, place, to):
        phase = self.process[place % len(self.process)]
        target = self.process[to % len(self.process)]
        address = reverse(
            "admin:marketplaces_phase_relocate", args=[self.marketplace.pk, phase.pk]
        )
        answer = self.stage.clients["olaf"].post(address, {"to": target.pk})
        may = not target.is_retired and target != phase
        assert answer.status_code == (302 if may else 422)
        does = may and self.status == "in_progress" and self.phase == phase.pk
        if does:
            self.expect(phase=target.pk)
        self.fresh()
        new = list(self.lead.events.of_process().oldest_first())[len(self.process_rows()) :]
        assert len(new) == does
        if does:
            self.last_step = new[0]
            self.counted["relocated"] += 1
            self.since.append(self.lead.phase_entered_at.isoformat())

    @rule(allowed=st.booleans())
    def allow_early_loss(self, allowed):
        self.loses_early = self.marketplace.allows_early_loss = allowed
        self.marketplace.save()

    @rule(who=WHO, form=forms)
    def send_a_form_after_the_membership_ended(self, who, form):
        user = self.stage.people[self.named(who)]
        memberships = list(user.memberships.all())
        user.memberships.all().delete()
        self.members.discard(user.username)
        self.send_a_form_of_then(who, form, "gewonnen")
        for membership in memberships:
            membership.save(force_insert=True)
        if user.username != "clara":
            self.members.add(user.username)

    @rule(place=PLACE, is_retired=st.booleans())
    def retire_a_reason(self, place, is_retired):
        reason = self.marketplace.loss_reasons.in_order()[place % 2]
        self.marketplace.loss_reasons.filter(pk=reason.pk).update(is_retired=is_retired)


@pytest.fixture
def stage(heatpumps, solar, signed_in, anna, ben, clara, meike, olaf):
    people = {user.username: user for user in (anna, ben, clara, meike, olaf)}
    Phase.objects.filter(marketplace=heatpumps, position__gt=4).delete()
    return SimpleNamespace(
        marketplace=heatpumps,
        people=people,
        clients={name: signed_in(user) for name, user in people.items()},
        foreign_phase=solar.phases.first().pk,
        foreign_reason=solar.loss_reasons.first().pk,
    )


def test_no_sequence_of_requests_breaks_the_process(stage):
    Sequences.stage, Sequences.counted = stage, Counter()
    run_state_machine_as_test(
        Sequences,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    logger.info("%d examples of up to %d steps: %s", EXAMPLES, STEPS, Sequences.counted)
    assert Sequences.counted["taken"]
