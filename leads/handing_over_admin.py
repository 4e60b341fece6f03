"""The operators' way to hand leads over: an action of their list, and its page."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from leadbook import security_log
from leadbook.numbers import german
from marketplaces.admin.scope import OperatedFilter
from marketplaces.models import User

from .handing_over import hand_over
from .ids import PK

# Number of the Outcome → what it says.
TEXTS = {
    "handed_over": (
        messages.SUCCESS,
        ngettext_lazy(
            "%(shown)s lead was handed over to %(person)s.",
            "%(shown)s leads were handed over to %(person)s.",
            "count",
        ),
    ),
    "theirs": (
        messages.INFO,
        ngettext_lazy(
            "%(shown)s lead was theirs already: %(person)s.",
            "%(shown)s leads were theirs already: %(person)s.",
            "count",
        ),
    ),
    "not_open": (
        messages.WARNING,
        ngettext_lazy(
            "%(shown)s lead was left out: it is not in progress.",
            "%(shown)s leads were left out: they are not in progress.",
            "count",
        ),
    ),
    "elsewhere": (
        messages.WARNING,
        ngettext_lazy(
            "%(shown)s lead was left out: %(person)s does not sell in its marketplace.",
            "%(shown)s leads were left out: %(person)s does not sell in their marketplaces.",
            "count",
        ),
    ),
    "overtaken": (
        messages.WARNING,
        ngettext_lazy(
            "%(shown)s lead was left out: it has changed meanwhile.",
            "%(shown)s leads were left out: they have changed meanwhile.",
            "count",
        ),
    ),
    "waiting": (
        messages.WARNING,
        ngettext_lazy(
            "%(shown)s lead is still to be handed over. Please do the same again.",
            "%(shown)s leads are still to be handed over. Please do the same again.",
            "count",
        ),
    ),
}


class OwnerFilter(OperatedFilter):
    """A filter by who works on leads, or is to hand some over."""

    def field_choices(self, field, request, model_admin):
        """Return pairs of id and name: of those with leads in progress among the operated."""
        leads = model_admin.model.objects.operated_by(request.user)
        return [(person.pk, str(person)) for person in User.people.owning(leads)]


class ColleagueField(forms.ModelChoiceField):
    """People, told apart where they have the same name."""

    def label_from_instance(self, person):
        """Return the name, and the one to sign in with."""
        return f"{person} · {person.username}"


class HandOverForm(forms.Form):
    """Who gets the leads: somebody who works where one of them is."""

    to = ColleagueField(
        label=_("Hand over to"),
        queryset=User.people.none(),
        empty_label=_("Choose a person"),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args, leads, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = User.people.selling_in(leads.marketplace_ids())


class HandingOverAction:
    """Mixed into the admin of leads."""

    actions = ["hand_over"]

    def response_action(self, request, queryset, **where):
        """Answer 404 for what is no id, as everywhere."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not all(map(PK.fullmatch, chosen)):
            raise Http404
        return super().response_action(request, queryset, **where)

    @admin.action(description=_("Hand over to somebody …"))
    def hand_over(self, request, queryset):
        """Ask who gets the chosen leads, then hand them over."""
        leads = queryset.personal().in_progress()
        form = HandOverForm(request.POST if "to" in request.POST else None, leads=leads)
        if form.is_valid():
            to = form.cleaned_data["to"]
            outcome = hand_over(queryset, to=to, by=request.user)
            security_log.record(
                "admin_handed_over", request, to=to.pk, leads=outcome.handed_over
            )
            for level, text in _sentences(outcome, to):
                self.message_user(request, text, level)
            return HttpResponseRedirect(request.get_full_path())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Hand leads over"),
            "lead_count": leads.count(),
            "left_out": queryset.count() - leads.count(),
            "form": form,
            # What the page sends again, so that the action finds the same leads.
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "chosen_name": ACTION_CHECKBOX_NAME,
            "select_across": request.POST.get("select_across", ""),
        }
        return TemplateResponse(
            request,
            "admin/leads/lead/hand_over.html",
            context,
            status=422 if form.is_bound else 200,
        )


def _sentences(outcome, to):
    """Yield what became of the leads: the level of the message, and its text."""
    for name, (level, text) in TEXTS.items():
        if count := getattr(outcome, name):
            yield level, text % {"count": count, "shown": german(count), "person": to}
