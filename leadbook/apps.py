"""The project's own app: what is neither a marketplace nor a lead."""

from django.apps import AppConfig


class LeadbookConfig(AppConfig):
    """Template tags, checks and health."""

    name = "leadbook"
