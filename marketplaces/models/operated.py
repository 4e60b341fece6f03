"""Which rows an operator has to do with in the admin: the rule, written once."""

from django.db import models

from .people import Membership


class OperatedQuerySet(models.QuerySet):
    """Rows of marketplaces."""

    # The way from a row to its marketplace.
    to_marketplace = "marketplace"

    def operated_by(self, user):
        """Those of the marketplaces that `user` sets up in the admin, a superuser all."""
        if user.is_superuser:
            return self.all()
        operated = Membership.objects.of(user).operating().marketplace_ids()
        return self.filter(**{f"{self.to_marketplace}__in": operated})
