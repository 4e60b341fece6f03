#!/usr/bin/env python
"""Run Django's commands with leadbook's settings."""

import os
import sys


def main():
    """Run the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadbook.settings")
    from django.core.management import execute_from_command_line

    from leadbook import provenance

    with provenance.of(request_id=provenance.new_id()):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
