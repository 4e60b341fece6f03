"""Reps at work over HTTP who write down what they tried and what was acknowledged."""

import hashlib
import random
import threading
import uuid
from contextlib import contextmanager

from tests.leads.samples import picture
from tests.markup import read

from .browser import Browser, Lost
from .waiting import pause

# Of what a rep does; uploads most, because there are two things to keep in step.
VERBS = {"upload": 6, "move": 5, "write": 5, "edit": 4, "accept": 2, "delete_file": 2}
# Bytes; the largest is what A47 asks for.
SIZES = {5_000: 5, 300_000: 5, 3_000_000: 2, 20_000_000: 1}


class Crew:
    """All reps, their log, and what is heard of them while requests run."""

    def __init__(self, server, stage, *, seed):
        self.offers = list(stage["offers"])
        self.phases = stage["phases"]
        self.log = []
        self.counts = {}
        self.changed = threading.Condition()
        self.off = threading.Event()
        self.errors = []
        self.reps = [
            Rep(self, server, name, stage["password"], leads, random.Random(f"{seed}/{name}"))
            for name, leads in stage["leads"].items()
        ]

    @contextmanager
    def at_work(self):
        """Let everybody work; at the end each finishes or loses the running request."""
        self.off.clear()
        self.counts.clear()
        threads = [threading.Thread(target=rep.work) for rep in self.reps]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.off.set()
            for thread in threads:
                thread.join()
        assert self.errors == [], self.errors

    def heard(self, what):
        """Count something that happened, for those who wait for it."""
        with self.changed:
            self.counts[what] = self.counts.get(what, 0) + 1
            self.changed.notify_all()

    def wait_for(self, what, number):
        """Return in the very moment in which `what` has happened `number` times."""
        with self.changed:
            came = self.changed.wait_for(
                lambda: self.errors or self.counts.get(what, 0) >= number, timeout=120
            )
        assert came, f"{number} × {what} never came: {self.counts}"

    def acknowledged(self, verb=None):
        """The writes that were answered with success."""
        return [
            act
            for act in self.log
            if act["status"] and act["status"] < 400 and verb in {None, act["verb"]}
        ]


class Rep:
    """One person who works on the own leads, one request at a time."""

    def __init__(self, crew, server, name, password, leads, chance):
        self.crew, self.name, self.password = crew, name, password
        self.leads = list(leads)
        self.chance = chance
        self.browser = Browser(server.port, heard=crew.heard)
        self.files = []

    def work(self):
        """Do one thing after the other until the crew is off; go on after a lost one."""
        try:
            while not self.crew.off.is_set():
                try:
                    self._do_one_thing()
                except Lost:
                    pause(0.05)
        except Exception as error:
            self.crew.errors.append(f"{self.name}: {error!r}")
            self.crew.heard("error")

    def _do_one_thing(self):
        if "sessionid" not in self.browser.cookies:
            self.browser.sign_in(self.name, self.password)
        [verb] = self.chance.choices([*VERBS], VERBS.values())
        getattr(self, verb)(self.chance.choice(self.leads))

    def upload(self, lead, *, size=None):
        """File a document, or a picture that gets a small one, sent slowly."""
        size = size or self.chance.choices([*SIZES], SIZES.values())[0]
        is_picture = self.chance.random() < 0.3
        start = picture("PNG") if is_picture else b"%PDF-1.7\n"
        content = start + self.chance.randbytes(size)
        digest = hashlib.sha256(content).hexdigest()
        with self._act("upload", lead, sha256=digest, size=len(content)) as act:
            act["status"], _text = self.browser.upload(
                f"/leads/{lead}/anhaenge/",
                f"{digest[:8]}.{'png' if is_picture else 'pdf'}",
                content,
                wait=lambda: pause(0.001),
            )
        if act["status"] == 303:
            self.files.append((lead, digest))

    def delete_file(self, lead):
        """Take a document away; its address stands in the tab."""
        mine = [digest for of, digest in self.files if of == lead]
        if not mine:
            return
        digest = self.chance.choice(mine)
        status, text = self.browser.get(f"/leads/{lead}/?tab=anhaenge")
        if status != 200:
            return
        rows = [li for li in read(text).all("li", class_="file") if digest[:8] in li.text]
        if not rows:
            return
        number = rows[0]["id"].removeprefix("file-")
        self.files.remove((lead, digest))
        with self._act("delete_file", lead, sha256=digest) as act:
            act["status"], _text = self.browser.post(
                f"/leads/{lead}/anhaenge/{number}/loeschung/", {}
            )

    def move(self, lead):
        """Go one phase on or back, as the dialog offers it."""
        status, text = self.browser.get(f"/leads/{lead}/phase/")
        if status != 200:
            return
        here = self.crew.phases.index(int(read(text).all("input", name="von")[0]["value"]))
        neighbours = [n for n in (here - 1, here + 1) if 0 <= n < len(self.crew.phases)]
        seen = self.crew.phases[here]
        to = self.crew.phases[self.chance.choice(neighbours)]
        with self._act("move", lead, seen=seen, to=to) as act:
            act["status"], _text = self.browser.post(
                f"/leads/{lead}/phase/",
                {"von": seen, "nach": to, "note": f"Notiz {act['id']}"},
            )

    def edit(self, lead):
        """Change a field, seen as it is."""
        address = f"/leads/{lead}/felder/company/"
        status, text = self.browser.get(address)
        if status != 200:
            return
        form = read(text).form(address)
        with self._act("edit", lead) as act:
            act["status"], _text = self.browser.post(address, form.sends(company=act["id"]))

    def write(self, lead):
        """Write a journal entry."""
        with self._act("write", lead) as act:
            form = {"text": f"Eintrag {act['id']}", "kind": "call", "token": act["id"]}
            act["status"], _text = self.browser.post(f"/leads/{lead}/journal/", form)

    def accept(self, _lead):
        """Take an offered lead, perhaps in the same instant as a colleague."""
        if not self.crew.offers:
            return
        offer = self.crew.offers[0]
        with self._act("accept", offer) as act:
            act["status"], _text = self.browser.post(f"/leads/{offer}/annahme/", {})
        if act["status"] < 500 and offer in self.crew.offers:
            self.crew.offers.remove(offer)
        if act["status"] == 303:
            self.leads.append(offer)

    @contextmanager
    def _act(self, verb, lead, **details):
        """Write down what is tried before it is sent, and the answer when it comes."""
        act = {
            "id": str(uuid.UUID(int=self.chance.getrandbits(128), version=4)),
            "verb": verb,
            "rep": self.name,
            "lead": lead,
            "status": None,
            **details,
        }
        self.crew.log.append(act)
        yield act
        if act["status"] < 400:
            self.crew.heard("acknowledged")
            self.crew.heard(verb)
