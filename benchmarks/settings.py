"""The settings of production, plus the yardsticks and a look at what requests cost."""

from pathlib import Path

import django.contrib.admin

from leadbook.settings import *  # noqa: F403
from leadbook.settings import MIDDLEWARE, TEMPLATES

ROOT_URLCONF = "benchmarks.urls"
# Outermost, so that nothing goes uncounted.
MIDDLEWARE = ["benchmarks.counting.CostMiddleware", *MIDDLEWARE]
[engine] = TEMPLATES
TEMPLATES = [
    {**engine, "DIRS": [*engine["DIRS"], Path(__file__).parent / "templates"]},
    # Django's own admin, without the look that Unfold gives it.
    {
        "NAME": "stock",
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(django.contrib.admin.__file__).parent / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]
