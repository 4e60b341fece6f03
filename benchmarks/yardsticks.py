"""What the product is held against, in the same server behind the same middleware."""

from django.contrib import admin
from django.shortcuts import render

from leads.models import Lead


def bare(request):
    """A signed-in page with nothing but the person's name."""
    return render(request, "benchmarks/bare.html", {"person": str(request.user)})


def smallest(request):
    """The rows with the ids of the address: the columns and texts of the list, only."""
    ids = [int(pk) for pk in request.GET["ids"].split(",")]
    leads = Lead.objects.select_related("marketplace", "phase").only(
        "name", "city", "need", "marketplace__name", "phase__name", "follow_up_at",
        "last_activity_at", "value",
    ).in_bulk(ids)  # fmt: skip
    return render(request, "benchmarks/smallest.html", {"leads": [leads[pk] for pk in ids]})


class StockLeadAdmin(admin.ModelAdmin):
    """Django's own list of leads, as it comes, with the columns of ours."""

    list_display = (
        "name", "city", "need", "marketplace", "phase", "follow_up_at", "last_activity_at",
        "value",
    )  # fmt: skip

    def changelist_view(self, request, extra_context=None):
        """Draw the page with Django's own templates."""
        response = super().changelist_view(request, extra_context)
        response.using = "stock"
        return response


stock = admin.AdminSite(name="stock")
stock.register(Lead, StockLeadAdmin)
