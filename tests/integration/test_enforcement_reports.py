"""The report: closure, terms and withdrawals by rule and place; nothing by officer, no money."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.main import main
from enforcement.api import Reports
from parking.plumbing.database import Connection
from tests.support.enforcement import CHARGING, FUEL, LIMITED, minute
from tests.support.enforcement_cases import FACTS, NOTE, PROOF, Office, lender, open_office

pytestmark = pytest.mark.database


@pytest.fixture
def office(database_url: str, connection: Connection, tmp_path: Path) -> Office:
    return open_office(database_url, connection, tmp_path)


def test_what_became_of_violations_and_cases(office: Office) -> None:
    first = office.case()
    office.done(first, "dismiss", **NOTE)
    second = office.case(office.violation("S-2", 100))
    office.done(second, "check_device", passed=True, devices=[PROOF])
    office.clock.at += timedelta(days=30)
    third = office.street.arrive(LIMITED, minute(0), "S-3")
    office.street.leave(LIMITED, third, minute(100), minute(100))
    office.judge()
    office.street.turn_stay(LIMITED, third, "void")
    office.judge()
    reports = Reports(lender(office.url), office.desk.calendar, office.clock)
    made = reports.make(minute(0), minute(10_000))
    charging = made.by_rule["no-charging"]
    assert (charging.violations, charging.actionable, charging.cases, charging.ended) == (2, 2, 2, 1)
    assert (charging.closure_rate, charging.outcomes) == (0.5, {"none": 1})
    # The first case ended in time, of the second the review is overdue.
    assert (charging.deadlines_kept, charging.terms_missed) == (0.6667, {"review": 1})
    assert made.by_rule["overstay"].withdrawn == {"stay_void": 1}
    assert made.by_section["S001"] == made.total
    assert made.total.violations == 3
    text = made.model_dump_json()
    assert not any(word in text for word in ("O-1", "O-2", "42-00", FUEL, "amount", "fen"))
    assert FACTS["accepted"]
    assert CHARGING not in text


def test_an_empty_period_has_no_rates(office: Office) -> None:
    made = Reports(lender(office.url), office.desk.calendar, office.clock).make(minute(0), minute(1))
    assert (made.total.closure_rate, made.total.deadlines_kept, made.by_rule) == (None, None, {})


def test_the_command(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CITYPARK_DATABASE_URL", office.url)
    office.violation()
    assert main(["--lang", "en", "violations", "report", "--from", "2026-01-01", "--to", "2026-12-31"]) == 0
    told = capsys.readouterr().out
    assert "no-charging: leads 0, actionable 1, withdrawn 0; cases 0, ended -, terms kept -" in told
    assert main(["--lang", "en", "violations", "report", "--from", "soon"]) == 2
    assert "'soon' is no day such as 2026-03-01" in capsys.readouterr().err
    assert main(["--lang", "en", "violations", "report", "--from", "2026-05-01", "--to", "2026-04-01"]) == 2
    assert "is after" in capsys.readouterr().err
