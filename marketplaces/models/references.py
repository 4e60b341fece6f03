"""What in the database refers to something that must not be lost."""

from django.db.models import PROTECT


def is_referred_to(instance):
    """Whether anything refers to `instance` that keeps it from being deleted.

    Also finds references without a name for the way back, as those of the Verlauf.
    """
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: instance}).exists()
        for relation in instance._meta.get_fields(include_hidden=True)
        if relation.one_to_many and relation.on_delete is PROTECT
    )
