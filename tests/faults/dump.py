"""Run on the server's database and storage: print everything they hold as JSON."""

import hashlib
import json
import sys
from pathlib import Path

import django


def dump():
    """Return all rows as text and all files as digests."""
    from django.core.files.storage import storages

    from tests.state import everything, stored_files

    root = Path(storages["attachments"].location)
    rows = everything()
    # A restored database has changed, as far as anybody knows who looked before.
    del rows["marketplaces.SetupChange"]
    return {
        "rows": {label: [repr(row) for row in of_model] for label, of_model in rows.items()},
        "files": {
            key: hashlib.sha256((root / key).read_bytes()).hexdigest()
            for key in stored_files()
        },
    }


if __name__ == "__main__":
    django.setup()
    json.dump(dump(), sys.stdout)
