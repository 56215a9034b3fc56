"""Laws of intake that must hold for any bytes and any order."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ingest.intake import Intake
from ingest.windows import Window
from parking.readings import RawMessage
from tests.support.cities import small_city

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

_fields = st.fixed_dictionaries(
    {"v": st.just(1), "seq": st.integers(-2, 2**60), "occupied": st.booleans()},
    optional={"kind": st.sampled_from(["change", "heartbeat", "sighting"]), "berth": st.text(max_size=80),
              "at": st.text(max_size=40) | st.datetimes().map(lambda at: at.isoformat() + "+14:00"),
              "plate": st.text(max_size=20), "confidence": st.floats(), "battery_v": st.floats()},
)  # fmt: skip


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
