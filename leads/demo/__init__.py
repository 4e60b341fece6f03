"""The demo: three marketplaces, five people and some hundred believable leads.

`data/` holds what is told, in TOML; the modules tell it through the verbs of the models
and make the documents. Invented from end to end; see `loading` for the way in.
"""

import tomllib
from pathlib import Path


def read_data(name):
    """Return the contents of the data file called `name`."""
    path = Path(__file__).parent / "data" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
