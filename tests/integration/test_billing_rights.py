"""Rights on record, and what they do to charges, also when they come late."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from app.main import main
from billing.books import PublishedBook
from billing.register import list_rights, rights_of, save_rights, withdraw_right
from billing.rightsfile import COLUMNS, RecordedRight
from parking.ids import Plate, SectionId
from parking.plumbing.database import Connection, transaction
from parking.rights import Right, RightKind
from parking.span import Span
from tests.support.billing import NOW, ROOT, after, run_billing, suizhou
from tests.support.streetrows import StreetRows

pytestmark = pytest.mark.database

MINE = Plate("鄂S12345")
VERSIONS = "SELECT amount_fen, cause FROM charges WHERE stay_id LIKE %s ORDER BY version"
BALANCE = "SELECT account, sum(amount_fen)::bigint FROM ledger_entries GROUP BY account ORDER BY account"


@pytest.fixture(scope="module")
def book() -> PublishedBook:
    return suizhou()


@pytest.fixture
def street() -> StreetRows:
    """One vehicle parks twice, in two zones."""
    street = StreetRows()
    for berth, minute in (("I-00", 0), ("II-00", 300)):
        street.arrive(berth, after(minute))
        street.see(berth, MINE, after(minute + 1))
        street.depart(berth, after(minute + 130))
    return street


def exemption(kind: RightKind = RightKind.EXEMPT) -> RecordedRight:
    span = Span(start_at=after(-60), end_at=after(600))
    right = Right(right_id="R-1", kind=kind, plate=MINE, span=span, section_ids=frozenset(), reason="postal")
    return RecordedRight(right=right, document="随邮〔2026〕1号")


def record(connection: Connection, *rights: RecordedRight) -> int:
    with transaction(connection):
        return save_rights(connection, rights, NOW)


def bill(connection: Connection, url: str, book: PublishedBook, street: StreetRows) -> None:
    street.save(connection)
    run_billing(url, book)


def versions(connection: Connection, berth: str) -> list[tuple[int, str]]:
    return connection.execute(VERSIONS, (f"{berth}-%",)).fetchall()


@pytest.mark.parametrize("kind", [RightKind.EXEMPT, RightKind.DISABLED])
def test_an_exempt_plate_owes_nothing_and_the_bill_says_why(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows, kind: RightKind
) -> None:
    record(connection, exemption(kind))
    bill(connection, database_url, book, street)
    assert versions(connection, "I-00") == [(0, "departure")]
    (lines,) = connection.execute(
        "SELECT lines::text FROM charges WHERE stay_id LIKE 'I-00%%'"
    ).fetchone() or ("",)
    assert ("邮政车辆" if kind is RightKind.EXEMPT else "残疾人") in lines


def test_an_exemption_holds_where_and_when_it_says(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    granted = exemption()
    here = replace(granted.right, section_ids=frozenset({SectionId("S-I")}))
    gone = replace(granted.right, right_id="R-2", span=Span(start_at=after(-60), end_at=after(300)))
    record(connection, replace(granted, right=here), replace(granted, right=gone))
    bill(connection, database_url, book, street)
    assert versions(connection, "I-00") == [(0, "departure")]
    assert versions(connection, "II-00") == [(500, "departure")]


def test_a_right_that_comes_late_rates_its_stays_again_and_its_withdrawal_too(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    bill(connection, database_url, book, street)
    assert record(connection, exemption()) == 1
    bill(connection, database_url, book, street)
    assert versions(connection, "I-00") == [(700, "departure"), (0, "correction")]
    assert versions(connection, "II-00") == [(500, "departure"), (0, "correction")]
    assert all(fen == 0 for _, fen in connection.execute(BALANCE).fetchall())
    with transaction(connection):
        assert withdraw_right(connection, "R-1", NOW + timedelta(days=1))
    bill(connection, database_url, book, street)
    assert versions(connection, "I-00")[-1] == (700, "correction")
    assert list_rights(connection) == []
    with transaction(connection):
        assert not withdraw_right(connection, "R-2", NOW)


def test_recording_the_same_right_again_changes_nothing(connection: Connection) -> None:
    assert record(connection, exemption()) == 1
    assert record(connection, exemption()) == 0
    assert list_rights(connection) == [exemption()]
    moved = replace(exemption().right, plate=Plate("鄂S54321"))
    assert record(connection, RecordedRight(right=moved, document="")) == 1
    assert rights_of(connection, [MINE]) == {}
    assert rights_of(connection, [moved.plate]) == {moved.plate: [moved]}


def test_the_register_is_append_only(connection: Connection) -> None:
    record(connection, exemption())
    with pytest.raises(psycopg.errors.RaiseException, match="append only"):
        connection.execute("DELETE FROM rights")


def test_the_command_imports_lists_and_withdraws(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CITYPARK_DATABASE_URL", database_url)
    monkeypatch.setenv("CITYPARK_CITY", str(ROOT / "cities" / "suizhou"))
    path = tmp_path / "rights.csv"
    path.write_text(
        f"{','.join(COLUMNS)}\nR-1,pass,鄂S·12345,2026-11-01,2026-11-30,S001,month,\n", encoding="utf-8"
    )
    assert main(["rights", "import", str(path)]) == 0
    assert main(["rights", "list"]) == 0
    assert "R-1  pass  鄂S12345  2026-11-01 – 2026-11-30  S001  month" in capsys.readouterr().out
    assert main(["rights", "withdraw", "R-1"]) == 0
    assert main(["rights", "withdraw", "R-1"]) == 2
    path.write_text("right_id\n", encoding="utf-8")
    assert main(["rights", "import", str(path)]) == 2
    assert main(["rights", "import", str(tmp_path / "none.csv")]) == 2
