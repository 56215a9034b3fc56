"""A bill's file: exported from the database, worked out again without it, and every tampering named."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from app.main import main
from billing.archive import gather
from billing.books import PublishedBook, restore_book
from billing.charges import Charge
from billing.dossier import Dossier, DossierError, find_difference, format_dossier, parse_dossier
from billing.rating import sites_of
from parking.money import Fen
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import Connection
from parking.states import BerthState
from tests.support.billing import NOW, ROOT, SITES, after, run_billing, suizhou
from tests.support.randomstreet import RandomStreet
from tests.support.streetrows import StreetRows, save_rows

pytestmark = pytest.mark.database

STAY = "I-00-20261123T020000000Z"
ADD_HEALTH = """
INSERT INTO device_health (device_id, as_of, compared, accuracy, accuracy_low, accuracy_high, beats_expected,
                           beats_missed, drift)
VALUES ('G-1', %s, 0, %s, 0, 1, 0, 0, 0)"""
ADD_READING = """
INSERT INTO readings (reading_id, received_at, observed_at, device_id, berth_id, family, kind, boot, seq,
                      occupied, quality, battery_v, payload)
VALUES (%s, %s, %s, 'G-1', 'I-00', 'geo', %s, 1, %s, true, 0, 3.5, '\\x7b7d')"""


@pytest.fixture(scope="module")
def book() -> PublishedBook:
    return suizhou()


@pytest.fixture
def street() -> StreetRows:
    """A berth with three stays; the one in the middle is corrected later."""
    street = StreetRows()
    street.park("I-00", after(-100), after(-30))
    street.arrive("I-00", after(0))
    street.see("I-00", "鄂SD12345", after(1), colour="green")
    departure = street.depart("I-00", after(130))
    street.park("I-00", after(200), after(300))
    street.turn("I-00", BerthState.FREE, after(125), replaces=departure, from_state=BerthState.OCCUPIED)
    return street


def export(connection: Connection, stay_id: str = STAY) -> Dossier:
    dossier = gather(connection, stay_id, SITES, NOW)
    assert dossier is not None
    return dossier


def verify(body: bytes) -> str | None:
    dossier = parse_dossier(body)
    return find_difference(dossier, restore_book(dossier.tariffs).book)


def test_a_bill_is_worked_out_again_from_its_file_alone(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    for at, accuracy in ((after(-100), 0.25), (after(100), 0.5), (after(200), 0.75)):
        connection.execute(ADD_HEALTH, (at, accuracy))
    for number, at in ((2, after(0)), (5, after(30)), (6, after(125))):
        connection.execute(ADD_READING, (number, at, at, 0, number))
    street.save(connection)
    run_billing(database_url, book)
    dossier = export(connection)
    assert verify(format_dossier(dossier)) is None
    assert parse_dossier(format_dossier(dossier)) == dossier
    assert (dossier.charges[-1].amount_fen, len(dossier.transitions), len(dossier.sightings)) == (350, 3, 1)
    assert len(dossier.entries) == 6
    (device,) = dossier.devices
    assert (device.reading_count, device.longest_silence_s) == (3, 95 * 60.0)
    assert device.judged is not None
    assert (device.judged["accuracy"], device.judged["as_of"]) == (0.5, after(100).isoformat())
    assert [each["reading_id"] for each in dossier.readings] == [5, 6]
    assert dossier.readings[0]["payload_base64"] == "e30="


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda charge: replace(charge, amount_fen=Fen(1)), "charge.amount_fen: 1 is booked, 350 follows"),
        (lambda charge: replace(charge, document_no="别的文件"), "charge.document_no"),
        (lambda charge: replace(charge, lines=charge.lines[:1]), "charge.lines"),
    ],
)
def test_a_wrong_charge_is_named(
    connection: Connection,
    database_url: str,
    book: PublishedBook,
    street: StreetRows,
    change: Callable[[Charge], Charge],
    place: str,
) -> None:
    street.save(connection)
    run_billing(database_url, book)
    dossier = export(connection)
    difference = verify(format_dossier(replace(dossier, charges=[change(dossier.charges[-1])])))
    assert difference is not None
    assert difference.startswith(place)


def test_wrong_evidence_and_wrong_entries_are_named(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    street.save(connection)
    run_billing(database_url, book)
    dossier = export(connection)
    without = replace(dossier, sightings=[])
    assert (verify(format_dossier(without)) or "").startswith("stay.read")
    sealed = dossier.entries[0]
    forged = replace(sealed, link=replace(sealed.link, entry=replace(sealed.link.entry, amount_fen=Fen(1))))
    assert (verify(format_dossier(replace(dossier, entries=[forged, dossier.entries[1]]))) or "").startswith(
        "entries."
    )


def test_a_file_that_was_changed_is_refused(
    connection: Connection, database_url: str, book: PublishedBook, street: StreetRows
) -> None:
    street.save(connection)
    run_billing(database_url, book)
    body = format_dossier(export(connection))
    with pytest.raises(DossierError, match="charges: changed since the export"):
        parse_dossier(body.replace(b'"amount_fen": 350', b'"amount_fen": 250'))
    with pytest.raises(DossierError, match="not a bill file"):
        parse_dossier(b"{")
    with pytest.raises(DossierError, match="format"):
        parse_dossier(body.replace(b"citypark-bill-2", b"citypark-bill-9"))
    with pytest.raises(DossierError, match="stay: missing"):
        parse_dossier(body.replace(b'"stay": {', b'"stray": {'))


def test_every_stay_of_a_hard_street_is_worked_out_again(
    connection: Connection, database_url: str, book: PublishedBook
) -> None:
    street = RandomStreet(
        random=Random(11),  # noqa: S311  a repeatable street
        berths=tuple(SITES)[:4],
        now=datetime.fromisoformat("2026-11-23T00:00:00Z"),
    )
    for _ in range(250):
        street.move()
    save_rows(connection, street.rows.rows)
    run_billing(database_url, book)
    stay_ids = [row[0] for row in connection.execute("SELECT stay_id FROM stays")]
    assert len(stay_ids) > 50
    for stay_id in stay_ids:
        dossier = export(connection, stay_id)
        assert find_difference(parse_dossier(format_dossier(dossier)), book.book) is None, stay_id


def test_the_command_exports_and_verifies(
    database_url: str,
    connection: Connection,
    book: PublishedBook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    street = StreetRows()
    street.park("SZ1-0001", after(0), after(130))
    street.save(connection)
    run_billing(database_url, book, sites_of(load_city(ROOT / "cities" / "suizhou")))
    monkeypatch.setenv("CITYPARK_DATABASE_URL", database_url)
    monkeypatch.setenv("CITYPARK_CITY", str(ROOT / "cities" / "suizhou"))
    path = tmp_path / "bill.json"
    assert main(["bill", "export", "SZ1-0001-20261123T020000000Z", "--out", str(path)]) == 0
    assert main(["bill", "verify", str(path)]) == 0
    assert "7.00" in capsys.readouterr().out
    path.write_bytes(path.read_bytes().replace(b"SZ1-0001", b"SZ1-0002"))
    assert main(["bill", "verify", str(path)]) == 1
    assert main(["bill", "export", "no such stay"]) == 2
