"""Requests at the same instant: threads on PostgreSQL, processes on SQLite."""

import base64
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection

from leads.models.attachment import attachment_storage

from . import address_of_the_database, at_once

MOST = 6


@dataclass
class Request:
    """One request of a person, or a management command."""

    user: object = None
    address: str = ""
    data: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)
    method: str = "post"
    headers: dict = field(default_factory=dict)
    command: str = ""


@dataclass
class Answer:
    """What a request was answered; status 0 for a command."""

    status_code: int
    url: str = ""
    content: bytes = b""

    @property
    def text(self):
        return self.content.decode()


@pytest.fixture(scope="session")
def workers(django_db_setup):
    """Return a function that gives so many processes that wait for orders."""
    started = []

    def give(number):
        environment = {
            **os.environ,
            "DATABASE_URL": address_of_the_database(),
            "PYTHONPATH": str(django_settings.BASE_DIR),
        }
        while len(started) < number:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.races.worker"],
                    env=environment, cwd=django_settings.BASE_DIR, text=True,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                )
            )  # fmt: skip
        return started[:number]

    yield give
    for worker in started:
        worker.stdin.close()
        worker.wait(timeout=20)


@pytest.fixture
def together(request, signed_in, settings):
    """Return a function that sends requests at the same instant and gives the answers."""

    def in_processes(requests, limits):
        processes = request.getfixturevalue("workers")(len(requests))
        for process, sent in zip(processes, requests, strict=True):
            order = {
                "method": sent.method,
                "address": sent.address,
                "data": sent.data,
                "headers": sent.headers,
                "files": {
                    name: [file[0], base64.b64encode(file[1]).decode()]
                    for name, file in sent.files.items()
                },
                "session": sent.user and session_of(sent.user),
                "folder": attachment_storage().location,
                "settings": limits,
            }
            if sent.command:
                order |= {"command": sent.command, "options": sent.data}
            process.stdin.write(json.dumps(order, default=str) + "\n")
            process.stdin.flush()
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        told = [json.loads(process.stdout.readline()) for process in processes]
        return [
            Answer(one["status"], one["url"], base64.b64decode(one["content"])) for one in told
        ]

    def session_of(user):
        return signed_in(user).cookies[django_settings.SESSION_COOKIE_NAME].value

    def in_threads(requests, limits):
        for name, value in limits.items():
            setattr(settings, name, value)
        answers = at_once(*(act_of(sent) for sent in requests))
        for answer in answers:
            assert isinstance(answer, Answer), answer
        return answers

    def act_of(sent):
        if sent.command:
            return lambda: call_command(sent.command, **sent.data) or Answer(0)
        client = signed_in(sent.user, raise_request_exception=False)
        data = {name: SimpleUploadedFile(*file) for name, file in sent.files.items()}

        def act():
            send = getattr(client, sent.method)
            response = send(sent.address, {**sent.data, **data}, headers=sent.headers)
            is_stream = response.streaming
            content = b"".join(response.streaming_content) if is_stream else response.content
            return Answer(response.status_code, response.headers.get("Location", ""), content)

        return act

    def send(*requests, **limits):
        assert len(requests) <= MOST
        is_sqlite = connection.vendor == "sqlite"
        answers = (in_processes if is_sqlite else in_threads)(requests, limits)
        assert all(answer.status_code < 500 for answer in answers), answers
        return answers

    return send
