"""Chance that is the same in every run, and what the data files say with it."""

import random
import re

RANGE = re.compile(r"\{(\d+)-(\d+)(?:/(\d+))?\}")


class Chance(random.Random):
    """Random choices for the demo; nothing secret hangs on them."""

    def expand(self, spec):
        """Return the text that `spec` of a data file stands for.

        A list means one of its entries, {18-36} a number between both, {1000-2000/50} one
        in steps of 50.
        """
        if isinstance(spec, list):
            return self.expand(self.choice(spec))
        return RANGE.sub(self._number, spec)

    def happens(self, percent):
        """Whether something happens that does so in `percent` of all cases."""
        return self.random() * 100 < percent

    def weighted(self, weights):
        """Return one key of the dict `weights`, key → weight."""
        return self.choices(list(weights), list(weights.values()))[0]

    def _number(self, match):
        low, high, step = int(match[1]), int(match[2]), int(match[3] or 1)
        return str(self.randrange(low, high + 1, step))
