"""One process of several: does the requests that it is told, each at the word "go".

    python -m tests.races.worker

Reads lines of JSON from the standard input, says "ready", waits for the next line, does
the request through Django's test client and writes the answer as a line of JSON.
"""

import base64
import io
import json
import os
import sys

if __name__ == "__main__":
    # The log goes to the standard output, which is for the answers here.
    answers, sys.stdout = sys.stdout, sys.stderr
    os.environ["DJANGO_SETTINGS_MODULE"] = "leadbook.settings"
    import django

    import tests.environment  # noqa: F401

    django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.contenttypes.models import ContentType  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import override_settings, setup_test_environment  # noqa: E402

from leads.models.attachment import attachment_storage  # noqa: E402


def answer_to(order):
    """Do what `order` says; return status, address and contents of the answer."""
    if "command" in order:
        call_command(order["command"], **order["options"], stdout=io.StringIO())
        return {"status": 0, "url": "", "content": ""}
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = order["session"]
    data = dict(order["data"])
    for name, (file_name, content) in order["files"].items():
        data[name] = SimpleUploadedFile(file_name, base64.b64decode(content))
    act = getattr(client, order["method"])
    response = act(order["address"], data, headers=order["headers"])
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return {
        "status": response.status_code,
        "url": response.headers.get("Location", ""),
        "content": base64.b64encode(content).decode(),
    }


def say(line):
    answers.write(line + "\n")
    answers.flush()


def work():
    """Take orders until the standard input ends."""
    setup_test_environment()
    storage = attachment_storage()
    for line in sys.stdin:
        order = json.loads(line)
        storage.__dict__["base_location"] = storage.__dict__["location"] = order["folder"]
        say("ready")
        sys.stdin.readline()
        # The tests' database is emptied and filled between two orders.
        ContentType.objects.clear_cache()
        with override_settings(**order["settings"]):
            say(json.dumps(answer_to(order)))


if __name__ == "__main__":
    work()
