"""Judging what was touched: load it, apply the rules, weigh, and store what changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from enforcement.changes import find_changes
from enforcement.clones import Visit, judge_clones
from enforcement.drafting import Bench
from enforcement.keys import weigh
from enforcement.kinds import Backing, Doubt, Draft, Stay, StayState, Violation
from enforcement.matching import match_sightings
from enforcement.nearplates import near_plates
from enforcement.rule import RuleKind
from enforcement.rulebook import Rulebook
from enforcement.rules import judge_loose, judge_stay
from enforcement.scenes import judge_scenes
from enforcement.service.news import OBSERVATIONS, ONE, SIGHTINGS
from enforcement.service.reasons import Reasons
from enforcement.service.touching import Touched
from enforcement.store import backing, facts, fieldwork, health, rights, scenes, violations
from enforcement.store.debts import Arrears
from enforcement.store.facts import Docket
from parking.city import City
from parking.clock import day_span
from parking.ids import BerthId, SectionId, StayId, ViolationId
from parking.observations import Observation
from parking.plumbing.database import Connection
from parking.plumbing.feed import Positions
from parking.rights import BERTH_NEEDS
from parking.span import Span
from parking.states import Sighting

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known of some dockets, in their order; scenes have observations, the others the rest."""

    dockets: list[Docket]
    stays: list[list[Stay]]
    sightings: list[list[Sighting]]
    scenes: list[Docket]
    observed: list[list[Observation]]


class Court:
    """Judges stays and days of a city; everything happens in the caller's transaction."""

    def __init__(self, city: City, rulebook: Rulebook, arrears: Arrears) -> None:
        self._city, self._rulebook, self._arrears = city, rulebook, arrears
        self._zone = city.timezone
        # What a driver says in order to pay is no evidence against him.
        self._payments = {each.device_id for each in city.devices.values() if each.family == "payment"}

    def judge(
        self, connection: Connection, touched: Touched, seen: Mapping[str, Positions], now: datetime
    ) -> int:
        """Judge all that was touched, store what changed; returns the number of steps told.

        `seen` are the positions up to which sightings and observations count.
        """
        known = self._load(connection, touched, seen, now)
        bench = self._bench(connection, known)
        drafts = _heed(connection, self._drafts(bench, known))
        weighed = self._weigh(connection, drafts, now)
        found = [each for each in weighed.values() if each is not None]
        stored = violations.list_stored(
            connection, [*known.dockets, *known.scenes], [each.violation_id for each in found]
        )
        untrusted = {name for name, violation in weighed.items() if violation is None}
        reasons = Reasons(bench, self._city, known.stays, untrusted)
        return violations.save_changes(connection, find_changes(stored, found, reasons), now)

    def _load(
        self, connection: Connection, touched: Touched, seen: Mapping[str, Positions], now: datetime
    ) -> Facts:
        slack = self._rulebook.slack
        dockets = facts.open_dockets(connection, touched.stay_ids, slack) + self._days(touched.days)
        stays = facts.list_stays(connection, dockets, slack, now)
        proven = violations.list_proven(connection, touched.stay_ids)
        sightings = facts.list_sightings(connection, dockets, seen[SIGHTINGS])
        days = self._scenes(touched.scenes)
        return Facts(
            dockets=dockets,
            stays=[[_remember(stay, proven) for stay in around] for around in stays],
            sightings=[
                [each for each in found if each.device_id not in self._payments] for found in sightings
            ],
            scenes=days,
            observed=scenes.list_observed(connection, days, seen[OBSERVATIONS][ONE]) if days else [],
        )

    def _bench(self, connection: Connection, known: Facts) -> Bench:
        plates = {each.plate for seen in known.sightings for each in seen}
        plates |= {stay.plate for around in known.stays for stay in around if stay.plate is not None}
        plates |= {each.plate.plate for seen in known.observed for each in seen if each.plate is not None}
        return Bench(
            rulebook=self._rulebook,
            rights=rights.load_rights(connection, plates),
            zone=self._zone,
            owed=self._arrears(connection, plates) if plates else {},
        )

    def _drafts(self, bench: Bench, known: Facts) -> list[Draft]:
        drafts: list[Draft] = []
        visits: list[Visit] = []
        for docket, around, seen in zip(known.dockets, known.stays, known.sightings, strict=True):
            berth = self._city.berths[BerthId(docket.berth_id or "")]
            if docket.stay_id is None:
                drafts += judge_loose(bench, berth, around, seen)
                continue
            stay = next(each for each in around if each.stay_id == docket.stay_id)
            drafts += judge_stay(bench, berth, stay, around, seen)
            own = match_sightings(around, seen, self._rulebook.slack).by_stay.get(stay.stay_id, [])
            visits.append(Visit(stay=stay, berth=berth, seen=tuple(own)))
        drafts += judge_clones(bench, visits)
        for docket, observed in zip(known.scenes, known.observed, strict=True):
            drafts += judge_scenes(bench, self._city.berths, docket.section_id, observed)
        return drafts

    def _weigh(
        self, connection: Connection, drafts: Sequence[Draft], now: datetime
    ) -> dict[ViolationId, Violation | None]:
        stays = {draft.stay.stay_id: draft.stay for draft in drafts if draft.stay is not None}
        behind = backing.list_backing(connection, list(stays.values()), self._rulebook.slack)
        unsound = backing.list_unsound(
            connection, {each.reading_id for draft in drafts for each in draft.sightings}
        )
        backings = [_backing(behind, draft) for draft in drafts]
        said = [word for draft, each in zip(drafts, backings, strict=True) for word in draft.said(each)]
        since = min((word.observed_at for word in said), default=now)
        devices = {word.device_id for word in said}
        book = health.load_health(connection, devices, since, self._rulebook.least_accuracy)
        return {
            draft.violation_id: weigh(draft, each, unsound, book, detected_at=now)
            for draft, each in zip(drafts, backings, strict=True)
        }

    def _days(self, days: Collection[tuple[BerthId, date]]) -> list[Docket]:
        return [
            Docket(
                berth_id=berth_id,
                section_id=self._city.berths[berth_id].section_id,
                span=self._day(day),
                stay_id=None,
            )
            for berth_id, day in sorted(days)
        ]

    def _scenes(self, days: Collection[tuple[SectionId, date]]) -> list[Docket]:
        return [
            Docket(berth_id=None, section_id=section_id, span=self._day(day), stay_id=None)
            for section_id, day in sorted(days)
        ]

    def _day(self, day: date) -> Span:
        whole = day_span(day, self._zone)
        return Span(start_at=whole.start_at, end_at=whole.end_at - _INSTANT)


