"""One small form for each editor; it cleans, the models decide."""

import uuid
from datetime import datetime
from typing import NamedTuple

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from marketplaces.models import LossReason, Marketplace

from .fields import BUILT_IN_BY_NAME, Unfit, fields_of
from .file_names import clean_file_name, split_extension
from .kinds import LineField, TextField
from .models import JournalEntry, SavedView
from .models.follow_up import FOLLOW_UP
from .moments import MomentField
from .suggestions import common_suggestions, suggestions

NOTE_MAX_LENGTH = 10_000
SEEN = "seen-"
# More fields than a marketplace can have are never sent.
MOST_FIELDS = 200


class KeepsTyped(forms.Form):
    """A form that is drawn again before it is judged."""

    def keep_typed(self, sent):
        """Show what is typed so far, as it was sent, without judging it yet.

        Return whether that is anything else than what stood there by itself.
        """
        before = dict(self.initial)
        for name, field in self.fields.items():
            sent_as = self.add_prefix(name)
            if not field.widget.value_omitted_from_data(sent, {}, sent_as):
                self.initial[name] = field.widget.value_from_datadict(sent, {}, sent_as)
        return any(value and value != before.get(n) for n, value in self.initial.items())


class NoteForm(KeepsTyped):
    """What every dialog of the process may take along: a note for the journal."""

    note = TextField(
        label=_("Note for the journal (optional)"),
        required=False,
        max_length=NOTE_MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SinceField(forms.CharField):
    """Since when what the user saw was so; tells two visits to one phase apart."""

    widget = forms.HiddenInput

    def __init__(self):
        super().__init__(required=False)

    def prepare_value(self, value):
        """Write the time down to the microsecond."""
        return value.isoformat() if isinstance(value, datetime) else value

    def to_python(self, value):
        """Return the time, or None where none was sent."""
        text = super().to_python(value)
        try:
            return datetime.fromisoformat(text) if text else None
        except ValueError:
            raise forms.ValidationError("", code="invalid") from None


class PhaseField(forms.Field):
    """One of the phases that the form was given, by its id."""

    widget = forms.HiddenInput
    phases = ()

    def to_python(self, value):
        """Return the phase, or None where none was sent."""
        if value in self.empty_values:
            return None
        named = (phase for phase in self.phases if str(phase.pk) == value)
        if phase := next(named, None):
            return phase
        raise forms.ValidationError("", code="invalid_choice")


class ReopenForm(forms.Form):
    """Opening a closed lead again; `seit` is when it was closed."""

    seit = SinceField()


class OfLead(forms.Form):
    """A form of one lead."""

    def __init__(self, *args, lead, **kwargs):
        self.lead = lead
        super().__init__(*args, **kwargs)


class TakesFollowUp(OfLead):
    """A form of `lead` with its next follow-up and what that is for."""

    follow_up_at = MomentField(label=_("Next follow-up"), required=False)
    follow_up_note = LineField(
        label=_("Note of the follow-up (optional)"), required=False, max_length=200
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["follow_up_at"].suggestions = suggestions(self.lead.marketplace)

    def clean(self):
        """Ask for the day of a note."""
        data = super().clean()
        if data.get("follow_up_note") and not data.get("follow_up_at", True):
            self.add_error("follow_up_at", _("Choose the day of the follow-up."))
        return data


class PlaceForm(OfLead):
    """Where the user saw the lead: in the phase `von`, and there since `seit`."""

    # What a page that is up to date always sends as it should be.
    place = frozenset({"von", "seit"})
    seit = SinceField()
    von = PhaseField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["von"].phases = self.lead.process

    @property
    def is_stale(self):
        """Whether the phases themselves are not (or no longer) of this process."""
        return bool(self.place & set(self.errors))


class MoveForm(PlaceForm, TakesFollowUp, NoteForm):
    """A step to a neighbouring phase: `nach` is the one to reach."""

    place = PlaceForm.place | {"nach"}
    nach = PhaseField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["nach"].phases = self.fields["von"].phases


class CloseForm(PlaceForm, NoteForm):
    """Closing out of the phase that was seen: won, or lost for a reason."""

    place = PlaceForm.place | {"ergebnis"}
    ergebnis = forms.ChoiceField(choices=[("gewonnen", _("Won")), ("verloren", _("Lost"))])
    loss_reason = forms.ModelChoiceField(
        LossReason.objects.none(),
        label=_("Loss reason"),
        required=False,
        empty_label=_("Please choose"),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reasons = self.lead.marketplace.loss_reasons
        self.fields["loss_reason"].queryset = reasons.active().in_order()

    @cached_property
    def has_reasons(self):
        """Whether there is any reason to choose: without one no lead is lost."""
        field = self.fields["loss_reason"]
        # Read once: the page asks, and then shows them.
        field.choices = list(field.choices)
        return len(field.choices) > 1

    def clean(self):
        """Ask for the reason of a lost lead."""
        data = super().clean()
        is_lost = data.get("ergebnis") == "verloren"
        if is_lost and not data.get("loss_reason") and "loss_reason" not in self.errors:
            self.add_error("loss_reason", _("Say why the lead is lost."))
        return data


class DeclineForm(forms.Form):
    """Declining an offered lead."""

    reason = LineField(label=_("Reason (optional)"), required=False, max_length=200)


class EntryBox(NamedTuple):
    """What the composer of the journal shows of an EntryForm."""

    kinds: tuple
    chosen: str
    label: str
    placeholder: str
    text: str
    errors: tuple
    # Whether it was sent and comes back.
    is_typed: bool


class RenewsToken:
    """Of a form with a `token`: sent once more, it is no repeat."""

    def renew_token(self):
        """Carry another token, so that what was typed can be sent as something new."""
        self.data = self.data.copy()
        self.data["token"] = str(uuid.uuid4())


class EntryForm(RenewsToken, forms.Form):
    """A journal entry. The `token` lets the same form write one entry only."""

    kinds = JournalEntry.WRITTEN_KINDS
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[(kind.value, kind.label) for kind in kinds],
        initial=JournalEntry.Kind.NOTE,
        required=False,
    )
    text = TextField(
        label=_("Journal entry"),
        max_length=NOTE_MAX_LENGTH,
        error_messages={"required": _("Write what was discussed.")},
        widget=forms.Textarea(attrs={"placeholder": _("What was discussed?"), "rows": 3}),
    )
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, required=False)

    def clean_kind(self):
        """Return the kind, a note where none is said."""
        return self.cleaned_data["kind"] or JournalEntry.Kind.NOTE

    @property
    def box(self):
        """What is drawn of it, all but the token, which is another each time."""
        text = self["text"]
        return EntryBox(
            kinds=tuple(self.kinds),
            chosen=self["kind"].value(),
            label=str(text.label),
            placeholder=str(text.field.widget.attrs["placeholder"]),
            text=text.value() or "",
            errors=tuple(map(str, text.errors)),
            is_typed=self.is_bound,
        )


class KeptEntryForm(TakesFollowUp, EntryForm):
    """What a dialog that came too late keeps: a note, a follow-up or both."""

    kept = forms.BooleanField(widget=forms.HiddenInput, initial=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="notiz_%s", **kwargs)
        self.fields["text"].required = False
        # In a draft it is the note of the dialog that came too late.
        self.fields["text"].widget.attrs["data-kept-as"] = "note"

    def clean(self):
        """Ask for one of the two."""
        data = super().clean()
        if not self.errors and not data["text"] and not data["follow_up_at"]:
            self.add_error("text", self.fields["text"].error_messages["required"])
        return data


class CallForm(RenewsToken, TakesFollowUp):
    """What came of a call to `lead`. The `token` lets the same form record one only."""

    outcome = forms.ChoiceField(
        choices=JournalEntry.Outcome,
        error_messages={"required": _("Say what came of the call.")},
    )
    note = LineField(label=_("Note (optional)"), required=False, max_length=500)
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="anruf_%s", **kwargs)

    def clean(self):
        """Ask for the day of a call back."""
        data = super().clean()
        is_callback = data.get("outcome") == JournalEntry.Outcome.CALLBACK
        if is_callback and not data.get("follow_up_at", True):
            self.add_error("follow_up_at", _("Choose the day to call back."))
        return data

    @property
    def outcome_label(self):
        """What the outcome is called."""
        return JournalEntry.Outcome(self.cleaned_data["outcome"]).label


