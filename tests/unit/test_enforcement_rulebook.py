"""The file of rules: what it may say, and where an error points."""

from pathlib import Path

import pytest

from enforcement.rule import ONLY_FOR, Addressee, RuleKind
from enforcement.rulebook import load_rulebook, parse_rulebook
from parking.city import BerthKind
from parking.errors import SourceError
from parking.observations import Scene
from parking.sourcefile import parse_source

SUIZHOU = Path(__file__).resolve().parents[2] / "cities" / "suizhou" / "rules.toml"
MONEY = ("amount", "fine", "penalty", "yuan", "fen")


def test_suizhou_has_both_kinds_of_rules_for_every_reserved_berth() -> None:
    rulebook = load_rulebook(SUIZHOU)
    reserved = frozenset().union(*(rule.berth_kinds for rule in rulebook.rules))
    assert reserved == set(BerthKind) - {BerthKind.ORDINARY}
    assert any(rule.kind == "overstay" for rule in rulebook.rules)
    assert {rule.kind for rule in rulebook.rules} == set(RuleKind)
    assert {scene for rule in rulebook.rules for scene in rule.scenes} == set(Scene)
    assert all("第" in rule.article and "条" in rule.article for rule in rulebook.rules)


def test_debts_markings_and_bicycles_are_nobodys_offence() -> None:
    rulebook = load_rulebook(SUIZHOU)
    others = {rule.kind for rule in rulebook.rules if rule.addressee is not Addressee.SQUAD}
    assert others >= set(ONLY_FOR)


def test_no_amount_of_money_is_shipped() -> None:
    lines = SUIZHOU.read_text(encoding="utf-8").splitlines()
    keys = {line.partition("=")[0].strip() for line in lines if "=" in line and not line.startswith("#")}
    # From which debt on the operator is reminded is no penalty.
    assert keys - {"threshold_yuan"} == {key for key in keys if not any(word in key for word in MONEY)}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("version = 1", "version = 2", r":10: version must be"),
        ("slack_seconds = 120", "slack_seconds = -1", r":14: slack_seconds must be a whole number"),
        ('kind = "overstay"', 'kind = "speeding"', r":28: kind must be one of overstay, no_right"),
        (
            "grace_minutes = 10",
            "wait_minutes = 10",
            r"of kind overstay has no wait_minutes",
        ),
        ("plate_confidence = 0.80", "plate_confidence = 1.5", r"above 0 and up to 1"),
        ("effective_from = 2019-09-01", 'effective_from = "soon"', r"must be a day such as"),
        ('berth_kinds = ["charging"]', 'berth_kinds = ["ordinary"]', r"must list some of charging"),
        ('berth_kinds = ["charging"]', "berth_kinds = []", r"must list some of charging"),
        ('excused = ["police"', 'excused = ["taxi"', r":20: excused must list some of"),
        ('id = "no-right-charging"', 'id = "overstay"', r"the id 'overstay' is used twice"),
        ("grace_minutes = 10", "grace_minutes = 10\namount_fen = 15000", r"'amount_fen' is unknown here"),
        ("least_accuracy = 0.90", "least_accuracy = 90", r"least_accuracy must be a number above 0 and up"),
        ('addressee = "operator"', 'addressee = "squad"', r"of kind arrears finds is for operator only"),
        ('threshold_yuan = "50"', 'threshold_yuan = "0"', r"a threshold must be above zero"),
        ('threshold_yuan = "50"', 'threshold_yuan = "1.234"', r"not an amount in yuan"),
        ('"19:00-07:00"', '"7pm-7am"', r"not hours such as 21:00-07:00: '7pm-7am'"),
        ('scenes = ["bus_stop"]', 'scenes = ["zoo"]', r"scenes must list some of sidewalk"),
        ("[matching]", "[matchmaking]", r"'matchmaking' is unknown here"),
    ],
)
def test_an_error_points_at_its_line(old: str, new: str, expected: str) -> None:
    text = SUIZHOU.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(SourceError, match=expected):
        parse_rulebook(parse_source(Path("rules.toml"), text.replace(old, new, 1)))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"rules\.toml:1: cannot be read"):
        load_rulebook(tmp_path / "rules.toml")
