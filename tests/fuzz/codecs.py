"""Fuzzes one codec, envelope or reader of files with atheris, beginning with its golden frames.

atheris stands in no lock: it needs an environment of its own, with msgspec beside it. From the root:

    python -m venv /tmp/fuzz && /tmp/fuzz/bin/pip install atheris msgspec
    /tmp/fuzz/bin/python -m tests.fuzz.codecs hikvision 60 /tmp/fuzz/corpus

What it finds becomes a frame of the golden file, or a case of the tests, before it is mended.
"""

import importlib
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

atheris: Any = importlib.import_module("atheris")
with atheris.instrument_imports(include=["ingest", "parking"]):
    from ingest.codecs import CODECS, NETWORKED
    from ingest.codecs.malformed import Refused
    from ingest.devicetable import COLUMNS, OPTIONAL, TableError, parse_devices, write_devices
    from ingest.discovery import guess_families
    from ingest.intake import Intake
    from ingest.recordfile import MAGIC, Recorder, decode_block, encode_block, read_record
    from ingest.registry import Registry
    from ingest.webform import text_part
    from parking.city import Camera, City, Device
    from parking.ids import BerthId, CameraId, DeviceId, SectionId
    from parking.readings import RawMessage, Reading
    from tests.support.cities import HEARTBEAT, small_city
    from tests.support.frames import (
        RECEIVED_AT,
        Table,
        decode_frame,
        golden_frames,
        golden_messages,
        payload_of,
    )

# In memory where there is such a place.
FILES: Final = next((each for each in ("/dev/shm",) if Path(each).is_dir()), None)  # noqa: S108
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
OWN_DEVICES: Final = {"geo": "G0", "camera": "C0", "patrol": "P0"}
CAMERAS: Final = ("frigate", "hikvision", "dahua", "plate-recognizer", "rekor")
# A device of each envelope's golden messages, and a family for it.
ENVELOPES: Final = {
    "chirpstack": ("application/a/device/x/event/up", "0101010101010101", "pni-placepod"),
    "thethings": ("v3/a@t/devices/x/up", "0004a30b001c0530", "nwave-nps405"),
    "ctwing": ("ctwing/testcity/notice", "864016059485616", "wxhs-pmd"),
    "frigate-updates": ("frigate/tracked_object_update", "driveway_cam", "frigate"),
}


def fuzz_city() -> City:
    """Return the small city with a device of every family."""
    city = small_city()
    named = {f"D-{family}": family for family in CODECS if family not in OWN_DEVICES}
    named |= {device_id: family for _, device_id, family in ENVELOPES.values()}
    devices, cameras = dict(city.devices), {}
    for name, family in named.items():
        is_camera = family in CAMERAS
        devices[DeviceId(name)] = Device(
            device_id=DeviceId(name),
            family=family,
            berth_id=None if is_camera else BerthId("B0"),
            heartbeat=HEARTBEAT,
        )
        if is_camera:
            cameras[CameraId(name)] = Camera(
                camera_id=CameraId(name), section_id=SectionId("S1"), berth_ids=(BerthId("B0"),)
            )
    return replace(city, devices=devices, cameras=cameras)


CITY: Final = fuzz_city()
REGISTRY: Final = Registry.of_files(CITY)


def check_storable(reading: Reading) -> None:
    """Assert that the database takes the reading."""
    assert (reading.observed_at - EPOCH) // timedelta(microseconds=1) is not None
    assert -1 <= reading.boot < 2**31
    assert 0 <= reading.seq < 2**63
    assert 0 <= reading.quality < 2**15
    if reading.plate is not None:
        assert 0.0 <= reading.plate.confidence <= 1.0
        assert "\0" not in reading.plate.plate + reading.plate.colour
        assert (reading.plate.plate + reading.plate.colour).encode()


def check_admitted(topic: str, payload: bytes) -> None:
    """Assert that a message is answered, and taken once, also after a restart."""
    intake = Intake(CITY, registry=REGISTRY)
    raw = RawMessage(topic=topic, payload=payload, received_at=RECEIVED_AT)
    accepted, rejected = intake.admit([raw])
    for each in accepted:
        check_storable(each.reading)
        assert each.reading.observed_at <= RECEIVED_AT
    for refused in rejected:
        assert refused.detail.encode()
        assert (refused.device_id or "").encode() is not None
    assert not intake.admit([raw])[0]
    intake.restore(intake.snapshot())
    assert not intake.admit([raw])[0]


def family_target(family: str) -> Callable[[bytes], None]:
    """Build the target for a codec; the first byte of the input is the port."""
    frame = next(table for _, table in golden_frames() if table["family"] == family)
    is_numbered = family in NETWORKED
    device = OWN_DEVICES.get(family, f"D-{family}")

    def run(data: bytes) -> None:
        port, payload = (data[0] % 16 if data else 0), data[1:]
        table: Table = {**frame, "port": port} if is_numbered else dict(frame)
        try:
            for reading in decode_frame(table, payload):
                check_storable(reading)
        except Refused as refusal:
            assert str(refusal).encode()  # noqa: PT017  a refusal is an answer like any other
        if not is_numbered:
            check_admitted(f"citypark/testcity/up/{family}/{device}", payload)

    return run


