"""Stays in doubt: what a person decides, what silence ends, and that both outlive later rows."""

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from fastapi import FastAPI

from app.main import main
from billing.archive import gather
from billing.audit import audit
from billing.books import PublishedBook
from billing.dossier import find_difference, format_dossier, parse_dossier
from billing.rating import sites_of
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import Connection, consistent_read
from parking.states import BerthState
from tests.support.billing import NOW, ROOT, SITES, after, run_billing, suizhou
from tests.support.billingapi import ask, get, make_api
from tests.support.streetrows import StreetRows, say_heard

pytestmark = pytest.mark.database

FREE, OCCUPIED, UNKNOWN = BerthState
STAY = "I-00-20261123T020000000Z"
OTHER_BERTH = "III-00"
A, B = "鄂S12345", "鄂A77777"


@pytest.fixture(scope="module")
def book() -> PublishedBook:
    return suizhou()


@pytest.fixture
def api(database_url: str, book: PublishedBook) -> FastAPI:
    return make_api(database_url, book)


@pytest.fixture
def street() -> StreetRows:
    return StreetRows()


def bill(connection: Connection, url: str, book: PublishedBook, street: StreetRows) -> None:
    street.save(connection)
    run_billing(url, book)


def decide(api: FastAPI, stay_id: str, **wish: str) -> int:
    return ask(api, "POST", f"/stays/{stay_id}/decisions", {"reason": "看过录像", **wish}).status_code


def examine(connection: Connection, book: PublishedBook) -> None:
    """Everything follows from its evidence, and each bill from its own file."""
    with consistent_read(connection):
        findings = audit(connection, SITES, lambda _done, _of_all: None)
    assert findings.differences == []
    assert findings.is_clean
    for (stay_id,) in connection.execute("SELECT stay_id FROM stays").fetchall():
        dossier = gather(connection, stay_id, SITES, NOW)
        assert dossier is not None
        assert find_difference(parse_dossier(format_dossier(dossier)), book.book) is None


