"""Templates whose constant parts are worked out once instead of with every answer.

A page of one lead has hundreds of words, icons and addresses that are the same in every
answer of a language, and Django looks each of them up each time: that was two thirds of
the time of the lead's page. Nothing changes in what the templates say or may say.
"""

import re
from html import escape

from django.conf import settings
from django.template.base import (
    NodeList,
    TextNode,
    Variable,
    VariableDoesNotExist,
    VariableNode,
    render_value_in_context,
)
from django.template.defaulttags import IfNode, TemplateLiteral, URLNode
from django.template.library import SimpleNode
from django.template.loaders import base, cached
from django.templatetags.i18n import TranslateNode
from django.templatetags.static import StaticNode
from django.urls import get_script_prefix, resolve
from django.utils.safestring import SafeData
from django.utils.translation import get_language

# Tags that give the same for the same words; see `pure`.
PURE_TAGS = set()
# What stands in an address as it is.
PLAIN = re.compile(r"[\w-]+", re.ASCII)
ARGUMENT = re.compile(r"<(\w+):\w+>")


def pure(tag):
    """Declare that the simple tag's result depends on nothing but its arguments."""
    PURE_TAGS.add(tag)
    return tag


class _FoldingLoader(base.Loader):
    def get_template(self, template_name, skip=None):
        template = super().get_template(template_name, skip)
        fold(template.nodelist)
        return template


class Loader(cached.Loader, _FoldingLoader):
    """Django's caching loader, which keeps the templates folded."""


def fold(nodelist):
    """Put into `nodelist`, and into all below it, what renders the same more quickly."""
    folded, run = NodeList(), []
    for node in nodelist:
        for below in _below(node):
            fold(below)
        for expression in _expressions(node):
            expression.var = Path.of(expression.var)
        if _is_constant(node):
            run.append(node)
            continue
        folded += _joined(run)
        run = []
        folded.append(_quicker(node))
    nodelist[:] = [*folded, *_joined(run)]


def _below(node):
    if isinstance(node, IfNode):
        # Its `nodelist` is made anew each time.
        return [nodelist for _condition, nodelist in node.conditions_nodelists]
    named = (getattr(node, name, None) for name in node.child_nodelists)
    return [nodelist for nodelist in named if isinstance(nodelist, NodeList)]


def _expressions(node):
    """Return the expressions of a node that are looked up in the context."""
    if isinstance(node, IfNode):
        found = [e for test, _nodes in node.conditions_nodelists for e in _operands(test)]
    elif isinstance(node, VariableNode):
        found = [node.filter_expression]
    else:
        found = node.args if isinstance(node, URLNode) else []
    return [expression for expression in found if type(expression.var) is Variable]


def _operands(test):
    """Return the expressions that a condition compares."""
    if test is None:
        return []
    if isinstance(test, TemplateLiteral):
        return [test.value]
    parts = (getattr(test, name, None) for name in ("first", "second"))
    return [expression for part in parts for expression in _operands(part)]


def _joined(run):
    return [Constant(run)] if any(type(node) is not TextNode for node in run) else run


def _quicker(node):
    for quick in (Value, Address):
        if type(node) is quick.original:
            made = quick.__new__(quick)
            vars(made).update(vars(node))
            return made
    return node


def _is_constant(node):
    if type(node) is TranslateNode:
        said = [node.filter_expression, node.message_context]
        return node.asvar is None and _are_literal(*filter(None, said))
    if type(node) is URLNode:
        is_alone = not node.args and not node.kwargs
        return node.asvar is None and is_alone and _are_literal(node.view_name)
    if type(node) is SimpleNode:
        arguments = [*node.args, *node.kwargs.values()]
        return node.func in PURE_TAGS and node.target_var is None and _are_literal(*arguments)
    if type(node) is StaticNode:
        return node.varname is None and _are_literal(node.path)
    return type(node) is TextNode


def _are_literal(*expressions):
    return all(
        not expression.filters
        and (not isinstance(expression.var, Variable) or expression.var.lookups is None)
        for expression in expressions
    )


class Constant(TextNode):
    """What stands there for good: rendered once for each language and place of the site."""

    def __init__(self, nodes):
        self.nodes = nodes
        self.texts = {}

    def __repr__(self):
        return f"<Constant: {self.nodes!r}>"

    def render(self, context):
        """Return the text."""
        key = get_language(), get_script_prefix(), context.autoescape
        text = self.texts.get(key)
        if text is None:
            text = "".join(node.render_annotated(context) for node in self.nodes)
            self.texts[key] = text
        return text

    render_annotated = render


class Path(Variable):
    """The way from the context to a value; most lead through attributes.

    Django asks each object first whether it is a dictionary and learns from an exception
    that it is not; of what is not there at all, as `oob` mostly, it learns from four. Whatever
    else is on the way is left to it.
    """

    __slots__ = ()

    @classmethod
    def of(cls, variable):
        """Return `variable` as a Path."""
        path = cls.__new__(cls)
        for name in Variable.__slots__:
            setattr(path, name, getattr(variable, name))
        return path

    def _resolve_lookup(self, context):
        first = self.lookups[0]
        try:
            current = context[first]
        except KeyError:
            if first.isidentifier() and not hasattr(context, first):
                failed = "Failed lookup for key [%s] in %r"
                raise VariableDoesNotExist(failed, (first, context)) from None
            return super()._resolve_lookup(context)
        try:
            for name in self.lookups[1:]:
                if callable(current) or hasattr(type(current), "__getitem__"):
                    return super()._resolve_lookup(context)
                current = getattr(current, name)
        except Exception:
            # What is missing, and what its absence means, Django knows.
            return super()._resolve_lookup(context)
        return super()._resolve_lookup(context) if callable(current) else current


class Value(VariableNode):
    """A variable; most are texts and numbers, which need nothing but escaping."""

    original = VariableNode

    def render(self, context):
        """Return the value as Django shows it."""
        output = self.filter_expression.resolve(context)
        if isinstance(output, SafeData):
            return output
        kind = type(output)
        if kind is str and context.autoescape:
            return escape(output)
        if kind is int and not settings.USE_THOUSAND_SEPARATOR:
            return str(output)
        return render_value_in_context(output, context)


class Address(URLNode):
    """An address with arguments, filled into its route, which is looked up once."""

    original = URLNode
    routes = {}

    def render(self, context):
        """Return the address as `reverse` gives it, or name it."""
        if self.kwargs:
            return super().render(context)
        view_name = self.view_name.resolve(context)
        arguments = [argument.resolve(context) for argument in self.args]
        kinds = [_converter(argument) for argument in arguments]
        if not all(kinds):
            return super().render(context)
        key = view_name, *kinds, get_script_prefix()
        if route := self.routes.get(key):
            address = route.format(*arguments)
            if self.asvar is None:
                return address
            context[self.asvar] = address
            return ""
        text = super().render(context)
        address = text or context[self.asvar]
        match = resolve("/" + address.removeprefix(get_script_prefix()))
        if match.view_name == view_name and ARGUMENT.findall(match.route) == kinds:
            self.routes[key] = get_script_prefix() + ARGUMENT.sub("{}", match.route)
        return text


def _converter(argument):
    """Return the converter of a route that takes the argument as it is, or None."""
    if type(argument) is int and argument >= 0:
        return "int"
    return "str" if isinstance(argument, str) and PLAIN.fullmatch(argument) else None
