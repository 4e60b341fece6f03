"""What has changed in the lead that is open."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from leadbook.sessions import in_background
from leads.live import Changes, day_of, is_same, moment_of, stamp_of
from leads.stepper import Stepper
from leads.tabs import files_tab, journal_tab
from leads.views.answers import shown_tab, worked_lead


@require_safe
@in_background
def changes(request, lead_id):
    """Answer 304 while nothing has changed, otherwise the parts of the page that have.

    The page says by If-None-Match which state it shows, by HX-Current-URL which tab.
    """
    seen = request.headers.get("If-None-Match", "")
    stamp = stamp_of(worked_lead(request, lead_id, reading="for_stamp"))
    if is_same(seen, stamp):
        return HttpResponse(status=304, headers={"ETag": stamp})
    # Read before what is shown, the stamp may be older than that, never newer.
    lead = worked_lead(request, lead_id, reading="for_page")
    context = {"lead": lead, "stepper": Stepper(lead), "tab": shown_tab(request)}
    if since := moment_of(seen):
        context |= _since(request, lead, (since, moment_of(stamp)), context["tab"])
        if context["tab"] == "journal" and day_of(seen) != day_of(stamp):
            # What the page calls today is yesterday now.
            context |= journal_tab(lead, request)
    answer = render(request, "leads/live/changes.html", context)
    answer.headers["ETag"] = stamp
    return answer


def _since(request, lead, period, tab):
    since, until = period
    changed = Changes(lead, since, until=until, reader=request.user)
    if changed.is_too_much:
        return {"is_too_much": True}
    entries, earlier = changed.entries()
    context = {
        "fields": changed.fields,
        "seen": changed.seen,
        "twins": changed.twins,
        "gone": changed.gone,
        "moves_navigation": changed.moves_navigation,
        "told": list(changed.messages(entries)),
    }
    if tab == "journal":
        context |= {"entries": entries, "earlier_entries": earlier}
    elif tab == "anhaenge":
        context["files"] = files_tab(lead, request)["files"]
    else:
        context["events"] = changed.events
    return context
