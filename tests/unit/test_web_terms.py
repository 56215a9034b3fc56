"""What the services say in codes has words on the pages, and can be chosen in the console."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from billing.bodies import BillStanding
from billing.charges import ChargeCause
from billing.presence import Note
from billing.stays import StayState
from enforcement.kinds import Doubt, ViolationState
from guidance.api.models.common import ShownState
from parking.city import BerthKind, ZoneClass
from parking.readings import RejectReason
from parking.states import TransitionCause
from web.assets import ROOT

SCRIPTS = ROOT / "static" / "js"
RULES = Path(__file__).resolve().parents[2] / "cities" / "suizhou" / "rules.toml"
RULE_IDS = sorted({str(rule["id"]) for rule in tomllib.loads(RULES.read_text())["rule"]})
# A final bill stands without a remark.
SAID_OF_BILLS = [each for each in BillStanding if each is not BillStanding.FINAL]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("prefix", "codes"),
    [
        ("reason", RejectReason),
        ("note", Note),
        ("cause", TransitionCause),
        ("stay", StayState),
        ("state", ShownState),
        ("standing", SAID_OF_BILLS),
        ("charge", ChargeCause),
        ("violation", ViolationState),
        ("doubt", Doubt),
        ("kind", BerthKind),
        ("class", ZoneClass),
        ("rule", RULE_IDS),
    ],
)
def test_every_code_has_its_words(language: str, prefix: str, codes: Iterable[str]) -> None:
    words = (SCRIPTS / "words" / f"{language}.js").read_text()
    known = set(re.findall(rf'^ {{2}}"{prefix}\.([^"]+)":', words, re.MULTILINE))
    assert set(map(str, codes)) - known == set()


@pytest.mark.parametrize(
    ("module", "name", "codes"),
    [
        ("rejects", "REASONS", RejectReason),
        ("stays", "STATES", StayState),
        ("violations", "STATES", ViolationState),
        ("violations", "RULES", RULE_IDS),
    ],
)
def test_the_console_offers_every_code(module: str, name: str, codes: Iterable[str]) -> None:
    script = (SCRIPTS / "ops" / f"{module}.js").read_text()
    offered = re.search(rf"^const {name} = \[(.*?)\];", script, re.MULTILINE | re.DOTALL)
    assert offered is not None
    assert set(re.findall(r'"([^"]+)"', offered[1])) == set(map(str, codes))
