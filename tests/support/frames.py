"""Golden frames: captured messages and what they say, read from the text files under tests/golden."""

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.codecs import CODECS
from ingest.codecs.uplink import Sender, Uplink
from parking.ids import BerthId, DeviceId
from parking.readings import Quality, RawMessage, Reading

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SERVER_AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
RECEIVED_AT = datetime(2026, 11, 23, 4, 0, 5, tzinfo=UTC)

Table = dict[str, Any]


def golden_frames() -> Iterator[tuple[str, Table]]:
    """Each frame under a readable name, with what its file says of all frames."""
    for path in sorted((GOLDEN / "frames").glob("*.toml")):
        file = tomllib.loads(path.read_text(encoding="utf-8"))
        shared = {key: value for key, value in file.items() if key != "frame"}
        for frame in file["frame"]:
            yield f"{path.stem}: {frame['name']}", {**shared, **frame}


def golden_messages() -> Iterator[tuple[str, Table]]:
    """Each enveloped message under a readable name."""
    for path in sorted((GOLDEN / "envelopes").glob("*.toml")):
        for message in tomllib.loads(path.read_text(encoding="utf-8"))["message"]:
            yield f"{path.stem}: {message['name']}", message


def payload_of(table: Table) -> bytes:
    """The bytes that were sent."""
    text: str | None = table.get("text")
    return bytes.fromhex(table["hex"]) if text is None else text.encode()


def decode_frame(table: Table, payload: bytes | None = None) -> tuple[Reading, ...]:
    """Let the family's codec read the frame, or another payload in its place."""
    server_at = datetime.fromisoformat(table["server_at"]) if "server_at" in table else SERVER_AT
    is_camera = "port" not in table and "server_at" not in table
    uplink = Uplink(
        key="D0",
        payload=payload_of(table) if payload is None else payload,
        received_at=RECEIVED_AT,
        port=table.get("port", 0),
        boot=1,
        seq=None if is_camera else 42,
        server_at=None if is_camera else server_at,
    )
    berth_ids = tuple(BerthId(name) for name in table.get("berths", ()))
    sender = Sender(device_id=DeviceId("D0"), family=table["family"], berth_ids=berth_ids)
    return CODECS[table["family"]](uplink, sender)


def message_of(table: Table) -> RawMessage:
    """The enveloped message as the broker hands it over."""
    return RawMessage(topic=table["topic"], payload=table["text"].encode(), received_at=RECEIVED_AT)


def marks_of(reading: Reading) -> set[str]:
    """Names of the bits of a reading's quality."""
    return {bit.name for bit in Quality if reading.quality & bit}