def _backing(behind: Mapping[StayId, Backing], draft: Draft) -> Backing | None:
    return behind[draft.stay.stay_id] if draft.stay is not None else None


def _heed(connection: Connection, drafts: Sequence[Draft]) -> list[Draft]:
    """Doubt what a squad found otherwise on the spot, and plates that may be a holder's, read wrongly."""
    names = [draft.violation_id for draft in drafts]
    against = fieldwork.list_against(connection, names)
    confirmed = fieldwork.list_confirmed(connection, names)
    return [
        replace(
            draft,
            doubts=draft.doubts
            | ({Doubt.FIELD} if draft.violation_id in against else set())
            | ({Doubt.PLATE} if _may_be_holder(connection, draft) else set()),
            confirmed=draft.violation_id in confirmed,
        )
        for draft in drafts
    ]


def _may_be_holder(connection: Connection, draft: Draft) -> bool:
    """Whether a plate one character away holds the right that this one lacks, here and then."""
    if draft.berth is None or draft.plate is None or draft.rule.kind is not RuleKind.NO_RIGHT:
        return False
    needed = BERTH_NEEDS.get(draft.berth.kind)
    if needed is None:
        return False
    near = near_plates(draft.plate)
    held = rights.load_rights(connection, near)
    section_id, at = draft.section_id, draft.sightings[0].observed_at
    return any(held.find_right(plate, needed, section_id, at) is not None for plate in near)


def _remember(stay: Stay, proven: Mapping[StayId, datetime]) -> Stay:
    """Keep what was once proven of an open stay whose berth is not heard at the moment."""
    known = proven.get(stay.stay_id)
    if stay.state is not StayState.OPEN or known is None:
        return stay
    return replace(stay, proven_until=max(known, stay.proven_until or known))
