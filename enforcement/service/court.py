"""Judging what a batch touched: widen it, load it, apply the rules, weigh, and store what changed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from enforcement.changes import find_changes
from enforcement.keys import weigh
from enforcement.kinds import Doubt, Draft, RuleKind, Stay, StayState, Violation, WithdrawReason
from enforcement.nearplates import near_plates
from enforcement.rulebook import Rulebook
from enforcement.rules import Bench, judge_loose, judge_stay
from enforcement.store import backing, facts, fieldwork, rights, violations
from enforcement.store.facts import Docket
from parking.city import City
from parking.clock import day_span, local_day
from parking.ids import BerthId, StayId
from parking.plumbing.database import Connection
from parking.plumbing.feed import Positions
from parking.rights import BERTH_NEEDS
from parking.span import Span

_INSTANT = timedelta(microseconds=1)


@dataclass(slots=True, kw_only=True)
class Touched:
    """What a batch made worth judging."""

    stay_ids: set[StayId] = field(default_factory=set)
    days: set[tuple[BerthId, date]] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to judge."""
        return not self.stay_ids and not self.days


class Court:
    """Judges stays and days of a city; everything happens in the caller's transaction."""

    def __init__(self, city: City, rulebook: Rulebook) -> None:
        self._city, self._rulebook, self._zone = city, rulebook, city.timezone

    def touched(
        self,
        connection: Connection,
        stay_ids: Collection[StayId],
        places: Sequence[tuple[BerthId, datetime]],
    ) -> Touched:
        """Widen what the feeds name to everything whose judgement can change with it."""
        slack, zone = self._rulebook.slack, self._zone
        touched = Touched(stay_ids=set(stay_ids))
        if stay_ids:
            touched.stay_ids.update(facts.list_neighbours(connection, stay_ids))
            for berth_id, at in violations.list_loose_under(connection, stay_ids, slack):
                touched.days.add((berth_id, local_day(at, zone)))
        for berth_id, at, stay_id in facts.find_stays_at(connection, places, slack) if places else ():
            if stay_id is None:
                touched.days.add((berth_id, local_day(at, zone)))
            else:
                touched.stay_ids.add(stay_id)
        return touched

    def judge(self, connection: Connection, touched: Touched, seen: Positions, now: datetime) -> int:
        """Judge all that was touched, store what changed; returns the number of steps told.

        `seen` are the positions up to which sightings count.
        """
        slack = self._rulebook.slack
        dockets = facts.open_dockets(connection, touched.stay_ids, slack) + self._days(touched)
        stays = facts.list_stays(connection, dockets, slack, now)
        proven = violations.list_proven(connection, touched.stay_ids)
        stays = [[_remember(stay, proven) for stay in around] for around in stays]
        sightings = facts.list_sightings(connection, dockets, seen)
        plates = {each.plate for seen_here in sightings for each in seen_here}
        bench = Bench(rulebook=self._rulebook, rights=rights.load_rights(connection, plates), zone=self._zone)
        drafts: list[Draft] = []
        for docket, around, seen_here in zip(dockets, stays, sightings, strict=True):
            berth = self._city.berths[docket.berth_id]
            if docket.stay_id is None:
                drafts += judge_loose(bench, berth, around, seen_here)
            else:
                stay = next(each for each in around if each.stay_id == docket.stay_id)
                drafts += judge_stay(bench, berth, stay, around, seen_here)
        found = self._weigh(connection, _heed(connection, drafts), now)
        stored = violations.list_stored(connection, dockets, [each.violation_id for each in found])
        return violations.save_changes(connection, find_changes(stored, found, _Reasons(stays)), now)

    def _days(self, touched: Touched) -> list[Docket]:
        spans = {day: day_span(day, self._zone) for _, day in touched.days}
        return [
            Docket(
                berth_id=berth_id,
                span=Span(start_at=spans[day].start_at, end_at=spans[day].end_at - _INSTANT),
                stay_id=None,
            )
            for berth_id, day in sorted(touched.days)
        ]

    def _weigh(self, connection: Connection, drafts: Sequence[Draft], now: datetime) -> list[Violation]:
        stays = {draft.stay.stay_id: draft.stay for draft in drafts if draft.stay is not None}
        behind = backing.list_backing(connection, list(stays.values()), self._rulebook.slack)
        unsound = backing.list_unsound(
            connection, {each.reading_id for draft in drafts for each in draft.sightings}
        )
        return [
            weigh(
                draft,
                behind[draft.stay.stay_id] if draft.stay is not None else None,
                unsound,
                detected_at=now,
            )
            for draft in drafts
        ]


def _heed(connection: Connection, drafts: Sequence[Draft]) -> list[Draft]:
    """Doubt what a squad found otherwise on the spot, and plates that may be a holder's, read wrongly."""
    against = fieldwork.list_against(connection, [draft.violation_id for draft in drafts])
    return [
        replace(
            draft,
            doubts=draft.doubts
            | ({Doubt.FIELD} if draft.violation_id in against else set())
            | ({Doubt.PLATE} if _may_be_holder(connection, draft) else set()),
        )
        for draft in drafts
    ]


def _may_be_holder(connection: Connection, draft: Draft) -> bool:
    """Whether a plate one character away holds the right that this one lacks, here and then."""
    needed = BERTH_NEEDS.get(draft.berth.kind)
    if needed is None or draft.plate is None or draft.rule.kind is not RuleKind.NO_RIGHT:
        return False
    near = near_plates(draft.plate)
    held = rights.load_rights(connection, near)
    section_id, at = draft.berth.section_id, draft.sightings[0].observed_at
    return any(held.find_right(plate, needed, section_id, at) is not None for plate in near)


def _remember(stay: Stay, proven: Mapping[StayId, datetime]) -> Stay:
    """Keep what was once proven of an open stay whose berth is not heard at the moment."""
    known = proven.get(stay.stay_id)
    if stay.state is not StayState.OPEN or known is None:
        return stay
    return replace(stay, proven_until=max(known, stay.proven_until or known))


class _Reasons:
    """Tells why a violation no longer holds, from the stays as they are now."""

    def __init__(self, stays: Iterable[Sequence[Stay]]) -> None:
        self._states = {stay.stay_id: stay.state for around in stays for stay in around}

    def __call__(self, violation: Violation) -> WithdrawReason:
        if violation.stay_id is None:
            return WithdrawReason.MERGED
        state = self._states.get(violation.stay_id)
        if state is StayState.VOID:
            return WithdrawReason.STAY_VOID
        return WithdrawReason.STAY_HELD if state is StayState.HELD else WithdrawReason.NOT_PROVEN
