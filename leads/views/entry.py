"""Entering an own lead."""

from django.contrib import messages
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leadbook.htmx import page_or_part
from leads.forms import MarketplaceForm, TokenForm, lead_fields_form
from leads.models import Lead, NoPhases
from leads.toasts import toast
from leads.views.answers import go
from marketplaces.models import Marketplace


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request):
    """Show the form for an own lead (GET), create it in the first phase (POST).

    The form's own fields depend on the marketplace; `wechseln` asks for the form of
    another one with what is typed so far.
    """
    marketplaces = list(Marketplace.objects.worked_by(request.user).by_name())
    if not marketplaces:
        return render(request, "leads/entry/no_marketplace.html")
    sent = request.POST if request.method == "POST" else request.GET
    chosen = sent.get("marktplatz")
    marketplace = next((m for m in marketplaces if m.slug == chosen), marketplaces[0])
    is_confirmed = request.method == "POST" and "wechseln" not in request.POST
    choice = MarketplaceForm(initial={"marktplatz": marketplace.slug}, user=request.user)
    if not is_confirmed:
        form = lead_fields_form(marketplace, initial={"country": "Deutschland"})
        form.keep_typed(sent)
        return _form(request, marketplaces, choice, TokenForm(), form)
    token = TokenForm(request.POST)
    form = lead_fields_form(marketplace, request.POST)
    is_known = chosen in {m.slug for m in marketplaces}
    if not (form.is_valid() and token.is_valid() and is_known):
        return _form(request, marketplaces, choice, token, form, status=422)
    try:
        lead = Lead.enter(
            marketplace=marketplace,
            values=form.values,
            by=request.user,
            token=token.cleaned_data["token"],
        )
    except NoPhases as error:
        messages.error(request, error.message)
        return _form(request, marketplaces, choice, token, form, status=409)
    toast(request, _("“%(lead)s” is entered.") % {"lead": lead.name})
    return go(request, "leads:detail", lead.pk)


def _form(request, marketplaces, choice, token, form, *, status=200):
    context = {
        "choice": choice,
        "has_choice": len(marketplaces) > 1,
        "token_form": token,
        "form": form,
        "rows": list(form.rows),
    }
    template = page_or_part(request, "leads/entry/form.html", "form")
    return render(request, template, context, status=status)
