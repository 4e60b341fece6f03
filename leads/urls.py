"""Addresses of leads, grouped by resource."""

from django.urls import path

from .neighbours import keeps_way
from .views import (
    acceptance,
    attachments,
    bulk_follow_up,
    call,
    checklist,
    columns,
    detail,
    dossier,
    downloads,
    entry,
    exports,
    fields,
    filters,
    follow_up,
    history,
    imports,
    journal,
    lists,
    live,
    palette,
    phase,
    reminder,
    saved_views,
    uploads,
)

app_name = "leads"
urlpatterns = [
    # /leads/: the lists
    path("", lists.in_progress, name="list"),
    path("neu/", lists.offers, name="offers"),
    path("abgeschlossen/", lists.closed, name="closed"),
    # /leads/suche/: leads, actions and pages by a few letters
    path("suche/", palette.find, name="find"),
    # The links of reminders, which work without signing in
    path("rueckmeldung/<token>/", reminder.answer, name="reminder"),
    path("anlegen/", entry.enter, name="enter"),
    path("wiedervorlage/", bulk_follow_up.plan, name="follow_ups"),
    path("wiedervorlage/ruecknahme/", bulk_follow_up.undo, name="follow_ups_undo"),
    path("export/", exports.in_progress, name="export"),
    path("abgeschlossen/export/", exports.closed, name="export_closed"),
    # /leads/ansichten/: the lists that somebody keeps under a name
    path("ansichten/", saved_views.show_all, name="views"),
    path("ansichten/anlegen/", saved_views.keep, name="view_keep"),
    path("ansichten/ruecknahme/", saved_views.restore, name="view_restore"),
    path("ansichten/<int:view_id>/", saved_views.edit, name="view"),
    path("ansichten/<int:view_id>/position/", saved_views.place, name="view_place"),
    path("ansichten/<int:view_id>/loeschung/", saved_views.delete, name="view_delete"),
    path("spalten/", columns.choose, name="columns"),
    # /leads/importe/: leads out of a file
    path("importe/", imports.index, name="imports"),
    path("importe/neu/", imports.upload, name="import_upload"),
    path("importe/<int:import_id>/", imports.show, name="import"),
    path("importe/<int:import_id>/spalten/", imports.columns, name="import_columns"),
    path("importe/<int:import_id>/start/", imports.start, name="import_start"),
    path("importe/<int:import_id>/fortschritt/", imports.progress, name="import_progress"),
    path("importe/<int:import_id>/abbruch/", imports.cancel, name="import_cancel"),
    path("importe/<int:import_id>/ruecknahme/", imports.take_back, name="import_take_back"),
    path(
        "importe/<int:import_id>/fehler/<str:ending>/",
        imports.failed_rows,
        name="import_failed",
    ),
    path("filter/", filters.show, name="filters"),
    # /leads/<id>/: the lead
    path("<int:lead_id>/", keeps_way(detail.show), name="detail"),
    path("<int:lead_id>/stand/", live.changes, name="live"),
    path("<int:lead_id>/akte/", dossier.show, name="dossier"),
    path("<int:lead_id>/annahme/", acceptance.accept, name="accept"),
    path("<int:lead_id>/ablehnung/", acceptance.decline, name="decline"),
    # /leads/<id>/phase/: its process
    path("<int:lead_id>/phase/", keeps_way(phase.move), name="phase"),
    path("<int:lead_id>/phase/checkliste/", checklist.tick, name="checklist"),
    path("<int:lead_id>/abschluss/", phase.close, name="close"),
    path("<int:lead_id>/wiedereroeffnung/", keeps_way(phase.reopen), name="reopen"),
    # /leads/<id>/wiedervorlage/: when it is due
    path("<int:lead_id>/wiedervorlage/", keeps_way(follow_up.plan), name="follow_up"),
    # /leads/<id>/anruf/: what came of a call
    path("<int:lead_id>/anruf/", keeps_way(call.record), name="call"),
    # /leads/<id>/felder/: its fields
    path("<int:lead_id>/felder/", keeps_way(fields.edit_all), name="fields"),
    path("<int:lead_id>/felder/<str:name>/", keeps_way(fields.edit), name="field"),
    # /leads/<id>/journal/: its journal
    path("<int:lead_id>/journal/", journal.write, name="journal"),
    path(
        "<int:lead_id>/journal/<int:entry_id>/", keeps_way(journal.edit), name="journal_entry"
    ),
    path(
        "<int:lead_id>/journal/<int:entry_id>/loeschung/",
        journal.delete,
        name="journal_entry_delete",
    ),
    # /leads/<id>/anhaenge/: its attachments
    path("<int:lead_id>/anhaenge/", uploads.upload, name="attachments"),
    path("<int:lead_id>/anhaenge/direkt/", uploads.announce, name="direct_uploads"),
    path(
        "<int:lead_id>/anhaenge/direkt/<int:upload_id>/",
        uploads.arrived,
        name="direct_upload",
    ),
    path("<int:lead_id>/anhaenge/<int:attachment_id>/", downloads.download, name="attachment"),
    path(
        "<int:lead_id>/anhaenge/<int:attachment_id>/vorschau/",
        downloads.thumbnail,
        name="thumbnail",
    ),
    path(
        "<int:lead_id>/anhaenge/<int:attachment_id>/name/",
        keeps_way(attachments.rename),
        name="attachment_name",
    ),
    path(
        "<int:lead_id>/anhaenge/<int:attachment_id>/loeschung/",
        attachments.delete,
        name="attachment_delete",
    ),
    # /leads/<id>/verlauf/: its history
    path("<int:lead_id>/verlauf/<int:event_id>/ruecknahme/", history.undo, name="undo"),
]
