"""A link that is stopped ends, whatever it was doing."""

import threading
import time

import pytest

from parking.plumbing.broker import BrokerLink
from parking.plumbing.settings import Settings
from parking.plumbing.systemclock import SystemClock

pytestmark = pytest.mark.broker


@pytest.mark.parametrize("after_s", [0.0, 0.0005, 0.002, 0.01, 0.1])
def test_link_stops_while_it_connects(broker_port: int, after_s: float) -> None:
    link = BrokerLink(
        Settings(mqtt_port=broker_port),
        f"stopped-{after_s}",
        SystemClock(),
        filters=("a/#",),
        keep_session=False,
    )
    link.start()
    time.sleep(after_s)
    stopper = threading.Thread(target=link.stop, daemon=True)
    stopper.start()
    stopper.join(20)

    assert not stopper.is_alive()
    assert not link.connected
