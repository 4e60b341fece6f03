"""A marketplace's page in the admin, filled in as a browser would."""

import re

from django.urls import reverse


class MarketplacePage:
    """The form of one marketplace: loaded, changed by name, sent."""

    def __init__(self, client, marketplace=None):
        self.client = client
        self.address = (
            reverse("admin:marketplaces_marketplace_change", args=[marketplace.pk])
            if marketplace
            else reverse("admin:marketplaces_marketplace_add")
        )
        self.load()

    def load(self):
        self.response = self.client.get(self.address)
        assert self.response.status_code == 200
        self.data = {}
        self._take(self.response.context["adminform"].form)
        for inline in self.response.context["inline_admin_formsets"]:
            self._take(inline.formset.management_form)
            for form in inline.formset.forms:
                self._take(form)
        return self

    def _take(self, form):
        for bound in form:
            value = bound.value()
            if isinstance(value, bool):
                if value:
                    self.data[bound.html_name] = "on"
            elif value is not None:
                self.data[bound.html_name] = str(value)

    def row(self, kind, name):
        """Return the prefix of the row that holds `name`."""
        # A person's id must not be found in a row's own, which may be the same number.
        pattern = re.compile(rf"{kind}-\d+-(?!id$|marketplace$|position$)")
        for key, value in self.data.items():
            if value == name and pattern.match(key):
                return key.rsplit("-", 1)[0]
        raise KeyError(name)

    def set(self, kind, name, /, **values):
        prefix = self.row(kind, name)
        for field, value in values.items():
            self.data[f"{prefix}-{field}"] = value

    def delete(self, kind, name):
        self.data[f"{self.row(kind, name)}-DELETE"] = "on"

    def add(self, kind, /, **values):
        number = int(self.data[f"{kind}-TOTAL_FORMS"])
        self.data[f"{kind}-TOTAL_FORMS"] = str(number + 1)
        self.data[f"{kind}-{number}-id"] = ""
        for field, value in values.items():
            self.data[f"{kind}-{number}-{field}"] = value

    def drag(self, kind, names):
        """Number the rows from 0 on, as Unfold's script does."""
        for place, name in enumerate(names):
            self.set(kind, name, position=str(place))

    def send(self, follow=False):
        self.response = self.client.post(self.address, self.data, follow=follow)
        return self.response

    def save(self):
        """Send, and expect that it was saved."""
        assert self.send().status_code == 302, self.errors()
        return self.response

    def errors(self):
        """Return everything that the answer complains about."""
        context = self.response.context
        if not context or "adminform" not in context:
            return []
        found = [context["adminform"].form.errors.as_text()]
        for inline in context["inline_admin_formsets"]:
            found += inline.formset.non_form_errors()
            found += [form.errors.as_text() for form in inline.formset.forms]
        return [text for text in found if text]
