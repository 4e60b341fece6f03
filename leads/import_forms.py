"""The forms of an import: the file, and what its columns mean."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from leadbook.numbers import german
from marketplaces.models import Marketplace

from . import import_runs
from .headings import (
    UnusableHeadingsError,
    check_targets,
    choices_of_targets,
    missing_fields,
)
from .models import LeadImport

Mode = LeadImport.Mode
EXAMPLES = 3


class ImportForm(forms.Form):
    """Where the leads go, and the file."""

    ziel = forms.ChoiceField(label=_("Where to"))
    datei = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx,.xlsm"}),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["datei"].help_text = _(
            "CSV or Excel workbook (.xlsx) with a line of headings, up to %(size)d MB and "
            "%(rows)s rows."
        ) % {
            "size": import_runs.MAX_BYTES // 10**6,
            "rows": german(import_runs.MAX_ROWS),
        }
        self._targets = {}
        offering = set(Marketplace.objects.offering(user))
        selling = set(Marketplace.objects.worked_by(user))
        groups = []
        for marketplace in sorted(offering | selling, key=lambda m: (m.name, m.pk)):
            choices = []
            for mode, among in ((Mode.OFFER, offering), (Mode.OWN, selling)):
                if marketplace in among:
                    value = f"{marketplace.slug}/{mode}"
                    self._targets[value] = (marketplace, mode)
                    choices.append((value, f"{marketplace}: {mode.label}"))
            groups.append((marketplace.name, choices))
        self.fields["ziel"].choices = groups

    @property
    def has_targets(self):
        """Whether there is any marketplace to import into."""
        return bool(self._targets)

    def clean_ziel(self):
        """Return the target; a marketplace without phases takes no leads."""
        value = self.cleaned_data["ziel"]
        marketplace, _mode = self._targets[value]
        if marketplace.first_phase is None:
            raise ValidationError(
                _("%(marketplace)s has no active phase, so it cannot offer leads."),
                params={"marketplace": marketplace},
            )
        return value

    @property
    def marketplace(self):
        """The chosen marketplace."""
        return self._targets[self.cleaned_data["ziel"]][0]

    @property
    def mode(self):
        """What becomes of the rows."""
        return self._targets[self.cleaned_data["ziel"]][1]


class ColumnsForm(forms.Form):
    """What each column of an import means; `targets` is index → target."""

    def __init__(self, *args, lead_import, **kwargs):
        super().__init__(*args, **kwargs)
        self.lead_import = lead_import
        choices = [("", _("Leave out")), *choices_of_targets(lead_import.marketplace)]
        guessed = lead_import.column_targets
        for index, heading in enumerate(lead_import.headings):
            if heading.strip():
                self.fields[f"spalte-{index}"] = forms.ChoiceField(
                    label=" ".join(heading.split()),
                    choices=choices,
                    required=False,
                    initial=guessed.get(index, ""),
                )

    @property
    def rows(self):
        """The columns with what stands in them."""
        for bound in self:
            index = int(bound.name.removeprefix("spalte-"))
            cells = (row[index] for _line, row in self.lead_import.sample if index < len(row))
            yield {"bound": bound, "examples": [c for c in cells if c.strip()][:EXAMPLES]}

    @property
    def missing(self):
        """The labels of required fields that no column means, as was guessed."""
        return missing_fields(self.lead_import.column_targets, self.lead_import.marketplace)

    @property
    def targets(self):
        """Index → target of the columns that are taken."""
        return {
            int(name.removeprefix("spalte-")): target
            for name, target in self.cleaned_data.items()
            if target
        }

    def clean(self):
        """Refuse columns that do not say how to read the rows."""
        headings = self.lead_import.headings
        try:
            check_targets(self.targets, headings, self.lead_import.marketplace)
        except UnusableHeadingsError as error:
            raise ValidationError(str(error)) from error
