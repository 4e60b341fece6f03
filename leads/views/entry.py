"""Entering an own lead."""

from django.db.models import prefetch_related_objects
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap

from leadbook.htmx import page_or_part, wants_part
from leads.fields import OWN_PREFIX, all_fields_of
from leads.forms import MarketplaceForm, TokenForm, focus_first_invalid, lead_fields_form
from leads.match_keys import is_matched
from leads.models import Lead, NoPhases, SentBefore
from leads.toasts import in_short, toast
from leads.twins import twins_of
from leads.views.answers import go
from marketplaces.models import Marketplace


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request):
    """Show the form for an own lead (GET), create it in the first phase (POST).

    The form's own fields depend on the marketplace; `wechseln` asks for the form of
    another one with what is typed so far, `pruefen` for those who may be the same person.
    They are told once: `bekannt` are the ids of those that were told.
    """
    marketplaces = list(Marketplace.objects.worked_by(request.user).by_name())
    if not marketplaces:
        return render(request, "leads/entry/no_marketplace.html")
    sent = request.POST if request.method == "POST" else request.GET
    chosen = sent.get("marktplatz")
    marketplace = next((m for m in marketplaces if m.slug == chosen), marketplaces[0])
    prefetch_related_objects([marketplace], "fields")
    if request.method == "POST" and "pruefen" in request.POST and wants_part(request):
        return _hint(request, lead_fields_form(marketplace, request.POST), marketplace)
    if request.method == "POST" and marketplace.slug != chosen:
        return _another(request, marketplaces, marketplace)
    if request.method != "POST" or {"wechseln", "pruefen"} & set(sent):
        return _typed_so_far(request, marketplaces, marketplace, sent)
    return _entered(request, marketplaces, marketplace)


def _typed_so_far(request, marketplaces, marketplace, sent):
    """Show the form with what is typed so far, nothing of it judged."""
    form = lead_fields_form(marketplace, initial={"country": "Deutschland"})
    so_far = form.keep_typed(sent)
    shown = request, marketplaces, marketplace, TokenForm(), form
    return _form(*shown, so_far=so_far, left=_left(form, sent, marketplaces))


def _another(request, marketplaces, marketplace):
    """Tell that the chosen marketplace is gone, before the lead is entered in another one."""
    form = lead_fields_form(marketplace, request.POST)
    refusal = _(
        "The marketplace that you chose is not there any more, or not yours. Now "
        "“%(marketplace)s” is chosen: please look whether that is right."
    ) % {"marketplace": marketplace.name}
    shown = request, marketplaces, marketplace, TokenForm(request.POST), form
    left = _left(form, request.POST, marketplaces)
    return _form(*shown, status=422, refusal=refusal, left=left)


def _left(form, sent, marketplaces):
    """Return what was typed in own fields that the form has not, so that it can be copied.

    With the names of the fields, where they are of these `marketplaces`.
    """
    left = [
        (name, texts)
        for name, texts in sent.lists()
        if name.startswith(OWN_PREFIX) and name not in form.fields and any(texts)
    ]
    if not left:
        return []
    prefetch_related_objects(marketplaces, "fields")
    fields = {field.name: field for m in marketplaces for field in all_fields_of(m)}
    return [_told(fields.get(name), filter(None, texts)) for name, texts in left]


def _told(field, texts):
    if field is None:
        return ", ".join(texts)
    return f"{field.label}: {', '.join(map(field.text_of_seen, texts))}"


def _entered(request, marketplaces, marketplace):
    """Create the lead, or show the form again and why it was not."""
    token = TokenForm(request.POST)
    form = lead_fields_form(marketplace, request.POST)
    shown = request, marketplaces, marketplace, token, form
    if not (form.is_valid() and token.is_valid()):
        left = _left(form, request.POST, marketplaces)
        return _form(*shown, status=422, left=left)
    if left := _left(form, request.POST, marketplaces):
        refusal = _(
            "“%(marketplace)s” has other fields than the form that you filled in. Please look "
            "at them before you enter the lead."
        ) % {"marketplace": marketplace.name}
        return _form(*shown, status=409, refusal=refusal, left=left)
    token_sent = token.cleaned_data["token"]
    twins = twins_of(Lead.unsaved(marketplace, form.values), user=request.user)
    mine = Lead.objects.visible_to(request.user)
    # The lead that was entered by this form a moment ago is nobody's duplicate.
    if _untold(request, twins) and not mine.entered_with(token_sent, by=request.user):
        return _form(*shown, status=409, twins=twins, is_asked=True, takes_focus=True)
    try:
        lead = Lead.enter(
            marketplace=marketplace, values=form.values, by=request.user, token=token_sent
        )
    except NoPhases as error:
        return _form(*shown, status=409, refusal=error.message)
    except SentBefore as error:
        # Sent once more it is a lead of its own.
        shown = request, marketplaces, marketplace, TokenForm(), form
        return _form(*shown, status=409, refusal=error.message)
    toast(request, _("“%(lead)s” is entered.") % {"lead": in_short(lead.name)})
    return go(request, "leads:detail", lead.pk)


def _untold(request, twins):
    """Return those of the twins that the person was not told of yet."""
    told = request.POST.get("bekannt", "").split(",", 50)
    return [twin for twin in twins if str(twin.lead.pk) not in told]


def _hint(request, form, marketplace):
    """Answer who may be the person that is typed so far."""
    form.is_valid()
    typed = {n: form.cleaned_data[n] for n in form.lead_fields if n in form.cleaned_data}
    twins = twins_of(Lead.unsaved(marketplace, typed), user=request.user)
    context = {"twins": twins, "is_asked": bool(twins) and not _untold(request, twins)}
    return render(request, "leads/twins/_told.html", context)


def _matched(rows):
    """Return the ids of the inputs by which leads are matched."""
    return [row["bound"].id_for_label for row in rows if is_matched(row["field"])]


def _form(request, marketplaces, marketplace, token, form, *, status=200, **context):
    # A refusal stands above the fields and is read first.
    has_focus = bool(form.errors) and "refusal" not in context
    if has_focus:
        focus_first_invalid(form)
    rows = list(form.rows)
    context |= {
        "choice": MarketplaceForm(initial={"marktplatz": marketplace.slug}, user=request.user),
        "has_choice": len(marketplaces) > 1,
        "token_form": token,
        "form": form,
        "rows": rows,
        "matched": _matched(rows),
    }
    template = page_or_part(request, "leads/entry/form.html", "form")
    response = render(request, template, context, status=status)
    # The field that takes the focus is to be seen, wherever in the form it stands.
    return reswap(response, "outerHTML") if has_focus else response
