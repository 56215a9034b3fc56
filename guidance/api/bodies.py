"""From what the desk knows to what the API answers."""

from datetime import datetime

from guidance.api.models.berths import BerthBody
from guidance.api.models.common import Freshness, Place, ShownState, Tally
from guidance.api.models.ground import SectionBody, ZoneBody
from guidance.api.models.nearby import ForecastAge
from guidance.api.models.signs import FrameBody, OverrideBody, SignBody, SignRowBody
from guidance.board import Counts, Shown, View
from guidance.desk import Desk
from guidance.figures import age_s
from guidance.outlook import Outlook
from guidance.overrides import Override
from guidance.signbook import SignStatus
from guidance.signs import FrameRow
from parking.city import Berth, Position, RoadSection, Sign, Zone


def place(position: Position) -> Place:
    """A position as the API writes it."""
    return Place(lon=position.lon, lat=position.lat)


def shown_state(code: int) -> ShownState:
    """A state byte as the API writes it."""
    return ShownState(Shown(code).name.lower())


def freshness(view: View, now: datetime) -> Freshness:
    """How old a view is at this moment."""
    return Freshness(as_of=view.as_of, age_s=age_s(now, view.as_of), fresh=view.fresh)


def forecast_age(outlook: Outlook, now: datetime) -> ForecastAge:
    """What forecasts rest on, and how old that is."""
    return ForecastAge(
        made_at=outlook.made_at,
        age_s=age_s(now, outlook.made_at) or 0.0,
        days=outlook.days,
        learnt=outlook.learnt,
    )


def zone_body(desk: Desk, view: View, zone: Zone) -> ZoneBody:
    """One zone with its counts."""
    counts = Counts(*view.zones[desk.board.zone_no[zone.zone_id]].tolist())
    return ZoneBody(
        zone_id=zone.zone_id,
        zone_class=zone.zone_class,
        name=zone.name,
        name_en=zone.name_en,
        boundary_roads=list(zone.boundary_roads),
        berths=Tally.of(counts),
    )


def section_body(desk: Desk, view: View, section: RoadSection) -> SectionBody:
    """One road section with its counts."""
    counts = Counts(*view.sections[desk.board.section_no[section.section_id]].tolist())
    return SectionBody(
        section_id=section.section_id,
        zone_id=section.zone_id,
        zone_class=desk.city.zones[section.zone_id].zone_class,
        road=section.road,
        name=section.name,
        name_en=section.name_en,
        path=[place(each) for each in section.path],
        simulated=section.simulated,
        berths=Tally.of(counts),
    )


def berth_body(desk: Desk, view: View, berth: Berth, now: datetime) -> BerthBody:
    """One berth as it is shown in a view."""
    number = desk.board.berth_no[berth.berth_id]
    belief = desk.board.belief(number)
    limit = berth.time_limit
    return BerthBody(
        berth_id=berth.berth_id,
        section_id=berth.section_id,
        zone_id=berth.zone_id,
        zone_class=berth.zone_class,
        kind=berth.kind,
        time_limit_min=None if limit is None else int(limit.total_seconds() // 60),
        position=place(berth.position),
        state=shown_state(view.states[number]),
        since_at=belief.since_at if belief else None,
        heard_until=belief.heard_until if belief else None,
        age_s=age_s(now, belief.heard_until) if belief else None,
    )


def row_body(row: FrameRow) -> SignRowBody:
    """One line of a sign."""
    return SignRowBody.model_validate(row, from_attributes=True)


def frame_body(status: SignStatus, now: datetime) -> FrameBody:
    """What a sign was given."""
    frame = status.frame
    return FrameBody(
        frame_no=frame.frame_no,
        as_of=frame.as_of,
        published_at=frame.published_at,
        expires_at=frame.expires_at,
        expired=frame.expires_at <= now,
        cause=frame.cause,
        shown_at=status.shown_at,
        rows=[row_body(row) for row in frame.rows],
    )


def override_body(override: Override) -> OverrideBody:
    """What stands on a sign by hand."""
    return OverrideBody.model_validate(override, from_attributes=True)


def sign_body(
    sign: Sign,
    should_show: tuple[FrameRow, ...],
    status: SignStatus | None,
    override: Override | None,
    now: datetime,
) -> SignBody:
    """One sign: what it should show beside what it shows."""
    agrees = (
        status is not None
        and status.shown_at is not None
        and status.frame.expires_at > now
        and status.frame.rows == should_show
    )
    return SignBody(
        sign_id=sign.sign_id,
        level=sign.level,
        name=sign.name,
        name_en=sign.name_en,
        position=place(sign.position),
        should_show=[row_body(row) for row in should_show],
        given=frame_body(status, now) if status else None,
        agrees=agrees,
        override=override_body(override) if override else None,
        heard_at=status.heard_at if status else None,
    )