class EntryTextForm(forms.Form):
    """Correcting an own journal entry."""

    text = TextField(
        label=_("Journal entry"),
        max_length=NOTE_MAX_LENGTH,
        error_messages={"required": _("An entry needs a text.")},
        widget=forms.Textarea(attrs={"rows": 4, "autofocus": True}),
    )
    seen = forms.CharField(widget=forms.HiddenInput, strip=False, required=False)

    def see_again(self, text):
        """Carry the `text` that holds now, so that the next confirmation overwrites it."""
        self.data = self.data.copy()
        self.data["seen"] = text


class FileNameForm(forms.Form):
    """Renaming an attachment that was `seen` under a name; its ending stays as it is."""

    name = LineField(
        label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autofocus": True})
    )
    seen = forms.CharField(widget=forms.HiddenInput, strip=False, required=False)

    def __init__(self, *args, attachment, **kwargs):
        self.attachment = attachment
        held = {"name": attachment.name, "seen": attachment.name}
        # Several editors may be open at once.
        auto_id = f"datei_{attachment.pk}_%s"
        super().__init__(*args, initial=held, auto_id=auto_id, **kwargs)

    def see_again(self, name):
        """Tell the `name` that holds now; the next confirmation overwrites it."""
        self.data = self.data.copy()
        self.data["seen"] = name
        message = _("Meanwhile somebody else named it “%(name)s”. Confirm to overwrite that.")
        self.add_error("name", forms.ValidationError(message, params={"name": name}))

    def clean_name(self):
        """Return the cleaned name with the attachment's own ending."""
        name = clean_file_name(self.cleaned_data["name"])
        ending = split_extension(self.attachment.name)[1]
        if ending and split_extension(name)[1].lower() != ending.lower():
            name = clean_file_name(f"{name}.{ending}")
        return name


