"""Laws of what reads files and guesses senders: any bytes are answered, and what was sound stays."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.codecs import CODECS
from ingest.devicetable import COLUMNS, TableError, parse_devices, write_devices
from ingest.discovery import guess_families
from ingest.recordfile import MAGIC, Recorder, encode_block, read_record
from ingest.registry import Registry
from parking.readings import RawMessage
from tests.property.test_codecs_laws import mutated
from tests.support.cities import small_city
from tests.support.frames import RECEIVED_AT, golden_messages, message_of

PATH = Path("devices.csv")
CITY = small_city()
KNOWN = Registry.of_files(CITY).devices
TABLE = write_devices(KNOWN.values()).encode()
MESSAGE = RawMessage(topic="citypark/testcity/up/geo/G0", payload=b"{}", received_at=RECEIVED_AT)
BLOCK = encode_block([MESSAGE, MESSAGE])
GOLDEN = [message_of(message) for _, message in golden_messages()]


@settings(deadline=None)
@given(data=st.data())
def test_table_is_read_or_every_error_has_its_line(data: st.DataObject) -> None:
    text = data.draw(mutated(TABLE)).decode("utf-8", "replace")
    try:
        entries = parse_devices(PATH, text, CITY, KNOWN)
    except TableError as error:
        assert error.errors  # noqa: PT017  a refusal is an answer like any other
        assert all(each.line >= 1 for each in error.errors)  # noqa: PT017
        return

    stay = {entry.device.device_id: entry.device for entry in entries}
    again = parse_devices(PATH, write_devices(stay.values()), CITY, stay)
    assert not any(entry.is_change for entry in again)


@given(cells=st.lists(st.text(max_size=12), min_size=len(COLUMNS), max_size=len(COLUMNS)))
def test_any_row_is_read_or_refused_at_its_line(cells: list[str]) -> None:
    text = f"{','.join(COLUMNS)}\n{','.join(cells)}\n"
    try:
        parse_devices(PATH, text, CITY, {})
    except TableError as error:
        assert all(each.line >= 1 for each in error.errors)  # noqa: PT017


@settings(deadline=None)
@given(rest=st.binary(max_size=40) | mutated(BLOCK + BLOCK))
def test_whatever_a_kill_left_a_record_goes_on_after_what_is_sound(rest: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "record"
        path.write_bytes(MAGIC + BLOCK + rest)
        before = list(read_record(path))
        recorder = Recorder(path)
        recorder.write([MESSAGE])
        recorder.close()
        after = list(read_record(path))

    assert before[0] == [MESSAGE, MESSAGE]
    assert after == [*before, [MESSAGE]]


@given(data=st.data(), raw=st.sampled_from(GOLDEN), topic=st.none() | st.text(max_size=60))
def test_only_families_that_exist_are_guessed(
    data: st.DataObject, raw: RawMessage, topic: str | None
) -> None:
    payload = data.draw(mutated(raw.payload))
    heard = RawMessage(topic=topic or raw.topic, payload=payload, received_at=RECEIVED_AT)

    assert set(guess_families(heard, CITY.city_id)) <= {*CODECS, *heard.topic.split("/")[3:4]}
