"""Laws of intake that must hold for any bytes and any order."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ingest.codecs import CODECS
from ingest.codecs.malformed import Malformed
from ingest.intake import Intake
from ingest.windows import Window
from parking.ids import DeviceId
from parking.readings import RawMessage, Reading
from tests.support.cities import small_city

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

_fields = st.fixed_dictionaries(
    {"v": st.just(1), "seq": st.integers(-2, 2**60), "occupied": st.booleans()},
    optional={"kind": st.sampled_from(["change", "heartbeat", "sighting"]), "berth": st.text(max_size=80),
              "at": st.text(max_size=40) | st.datetimes().map(lambda at: at.isoformat() + "+14:00"),
              "plate": st.text(max_size=20), "confidence": st.floats(), "battery_v": st.floats()},
)  # fmt: skip


@given(payload=st.binary(max_size=200), family=st.sampled_from(sorted(CODECS)))
def test_decode_never_raises_on_random_bytes(payload: bytes, family: str) -> None:
    raw = RawMessage(topic=f"citypark/testcity/up/{family}/X", payload=payload, received_at=NOW)
    try:
        verdict: object = CODECS[family](raw, DeviceId("X"))
    except Malformed as error:
        verdict = error

    assert isinstance(verdict, Reading | Malformed)


@given(body=_fields, family=st.sampled_from(["geo", "camera", "patrol"]))
def test_admit_answers_every_message_once(body: dict[str, object], family: str) -> None:

    raw = RawMessage(
        topic=f"citypark/testcity/up/{family}/{family[0].upper()}0",
        payload=json.dumps(body).encode(),
        received_at=NOW,
    )

    accepted, rejected = Intake(small_city()).admit([raw])

    assert len(accepted) + len(rejected) == 1


@given(st.lists(st.integers(0, 40), max_size=80))
def test_window_takes_each_number_exactly_once(numbers: list[int]) -> None:
    window: Window | None = None
    taken = []
    for number in numbers:
        if window is None:
            window = Window.opened_by(number)
            taken.append(number)
        elif window.take(number):
            taken.append(number)

    assert sorted(taken) == sorted(set(numbers))
