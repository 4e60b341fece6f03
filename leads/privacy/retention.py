"""How long a lead is kept: each marketplace sets it, and a daily command applies it.

Months and days are those of the calendar in Europe/Berlin: what was closed on 31 August
at 14:00 is due six months later on 28 February at 14:00.
"""

import calendar
import logging
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from leads import search_index
from leads.models import Erasure, NoLongerVisible
from marketplaces.models import Marketplace

logger = logging.getLogger(__name__)

# More than months can differ in length: the query finds them all, `ends_at` decides.
SLACK = timedelta(days=4)


@dataclass
class Plan:
    """The ids of a marketplace's leads whose time is over."""

    marketplace: Marketplace
    closed: list[int] = field(default_factory=list)
    offered: list[int] = field(default_factory=list)

    @property
    def number(self):
        """How many leads they are."""
        return len(self.closed) + len(self.offered)


@dataclass
class Outcome:
    """What became of the leads, in numbers; and the sentences on what is left undone."""

    anonymised: int = 0
    spared: int = 0
    failed: list[int] = field(default_factory=list)
    left_undone: list[str] = field(default_factory=list)


def ends_at(lead):
    """Return the moment from which `lead` is due for anonymising, or None for never."""
    marketplace = lead.marketplace
    if lead.is_closed and marketplace.anonymise_closed_after_months:
        return _months_after(lead.closed_at, marketplace.anonymise_closed_after_months)
    if lead.is_offered and marketplace.anonymise_offered_after_days:
        return _days_after(lead.created_at, marketplace.anonymise_offered_after_days)
    return None


def plans(*, now=None):
    """Return a Plan for each marketplace that has leads whose time is over."""
    now = now or timezone.now()
    found = []
    for marketplace in Marketplace.objects.by_name():
        plan = Plan(marketplace)
        if months := marketplace.anonymise_closed_after_months:
            plan.closed = _due(_closed(marketplace, months, now), now)
        if days := marketplace.anonymise_offered_after_days:
            plan.offered = _due(_offered(marketplace, days, now), now)
        if plan.number:
            found.append(plan)
    return found


def apply(plan, *, now=None, progress=lambda outcome: None):
    """Anonymise the leads of `plan`, each in a transaction of its own; return the Outcome.

    A lead that was reopened or accepted meanwhile is spared, one that fails is left for
    the next run. `progress` is called with the Outcome after each lead. Raises
    OperationalError and InterfaceError while the database is away.
    """
    now = now or timezone.now()
    outcome = Outcome()
    marketplace = plan.marketplace
    closed = _closed(marketplace, marketplace.anonymise_closed_after_months or 0, now)
    offered = _offered(marketplace, marketplace.anonymise_offered_after_days or 0, now)
    for ids, among in ((plan.closed, closed), (plan.offered, offered)):
        for pk in ids:
            _anonymise(pk, among, outcome)
            progress(outcome)
    if outcome.anonymised:
        outcome.left_undone += search_index.scrub_or_tell()
    return outcome


def _anonymise(pk, among, outcome):
    lead = among.with_id(pk)
    if lead is None:
        outcome.spared += 1
        return
    try:
        erasure = lead.anonymise(by=None, reason=Erasure.Reason.RETENTION, among=among)
    except NoLongerVisible:
        outcome.spared += 1
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # Whatever is wrong with this lead must not keep the others for ever.
        logger.exception("Lead %d could not be anonymised.", pk)
        outcome.failed.append(pk)
    else:
        outcome.anonymised += 1
        outcome.left_undone += erasure.left_undone


def _closed(marketplace, months, now):
    leads = marketplace.leads.personal().closed()
    return leads.closed_before(_months_after(now, -months) + SLACK)


def _offered(marketplace, days, now):
    leads = marketplace.leads.personal().offered()
    return leads.created_before(_days_after(now, -days) + SLACK)


def _due(leads, now):
    leads = leads.select_related("marketplace").only(
        "status", "closed_at", "created_at", "marketplace"
    )
    return [lead.pk for lead in leads.order_by("pk").iterator() if ends_at(lead) <= now]


def _months_after(moment, months):
    local = timezone.localtime(moment)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, calendar.monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day)


def _days_after(moment, days):
    # The same time of the day, also across the change of clocks.
    return timezone.localtime(moment) + timedelta(days=days)
