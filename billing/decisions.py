"""What people decided about stays in doubt, and where silence ended one. Pure.

A decision is evidence: stays are derived from it as from transitions and sightings, so it outlives every
late row. It names what it is about by time or by the stay, and has no effect once that is gone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from billing.presence import Note, Presence
from billing.sightings import PlateRead, Reads, read_of
from parking.ids import BerthId, Plate, StayId
from parking.span import Moment


class Verb(StrEnum):
    """What was decided."""

    RELEASE = "release"  # the stay is charged as it stands
    VOID = "void"  # nothing is charged: the stay did not happen, or nobody can say whose it was
    SPLIT = "split"  # one vehicle followed another at an instant
    LAPSE = "lapse"  # silence had lasted so long that the stay ends at its last proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision. `holds` are the doubts that it settles; a new doubt holds the stay again."""

    decision_no: int
    berth_id: BerthId
    stay_id: StayId
    verb: Verb
    at: datetime | None = None
    plate: Plate | None = None
    holds: frozenset[Note] = frozenset()
    reason: str
    decided_by: str
    decided_at: datetime


def lapse_of(
    stay_id: StayId, berth_id: BerthId, until_at: datetime, reason: str, decided_at: datetime
) -> Decision:
    """The decision that silence, which still lasted at `until_at`, has ended a stay."""
    return Decision(
        decision_no=0,
        berth_id=berth_id,
        stay_id=stay_id,
        verb=Verb.LAPSE,
        at=until_at,
        reason=reason,
        decided_by="billing",
        decided_at=decided_at,
    )


Decisions = Sequence[Decision]
Parts = list[tuple[Presence, Reads]]


def end_silent(presences: list[Presence], decisions: Decisions) -> list[Presence]:
    """End at its last proof what a lapse found silent, whether or not anything was heard since.

    What comes after such a silence is a stay of its own: nothing connects the two.
    """
    lapses = sorted(each.at for each in decisions if each.verb is Verb.LAPSE and each.at)
    for presence in presences:
        proof_at, departed = presence.last_proof_at, presence.departed
        if proof_at is None:
            continue
        until_at = departed.latest_at if departed else None
        during = [at for at in lapses if proof_at < at and (until_at is None or at <= until_at)]
        if during:
            presence.notes.add(Note.LAPSED)
            presence.departed = departed or Moment(earliest_at=proof_at, latest_at=during[0])
    return presences


def split_decided(parts: Iterable[tuple[Presence, Reads]], decisions: Decisions) -> Parts:
    """Cut the presences in whose sure time a split was decided."""
    cut = list(parts)
    for decision in decisions:
        if decision.verb is Verb.SPLIT and decision.at is not None:
            cut = [half for part in cut for half in _cut(*part, decision.at)]
    return cut


def _cut(presence: Presence, reads: Reads, at: datetime) -> Parts:
    end_at = presence.departed.earliest_at if presence.departed else presence.last_proof_at
    if not presence.arrived.latest_at < at or (end_at is not None and at >= end_at):
        return [(presence, reads)]
    change, notes = Moment(earliest_at=at, latest_at=at), presence.notes | {Note.SPLIT}
    first = replace(
        presence, departed=change, departure_seq=None, last_proof_at=None, silent_from_at=None, notes=notes
    )
    second = replace(presence, arrived=change, follows_gap=False, notes=(notes - {Note.ARRIVAL_UNSEEN}))
    return [
        (first, tuple(each for each in reads if each.observed_at < at)),
        (second, tuple(each for each in reads if each.observed_at >= at)),
    ]


def find_verdict(decisions: Decisions, stay_id: StayId) -> Decision | None:
    """The last release or void of a stay."""
    return next(
        (
            each
            for each in reversed(decisions)
            if each.stay_id == stay_id and each.verb in {Verb.RELEASE, Verb.VOID}
        ),
        None,
    )


def release(
    verdict: Decision, notes: set[Note], best: PlateRead | None, reads: Reads
) -> tuple[set[Note], PlateRead | None]:
    """Notes and plate of a stay that was released; the plate is the one decided upon, if it was read."""
    chosen = read_of(reads, verdict.plate) if verdict.plate else None
    return notes - verdict.holds | {Note.RELEASED}, chosen or best
