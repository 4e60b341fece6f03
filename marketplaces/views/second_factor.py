"""The code that the admin asks for: giving it, setting its phone up, looking after it."""

import functools

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import Http404
from django.shortcuts import render, resolve_url
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from leadbook import errors, security_log
from leadbook.clients import client_address
from leadbook.redirects import path_sent, see_other
from marketplaces.admin_gate import ask
from marketplaces.auth_forms import CodeForm, OwnPasswordForm, SetupCodeForm
from marketplaces.qr_codes import QRCode
from marketplaces.second_factor import (
    RECOVERY,
    AlreadySetUp,
    SecondFactor,
    begin_setup,
    begun_setup,
    in_groups,
    readable,
)
from marketplaces.throttling import PASSWORD_CHANGES, CodeAttempt, wait_before


def for_the_admin(view):
    """Let a page be there only for who needs a code; 404 for others, whatever the verb."""

    @sensitive_post_parameters()
    @functools.wraps(view)
    def answer(request):
        if not request.user.needs_second_factor:
            raise Http404
        return view(request, SecondFactor(request.user))

    return answer


class Throttled(Exception):
    """No code is looked at now."""

    def __init__(self, wait):
        super().__init__(wait)
        self.wait = wait


@for_the_admin
@require_http_methods(["GET", "HEAD", "POST"])
def give_code(request, factor):
    """Take a code (POST) and go on to `next`; the page that asks for it (GET)."""
    if factor.phone is None:
        setup = resolve_url("second_factor_setup")
        return redirect_to_login(path_sent(request), login_url=setup)
    if factor.is_given_in(request.session):
        return see_other(_next(request))
    form = CodeForm(_sent(request))
    if not form.is_valid():
        return _code_page(request, form)
    try:
        means = _try(request, form, factor.take)
    except Throttled as throttled:
        return errors.too_many_requests(request, wait=throttled.wait)
    if means is None:
        return _code_page(request, form)
    factor.note_in(request.session)
    security_log.record("second_factor_given", request, status=303, means=means)
    if means == RECOVERY:
        _say_what_is_left(request, factor.recovery_codes_left)
    return see_other(_next(request))


@for_the_admin
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request, factor):
    """Show the key of a phone (GET); let it make the codes once it has made one (POST)."""
    if factor.phone and (answer := ask(request)):
        return answer
    key = begun_setup(request.session)
    if key is None and factor.phone:
        return _is_set_up(request, factor)
    if key is None:
        # Also of a form whose session is over: the code typed there is of another key.
        form, key = SetupCodeForm(), begin_setup(request.session)
        return _setup_page(request, factor, key, form, is_another=request.method == "POST")
    form = SetupCodeForm(_sent(request))
    if not form.is_valid():
        return _setup_page(request, factor, key, form)
    try:
        codes = _try(request, form, functools.partial(factor.set_up, key))
    except Throttled as throttled:
        return errors.too_many_requests(request, wait=throttled.wait)
    except AlreadySetUp:
        return ask(request) or _is_set_up(request, factor)
    if codes is None:
        return _setup_page(request, factor, key, form)
    factor.note_in(request.session)
    security_log.record("second_factor_set_up", request, status=200)
    return _recovery_codes(request, codes)


@for_the_admin
@require_http_methods(["GET", "HEAD", "POST"])
def own(request, factor):
    """Show what is set up (GET); after the password, new recovery codes or another phone."""
    if answer := ask(request):
        return answer
    if request.method != "POST":
        return _own_page(request, factor, OwnPasswordForm(request.user))
    wanted = request.POST.get("neu")
    if wanted not in {"codes", "telefon"}:
        raise BadRequest
    if wait := wait_before("password", request.user.pk, PASSWORD_CHANGES):
        return errors.too_many_requests(request, wait=wait)
    form = OwnPasswordForm(request.user, request.POST)
    if not form.is_valid():
        return _own_page(request, factor, form, status=422)
    if wanted == "telefon":
        begin_setup(request.session)
        return see_other("second_factor_setup")
    codes = factor.renew_recovery_codes()
    security_log.record("recovery_codes_renewed", request, status=200)
    return _recovery_codes(request, codes)


def _try(request, form, take):
    """Return what `take` makes of the typed code; None, and it stands in the form, if nothing.

    Raises Throttled, also instead of looking at the code.
    """
    attempt = CodeAttempt(request.user.get_username(), client=client_address(request))
    if wait := attempt.wait():
        security_log.record_often("second_factor_throttled", request, status=429)
        raise Throttled(wait)
    if result := take(form.cleaned_data["code"]):
        attempt.succeed()
        return result
    security_log.record("second_factor_failed", request, status=422)
    if wait := attempt.wait_after_failure():
        security_log.record_often("second_factor_throttled", request, status=429)
        raise Throttled(wait)
    form.refuse()
    return None


def _code_page(request, form):
    context = {"form": form, "next": path_sent(request)}
    status = 422 if form.is_bound else 200
    return render(request, "registration/second_factor/code.html", context, status=status)


def _setup_page(request, factor, key, form, *, is_another=False):
    address = factor.address_of(key)
    context = {
        "form": form,
        "next": path_sent(request),
        "address": address,
        "qr_code": QRCode.of(address),
        "key": readable(key),
        "is_another": is_another,
        "is_new_phone": factor.phone is not None,
    }
    status = 409 if is_another else 422 if form.is_bound else 200
    return render(request, "registration/second_factor/set_up.html", context, status=status)


def _is_set_up(request, factor):
    """Lead to what there is; to who sent the form once more, say that it is done."""
    if request.method != "POST":
        return see_other("second_factor")
    form = OwnPasswordForm(request.user)
    return _own_page(request, factor, form, status=409, is_done_before=True)


def _own_page(request, factor, form, *, status=200, is_done_before=False):
    context = {"form": form, "factor": factor, "is_done_before": is_done_before}
    return render(request, "registration/second_factor/own.html", context, status=status)


def _recovery_codes(request, codes):
    """Show the codes, in this one answer; what is kept of them cannot be read."""
    context = {"codes": map(in_groups, codes), "next": _next(request)}
    return render(request, "registration/second_factor/recovery_codes.html", context)


def _say_what_is_left(request, number):
    text = ngettext(
        "The recovery code is used up now. %(number)d is left.",
        "The recovery code is used up now. %(number)d are left.",
        number,
    )
    messages.warning(request, text % {"number": number})


def _sent(request):
    return request.POST if request.method == "POST" else None


def _next(request):
    return path_sent(request) or resolve_url("admin:index")
