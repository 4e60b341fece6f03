"""The WSGI entry point for the application server."""

import os

from django.core.wsgi import get_wsgi_application

from leadbook.charsets import Utf8Only
from leadbook.roomy import Roomy
from leadbook.whole_bodies import WholeBodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadbook.settings")

application = Roomy(Utf8Only(WholeBodies(get_wsgi_application())))