@pytest.fixture
def doubtful(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> StreetRows:
    """A stay of 130 minutes in which two plates were surely read, once each."""
    street.arrive("I-00", after(0))
    street.see("I-00", A, after(1), confidence=0.95)
    street.see("I-00", B, after(70), confidence=0.92)
    street.depart("I-00", after(130))
    bill(connection, database_url, book, street)
    return street


def test_a_released_stay_is_charged_to_the_plate_decided_upon(
    connection: Connection, database_url: str, book: PublishedBook, api: FastAPI, doubtful: StreetRows
) -> None:
    (held,) = get(api, "/held")["stays"]
    assert (held["notes"], sorted(held["plates_read"].values())) == (["two_plates"], [1, 1])
    assert decide(api, STAY, verb="release", plate="鄂A·77777") == 201
    bill(connection, database_url, book, doubtful)
    body = get(api, f"/stays/{STAY}/bill")
    assert (body["amount"], body["standing"], body["stay"]["notes"]) == ("7.00", "final", ["released"])
    assert body["stay"]["plate"].startswith("鄂A")
    assert any("人工核定" in note["zh"] for note in body["notes"])
    assert get(api, "/held")["stays"] == []
    examine(connection, book)
    # A late row about another stay of the berth derives this one again: the decision stands.
    doubtful.park("I-00", after(200), after(300))
    doubtful.see("I-00", A, after(2), confidence=0.96)
    bill(connection, database_url, book, doubtful)
    body = get(api, f"/stays/{STAY}/bill")
    assert (body["amount"], body["stay"]["notes"]) == ("7.00", ["released"])
    (decision,) = get(api, f"/stays/{STAY}/decisions")["decisions"]
    assert (decision["verb"], decision["holds"], decision["reason"]) == (
        "release",
        ["two_plates"],
        "看过录像",
    )


def test_a_voided_stay_owes_nothing_until_it_is_released_after_all(
    connection: Connection, database_url: str, book: PublishedBook, api: FastAPI, doubtful: StreetRows
) -> None:
    assert decide(api, STAY, verb="void") == 201
    bill(connection, database_url, book, doubtful)
    assert get(api, f"/stays/{STAY}/bill")["standing"] == "void"
    doubtful.park("I-00", after(200), after(231))
    bill(connection, database_url, book, doubtful)
    assert get(api, f"/stays/{STAY}/bill")["standing"] == "void"
    examine(connection, book)
    assert decide(api, STAY, verb="release") == 201
    bill(connection, database_url, book, doubtful)
    assert get(api, f"/stays/{STAY}/bill")["amount"] == "7.00"
    examine(connection, book)


def test_a_split_makes_a_stay_of_each_vehicle(
    connection: Connection, database_url: str, book: PublishedBook, api: FastAPI, doubtful: StreetRows
) -> None:
    assert decide(api, STAY, verb="split", at=after(65).isoformat()) == 201
    bill(connection, database_url, book, doubtful)
    second, first = get(api, "/stays", berth="I-00")["stays"]
    assert (first["amount"], first["plate"][:2]) == ("5.00", "鄂S")
    assert (second["amount"], second["plate"][:2]) == ("5.00", "鄂A")
    doubtful.see("I-00", B, after(100), confidence=0.99)
    bill(connection, database_url, book, doubtful)
    assert len(get(api, "/stays", berth="I-00")["stays"]) == 2
    examine(connection, book)


def test_a_doubt_that_nobody_decided_upon_holds_again(
    connection: Connection, database_url: str, book: PublishedBook, api: FastAPI, street: StreetRows
) -> None:
    street.arrive("I-00", after(0))
    street.silence("I-00", after(60), after(140))
    street.back("I-00", OCCUPIED, after(200))
    street.depart("I-00", after(230))
    bill(connection, database_url, book, street)
    assert decide(api, STAY, verb="release") == 201
    bill(connection, database_url, book, street)
    assert get(api, f"/stays/{STAY}/bill")["amount"] == "3.00"
    street.see("I-00", A, after(1), confidence=0.95)
    street.see("I-00", B, after(2), confidence=0.95)
    bill(connection, database_url, book, street)
    body = get(api, f"/stays/{STAY}/bill")
    assert (body["standing"], body["stay"]["notes"]) == ("held", ["released", "two_plates"])
    examine(connection, book)


NONSENSE: list[tuple[dict[str, str], int]] = [
    ({"verb": "lapse"}, 422),
    ({"verb": "burn"}, 422),
    ({"verb": "void", "reason": ""}, 422),
    ({"verb": "void", "reason": "    "}, 409),
    ({"verb": "split"}, 409),
    ({"verb": "split", "at": "2026-11-23T04:30:00Z"}, 409),
    ({"verb": "split", "at": "2026-11-23T11:00:00"}, 422),
    ({"verb": "void", "at": "2026-11-23T03:00:00Z"}, 409),
    ({"verb": "void", "plate": A}, 409),
    ({"verb": "release", "plate": "鄂S99999"}, 409),
]


def test_decisions_that_make_no_sense_are_refused(api: FastAPI, doubtful: StreetRows) -> None:
    del doubtful
    for wish, status in NONSENSE:
        assert decide(api, STAY, **wish) == status, wish
    assert get(api, f"/stays/{STAY}/decisions")["decisions"] == []


def test_only_doubt_is_decided_upon(
    connection: Connection, database_url: str, book: PublishedBook, api: FastAPI, street: StreetRows
) -> None:
    street.park("I-00", after(0), after(130))
    bill(connection, database_url, book, street)
    assert decide(api, STAY, verb="void") == 409
    assert decide(api, "nothing", verb="void") == 404
    assert ask(api, "GET", "/stays/nothing/decisions").status_code == 404


def test_decisions_are_append_only(connection: Connection, api: FastAPI, doubtful: StreetRows) -> None:
    del doubtful
    assert decide(api, STAY, verb="void") == 201
    with pytest.raises(psycopg.errors.RaiseException, match="append only"):
        connection.execute("UPDATE stay_decisions SET verb = 'release'")


def test_silence_ends_a_stay_at_its_last_proof(
    connection: Connection, database_url: str, book: PublishedBook, api: FastAPI, street: StreetRows
) -> None:
    street.arrive("I-00", after(0))
    street.silence("I-00", after(61), after(140))
    say_heard(connection, OTHER_BERTH, FREE, after(61 + 1440))
    bill(connection, database_url, book, street)
    assert get(api, f"/stays/{STAY}/bill")["standing"] == "so_far"
    say_heard(connection, OTHER_BERTH, FREE, after(62 + 1440))
    bill(connection, database_url, book, street)
    body = get(api, f"/stays/{STAY}/bill")
    assert (body["standing"], body["amount"], body["minutes"]) == ("final", "5.00", 61)
    assert body["stay"]["notes"] == ["lapsed"]
    assert any("最后一次确认" in note["zh"] for note in body["notes"])
    (decision,) = get(api, f"/stays/{STAY}/decisions")["decisions"]
    assert (decision["verb"], decision["decided_by"]) == ("lapse", "billing")
    bill(connection, database_url, book, street)
    assert len(get(api, f"/stays/{STAY}/decisions")["decisions"]) == 1
    examine(connection, book)


@pytest.mark.parametrize("plated", [False, True])
def test_what_comes_after_such_a_silence_is_a_stay_of_its_own(
    connection: Connection,
    database_url: str,
    book: PublishedBook,
    api: FastAPI,
    street: StreetRows,
    *,
    plated: bool,
) -> None:
    street.arrive("I-00", after(0))
    if plated:
        street.see("I-00", A, after(1))
    street.silence("I-00", after(61), after(140))
    say_heard(connection, OTHER_BERTH, FREE, after(3000))
    bill(connection, database_url, book, street)
    street.back("I-00", OCCUPIED, after(4320))
    if plated:
        street.see("I-00", A, after(4321))
    street.depart("I-00", after(4320 + 31))
    bill(connection, database_url, book, street)
    second, first = get(api, "/stays", berth="I-00")["stays"]
    assert (first["state"], first["amount"], first["notes"]) == ("closed", "5.00", ["lapsed"])
    assert (second["state"], second["amount"], second["notes"]) == ("closed", "3.00", ["arrival_unseen"])
    examine(connection, book)


def test_a_sensor_that_had_only_been_late_undoes_the_lapse(
    connection: Connection, database_url: str, book: PublishedBook, api: FastAPI, street: StreetRows
) -> None:
    street.arrive("I-00", after(0))
    street.silence("I-00", after(61), after(140))
    say_heard(connection, OTHER_BERTH, FREE, after(3000))
    bill(connection, database_url, book, street)
    street.back("I-00", FREE, after(130))
    bill(connection, database_url, book, street)
    body = get(api, f"/stays/{STAY}/bill")
    assert (body["amount"], body["stay"]["notes"]) == ("5.00", [])
    examine(connection, book)


def test_the_command_lists_and_decides(
    connection: Connection,
    database_url: str,
    book: PublishedBook,
    street: StreetRows,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    city = ROOT / "cities" / "suizhou"
    street.arrive("SZ1-0001", after(0))
    street.see("SZ1-0001", A, after(1))
    street.see("SZ1-0001", B, after(70))
    street.depart("SZ1-0001", after(130))
    street.save(connection)
    run_billing(database_url, book, sites_of(load_city(city)))
    monkeypatch.setenv("CITYPARK_DATABASE_URL", database_url)
    monkeypatch.setenv("CITYPARK_CITY", str(Path(city)))
    stay_id = "SZ1-0001-20261123T020000000Z"
    assert main(["bill", "held", "list"]) == 0
    assert f"{stay_id}  11-23 10:00–11-23 12:10  two_plates  {A}×1 {B}×1" in capsys.readouterr().out
    assert (
        main(["bill", "held", "decide", stay_id, "split", "--at", "2026-11-23T10:50", "--reason", "录像"])
        == 0
    )
    assert main(["bill", "held", "decide", stay_id, "split", "--at", "noon", "--reason", "录像"]) == 2
    assert main(["bill", "held", "decide", "nothing", "void", "--reason", "录像"]) == 2
    run_billing(database_url, book, sites_of(load_city(city)))
    assert main(["bill", "held", "list"]) == 0
    assert "共 0 次" in capsys.readouterr().out


def test_a_day_is_the_shortest_silence(
    connection: Connection, database_url: str, book: PublishedBook
) -> None:
    street = StreetRows()
    street.arrive("I-00", after(0))
    street.silence("I-00", after(60), after(140))
    say_heard(connection, OTHER_BERTH, FREE, after(60) + timedelta(hours=23, minutes=59))
    bill(connection, database_url, book, street)
    assert connection.execute("SELECT count(*) FROM stay_decisions").fetchone() == (0,)


def test_a_limit_of_silence_must_be_one() -> None:
    assert main(["billing", "--silence-hours", "0"]) == 2
