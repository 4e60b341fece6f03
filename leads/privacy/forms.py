"""What is asked before information is given or data are erased."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from leads.text import clean_line


class InformationForm(forms.Form):
    """Which other leads are about the same person."""

    others = forms.TypedMultipleChoiceField(
        label=_("Leads that may be about the same person"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": _("One of these leads is not there any more."),
        },
    )

    def __init__(self, *args, lead, among, **kwargs):
        super().__init__(*args, **kwargs)
        self.leads = {found.pk: found for found in among.of_person_like(lead).for_choice()}
        self.fields["others"].choices = [
            (pk, _described(found)) for pk, found in self.leads.items()
        ]

    @property
    def chosen(self):
        """The leads that were ticked."""
        return [self.leads[pk] for pk in self.cleaned_data["others"]]


def _described(lead):
    """Return what is known of the person, so that people can be told apart."""
    known = (lead.name, lead.company, lead.city, lead.email, lead.phone, lead.mobile)
    return f"{lead.marketplace} · " + ", ".join(dict.fromkeys(filter(None, known)))


class ErasureForm(forms.Form):
    """The lead's name, typed, so that nobody erases by a slip of the hand."""

    name = forms.CharField(
        label=_("To confirm, type the name of the lead"),
        max_length=200,
        # The browser must not remember a name that is to be forgotten.
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "off", "spellcheck": "false"}
        ),
    )

    def __init__(self, *args, lead, **kwargs):
        super().__init__(*args, **kwargs)
        self.lead = lead

    def clean_name(self):
        """Refuse another name."""
        name = clean_line(self.cleaned_data["name"])
        if name != clean_line(self.lead.name):
            raise ValidationError(_("This is not the name of the lead. Nothing was erased."))
        return name
