"""A log whose every entry carries the hash of the one before: what is changed later shows.

An entry is hashed as canonical JSON (sorted keys, no blanks, UTF-8), so that anybody can recompute it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from parking.span import require_utc

# What stands before the first entry.
GENESIS: Final = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One step of one file (a case): who did what, when, with which particulars."""

    file_id: str
    seq: int
    at: datetime
    actor_id: str
    role: str
    action: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainedEntry:
    """An entry with its place in the chain, as stored and exported."""

    entry: Entry
    previous: str
    digest: str


def digest_of(entry: Entry, previous: str) -> str:
    """SHA-256, in hex, over the entry and the digest before it."""
    facts = {
        "file_id": entry.file_id,
        "seq": entry.seq,
        "at": require_utc(entry.at).isoformat(),
        "actor_id": entry.actor_id,
        "role": entry.role,
        "action": entry.action,
        "body": entry.body,
        "previous": previous,
    }
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def append(entry: Entry, previous: str = GENESIS) -> ChainedEntry:
    """Chain an entry to what stands before it."""
    return ChainedEntry(entry=entry, previous=previous, digest=digest_of(entry, previous))


def find_break(entries: Iterable[ChainedEntry]) -> str | None:
    """Tell the first thing that is wrong with a chain, None where it is whole."""
    previous, expected_seq = GENESIS, 1
    for each in entries:
        seq = each.entry.seq
        if seq != expected_seq:
            return f"entry {expected_seq} is missing"
        if each.previous != previous:
            return f"entry {seq} does not follow the one before it"
        if digest_of(each.entry, previous) != each.digest:
            return f"entry {seq} was changed"
        previous, expected_seq = each.digest, seq + 1
    return None