def form_target(data: bytes) -> None:
    """Read a form; the first line of the input is its content type."""
    head, _, body = data.partition(b"\n")
    assert isinstance(text_part(body, head.decode("latin-1")), bytes)


def table_target(data: bytes) -> None:
    """Read a table of devices: every error has its line, and what is read is written as no change."""
    known = REGISTRY.devices
    path = Path("devices.csv")
    try:
        entries = parse_devices(path, data.decode("utf-8", "replace"), CITY, known)
    except TableError as error:
        assert error.errors  # noqa: PT017  a refusal is an answer like any other
        assert all(each.line >= 1 for each in error.errors)  # noqa: PT017
        return
    stay = {entry.device.device_id: entry.device for entry in entries}
    again = parse_devices(path, write_devices(stay.values()), CITY, stay)
    assert not any(entry.is_change for entry in again)


def record_target(data: bytes) -> None:
    """Read a block of a record, what stands compressed in one, or a file that goes on with this."""
    kind, body = data[:1], data[1:]
    if kind == b"f":
        check_record_goes_on(body)
        return
    messages = decode_block(zlib.compress(body, 1) if kind == b"z" else body)
    if messages:
        assert decode_block(encode_block(messages)[8:]) == messages


def check_record_goes_on(rest: bytes) -> None:
    """Assert that what can be read of a file is still there after more was recorded, and then that."""
    raw = RawMessage(topic="citypark/testcity/up/geo/G0", payload=b"{}", received_at=RECEIVED_AT)
    with NamedTemporaryFile(dir=FILES) as file:
        path = Path(file.name)
        path.write_bytes(MAGIC + rest)
        before = list(read_record(path))
        recorder = Recorder(path)
        recorder.write([raw])
        recorder.close()
        assert list(read_record(path)) == [*before, [raw]]


def admit_target(data: bytes) -> None:
    """Take a message on any topic."""
    topic, _, payload = data.partition(b"\n")
    check_admitted(topic.decode("utf-8", "replace"), payload)


def discovery_target(data: bytes) -> None:
    """Guess the families of an unknown device."""
    topic, _, payload = data.partition(b"\n")
    raw = RawMessage(topic=topic.decode("utf-8", "replace"), payload=payload, received_at=RECEIVED_AT)
    assert set(guess_families(raw, CITY.city_id)) <= {*CODECS, raw.topic.split("/")[-2:][0]}


READERS: Final = {
    "webform": form_target,
    "devicetable": table_target,
    "record": record_target,
    "discovery": discovery_target,
    "admit": admit_target,
}


def reader_seeds(name: str) -> Iterator[bytes]:
    """Inputs to begin with for a reader of files or forms."""
    match name:
        case "webform":
            yield (
                b"multipart/form-data; boundary=cut\n--cut\r\nContent-Disposition: form-data; "
                b'name="anpr.xml"\r\nContent-Type: text/xml\r\n\r\n<a/>\r\n--cut--\r\n'
            )
        case "devicetable":
            yield write_devices(REGISTRY.devices.values()).encode()
            row = "X1,geo,B0,30,2026-11-23T08:00+08:00,,,,,,,active"
            yield f"{','.join((*COLUMNS, *OPTIONAL))}\n{row}\n".encode()
        case "record":
            raw = RawMessage(topic="citypark/testcity/up/geo/G0", payload=MAGIC, received_at=RECEIVED_AT)
            block = encode_block([raw, raw])
            yield b"b" + block[8:]
            yield b"z" + zlib.decompress(block[8:])
            yield b"f" + block + block
            yield b"f" + block + block[:20]


def topic_seeds() -> Iterator[bytes]:
    """Golden messages and frames, each after its topic."""
    for title, message in golden_messages():
        topic = next((each[0] for key, each in ENVELOPES.items() if title.startswith(key)), "x")
        yield topic.encode() + b"\n" + message["text"].encode()
    for _, frame in golden_frames():
        device = OWN_DEVICES.get(frame["family"], f"D-{frame['family']}")
        yield f"citypark/testcity/up/{frame['family']}/{device}\n".encode() + payload_of(frame)


def seeds(name: str) -> Iterator[bytes]:
    """Inputs to begin with."""
    if name in {"discovery", "admit"}:
        yield from topic_seeds()
    elif name in READERS:
        yield from reader_seeds(name)
    for title, message in golden_messages():
        if title.partition(":")[0] == name.partition("-")[0] and name in ENVELOPES:
            yield message["text"].encode()
    for _, frame in golden_frames():
        if frame["family"] == name:
            yield bytes([frame.get("port", 1)]) + payload_of(frame)


def main(name: str, seconds: str, corpus: str) -> None:
    """Fuzz until the time is over; atheris ends the process."""
    folder = Path(corpus) / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(name)):
        (folder / f"seed{number}").write_bytes(seed)
    target: Callable[[bytes], None] = READERS.get(name, form_target)
    if name in ENVELOPES:
        target = partial(check_admitted, ENVELOPES[name][0])
    elif name in CODECS:
        target = family_target(name)
    options = [f"-max_total_time={seconds}", "-max_len=4096", "-timeout=10", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], str(folder), f"-artifact_prefix={corpus}/found-{name}-", *options], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:4])
