"""Ids as requests name them."""

import re

# None is longer, and Python does not even read a number of thousands of digits.
PK = re.compile(r"[0-9]{1,18}")
