"""The rules of a city, read from its `rules.toml`; a wrong entry is named with its line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final, TypeVar

from enforcement.hours import Hours, parse_hours
from enforcement.rule import ANYWHERE, OBSERVING, ONLY_FOR, Addressee, Rule, RuleKind
from parking.city import Berth, BerthKind
from parking.errors import SourceError
from parking.ids import SectionId
from parking.money import Fen, parse_yuan
from parking.observations import Scene
from parking.plates import PlateKind
from parking.sourcefile import SourceText, parse_source
from parking.sourcenode import Node

VERSION: Final = 1
# Every rule states these.
_COMMON: Final = (
    "id", "kind", "name", "name_en", "effective_from", "effective_to", "article", "addressee",
    "plate_confidence",
)  # fmt: skip
# What each kind states besides.
_OWN: Final = {
    RuleKind.OVERSTAY: ("grace_minutes",),
    RuleKind.NO_RIGHT: ("wait_minutes", "berth_kinds"),
    RuleKind.OUTSIDE_HOURS: ("wait_minutes", "sections", "permitted"),
    RuleKind.ARREARS: ("wait_minutes", "threshold_yuan"),
    RuleKind.CLONED_PLATE: ("wait_minutes", "fastest_kmh", "least_metres"),
    RuleKind.GROUND_LOCK: ("wait_minutes",),
    RuleKind.SEEN: ("wait_minutes", "scenes"),
    RuleKind.OBSTACLE: ("wait_minutes", "scenes"),
    RuleKind.BERTH_CONFLICT: ("wait_minutes", "scenes"),
    RuleKind.STRAY_CYCLE: ("wait_minutes", "scenes"),
}
RULE_KEYS: Final = (*_COMMON, *dict.fromkeys(key for keys in _OWN.values() for key in keys))
MATCHING_KEYS: Final = ("slack_seconds", "continuity_minutes")
# A lock is suspected after days; no other act of parking is waited for longer than a day.
LONGEST_MINUTES: Final = 31 * 24 * 60
_KINDS: Final = {str(kind): kind for kind in RuleKind}
_ADDRESSEES: Final = {str(each): each for each in Addressee}
_SCENES: Final = {str(scene): scene for scene in Scene}
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
    least_accuracy: float

    def applying(self, berth: Berth, on: date) -> list[Rule]:
        """Rules in force for this berth on that local day, in the file's order."""
        return [rule for rule in self.rules if rule.applies(berth, on)]

    def concerning(self, berth: Berth) -> list[Rule]:
        """Rules that look at this berth, not just at any, on some day."""
        here = (rule for rule in self.rules if rule.kind not in ANYWHERE)
        return [rule for rule in here if rule.applies(berth, rule.effective_from)]

    def anywhere(self) -> list[Rule]:
        """Rules that look at stays in any berth."""
        return [rule for rule in self.rules if rule.kind in ANYWHERE]

    def observing(self) -> list[Rule]:
        """Rules that look at area observations."""
        return [rule for rule in self.rules if rule.kind in OBSERVING]


def load_rulebook(path: Path) -> Rulebook:
    """Read and check the file; raises SourceError with the line of what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(path, 1, f"cannot be read: {error}") from error
    return parse_rulebook(parse_source(path, text))


def parse_rulebook(source: SourceText) -> Rulebook:
    """Check a parsed file; raises SourceError with the line of what is wrong."""
    root = Node(source, (), source.body, ("version", "matching", "vehicles", "devices", "rule"))
    root.whole("version", VERSION, VERSION)
    matching = Node(source, ("matching",), source.body.get("matching"), MATCHING_KEYS)
    vehicles = Node(source, ("vehicles",), source.body.get("vehicles"), ("excused",))
    devices = Node(source, ("devices",), source.body.get("devices"), ("least_accuracy",))
    rules: list[Rule] = []
    for number, node in enumerate(root.children("rule", RULE_KEYS)):
        rule = _parse_rule(node, source.body["rule"][number])
        if any(rule.rule_id == other.rule_id for other in rules):
            raise node.error("id", f"the id {rule.rule_id!r} is used twice")
        rules.append(rule)
    return Rulebook(
        rules=tuple(rules),
        slack=timedelta(seconds=matching.whole("slack_seconds", 0, 3600)),
        continuity=timedelta(minutes=matching.whole("continuity_minutes", 0, 24 * 60)),
        excused=_choices(vehicles, "excused", _PLATE_KINDS),
        least_accuracy=devices.fraction("least_accuracy"),
    )


def _parse_rule(node: Node, stated: Mapping[str, object]) -> Rule:
    kind = node.choice("kind", _KINDS)
    own = _OWN[kind]
    for name in stated:
        if name not in {*_COMMON, *own}:
            raise node.error(name, f"a rule of kind {kind} has no {name}; expected {', '.join(own)}")
    return Rule(
        rule_id=node.identifier("id"),
        kind=kind,
        name=node.text("name"),
        name_en=node.text("name_en"),
        effective_from=node.day("effective_from"),
        effective_to=node.find_day("effective_to"),
        article=node.text("article"),
        addressee=_parse_addressee(node, kind),
        berth_kinds=_parse_berth_kinds(node) if "berth_kinds" in own else frozenset(),
        patience=timedelta(minutes=node.whole(own[0], 0, LONGEST_MINUTES)),
        plate_confidence=node.fraction("plate_confidence"),
        section_ids=frozenset(map(SectionId, node.texts("sections"))) if "sections" in own else frozenset(),
        scenes=_choices(node, "scenes", _SCENES) if "scenes" in own else frozenset(),
        hours=_parse_hours(node) if "permitted" in own else (),
        threshold_fen=_parse_threshold(node) if "threshold_yuan" in own else Fen(0),
        fastest_kmh=node.whole("fastest_kmh", 1, 1000) if "fastest_kmh" in own else 0,
        least_metres=node.whole("least_metres", 1, 100_000) if "least_metres" in own else 0,
    )


def _parse_addressee(node: Node, kind: RuleKind) -> Addressee:
    addressee = node.choice("addressee", _ADDRESSEES)
    if addressee is not ONLY_FOR.get(kind, addressee):
        raise node.error("addressee", f"what a rule of kind {kind} finds is for {ONLY_FOR[kind]} only")
    return addressee


def _parse_hours(node: Node) -> tuple[Hours, ...]:
    try:
        return tuple(map(parse_hours, node.texts("permitted")))
    except ValueError as error:
        raise node.error("permitted", str(error)) from error


def _parse_threshold(node: Node) -> Fen:
    try:
        threshold = parse_yuan(node.text("threshold_yuan"))
    except ValueError as error:
        raise node.error("threshold_yuan", str(error)) from error
    if threshold <= 0:
        raise node.error("threshold_yuan", "a threshold must be above zero")
    return threshold


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
