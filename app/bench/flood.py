"""One device of the city floods, beside whatever else a bench does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from app.bench.latency import PROBES
from app.bench.madecity import CITY_ID, SECTION_BERTHS, device_id
from app.bench.publisher import Publisher
from app.bench.stack import Stack
from parking.ids import DeviceId
from parking.topics import up_topic

FLOOD_PER_S: Final = 2_000
FLOOD_EVERY_S: Final = 0.1


@contextmanager
def flooding(stack: Stack) -> Iterator[None]:
    """Let one device of the city send `FLOOD_PER_S` messages a second for the length of the block."""
    stop = threading.Event()

    def flood() -> None:
        publisher = Publisher(stack.mqtt_port, "citypark-bench-flood")
        topic = up_topic(CITY_ID, "geo", DeviceId(device_id(PROBES * SECTION_BERTHS)))
        while not stop.wait(FLOOD_EVERY_S):
            publisher.send([(topic, b"{flood}")] * int(FLOOD_PER_S * FLOOD_EVERY_S))
        publisher.close()

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
