"""The people, marketplaces and leads of the fixtures, made once and put back for each test.

Made by their factories and verbs, as the application makes them, they take as long as most
tests that look at them. So each process makes what a test asks for once, in a transaction
that it rolls back, and keeps the rows, the files and the objects. From then on it writes
rows and files.
"""

import io
import pickle
from datetime import datetime
from functools import cached_property
from pathlib import Path

from django.apps import apps
from django.core.files.storage import FileSystemStorage
from django.db import DEFAULT_DB_ALIAS, transaction
from django.utils import timezone

from leads.models.attachment import attachment_storage
from marketplaces.models import Marketplace, User

from . import factories

# Class and names → what was made, pickled, and when.
_kept = {}


class Cast:
    """Who and what stands on the stage; made when it is first asked for."""

    @cached_property
    def anna(self):
        return factories.UserFactory(username="anna")

    @cached_property
    def ben(self):
        return factories.UserFactory(username="ben")

    @cached_property
    def clara(self):
        return factories.UserFactory(username="clara")

    @cached_property
    def meike(self):
        return factories.UserFactory(username="meike")

    @cached_property
    def olaf(self):
        return factories.UserFactory(username="olaf", is_staff=True)

    @cached_property
    def heatpumps(self):
        return factories.MarketplaceFactory(
            name="Wärmepumpe Süd",
            slug="waermepumpe-sued",
            phases=["Qualifizierung", "Vor-Ort-Termin", "Angebot", "Verhandlung", "Auftrag"],
            reasons=["Zu teuer", "Wettbewerb"],
            members={
                "rep": [self.anna, self.ben],
                "manager": [self.meike],
                "operator": [self.olaf],
            },
        )

    @cached_property
    def solar(self):
        return factories.MarketplaceFactory(
            name="Photovoltaik Bayern",
            slug="photovoltaik-bayern",
            phases=["Erstgespräch", "Abschluss"],
            reasons=["Kein Dach"],
            members={"rep": [self.clara]},
        )

    @cached_property
    def offered(self):
        return factories.offer(self.heatpumps)

    @cached_property
    def lead(self):
        return factories.accepted(self.heatpumps, self.anna, phase=3)


def put_on_stage(kind, fixtures):
    """Return a cast of this class with what of it the names of `fixtures` ask for."""
    names = tuple(name for name in _names(kind) if name in fixtures)
    # Rows that are there already may have the same ids, and files in a bucket have no
    # folder: then all is made as it is asked for.
    is_in_folder = isinstance(attachment_storage(), FileSystemStorage)
    if not (names and is_in_folder) or User.objects.exists() or Marketplace.objects.exists():
        return kind()
    key = kind, names
    if key not in _kept:
        _kept[key] = _make(kind, names), timezone.now()
    pickled, then = _kept[key]
    made, rows, files = _Unpickler(pickled, timezone.now() - then).load()
    with transaction.atomic():
        for model, instances in rows:
            fields = [f for f in model._meta.local_concrete_fields if not f.generated]
            # raw: as they were, no field sets its own value.
            model._base_manager._insert(
                instances, fields=fields, using=DEFAULT_DB_ALIAS, raw=True
            )
    for name, content in files.items():
        path = _folder() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return made


def _names(kind):
    """The parts of a cast, in the order in which they are made."""
    return [
        name
        for cls in reversed(kind.__mro__)
        for name, value in vars(cls).items()
        if isinstance(value, cached_property)
    ]


def _make(kind, names):
    with transaction.atomic():
        before = _rows()
        made = kind()
        for name in names:
            getattr(made, name)
        new = [
            (model, [row for key, row in there.items() if key not in before[model]])
            for model, there in _rows().items()
        ]
        rows = [(model, instances) for model, instances in new if instances]
        stream = io.BytesIO()
        _Pickler(stream, pickle.HIGHEST_PROTOCOL).dump((made, rows, _files()))
        transaction.set_rollback(True)
    return stream.getvalue()


def _folder():
    return Path(attachment_storage().location)


def _files():
    """What lies in the test's folder of attachments, whose name each test has anew."""
    paths = [path for path in _folder().rglob("*") if path.is_file()]
    return {str(path.relative_to(_folder())): path.read_bytes() for path in paths}


def _rows():
    return {
        model: model._base_manager.in_bulk()
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }


class _Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return value if isinstance(value, datetime) else None


class _Unpickler(pickle.Unpickler):
    """Moves all moments, so that what is put back is as old as what has just been made."""

    def __init__(self, pickled, later):
        super().__init__(io.BytesIO(pickled))
        self.later = later

    def persistent_load(self, moment):
        return moment + self.later
