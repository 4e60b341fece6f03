"""How any template shows values. Every result is text that is escaped as usual."""

import functools

from django import template
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone
from django.utils.html import Urlizer
from django.utils.translation import get_language
from lucide.templatetags.lucide import lucide

from leadbook.folding import pure
from leadbook.keeping import kept

register = template.Library()


@register.filter
def clock(moment):
    """Show the time of day: 10:42."""
    return f"{timezone.localtime(moment):%H:%M}"


@register.filter
def iso(moment):
    """Give day and time as machines read them: 2026-11-23T10:42:00+01:00."""
    return timezone.localtime(moment).isoformat()


class _Linker(Urlizer):
    url_template = '<a href="{href}" rel="noopener noreferrer nofollow">{url}</a>'

    def words(self, text):
        """Yield each word and blank, escaped or made a link by Django itself."""
        for word in self.word_split_re.split(text):
            yield self.handle_word(word, safe_input=False, autoescape=True)


@register.filter
def linked_words(text):
    """Give the parts of a plain text to be shown one behind the other, addresses as links.

    Django's own filter cannot say `noopener noreferrer` of a link.
    """
    return _Linker().words(str(text))


@register.simple_tag
def piece(template_name, **values):
    """Draw a template that shows nothing but the hashable `values`; once for equal ones."""
    return _piece(template_name, get_language(), **values)


# Some megabytes in each worker: what a hundred pages of leads show.
@kept(4000)
def _piece(template_name, _language, **values):
    return get_template(template_name).template.render(Context(values))


@register.simple_tag
@pure
@functools.cache
def icon(name):
    """Draw the Lucide icon called `name` beside a text; it says nothing by itself."""
    return lucide(name, size=None, **{"class": "icon", "aria_hidden": "true"})