class LeadFieldsForm(KeepsTyped):
    """Some fields of a lead, each with the value that the user saw."""

    def __init__(self, *args, lead_fields, lead=None, is_whole=False, **kwargs):
        self.lead_fields = {field.name: field for field in lead_fields}
        self.lead = lead
        # Values that do not fit their field any more: name → what was entered. Among all
        # fields they may stay, and what was empty before it was required may, too.
        self.unfit = {}
        self.is_whole = is_whole
        super().__init__(*args, **{"auto_id": "feld_%s", **kwargs})
        for field in lead_fields:
            made = field.form_field(lead)
            if lead is not None:
                made.initial = field.value_of(lead)
                if isinstance(made.initial, Unfit):
                    self.unfit[field.name] = str(made.initial)
                if is_whole and field.own_id and field.is_empty_on(lead):
                    made.required = False
                self.fields[f"{SEEN}{field.name}"] = forms.CharField(
                    widget=forms.HiddenInput,
                    strip=False,
                    required=False,
                    initial=field.seen_of(lead),
                )
            self.fields[field.name] = made

    @property
    def changes(self):
        """What `Lead.set_fields` wants: name → (seen, value)."""
        return {
            name: (self.cleaned_data[f"{SEEN}{name}"], self.cleaned_data[name])
            for name in self.lead_fields
            if name in self.cleaned_data
        }

    def _sent(self, name):
        return self.data.get(self.add_prefix(name), "").replace("\r\n", "\n")

    def clean(self):
        """Leave alone what did not fit before and was not touched."""
        data = super().clean()
        for name, text in self.unfit.items():
            if self.is_whole and self._sent(name) == text:
                self._errors.pop(name, None)
                data.pop(name, None)
        return data

    @property
    def kinds(self):
        """The kinds that the values were read as, by name."""
        return {name: field.kind_name for name, field in self.lead_fields.items()}

    @property
    def values(self):
        """The cleaned values by name."""
        return {name: self.cleaned_data[name] for name in self.lead_fields}

    def see_again(self, names):
        """Carry the values that hold now, so that the next confirmation overwrites them."""
        self.data = self.data.copy()
        for name in names:
            seen = self.lead_fields[name].seen_of(self.lead)
            self.data[self.add_prefix(f"{SEEN}{name}")] = seen

    def told(self, conflicts):
        """Return what each conflict shows: who changed it when, and the three values.

        `conflicts` as FieldConflict has them; `lead` must be as it is now. The next
        confirmation overwrites.
        """
        told = {name: self._told(name, event) for name, event in conflicts.items()}
        self.see_again(told)
        return told

    def _told(self, name, event):
        field = self.lead_fields[name]
        return {
            "event": event,
            "seen": field.text_of_seen(self.cleaned_data[f"{SEEN}{name}"]),
            "current": field.text_of(self.lead),
            "typed": field.text(field.json_of(self.cleaned_data[name])),
        }

    @property
    def rows(self):
        """The fields with what draws them."""
        for name, field in self.lead_fields.items():
            seen = self[f"{SEEN}{name}"] if self.lead is not None else None
            yield {"field": field, "bound": self[name], "seen": seen}


