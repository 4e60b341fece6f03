"""A site of its own that fails with contact data at hand; see test_sentry.py."""

import logging
import sys

import django
import sentry_sdk
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import path

# In pieces, so that it does not stand in the lines of code that are sent.
NAME = "Erika Muster" + "mann"


@login_not_required
def quoting(request, pk):
    """Fail with a name in the error, in locals, and in what led to it."""
    name = NAME
    request.user = get_user_model()(pk=77, username=name, email=f"{name}@x.example")
    logging.getLogger("leads").warning("Something about %s", name)
    try:
        int(name)
    except ValueError as error:
        raise KeyError(name, request.POST.get("name")) from error


@login_not_required
def inserting(request):
    """Fail in the database, on a value that is there already."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE person (name varchar(50) UNIQUE)")
        for _ in range(2):
            cursor.execute("INSERT INTO person VALUES (%s)", [NAME])


@login_not_required
def logging_only(request):
    """Log an error with a name among its values."""
    logging.getLogger("leads").error("A file of %s could not be removed.", NAME)
    return HttpResponse()


urlpatterns = [
    path("test/quoting/<int:pk>/", quoting),
    path("test/inserting/", inserting),
    path("test/logging/", logging_only),
]


def main():
    """Ask for each address as a browser would, and wait until Sentry has been told."""
    django.setup()
    urlpatterns.append(path("admin/", admin.site.urls))
    settings.ROOT_URLCONF = __name__
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client(raise_request_exception=False, headers={"referer": f"/?q={NAME}"})
    client.cookies["sessionid"] = f"session of {NAME}"
    data = {"name": NAME, "text": NAME}
    statuses = [
        client.post(f"/test/quoting/7/?q={NAME}", data).status_code,
        client.post(f"/test/inserting/?q={NAME}", data).status_code,
        client.get(f"/test/logging/?q={NAME}").status_code,
    ]
    sentry_sdk.flush()
    sys.stdout.write(f"{statuses}\n")


if __name__ == "__main__":
    main()
