"""What must be in the environment before Django's settings are read; loaded by -p."""

import os

os.environ.setdefault("MODE", "development")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
