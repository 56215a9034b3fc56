"""Small acts of parking for the tests of enforcement: a berth of each kind, times in minutes."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from enforcement.drafting import Bench
from enforcement.healthbook import HealthBook, Verdict
from enforcement.kinds import Stay, StayState
from enforcement.rightslist import ListedRights
from enforcement.rule import Rule, RuleKind
from enforcement.rulebook import Rulebook
from parking.city import Berth, BerthKind, City, Device, Position, RoadSection, ZoneClass
from parking.ids import (
    BerthId,
    DeviceId,
    Partition,
    Plate,
    ReadingId,
    SectionId,
    StayId,
    ZoneId,
    partition_of,
)
from parking.plates import PlateKind
from parking.rights import Right, RightKind
from parking.span import Moment, Span
from parking.states import Sighting

ZONE = ZoneInfo("Asia/Shanghai")
# Ten in the morning of a working day.
TEN = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
FUEL = Plate("鄂S12345")
OTHER_FUEL = Plate("鄂S54321")
NEV = Plate("鄂SD12345")
SECTION = SectionId("S001")

PAYMENT = DeviceId("PAY-1")
LIMITED = BerthId("A-1")
CHARGING = BerthId("A-2")
DISABLED = BerthId("A-3")
ORDINARY = BerthId("A-4")


def minute(number: float) -> datetime:
    """Instant so many minutes after ten."""
    return TEN + timedelta(minutes=number)


def berth(berth_id: BerthId, kind: BerthKind = BerthKind.ORDINARY, limit: timedelta | None = None) -> Berth:
    return Berth(
        berth_id=berth_id,
        section_id=SECTION,
        zone_id=ZoneId("Z1"),
        zone_class=ZoneClass.I,
        position=Position(lon=113.38, lat=31.70),
        kind=kind,
        time_limit=limit,
    )


BERTHS = {
    each.berth_id: each
    for each in (
        berth(LIMITED, limit=timedelta(hours=1)),
        berth(CHARGING, BerthKind.CHARGING),
        berth(DISABLED, BerthKind.DISABLED),
        berth(ORDINARY),
    )
}


def city() -> City:
    """Build one section with four berths, a sensor in each."""
    section = RoadSection(
        section_id=SECTION, zone_id=ZoneId("Z1"), road="解放路", name="一段", name_en="One", path=()
    )
    devices = [
        Device(
            device_id=DeviceId(f"G-{berth_id}"), family="geo", berth_id=berth_id, heartbeat=timedelta(hours=1)
        )
        for berth_id in BERTHS
    ]
    devices.append(Device(device_id=PAYMENT, family="payment", berth_id=None, heartbeat=timedelta(hours=1)))
    return City(
        city_id="small",
        name="小城",
        name_en="Small",
        timezone=ZONE,
        centre=Position(lon=113.38, lat=31.70),
        notice="合成数据",
        sections={SECTION: section},
        berths=BERTHS,
        devices={device.device_id: device for device in devices},
    )


def rule(rule_id: str, kind: RuleKind, patience: timedelta, berth_kinds: Iterable[BerthKind] = ()) -> Rule:
    return Rule(
        rule_id=rule_id,
        kind=kind,
        name=rule_id,
        name_en=rule_id,
        effective_from=date(2019, 9, 1),
        effective_to=None,
        article="第五十六条",
        berth_kinds=frozenset(berth_kinds),
        patience=patience,
        plate_confidence=0.8,
    )


OVERSTAY = rule("overstay", RuleKind.OVERSTAY, timedelta(minutes=10))
NO_CHARGING = rule("no-charging", RuleKind.NO_RIGHT, timedelta(minutes=5), (BerthKind.CHARGING,))
NO_DISABLED = rule("no-disabled", RuleKind.NO_RIGHT, timedelta(minutes=5), (BerthKind.DISABLED,))

RULEBOOK = Rulebook(
    rules=(OVERSTAY, NO_CHARGING, NO_DISABLED),
    slack=timedelta(minutes=2),
    continuity=timedelta(minutes=30),
    excused=frozenset({PlateKind.POLICE}),
    least_accuracy=0.9,
)


def bench(*rights: Right, known: Iterable[RightKind] = (RightKind.DISABLED,)) -> Bench:
    """Build the rules of the small city over these rights."""
    return Bench(rulebook=RULEBOOK, rights=ListedRights(rights, known), zone=ZONE)


def right(plate: Plate, kind: RightKind) -> Right:
    """Build a right that holds everywhere in the year of the tests."""
    span = Span(start_at=datetime(2026, 1, 1, tzinfo=UTC), end_at=datetime(2027, 1, 1, tzinfo=UTC))
    return Right(
        right_id=f"R-{plate}", kind=kind, plate=plate, span=span, section_ids=frozenset(), reason="test"
    )


def stay(
    berth_id: BerthId,
    arrived: float | tuple[float, float],
    departed: float | tuple[float, float] | None = None,
    *,
    proven: float | None = None,
    state: StayState | None = None,
    name: str = "S-1",
    arrival_seq: int = 1,
) -> Stay:
    """Build a stay from minutes after ten; a pair gives bounds; `proven` is for one that still runs."""
    first, last = arrived if isinstance(arrived, tuple) else (arrived, arrived)
    left = departed if isinstance(departed, tuple) or departed is None else (departed, departed)
    until = left[0] if left else proven
    return Stay(
        stay_id=StayId(name),
        partition=partition_of(berth_id),
        berth_id=berth_id,
        section_id=SECTION,
        state=state or (StayState.CLOSED if left else StayState.OPEN),
        arrived=Moment(earliest_at=minute(first), latest_at=minute(last)),
        departed_earliest_at=minute(left[0]) if left else None,
        departed_latest_at=minute(left[1]) if left else None,
        proven_until=None if until is None else minute(until),
        arrival_seq=arrival_seq,
        departure_seq=arrival_seq + 100 if left else None,
    )


def sighting(
    berth_id: BerthId,
    at: float,
    plate: Plate = FUEL,
    *,
    seq: int = 2,
    device: str = "C-1",
    confidence: float = 0.95,
    colour: str = "unknown",
) -> Sighting:
    """Build a plate seen so many minutes after ten."""
    return Sighting(
        partition=Partition(partition_of(berth_id)),
        seq=seq,
        berth_id=berth_id,
        observed_at=minute(at),
        plate=plate,
        plate_colour=colour,
        confidence=confidence,
        device_id=DeviceId(device),
        reading_id=ReadingId(1000 + seq),
    )


class Trusting(HealthBook):
    """Holds every device for healthy."""

    def __init__(self) -> None:
        super().__init__({}, 0.9)

    def verdict(self, device_id: DeviceId, at: datetime) -> Verdict:
        del device_id, at
        return Verdict.HEALTHY


HEALTHY = Trusting()
