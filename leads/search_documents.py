"""What each lead is found by: made of its fields and its journal, and made afresh."""

import re
from dataclasses import dataclass
from decimal import Decimal

from django.apps import apps as current_apps

from leadbook.numbers import german

from .rebuilding import each_batch
from .search_terms import words_of
from .text import fold, phone_digits, sort_key

FIELDS = ("name", "company", "contact_person", "city", "postcode", "email", "need")
NUMBERS = ("phone", "mobile")
# Of these, what names a person rather than a town or a need.
NAMES = ("name", "company", "contact_person", "email")
# Columns of a lead from which its document is made.
COLUMNS = {*FIELDS, *NUMBERS, "own_values", "marketplace", "owner", "status"}
# Between the lines of the fields and the words of the journal. A line begins with a blank,
# so it stands nowhere else; and each word has a blank before it.
JOURNAL = "\n\n"
# The built-in fields cannot be longer than half of it, their own words than the rest.
HEAD_LENGTH = 8000
OWN_LENGTH = 3000
# How own values are kept, whatever kind their field is of now; what was typed as a text has a
# blank before it where it looks the same. See leads.kinds.
NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,10})?")
DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
TRUTH = {"yes", "no"}
# What the journal adds is bounded, so that writing an entry costs the same in any lead.
JOURNAL_LENGTH = 20_000
WORD_LENGTH = 100


def head_of(lead):
    """Return what the fields of `lead` are found by, a line for each, a blank before it.

    Own fields share a line, those that are retired, too: the lead's page shows them. The
    last line has the words with umlauts as foreign keyboards write them: muller.
    """
    texts = [getattr(lead, name) for name in FIELDS]
    own = distinct_words(own_texts(lead.own_values), OWN_LENGTH)
    lines = [" ".join(words_of(text)) for text in texts]
    lines += [phone_digits(getattr(lead, name)) for name in NUMBERS]
    lines.append(" ".join(own))
    plain = _without_umlauts([*texts, *own_texts(lead.own_values)])
    lines.append(" ".join(plain)[:OWN_LENGTH])
    return "\n".join(f" {line}" for line in lines)[:HEAD_LENGTH]


def contact_of(names, numbers):
    """Return what somebody of these names and numbers is found by, as a document has it."""
    words = [word for text in names for word in words_of(text)]
    words += filter(None, map(phone_digits, numbers))
    return "".join(f" {word}" for word in [*words, *_without_umlauts(names)])


def text_of(head, words):
    """Return the text of a document; of the journal's `words` the first have room."""
    kept, length = [], 0
    for word in words:
        length += len(word) + 1
        if length > JOURNAL_LENGTH:
            break
        kept.append(word)
    return head + JOURNAL + "".join(f" {word}" for word in kept)


def head_in(text):
    """Return the head out of the text of a document, or out of its beginning."""
    return text.partition(JOURNAL)[0]


def parts_of(text):
    """Return head and words of the journal out of the text of a document."""
    head = head_in(text)
    return head, text[len(head) :].split()


def own_texts(values):
    """Yield the texts of own `values` as people write them: 1.234,5 and 01.12.2026."""
    # PostgreSQL keeps the keys of JSON in an order of its own.
    for _field, data in sorted(values.items()):
        for text in data if isinstance(data, list) else [data]:
            if NUMBER.fullmatch(text):
                yield german(text)
                yield german(text, decimal_places=2)
                yield text.replace(".", ",")
                yield f"{Decimal(text):.2f}".replace(".", ",")
            elif day := DAY.fullmatch(text):
                yield ".".join(reversed(day.groups()))
            elif text not in TRUTH:
                yield text


def distinct_words(texts, most=JOURNAL_LENGTH):
    """Return the words of `texts`, each once, as long as they have room."""
    words, length = {}, 0
    for text in texts:
        for word in words_of(text):
            cut = word[:WORD_LENGTH]
            if cut not in words:
                words[cut] = None
                length += len(cut) + 1
        if length > most:
            break
    return list(words)


def columns_of(lead, words):
    """Return the columns of the document of `lead`; `words` are those of its journal."""
    return {
        "lead_id": lead.pk,
        "marketplace_id": lead.marketplace_id,
        "owner_id": lead.owner_id,
        "status": lead.status,
        "text": text_of(head_of(lead), words),
        "email": fold(lead.email)[:254] or None,
        "phone": phone_digits(lead.phone) or None,
        "mobile": phone_digits(lead.mobile) or None,
    }


def journal_of(entries):
    """Return the words of the written, not deleted among `entries`, newest first."""
    entries = entries.exclude(kind="event").filter(deleted_at=None)
    entries = entries.order_by("-created_at", "-id")
    # The newest that fill the room; a long journal is not read to its end.
    return distinct_words(entries.values_list("text", flat=True).iterator(chunk_size=200))


@dataclass
class Outcome:
    """What was rebuilt, in numbers."""

    seen: int = 0
    written: int = 0
    removed: int = 0


def rebuild(*, apps=current_apps, progress=lambda outcome: None):
    """Make every document afresh and write those that differ; return the Outcome.

    See leads.rebuilding. `progress` is called with the Outcome after each batch.
    """
    outcome = Outcome()

    def do(batch):
        _rebuild(batch, outcome, apps)
        progress(outcome)

    each_batch(do, columns=(*COLUMNS, "anonymised_at"), apps=apps)
    return outcome


def _rebuild(batch, outcome, apps):
    documents = apps.get_model("leads.SearchDocument")._base_manager
    entries = apps.get_model("leads.JournalEntry")._base_manager
    there = {row["lead_id"]: row for row in documents.filter(pk__in=batch).values()}
    written = entries.exclude(kind="event").filter(lead__in=batch, deleted_at=None)
    with_journal = set(written.values_list("lead_id", flat=True))
    differing = []
    for lead in batch:
        outcome.seen += 1
        if lead.anonymised_at is None:
            has_journal = lead.pk in with_journal
            words = journal_of(entries.filter(lead=lead)) if has_journal else []
            columns = columns_of(lead, words)
            if not _is_same(there.get(lead.pk), columns):
                differing.append(documents.model(**columns))
    gone = [lead.pk for lead in batch if lead.anonymised_at and lead.pk in there]
    if gone:
        documents.filter(pk__in=gone).delete()
    documents.bulk_create(
        differing,
        update_conflicts=True,
        unique_fields=["lead"],
        update_fields=[name for name in columns_of(batch[0], []) if name != "lead_id"],
    )
    outcome.written += len(differing)
    outcome.removed += len(gone)


def _is_same(row, columns):
    """Whether a document says the same; the order of the journal's words says nothing."""
    if row is None:
        return False
    head, words = parts_of(row["text"])
    new_head, new_words = parts_of(columns["text"])
    return (
        head == new_head
        and set(words) == set(new_words)
        and ({**row, "text": ""} == {**columns, "text": ""})
    )


def _without_umlauts(texts):
    for text in texts:
        for word in text.split():
            plain = words_of(sort_key(word))
            if plain != words_of(word):
                yield from plain
