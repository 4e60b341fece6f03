"""What a spreadsheet's cell says, brought into the form that a lead's field reads."""

import re

from django.utils.functional import cached_property

from .text import fold

YES = frozenset({"ja", "j", "yes", "y", "x", "1", "true", "wahr"})
NO = frozenset({"nein", "n", "no", "0", "false", "falsch", "-"})
# Spreadsheets add a midnight to dates and write "20.11.2026, 14:30" with or without comma.
MIDNIGHT = re.compile(r"(?<![\s,T])(?:,\s{0,3}|[\sT]{1,3})0?0:00(:00)?(\.0+)?$")
MOMENT = re.compile(r"(?P<day>[\d.-]+)(?:(?:,\s*|\s+|T)(?P<time>\d{1,2}:\d{2}(?::\d{2})?))?")
SEPARATOR = re.compile(r"([,|])")


class CellReader:
    """Reads the cells of one column into values of one LeadField."""

    def __init__(self, field):
        self.field = field

    @cached_property
    def _form_field(self):
        return self.field.form_field()

    @cached_property
    def _by_folded(self):
        """What no other choice is but for case and accents → choice."""
        folded = [fold(choice) for choice in self.field.choices]
        pairs = zip(folded, self.field.choices, strict=True)
        return {text: choice for text, choice in pairs if folded.count(text) == 1}

    @cached_property
    def _most_pieces(self):
        return max((len(SEPARATOR.split(choice)) for choice in self.field.choices), default=1)

    def value(self, text):
        """Return the Python value of `text` as the field's editor would read it.

        Raises ValidationError with the reason for the person who imports.
        """
        prepare = getattr(self, f"_{self.field.kind_name}", None)
        text = text.strip()
        return self._form_field.clean(prepare(text) if prepare else text)

    def _date(self, text):
        return MIDNIGHT.sub("", text)

    def _moment(self, text):
        match = MOMENT.fullmatch(MIDNIGHT.sub("", text))
        return [match["day"], match["time"] or ""] if match else [text, ""]

    def _choice(self, text):
        return text if text in self.field.choices else self._by_folded.get(fold(text), text)

    def _choices(self, text):
        # A choice may itself hold commas: as much of the text is taken as is one.
        pieces, choices, at = SEPARATOR.split(text), [], 0
        while at < len(pieces):
            for size in range(self._most_pieces, 0, -2):
                part = "".join(pieces[at : at + size]).strip()
                choice = self._choice(part)
                if choice in self.field.choices:
                    break
            if part:
                choices.append(choice)
            at += size + 1
        return choices

    def _yes_no(self, text):
        word = fold(text)
        return "yes" if word in YES else "no" if word in NO else text
