"""The map of all addresses."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from leadbook import errors, health
from leads.views import calendar

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="leads:list"), name="home"),
    path("", include("marketplaces.urls")),
    path("leads/", include("leads.urls")),
    path("einstellungen/", calendar.settings, name="calendar_settings"),
    path("kalender/<token>.ics", calendar.feed, name="calendar"),
    path("admin/", admin.site.urls),
    path("healthz/", health.healthz, name="healthz"),
    path("healthz/alive/", health.alive, name="alive"),
]
if settings.METRICS_TOKEN:
    from leadbook import metrics  # slow to import, and only needed here

    urlpatterns.append(path("metrics/", metrics.metrics, name="metrics"))

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
