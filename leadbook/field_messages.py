"""Messages of Django's form fields that leadbook says in its own words.

Django looks them up in our catalogue first. They stand here so that `make messages` keeps
them there; nothing asks for them from here.
"""

from django.utils.translation import gettext_noop, ngettext_lazy

IN_OUR_WORDS = (
    gettext_noop("This field is required."),
    gettext_noop("Enter a valid date."),
    gettext_noop("Enter a valid time."),
    gettext_noop("Select a valid choice. That choice is not one of the available choices."),
    gettext_noop("Select a valid choice. %(value)s is not one of the available choices."),
    ngettext_lazy(
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
        "limit_value",
    ),
)
