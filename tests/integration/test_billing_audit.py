"""The audit of everything, and the shadow of another tariff."""

import json
from datetime import UTC, datetime
from random import Random

import pytest

from app.main import main
from billing.audit import Findings, audit
from billing.books import PublishedBook
from billing.rating import sites_of
from billing.shadow import shadow, timeless
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import Connection, consistent_read
from parking.span import Span
from tests.support.billing import ROOT, SITES, after, run_billing, suizhou
from tests.support.randomstreet import RandomStreet
from tests.support.streetrows import StreetRows, save_rows

pytestmark = pytest.mark.database

SUIZHOU = ROOT / "cities" / "suizhou"
NO_TRIGGERS = "SET session_replication_role = replica"


@pytest.fixture(scope="module")
def book() -> PublishedBook:
    return suizhou()


@pytest.fixture
def billed(connection: Connection, database_url: str, book: PublishedBook) -> Connection:
    """A hard street, billed."""
    street = RandomStreet(
        random=Random(3),  # noqa: S311  a repeatable street
        berths=tuple(SITES)[:6],
        now=datetime(2026, 11, 23, tzinfo=UTC),
    )
    for _ in range(400):
        street.move()
    save_rows(connection, street.rows.rows)
    run_billing(database_url, book)
    return connection


def examine(connection: Connection) -> Findings:
    with consistent_read(connection):
        return audit(connection, SITES, lambda _done, _of_all: None)


def test_a_hard_street_is_worked_out_again_to_the_fen(billed: Connection) -> None:
    findings = examine(billed)
    assert findings.differences == []
    assert findings.is_clean
    assert findings.stay_count > 100
    assert findings.charge_count > 50
    assert sum(findings.ledger_fen.values()) > 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE charges SET amount_fen = amount_fen + 1 WHERE amount_fen > 0", "charge.amount_fen"),
        (
            "UPDATE stays SET departed_latest_at = departed_latest_at + interval '1 s'",
            "stay.departed_latest_at",
        ),
        ("DELETE FROM ledger_entries WHERE entry_no = 5", "entries.6"),
        ("UPDATE ledger_entries SET amount_fen = 2 * amount_fen WHERE entry_no < 3", "entries.1"),
        ("DELETE FROM sightings WHERE confidence > 0.9", "stay.read"),
    ],
)
def test_whatever_was_tampered_with_is_found(billed: Connection, change: str, words: str) -> None:
    billed.execute(NO_TRIGGERS)
    billed.execute(change.encode())
    findings = examine(billed)
    assert not findings.is_clean
    assert any(words in difference for difference in findings.differences)


def test_a_shadow_prices_the_same_stays_by_another_tariff(
    connection: Connection, database_url: str, book: PublishedBook
) -> None:
    street = StreetRows()
    for number in range(3):
        street.park(f"I-0{number}", after(0), after(130))
        street.park(f"II-0{number}", after(0), after(130))
    street.park("I-04", after(3 * 1440), after(3 * 1440 + 130))
    street.save(connection)
    run_billing(database_url, book)
    old = book.book.find("suizhou-2019")
    assert old is not None
    with consistent_read(connection):
        result = shadow(
            connection,
            timeless(old),
            SITES,
            Span(start_at=after(0), end_at=after(1440)),
            lambda _done, _of_all: None,
        )
    assert (result.stay_count, result.unpriced) == (6, 0)
    assert result.booked_by_zone == {"I": 2100, "II": 1500}
    assert result.shadow_by_zone == {"I": 3300, "II": 2100}
    assert result.shadow_by_section == {"S-I": 3300, "S-II": 2100}


def test_the_commands_report(
    connection: Connection,
    database_url: str,
    book: PublishedBook,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    street = StreetRows()
    street.park("SZ1-0001", after(0), after(130))
    street.save(connection)
    run_billing(database_url, book, sites_of(load_city(SUIZHOU)))
    monkeypatch.setenv("CITYPARK_DATABASE_URL", database_url)
    monkeypatch.setenv("CITYPARK_CITY", str(SUIZHOU))
    assert main(["bill", "audit", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ledger_fen"] == {"I": 700}
    assert main(["bill", "audit"]) == 0
    period = ["--from", "2026-11-01", "--to", "2026-11-30"]
    old = str(SUIZHOU / "tariffs" / "2019.toml")
    assert main(["tariff", "shadow", old, *period, "--json"]) == 0
    body = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert body["zones"] == {"I": {"booked_fen": 700, "shadow_fen": 1100}}
    assert main(["tariff", "shadow", old, *period]) == 0
    assert "4.00" in capsys.readouterr().out
    assert main(["tariff", "shadow", old, "--from", "2026-11-30", "--to", "2026-11-01"]) == 2
