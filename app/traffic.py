"""Raw traffic of the broker into a file, and out of it again at any speed."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from paho.mqtt.client import MQTTMessageInfo

from ingest.recordfile import Recorder, read_record
from parking.errors import UnavailableError
from parking.plumbing.broker import BrokerLink, is_sent

# At most this much is lost of a record when the process is killed.
BLOCK_LIMIT = 5_000
BLOCK_EVERY_S = 1.0
# Fewer than this are left to gather. The embedded broker sends a hundred and waits for their confirmation:
# who lets those wait hears a hundred a second.
FEW = 50
CONNECT_WITHIN_S = 10.0
CONFIRM_WITHIN_S = 30.0
TELL_EVERY_S = 2.0
# Published and not yet confirmed, at most.
WINDOW = 2_000


@dataclass(slots=True)
class Tally:
    """What went through, for people."""

    messages: int = 0
    payload_bytes: int = 0
    seconds: float = 0.0


def record(
    link: BrokerLink, path: Path, stop: threading.Event, tell: Callable[[Tally], None], limit: int = 0
) -> Tally:
    """Write what comes until stopped, or until `limit` messages came; acknowledged once it is in the file."""
    recorder, tally, started_s = Recorder(path), Tally(), time.monotonic()
    told_s = started_s
    link.start()
    try:
        link.wait_connected(CONNECT_WITHIN_S)
        while not stop.is_set() and not (limit and tally.messages >= limit):
            deliveries = link.receive(BLOCK_LIMIT, timeout_s=BLOCK_EVERY_S)
            recorder.write([delivery.raw for delivery in deliveries])
            link.acknowledge(deliveries)
            tally.messages += len(deliveries)
            tally.payload_bytes += sum(len(each.raw.payload) for each in deliveries)
            tally.seconds = time.monotonic() - started_s
            if time.monotonic() - told_s >= TELL_EVERY_S:
                told_s = time.monotonic()
                tell(tally)
            if 0 < len(deliveries) < FEW:
                stop.wait(BLOCK_EVERY_S)  # gather more for the next block
    finally:
        link.stop()
        recorder.close()
    return tally


def replay(
    link: BrokerLink, path: Path, speed: float | None, stop: threading.Event, tell: Callable[[Tally], None]
) -> Tally:
    """Publish the record in its order, `speed` times as fast as it came (None: as fast as can be).

    Returns when the broker has confirmed all; raises UnavailableError when it does not.
    """
    tally, waiting, started_s = Tally(), deque[MQTTMessageInfo](), time.monotonic()
    told_s, first_at = started_s, None
    link.start()
    try:
        link.wait_connected(CONNECT_WITHIN_S)
        for block in read_record(path):
            for raw in block:
                first_at = first_at or raw.received_at
                if speed is not None:
                    due_s = started_s + (raw.received_at - first_at).total_seconds() / speed
                    stop.wait(max(0.0, due_s - time.monotonic()))
                if stop.is_set():
                    return tally
                waiting.append(link.publish(raw.topic, raw.payload))
                if len(waiting) == WINDOW:
                    _confirm(link, waiting, WINDOW // 2)
                tally.messages += 1
                tally.payload_bytes += len(raw.payload)
                tally.seconds = time.monotonic() - started_s
                if time.monotonic() - told_s >= TELL_EVERY_S:
                    told_s = time.monotonic()
                    tell(tally)
        _confirm(link, waiting, 0)
        tally.seconds = time.monotonic() - started_s
    finally:
        link.stop()
    return tally


def _confirm(link: BrokerLink, waiting: deque[MQTTMessageInfo], most: int) -> None:
    """Wait until at most so many messages are unconfirmed."""
    while len(waiting) > most:
        info = waiting.popleft()
        try:
            info.wait_for_publish(CONFIRM_WITHIN_S)
        except (RuntimeError, ValueError) as error:
            raise UnavailableError(f"MQTT broker at {link.address} refused a message: {error}") from error
        if not is_sent(info):
            raise UnavailableError(f"MQTT broker at {link.address} did not confirm in time")
