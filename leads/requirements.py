"""What the dialog of a step forward asks for: the checklist and the fields to fill."""

from dataclasses import replace

from django.utils.translation import gettext as _

from .fields import table_of
from .forms import FollowUpForm, LeadFieldsForm, names_sent

PREFIX = "pflicht"


class RequirementsForm:
    """The checklist of the lead's phase and the editors of the required fields.

    Drawn are the required fields that are empty, and those that the sent form had: what
    somebody else filled meanwhile must not be overwritten unseen, and what was typed is
    kept where it is not required any more, or its definition was retired. Where nothing
    `is_needed` (a lost lead), what was filled in is kept all the same. What is only `typed`
    so far is drawn again without being judged.
    """

    def __init__(self, lead, data=None, *, is_needed=True, typed=None):
        self.lead, self.data, self.is_needed = lead, data, is_needed
        self.conflicts = {}
        self.items = lead.checklist()
        sent = data if data is not None else typed or {}
        self.fields = LeadFieldsForm(
            data,
            lead_fields=list(self._fields_to_draw(names_sent(sent, PREFIX))),
            lead=lead,
            prefix=PREFIX,
            auto_id="pflicht_%s",
        )
        self.fields.keep_typed(typed or {})
        # The server's sentence stands at the field, not the browser's, and "Lost" needs none.
        self.fields.use_required_attribute = False
        self.ticked = {item.pk for item in self.items if self._is_ticked(item)}

    def _fields_to_draw(self, sent):
        required = {field.name for field in self.lead.required_fields()}
        for name, field in table_of(self.lead, required.union(sent)).items():
            is_empty = field.is_empty_on(self.lead)
            if name in sent or (name in required and is_empty):
                is_needed = self.is_needed and name in required
                # What every lead has is not taken from this one.
                yield replace(field, required=is_needed or (field.required and not is_empty))

    @property
    def is_bound(self):
        """Whether it was sent."""
        return self.data is not None

    def is_valid(self):
        """Whether everything that is needed is there, as far as the form can tell."""
        return self.fields.is_valid() and not (self.is_needed and self._open_items)

    @property
    def filled(self):
        """What `Lead.move` and the like take as `filled`; None for nothing."""
        changes = self.fields.changes
        return {"changes": changes, "kinds": self.fields.kinds} if changes else None

    @property
    def ticks(self):
        """What `Lead.tick` wants: the entries that differ from what was seen."""
        return self._differences(self.items)

    def tick_of(self, item_id):
        """Return the same for the one entry of this id, as it was sent."""
        return self._differences([item for item in self.items if str(item.pk) == item_id])

    def conflict(self, error):
        """Show what the FieldConflict `error` tells at its fields."""
        self.conflicts = self.fields.told(error.conflicts)

    @property
    def has_errors(self):
        """Whether something was refused."""
        return self.is_bound and not self.is_valid()

    @property
    def entries(self):
        """The checklist as the dialog draws it."""
        refused = self.refused_items
        for item in self.items:
            yield {
                "item": item,
                "is_ticked": item.pk in self.ticked,
                "error": _("Please tick this first.") if item in refused else "",
                "takes_focus": item in refused[:1],
            }

    @property
    def refused_items(self):
        """What of the checklist had to be ticked and was not."""
        return self._open_items if self.is_needed and self.has_errors else []

    @property
    def rows(self):
        """The editors, each with its conflict or None."""
        for row in self.fields.rows:
            yield {**row, "conflict": self.conflicts.get(row["field"].name)}

    @property
    def _open_items(self):
        return [i for i in self.items if i.is_required and i.pk not in self.ticked]

    def _sent(self, name):
        return set(self.data.getlist(name))

    def _is_ticked(self, item):
        """Whether the entry is ticked once what was sent is written."""
        wanted = self._differences([item]) if self.is_bound else {}
        return wanted.get(item.pk, item.tick is not None)

    def _differences(self, items):
        """Return id → wanted of the entries that were changed in the form.

        What the form did not show as ticked, and does not tick, is nobody's decision.
        """
        seen, sent = self._sent("abgehakt"), self._sent("punkt")
        return {
            item.pk: str(item.pk) in sent
            for item in items
            if (str(item.pk) in sent) != (str(item.pk) in seen)
        }


def typed_values(lead, data):
    """Return pairs of label and text of the fields in `data`, to be shown where it is late.

    The lead may stand in another phase now, so what was sent says which fields they are;
    a follow-up is among them where the lead is closed and cannot have one any more.
    """
    names = names_sent(data, PREFIX)
    known = table_of(lead, names)
    fields = [known[name] for name in names if name in known]
    sent = [LeadFieldsForm(data, lead_fields=fields, lead=lead, prefix=PREFIX)]
    if lead.is_closed:
        sent.append(FollowUpForm(data, lead=lead))
    return [pair for form in sent for pair in _texts(form)]


def _texts(form):
    form.is_valid()
    return [
        (field.label, field.text(field.json_of(form.cleaned_data[name])))
        for name, field in form.lead_fields.items()
        if form.cleaned_data.get(name)
    ]
