"""Accepting and declining offered leads."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap, retarget

from leadbook.htmx import page_or_part
from leadbook.redirects import path_sent
from leads.forms import DeclineForm
from leads.models import AlreadyTaken, Lead, NoPhases
from leads.offers import Offer, counted, offers_along
from leads.sight import sight_of
from leads.toasts import in_short, toast
from leads.views.answers import are_offers_shown, go, posted_to


def offered_or_gone(request, lead_id):
    """Return the offered lead; None when one is gone that the user was shown."""
    leads = Lead.objects.visible_to(request.user).offered().for_offers()
    lead = leads.with_id(lead_id)
    if lead is None and not Offer.was_shown(
        request.POST.get("angebot", request.GET.get("angebot", "")), lead_id, request.user
    ):
        raise Http404
    return lead


def offers_behind(request):
    """Return the address of "Neue Leads" that the user came from, with its filter."""
    return path_sent(request) or reverse("leads:offers")


def gone(request, lead_id):
    """Answer 409: the lead went to somebody else or was erased; 404 after declining it.

    To htmx the answer takes the place of the offer's card, whatever asked for it, and the
    counters are sent along.
    """
    taken = get_object_or_404(Lead.objects.gone_for(request.user), pk=lead_id)
    template = page_or_part(request, "leads/acceptance/gone.html", "part")
    # What its owner has written there since is not what was shown.
    is_as_shown = taken.last_activity_at == taken.accepted_at
    context = {"taken": taken, "is_as_shown": is_as_shown, "back": offers_behind(request)}
    if are_offers_shown(request):
        total, counts = counted(offers_along(sight_of(request)))
        context |= {"offers_total": total, "offers_beside": counts.get(taken.marketplace, 0)}
    response = render(request, template, context, status=409)
    return reswap(retarget(response, f"#offer-{taken.pk}"), "outerHTML")


def gone_or_own(request, lead_id):
    """Open the lead when a repeated click finds it accepted by the same rep."""
    lead = Lead.objects.visible_to(request.user).with_id(lead_id)
    if lead is not None and lead.owner_id == request.user.pk:
        return go(request, "leads:detail", lead_id)
    return gone(request, lead_id)


@posted_to(offered_or_gone)
def accept(request, lead_id):
    """Accept the lead and open it; whoever is late gets a friendly 409."""
    lead = offered_or_gone(request, lead_id)
    if lead is None:
        return gone_or_own(request, lead_id)
    try:
        lead.accept(by=request.user)
    except AlreadyTaken:
        return gone_or_own(request, lead_id)
    except NoPhases as error:
        messages.error(request, error.message)
        return go(request, offers_behind(request))
    toast(request, _("“%(lead)s” is now yours.") % {"lead": in_short(lead.name)})
    return go(request, "leads:detail", lead.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def decline(request, lead_id):
    """Ask for a reason, then hide the lead from this rep."""
    lead = offered_or_gone(request, lead_id)
    if lead is None:
        return gone(request, lead_id)
    form = DeclineForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            lead.decline(by=request.user, reason=form.cleaned_data["reason"])
        except AlreadyTaken:
            return gone(request, lead_id)
        toast(request, _("Declined. The others are still offered this lead."))
        return go(request, offers_behind(request))
    template = page_or_part(request, "leads/acceptance/decline.html", "dialog")
    offer = Offer(lead, request.user)
    context = {"offer": offer, "form": form, "back": offers_behind(request)}
    return render(request, template, context, status=422 if form.is_bound else 200)
