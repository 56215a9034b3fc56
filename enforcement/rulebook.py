"""The rules of a city, read from its `rules.toml`; a wrong entry is named with its line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final, TypeVar

from enforcement.kinds import Rule, RuleKind
from parking.city import Berth, BerthKind
from parking.errors import SourceError
from parking.plates import PlateKind
from parking.sourcefile import SourceText, parse_source
from parking.sourcenode import Node

VERSION: Final = 1
RULE_KEYS: Final = (
    "id",
    "kind",
    "name",
    "name_en",
    "effective_from",
    "effective_to",
    "article",
    "berth_kinds",
    "grace_minutes",
    "wait_minutes",
    "plate_confidence",
)
MATCHING_KEYS: Final = ("slack_seconds", "continuity_minutes")
# No act of parking is waited for longer than a day.
LONGEST_MINUTES: Final = 24 * 60
_PATIENCE: Final = {RuleKind.OVERSTAY: "grace_minutes", RuleKind.NO_RIGHT: "wait_minutes"}
_KINDS: Final = {str(kind): kind for kind in RuleKind}
_PLATE_KINDS: Final = {str(kind): kind for kind in PlateKind}
_RESERVED: Final = {str(kind): kind for kind in BerthKind if kind is not BerthKind.ORDINARY}


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """All rules of a city and how sightings are matched to stays."""

    rules: tuple[Rule, ...]
    slack: timedelta
    continuity: timedelta
    excused: frozenset[PlateKind]

    def applying(self, berth: Berth, on: date) -> list[Rule]:
        """Rules in force for this berth on that local day, in the file's order."""
        return [rule for rule in self.rules if rule.applies(berth, on)]

    def concerning(self, berth: Berth) -> list[Rule]:
        """Rules that look at this berth on some day."""
        return [rule for rule in self.rules if rule.applies(berth, rule.effective_from)]


def load_rulebook(path: Path) -> Rulebook:
    """Read and check the file; raises SourceError with the line of what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(path, 1, f"cannot be read: {error}") from error
    return parse_rulebook(parse_source(path, text))


def parse_rulebook(source: SourceText) -> Rulebook:
    """Check a parsed file; raises SourceError with the line of what is wrong."""
    root = Node(source, (), source.body, ("version", "matching", "vehicles", "rule"))
    root.whole("version", VERSION, VERSION)
    matching = Node(source, ("matching",), source.body.get("matching"), MATCHING_KEYS)
    vehicles = Node(source, ("vehicles",), source.body.get("vehicles"), ("excused",))
    rules: list[Rule] = []
    for node in root.children("rule", RULE_KEYS):
        rule = _parse_rule(node)
        if any(rule.rule_id == other.rule_id for other in rules):
            raise node.error("id", f"the id {rule.rule_id!r} is used twice")
        rules.append(rule)
    return Rulebook(
        rules=tuple(rules),
        slack=timedelta(seconds=matching.whole("slack_seconds", 0, 3600)),
        continuity=timedelta(minutes=matching.whole("continuity_minutes", 0, LONGEST_MINUTES)),
        excused=_choices(vehicles, "excused", _PLATE_KINDS),
    )


def _parse_rule(node: Node) -> Rule:
    kind = node.choice("kind", _KINDS)
    return Rule(
        rule_id=node.identifier("id"),
        kind=kind,
        name=node.text("name"),
        name_en=node.text("name_en"),
        effective_from=node.day("effective_from"),
        effective_to=node.find_day("effective_to"),
        article=node.text("article"),
        berth_kinds=_parse_berth_kinds(node) if kind is RuleKind.NO_RIGHT else frozenset(),
        patience=timedelta(minutes=node.whole(_PATIENCE[kind], 0, LONGEST_MINUTES)),
        plate_confidence=node.fraction("plate_confidence"),
    )


def _parse_berth_kinds(node: Node) -> frozenset[BerthKind]:
    kinds = _choices(node, "berth_kinds", _RESERVED)
    if not kinds:
        raise node.error("berth_kinds", f"berth_kinds must list some of {', '.join(_RESERVED)}")
    return kinds


def _choices(node: Node, name: str, choices: Mapping[str, T]) -> frozenset[T]:
    names = node.texts(name)
    for each in names:
        if each not in choices:
            raise node.error(name, f"{name} must list some of {', '.join(choices)}, not {each!r}")
    return frozenset(choices[each] for each in names)
