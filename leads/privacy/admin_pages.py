"""The operators' pages for one lead's person: giving information, erasing."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leadbook import security_log
from leads.models import Erasure, Lead, NoLongerVisible

from .forms import ErasureForm, InformationForm
from .information import file_name, information

only_forms = method_decorator(require_http_methods(["GET", "HEAD", "POST"]))


class PrivacyPages:
    """Mixed into the admin of leads: two pages, and the links to them."""

    change_form_outer_before_template = "admin/leads/lead/privacy.html"

    def get_urls(self):
        """Add both pages."""
        return [
            path(
                "<int:lead_id>/information/",
                self.admin_site.admin_view(self.information_view),
                name="leads_lead_information",
            ),
            path(
                "<int:lead_id>/erasure/",
                self.admin_site.admin_view(self.erasure_view),
                name="leads_lead_erasure",
            ),
            *super().get_urls(),
        ]

    @only_forms
    def information_view(self, request, lead_id):
        """Ask which leads are about the same person (GET), hand the ZIP out (POST)."""
        lead = self.get_object(request, str(lead_id))
        if lead.anonymised_at:
            return self._nothing_left(request, lead)
        operated = Lead.objects.operated_by(request.user)
        sent = request.POST if request.method == "POST" else None
        form = InformationForm(sent, lead=lead, among=operated)
        if request.method == "POST" and form.is_valid():
            leads = [lead, *form.chosen]
            with transaction.atomic():
                for found in leads:
                    found.record_information(by=request.user, among=operated)
            security_log.record(
                "information_given", request, leads=[found.pk for found in leads]
            )
            response = StreamingHttpResponse(
                information(leads), content_type="application/zip"
            )
            disposition = f'attachment; filename="{file_name(leads)}"'
            response.headers["Content-Disposition"] = disposition
            return response
        return self._page(request, lead, "information", _("Give information"), form=form)

    @only_forms
    def erasure_view(self, request, lead_id):
        """Show what would go and what stays (GET), erase (POST)."""
        lead = self.get_object(request, str(lead_id))
        if lead.anonymised_at:
            return self._nothing_left(request, lead)
        operated = Lead.objects.operated_by(request.user)
        form = ErasureForm(request.POST if request.method == "POST" else None, lead=lead)
        if request.method == "POST" and form.is_valid():
            return self._erase(request, lead, operated)
        return self._page(
            request,
            lead,
            "erasure",
            _("Erase personal data"),
            form=form,
            counts=lead.personal_counts(),
            others=operated.of_person_like(lead).for_list(),
        )

    def _erase(self, request, lead, operated):
        try:
            erasure = lead.anonymise(
                by=request.user, reason=Erasure.Reason.REQUEST, among=operated
            )
        except NoLongerVisible:
            return self._nothing_left(request, lead)
        security_log.record("person_erased", request, lead=lead.pk)
        # What was waiting for this very person would be written back with the answer.
        list(messages.get_messages(request))
        self.message_user(request, _("The personal data are erased."), messages.SUCCESS)
        for sentence in erasure.left_undone:
            self.message_user(request, sentence, messages.ERROR)
        return self._to_lead(lead)

    def _nothing_left(self, request, lead):
        self.message_user(request, _("This lead is anonymised already."), messages.INFO)
        return self._to_lead(lead)

    def _page(self, request, lead, name, title, *, form, **context):
        return TemplateResponse(
            request,
            f"admin/leads/lead/{name}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": lead,
                "title": title,
                "subtitle": f"{lead} · {lead.marketplace}",
                "lead": lead,
                "form": form,
                **context,
            },
            status=422 if form.is_bound else 200,
        )

    @staticmethod
    def _to_lead(lead):
        return HttpResponseRedirect(reverse("admin:leads_lead_change", args=[lead.pk]))
