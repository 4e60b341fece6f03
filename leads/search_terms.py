"""The words by which leads are found, and what somebody types, read as such words."""

import re
from dataclasses import dataclass

from .text import SURROGATES, fold, phone_digits

MAX_LENGTH = 200
SHORTEST = 2
# From these lengths on: digits are a part of a number; a number is looked up as a whole.
PART_OF_NUMBER, WHOLE_NUMBER = 4, 6
# A shorter word is looked for at the beginning of words only.
ANYWHERE = 3

# Starts and ends with a letter or digit: quotes, brackets and full stops are not searched.
WORD = re.compile(r"[^\W_](?:\S*[^\W_])?")
# In SQLite's index such characters say whose a document is; see leads.search_index.
PRIVATE_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
NUMBER = re.compile(r"\+?[\d\s/().–-]+")
WORD_OF_NUMBER = re.compile(r"(?:\+|0)[\d/()-]+")
DATE = re.compile(r"\d{1,2}\.\d{1,2}\.(?:\d{2}|\d{4})?")
EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


def words_of(text):
    """Return the folded words of `text`, in order."""
    return WORD.findall(PRIVATE_USE.sub("", fold(text)))


@dataclass(frozen=True)
class Terms:
    """What a document must contain, all of it; `read` makes it out of what was typed."""

    words: tuple = ()
    # Set where the text is nothing but an e-mail address or a number.
    email: str = ""
    number: str = ""
    # Whether so little was typed that nothing is to be searched yet.
    is_empty: bool = False

    @classmethod
    def read(cls, text):
        """Return the terms of a text of any length and any characters."""
        text = SURROGATES.sub("", text[:MAX_LENGTH].replace("\x00", "")).strip()
        if len(text) < SHORTEST:
            return cls(is_empty=True)
        if digits := _number(text):
            return cls((digits,), number=digits if len(digits) >= WHOLE_NUMBER else "")
        email = fold(text) if EMAIL.fullmatch(text) else ""
        words = [word for part in text.split() for word in _words(part)]
        if not any(len(word) >= SHORTEST for word in words):
            return cls()
        return cls(tuple(dict.fromkeys(words)), email=email)

    def touch(self, text):
        """Whether the text of a document contains one of them."""
        return any(pattern in text for pattern in self.patterns)

    @property
    def patterns(self):
        """What the text of a document contains, for each word."""
        return [word if len(word) >= ANYWHERE else f" {word}" for word in self.words]


def _number(text):
    """Return the digits of a text that is a phone number or a part of one, or empty."""
    if not NUMBER.fullmatch(text) or DATE.fullmatch(text):
        return ""
    if sum(char.isdigit() for char in text) < PART_OF_NUMBER:
        return ""
    digits = phone_digits(text)
    return digits if len(digits) >= ANYWHERE else ""


def _words(part):
    if WORD_OF_NUMBER.fullmatch(part):
        digits = phone_digits(part)
        if len(digits) >= ANYWHERE:
            return [digits]
        if not digits:
            # The country alone, before the rest of a number.
            return []
    return words_of(part)
