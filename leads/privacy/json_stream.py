"""Writing JSON in pieces: what is an iterator becomes a list that never stands in memory."""

import json
from collections.abc import Iterator


def json_stream(value):
    """Yield the text of `value`, in which iterators may stand for lists."""
    if isinstance(value, dict):
        yield "{"
        for number, (name, part) in enumerate(value.items()):
            yield f"{', ' if number else ''}{json.dumps(name)}: "
            yield from json_stream(part)
        yield "}\n"
    elif isinstance(value, Iterator):
        yield "["
        for number, part in enumerate(value):
            yield ", " if number else ""
            yield from json_stream(part)
        yield "]"
    else:
        yield json.dumps(value, ensure_ascii=False, default=str)
