"""Whether a device was healthy at the minute it spoke of, and what follows for the two keys."""

from datetime import datetime

from enforcement.healthbook import Checkup, HealthBook, Verdict
from enforcement.keys import weigh
from enforcement.kinds import Backing, Doubt, Statement, Violation, ViolationState
from enforcement.rules import judge_stay
from parking.ids import DeviceId, ReadingId
from tests.support.enforcement import BERTHS, CHARGING, bench, minute, sighting, stay

SENSOR, CAMERA = DeviceId("G-1"), DeviceId("C-1")


def checkup(at: float, accuracy: float = 0.99, quarantined: float | None = None) -> Checkup:
    since: datetime | None = None if quarantined is None else minute(quarantined)
    return Checkup(
        as_of=minute(at), accuracy=accuracy, accuracy_low=0.9, accuracy_high=1.0, quarantined_since=since
    )


def book(**histories: list[Checkup]) -> HealthBook:
    named = {DeviceId(name.replace("_", "-")): rows for name, rows in histories.items()}
    return HealthBook(named, 0.9)


def test_the_row_that_stood_then_counts() -> None:
    health = book(G_1=[checkup(0), checkup(60, accuracy=0.5), checkup(120)])
    verdicts = [health.verdict(SENSOR, minute(at)) for at in (-5, 0, 59, 60, 119, 120)]
    good, bad = Verdict.HEALTHY, Verdict.UNPROVEN
    assert verdicts == [good, good, good, bad, bad, good]


def test_who_was_never_measured_proves_nothing() -> None:
    assert book().verdict(SENSOR, minute(0)) is Verdict.UNPROVEN


def test_a_quarantine_counts_from_the_minute_it_names_until_it_is_lifted() -> None:
    health = book(G_1=[checkup(0), checkup(60, quarantined=30), checkup(90)])
    verdicts = [health.verdict(SENSOR, minute(at)) for at in (29, 30, 89, 90)]
    assert verdicts == [Verdict.HEALTHY, Verdict.SICK, Verdict.SICK, Verdict.HEALTHY]


def test_a_quarantine_that_still_stands_has_no_end() -> None:
    assert book(G_1=[checkup(60, quarantined=30)]).verdict(SENSOR, minute(10_000)) is Verdict.SICK


def weighed(health: HealthBook, *, seen: bool = True) -> Violation | None:
    one = stay(CHARGING, 0, 30)
    (draft,) = judge_stay(
        bench(),
        BERTHS[CHARGING],
        one,
        [one],
        [sighting(CHARGING, 3), sighting(CHARGING, 4, seq=3, device="P-1")],
    )
    word = Statement(reading_id=ReadingId(1), device_id=SENSOR, observed_at=minute(0), sound=True)
    behind = Backing(transitions=(), statements=(word,) if seen else (), silent=False)
    return weigh(draft, behind, frozenset(), health, detected_at=minute(40))


def test_two_healthy_devices_are_two_keys() -> None:
    violation = weighed(book(G_1=[checkup(0)], C_1=[checkup(0)], P_1=[checkup(0)]))
    assert violation is not None
    assert violation.state is ViolationState.ACTIONABLE
    health = {"as_of": minute(0).isoformat(), "accuracy": [0.9, 0.99, 1.0], "verdict": "healthy"}
    assert violation.evidence["health"] == [{"device": name, **health} for name in ("C-1", "G-1", "P-1")]


def test_a_device_without_proof_of_health_makes_a_lead() -> None:
    violation = weighed(book(C_1=[checkup(0)]))
    assert violation is not None
    assert violation.doubts == (Doubt.SECOND_KEY, Doubt.DEVICE)


def test_where_only_devices_in_quarantine_speak_there_is_nothing() -> None:
    sick = [checkup(0, quarantined=-10)]
    assert weighed(book(G_1=sick, C_1=sick)) is None
    half = weighed(book(G_1=sick, C_1=[checkup(0)]))
    assert half is not None
    assert half.doubts == (Doubt.SECOND_KEY, Doubt.DEVICE)
