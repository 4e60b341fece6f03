"""Reading what would be written to the logs of a production."""

import json
import logging

import pytest

from leadbook import access_log, log_lines


@pytest.fixture
def written():
    """A list of the lines of the access log and of the application's log, read as JSON."""

    class Reader(logging.Handler):
        def emit(self, record):
            text = self.format(record)
            assert text.isascii()
            assert text.isprintable()
            lines.append(json.loads(text))

    lines = []
    handler = Reader()
    handler.setFormatter(log_lines.JsonFormatter())
    loggers = [logging.getLogger(), access_log.logger]
    for logger in loggers:
        logger.addHandler(handler)
    yield lines
    for logger in loggers:
        logger.removeHandler(handler)
