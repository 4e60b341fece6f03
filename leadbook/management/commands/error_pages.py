"""Write the error pages of the web server in front."""

from django.conf import settings
from django.core.management.base import BaseCommand

from leadbook.errors import write_pages_in_front


class Command(BaseCommand):
    """Says where; leadbook.errors writes them."""

    help = (
        "Writes what the web server in front shows by itself, for example while nobody is "
        "behind it, beside the collected static files, which must be there before."
    )

    def handle(self, **options):
        """Write the pages."""
        write_pages_in_front(settings.STATIC_ROOT / "fehler")
