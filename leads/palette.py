"""What the palette finds: leads, what can be done here, and pages.

Leads are found as the lists' own search finds them; actions and pages by the beginnings of
the words of their names, in either spelling of an umlaut.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from .listing import LISTS
from .models import Lead, SavedView
from .rows import Rows
from .search_terms import MAX_LENGTH
from .text import fold

# So many leads of each list.
MOST = 8
# So many saved views before something is typed.
FEW = 4


@dataclass(frozen=True)
class Entry:
    """Something that can be opened or done."""

    icon: str
    text: str
    address: str
    # Other words by which it is found.
    words: str = ""
    # Whether it opens as a dialog over the page.
    is_dialog: bool = False
    # The id of what on the page does it, where the page has it.
    presses: str = ""
    # Whether it must be sent and not only opened.
    is_post: bool = False

    def is_named(self, words):
        """Whether each of the folded `words` begins one of this entry's."""
        name = f" {fold(f'{self.text} {self.words}').replace('-', ' ')}"
        return all(f" {word}" in name for word in words)


class Palette:
    """What one text finds for `user`; `lead` is the one whose page is open, or None."""

    def __init__(self, sight, text, *, user, lead_id=None):
        self.sight = sight
        self.user = user
        self.text = text.strip()[:MAX_LENGTH]
        self.words = fold(self.text).replace("-", " ").split()
        self.lead = self._open_lead(lead_id)
        lists = [self._list(kind) for kind in LISTS] if self.text else []
        self.is_too_short = any(leads.is_too_short for leads in lists)
        self.found = [] if self.is_too_short else list(self._leads(lists))
        self.groups = list(self._groups())

    @property
    def number(self):
        """How many things are found."""
        return sum(len(rows) for _list, rows, _more in self.found) + sum(
            len(entries) for _label, entries in self.groups
        )

    def _open_lead(self, lead_id):
        if not (lead_id and lead_id.isascii() and lead_id.isdigit() and len(lead_id) < 19):
            return None
        leads = Lead.objects.visible_to(self.user).worked().for_process()
        return leads.with_id(int(lead_id))

    def _list(self, kind):
        return kind(self.sight, QueryDict(urlencode({"q": self.text})), user=self.user)

    def _leads(self, lists):
        """Yield each list that has matches, its first rows, and whether there are more."""
        for leads in lists:
            page = leads.page_at(None, size=MOST)
            if page.rows:
                rows = Rows(leads.marketplaces, reader=self.user)
                yield leads, [rows.of(lead) for lead in page.rows], bool(page.next)

    def _groups(self):
        if self.lead:
            yield from self._group(self.lead.name, actions_on(self.lead))
        yield from self._group(_("Actions"), actions_of(self.sight))
        yield from self._group(_("Saved views"), self._views(), most=FEW)
        yield from self._group(_("Pages"), pages_of(self.user))

    def _group(self, label, entries, *, most=None):
        named = [entry for entry in entries if entry.is_named(self.words)]
        if named := named if self.words else named[:most]:
            yield label, named

    def _views(self):
        for kind in LISTS:
            for view in SavedView.shown_to(self.user, kind.name):
                address = f"{reverse(kind.address)}?{view.query}"
                yield Entry("bookmark", view.name, address, pgettext("search words", "view"))


def actions_on(lead):
    """Yield what can be done with the lead whose page is open."""
    page = reverse("leads:detail", args=[lead.pk])

    def dialog(icon, text, name, query="", words=""):
        address = reverse(f"leads:{name}", args=[lead.pk]) + query
        return Entry(icon, text, address, words, is_dialog=True)

    if lead.is_in_progress:
        if lead.next_phase:
            text = _("Next phase: %(phase)s") % {"phase": lead.next_phase.name}
            yield dialog("arrow-right", text, "phase")
        else:
            words = f"{Lead.Status.WON.label} {Lead.Status.LOST.label}"
            yield dialog("flag", _("Close the lead: won or lost"), "phase", words=words)
        if back := lead.previous_phase:
            text = _("Back to phase: %(phase)s") % {"phase": back.name}
            yield dialog(
                "undo-2",
                text,
                "phase",
                f"?nach={back.pk}",
                pgettext("search words", "set back"),
            )
        yield dialog(
            "bell", _("Follow-up"), "follow_up", words=pgettext("search words", "due date")
        )
    elif lead.is_closed:
        yield dialog("rotate-ccw", _("Reopen"), "reopen")
    yield Entry(
        "file-text",
        _("Write a journal entry"),
        f"{page}#id_text",
        pgettext("search words", "note"),
        presses="id_text",
    )
    if lead.call_address:
        call, number = pgettext("verb", "Call"), lead.call_address
        yield Entry("phone", call, number, pgettext("search words", "phone"), presses="call")
    yield dialog(
        "notebook-pen", _("Record a call"), "call", words=pgettext("search words", "phone")
    )
    if lead.mail_address:
        yield Entry("mail", _("Write an e-mail"), lead.mail_address)
    yield Entry("printer", _("Print lead file"), reverse("leads:dossier", args=[lead.pk]))
    fields = reverse("leads:fields", args=[lead.pk])
    yield Entry(
        "pencil",
        _("Edit all fields"),
        fields,
        pgettext("search words", "change"),
        presses="edit-all",
    )
    tabs = (
        (
            "upload",
            _("Upload a file"),
            "anhaenge",
            pgettext("search words", "attachment document"),
        ),
        ("history", _("Show the history"), "verlauf", ""),
    )
    for icon, text, tab, words in tabs:
        yield Entry(icon, text, f"{page}?tab={tab}", words, presses=f"tab-{tab}")


def actions_of(sight):
    """Yield what can be done anywhere by somebody with this sight."""
    if not sight.marketplaces:
        return
    if sight.can_enter:
        new = pgettext("search words", "new own lead")
        yield Entry("plus", _("Enter a lead"), reverse("leads:enter"), new)
    yield Entry("file-spreadsheet", _("Import leads"), reverse("leads:imports"), "CSV Excel")
    for text, name in (
        (_("Export leads in progress (Excel)"), "export"),
        (_("Export closed leads (Excel)"), "export_closed"),
    ):
        yield Entry("download", text, reverse(f"leads:{name}") + "?format=xlsx", "XLSX")


def pages_of(user):
    """Yield the pages of the navigation and the menu of `user`."""
    settings = pgettext("search words", "settings")
    yield Entry(
        "inbox", _("New leads"), reverse("leads:offers"), pgettext("search words", "offers")
    )
    yield Entry("list-checks", _("Leads in progress"), reverse("leads:list"))
    yield Entry(
        "flag",
        _("Closed leads"),
        reverse("leads:closed"),
        pgettext("search words", "won lost"),
    )
    yield Entry("settings", _("Manage views"), reverse("leads:views"), settings)
    calendar = _("Calendar and e-mail in the morning")
    yield Entry("calendar", calendar, reverse("calendar_settings"), settings)
    yield Entry("bell", _("Reminder e-mails"), reverse("reminders"), settings)
    yield Entry("key-round", _("Change password"), reverse("password_change"), settings)
    keys = f"{settings} {pgettext('search words', 'help')}"
    yield Entry("zap", _("Keyboard shortcuts"), reverse("shortcuts"), keys, is_dialog=True)
    if user.is_staff:
        yield Entry("settings", _("Administration"), reverse("admin:index"), settings)
    yield Entry(
        "log-out",
        _("Sign out"),
        reverse("sign_out"),
        pgettext("search words", "log off"),
        is_post=True,
    )