class EditorForm(LeadFieldsForm):
    """Fields of a lead, or of one to be entered, in an editor."""

    def clean(self):
        """Ask for the day of a note that was not there before."""
        data = super().clean()
        day, note = FOLLOW_UP
        before = self.lead.follow_up_note if self.lead is not None else ""
        if data.get(note) and data[note] != before and not self._has_day(data):
            where = day if day in self.lead_fields else note
            self.add_error(where, _("Choose the day of the follow-up."))
        return data

    def _has_day(self, data):
        """Whether the lead will have a follow-up, or says already what is wrong with it."""
        day = FOLLOW_UP[0]
        if day in self.lead_fields:
            sent = data.get(day, True)
            if sent or data.get(f"{SEEN}{day}"):
                return bool(sent)
        # What was not touched stays as it is by now.
        return self.lead is not None and self.lead.follow_up_at is not None


class FollowUpForm(LeadFieldsForm):
    """The follow-up of `lead` with its note; sent with `entfernen`, there is none any more."""

    def __init__(self, data=None, *, lead):
        self.is_removal = data is not None and "entfernen" in data
        if self.is_removal:
            data = data.copy()
            data.update(dict.fromkeys(FOLLOW_UP, ""))
            for part in ("day", "time"):
                data[f"follow_up_at_{part}"] = ""
        fields = [BUILT_IN_BY_NAME[name] for name in FOLLOW_UP]
        super().__init__(data, lead_fields=fields, lead=lead, auto_id="wiedervorlage_%s")
        self.fields["follow_up_at"].suggestions = suggestions(lead.marketplace)
        self.fields["follow_up_note"].label = _("Note (optional)")

    def clean(self):
        """Ask for the day, unless there shall be none."""
        data = super().clean()
        if not self.is_removal and not data.get("follow_up_at", True):
            self.add_error("follow_up_at", _("Choose the day of the follow-up."))
        return data

    @property
    def seen(self):
        """What `Lead.set_follow_up` wants: name → what was seen."""
        return {name: self.cleaned_data[f"{SEEN}{name}"] for name in FOLLOW_UP}


class BulkFollowUpForm(forms.Form):
    """The same follow-up for several `leads`."""

    follow_up_at = MomentField(
        label=_("Follow-up"),
        error_messages={"required": _("Choose the day of the follow-up.")},
    )
    follow_up_note = LineField(label=_("Note (optional)"), required=False, max_length=200)

    def __init__(self, *args, leads, **kwargs):
        super().__init__(*args, auto_id="wiedervorlage_%s", **kwargs)
        marketplaces = {lead.marketplace_id: lead.marketplace for lead in leads}
        self.fields["follow_up_at"].suggestions = common_suggestions(marketplaces.values())


class SavedViewForm(forms.Form):
    """A saved view's name and place."""

    name = LineField(label=_("Name of the view"), max_length=60)
    start = forms.BooleanField(
        label=_("Start view: “In progress” opens with it"), required=False
    )

    def __init__(self, *args, list_name, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autofocus"] = True
        if list_name != SavedView.List.IN_PROGRESS:
            del self.fields["start"]

    @property
    def is_start(self):
        """Whether it is to be the start view."""
        return self.cleaned_data.get("start", False)


class NewViewForm(SavedViewForm):
    """Saving a list as a view; `replaces` once it is known that the name is in use."""

    replaces = forms.BooleanField(label=_("Replace the view of this name"), required=False)

    def tick_start(self):
        """Come back as it was sent, but for the start view: it would replace that one."""
        self.data = {**self.data.dict(), "start": "on"}


class MarketplaceForm(forms.Form):
    """In which of the own marketplaces a lead is entered."""

    marktplatz = forms.ModelChoiceField(
        Marketplace.objects.none(),
        label=_("Marketplace"),
        to_field_name="slug",
        empty_label=None,
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["marktplatz"].queryset = Marketplace.objects.worked_by(user).by_name()


class TokenForm(forms.Form):
    """The mark by which a form that is sent twice is known."""

    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


def focus_first_invalid(*forms):
    """Let the first field that was refused take the focus, in the order of the page."""
    for form in forms:
        for name, field in form.fields.items():
            if name in form.errors and not field.widget.is_hidden:
                field.widget.attrs["autofocus"] = True
                return


def names_sent(data, prefix=""):
    """Return the names of the fields that a sent LeadFieldsForm of a lead had."""
    start = f"{prefix}-{SEEN}" if prefix else SEEN
    names = [name.removeprefix(start) for name in data if name.startswith(start)]
    return names[:MOST_FIELDS]


def lead_fields_form(marketplace, data=None, *, lead=None, **kwargs):
    """Return the form of all fields of a marketplace's leads.

    What was typed for a `lead` is kept where the definition was retired meanwhile.
    """
    fields = fields_of(marketplace, lead=lead, sent=names_sent(data or {}))
    return EditorForm(data, lead_fields=fields, lead=lead, is_whole=True, **kwargs)
