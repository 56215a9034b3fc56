"""Terms and amounts of cases, read from a city's `cases.toml` and `penalties.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from parking.errors import SourceError
from parking.money import Fen, parse_yuan
from parking.sourcefile import SourceText, parse_source
from parking.sourcenode import Node

VERSION: Final = 1


class TermKind(StrEnum):
    """Terms that a case can run into."""

    REVIEW = "review"  # from the act
    INQUIRY = "inquiry"  # from the review to the notice
    DEFENCE = "defence"  # from the notice: not decided before
    DECIDE = "decide"  # from the opening
    SERVE = "serve"  # from the decision
    PAY = "pay"  # from the service
    RECALL = "recall"  # from the withdrawal of what was decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A stretch of days, counted from the day after its event."""

    kind: TermKind
    days: int
    working: bool
    for_party: bool
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty:
    """An amount that a document sets for acts against a rule from a day on."""

    rule_id: str
    effective_from: date
    amount_fen: Fen
    document_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Casebook:
    """All that a city lays down for its cases."""

    terms: Mapping[TermKind, Term]
    time_bar_years: int
    penalties: tuple[Penalty, ...]

    def find_penalty(self, rule_id: str, on: date) -> Penalty | None:
        """Return the amount in force on the day of the act, or None."""
        held = [each for each in self.penalties if each.rule_id == rule_id and each.effective_from <= on]
        return max(held, key=lambda each: each.effective_from, default=None)


def load_casebook(terms: Path, penalties: Path) -> Casebook:
    """Read both files; raises SourceError with the line of what is wrong."""
    return parse_casebook(_parse(terms), _parse(penalties))


def parse_casebook(terms: SourceText, penalties: SourceText) -> Casebook:
    """Check both parsed files; every term must be there."""
    root = Node(terms, (), terms.body, ("version", "time_bar_years", "term"))
    root.whole("version", VERSION, VERSION)
    found = [_term(node) for node in root.children("term", ("id", "days", "working", "for_party", "basis"))]
    by_kind = {term.kind: term for term in found}
    for kind in TermKind:
        if kind not in by_kind:
            raise root.error("term", f"the term {kind.value!r} is missing")
    return Casebook(
        terms=by_kind,
        time_bar_years=root.whole("time_bar_years", 1, 10),
        penalties=tuple(_penalties(penalties)),
    )


def _term(node: Node) -> Term:
    return Term(
        kind=node.choice("id", {str(kind): kind for kind in TermKind}),
        days=node.whole("days", 1, 3660),
        working=node.flag("working"),
        for_party=node.flag("for_party"),
        basis=node.text("basis"),
    )


def _penalties(source: SourceText) -> list[Penalty]:
    root = Node(source, (), source.body, ("version", "penalty"))
    root.whole("version", VERSION, VERSION)
    return [
        Penalty(
            rule_id=node.identifier("rule"),
            effective_from=node.day("effective_from"),
            amount_fen=_amount(node),
            document_no=node.text("document_no"),
        )
        for node in root.children("penalty", ("rule", "effective_from", "amount", "document_no"))
    ]


def _amount(node: Node) -> Fen:
    try:
        amount = parse_yuan(node.text("amount"))
    except ValueError as error:
        raise node.error("amount", str(error)) from error
    if amount <= 0:
        raise node.error("amount", "an amount must be above zero")
    return amount


def _parse(path: Path) -> SourceText:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(path, 1, f"cannot be read: {error}") from error
    return parse_source(path, text)
