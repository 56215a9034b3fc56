"""One step of the belief: a record per berth meets the berth's cell. Pure and vectorised.

The model. A berth is occupied or not, and changes seldom. Two channels speak of it: its bound sensor, and
whoever looks at it from outside (a camera, which watches all the time). Each channel has an opinion, its last
word. The belief is the sum of the log-odds of the opinions,

    L = sum over channels of (+ or -) w(device) * fading,

naive Bayes with an even prior. Where the numbers come from:

- w is the logit of the device's learnt accuracy (`occupancy.learning`), at most that of a good device:
  published accuracy runs from 0.87 on disturbed sites to 0.99; readers of plates state 0.98 to 0.99 of
  plates, and notice more vehicles than they can read. A device in quarantine weighs nothing.
- A repeated statement adds nothing: what a device errs about, it goes on erring about. It only keeps the
  opinion fresh. An opinion has its full weight for one regular interval of the berth's devices and a bit,
  and half of it for each further one: by then its change may have been lost.
- A channel that has not spoken since the other one contradicted it may yet come round: its message may be
  lost or on its way. Until it speaks it weighs `UNANSWERED` less.
- A hand-held is a witness of one moment: nobody stands there to see the departure. Its word is the opinion
  from outside until the sensor next changes its mind or a camera speaks; where it agrees with the camera it
  only keeps that opinion fresh.

Beyond +-`ENTER` the belief is OCCUPIED or FREE; it then stays until the log-odds turn against it by `LEAVE`
(hysteresis), and is UNKNOWN in between. When the belief turns, the change is dated by the statement that
first said so: exactly, where a device reported it as it happened, else between its last two statements.
A device that reports an arrival where it already saw a vehicle has lost the departure in between: two
vehicles, and the departure can have happened at any time since its word before.

- A sensor that reported an arrival and upholds it for minutes is no passing toggle: vehicles that a camera
  overlooks (0.3 percent) outnumber the ghosts that last (0.13 percent). It weighs `PERSISTS` more, and the
  berth is OCCUPIED with `conflict` as the cause: seen, and not billed, until a camera or a hand-held agrees.

While a contradiction is unanswered the belief keeps its side for a while and then is UNKNOWN (`dispute`);
it is never decided in favour of a bill: bounds say how far back the doubt reaches.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from occupancy.cells import (
    CAUSE_CODE,
    DISPUTED,
    FREE,
    NEVER,
    OCCUPIED,
    PLAIN,
    SENSOR,
    UNKNOWN,
    UPHELD,
    WITNESS,
    Cells,
    Records,
    duplicate,
    heard_us,
)
from occupancy.evidence import EITHER, Flags, Float, Int8, Int64
from parking.readings import ReadingKind
from parking.states import TransitionCause

ENTER: Final = 0.75
LEAVE: Final = 0.6
UNANSWERED: Final = 1.0
PERSISTS: Final = 2.0
# Vehicles that manoeuvre beside a sensor toggle it for up to three minutes.
PERSISTENT_US: Final = 300_000_000
# A second source that reports the same change within this time saw the same vehicle.
SAME_CHANGE_US: Final = 60_000_000
# How long a contradiction may stand: messages of one event reach us within seconds, late ones in a minute.
GRACE_US: Final = 120_000_000

_CHANGE, _STATUS, _FIRST, _RETURN, _CONFLICT = (
    np.int8(CAUSE_CODE[cause])
    for cause in (
        TransitionCause.CHANGE,
        TransitionCause.STATUS,
        TransitionCause.FIRST_SEEN,
        TransitionCause.RETURN,
        TransitionCause.CONFLICT,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped:
    """The cells after the step, and what changed: bounds, cause and confidence count where `changed`.

    Where `implied`, a departure since `implied_from_us` comes before the change.
    """

    cells: Cells
    changed: Flags
    earliest_us: Int64
    latest_us: Int64
    cause: Int8
    confidence: Float
    implied: Flags
    implied_from_us: Int64


def step(cells: Cells, records: Records, weight: Float, fresh_us: Int64) -> Stepped:
    """Let each cell hear its record; `weight` is by device, `fresh_us` the berth's regular interval."""
    before, cells = cells, duplicate(cells)
    outside = records["channel"] == WITNESS
    at, said = records["observed_us"].copy(), records["occupied"].copy()
    reported = records["kind"] == ReadingKind.CHANGE
    passing = records["kind"] == ReadingKind.SIGHTING

    said_by, said_us = before["said"], before["said_us"]
    was = np.where(outside, said_by[:, WITNESS], said_by[:, SENSOR])
    others = np.where(outside, said_by[:, SENSOR], said_by[:, WITNESS])
    reported |= (records["kind"] == EITHER) & (was != said)
    was_us = np.where(outside, said_us[:, WITNESS], said_us[:, SENSOR])
    implied = (
        reported & (was == OCCUPIED) & (said == OCCUPIED) & (before["lean"] == OCCUPIED)
        & ((others != OCCUPIED) | outside)
    )  # fmt: skip

    known = was >= 0
    begin = np.where(passing, heard_us(before), np.where(reported | ~known, at, was_us))
    seconded = (others == said) & _is_dated(before)
    _turn(cells, (was != said) & (said != before["lean"]), seconded, begin, at, reported)
    _remember(cells, records)
    # A sensor that changes its mind after someone passed by may be right by now.
    forgets = before["passed"] & ~outside & known & (was != said)
    cells["said"][forgets, WITNESS] = -1

    odds, weights = log_odds(cells, at, weight, fresh_us)
    upheld = _is_upheld(before, cells, at)
    odds += np.float32(PERSISTS) * upheld
    _lean(cells, odds, weights)
    upheld &= cells["lean"] == OCCUPIED
    implied |= (before["why"] == UPHELD) & outside & (said == OCCUPIED)
    still = (before["why"] == DISPUTED) & is_unanswered(cells) & (np.abs(odds) < ENTER)
    cells["state"] = np.where(still, UNKNOWN, cells["lean"])
    cells["why"] = np.where(still, DISPUTED, np.where(upheld, UPHELD, PLAIN))
    return _describe(before, cells, records, odds, implied, was_us)


def _is_dated(cells: Cells) -> Flags:
    """Whether somebody said what is not believed since the belief last turned."""
    ahead = cells["turn_to_us"] - cells["since_us"]
    dated: Flags = (ahead > 0) | ((cells["why"] == DISPUTED) & (ahead == 0))
    return dated


def _is_upheld(before: Cells, cells: Cells, at: Int64) -> Flags:
    """Whether a sensor upholds an arrival that it reported against a camera which has answered."""
    against = (cells["said"][:, SENSOR] == OCCUPIED) & (cells["said"][:, WITNESS] == FREE)
    against &= ~cells["passed"]
    reported = cells["turn_from_us"] == cells["turn_to_us"]
    answered = cells["said_us"][:, WITNESS] >= cells["turn_to_us"]
    lasting = at - cells["turn_to_us"] >= PERSISTENT_US
    begins = (before["lean"] == FREE) & _is_dated(before) & reported & answered & lasting
    upheld: Flags = against & (begins | (before["why"] == UPHELD))
    return upheld


def _remember(cells: Cells, records: Records) -> None:
    """Make these statements the opinions of their channels; who passes by and agrees only keeps one fresh."""
    passing = records["kind"] == ReadingKind.SIGHTING
    for channel in (SENSOR, WITNESS):
        speaks = records["channel"] == channel
        if not speaks.any():
            continue
        np.copyto(cells["said_us"][:, channel], records["observed_us"], where=speaks)
        if channel == WITNESS:
            agrees = cells["said"][:, channel] == records["occupied"]
            speaks &= ~(passing & ~cells["passed"] & agrees)
            np.copyto(cells["passed"], passing, where=speaks)
        np.copyto(cells["said"][:, channel], records["occupied"], where=speaks)
        np.copyto(cells["device"][:, channel], records["device"], where=speaks)


def _turn(cells: Cells, starts: Flags, seconded: Flags, begin: Int64, at: Int64, reported: Flags) -> None:
    """Note statements against what is believed: when the first of them began, and its confirmation."""
    first = starts & ~seconded
    later = starts & seconded & reported & (at - cells["turn_to_us"] > SAME_CHANGE_US)
    np.copyto(cells["turn_from_us"], np.minimum(begin, at), where=first)
    np.copyto(cells["turn_to_us"], at, where=first | later)


def log_odds(cells: Cells, at_us: "Int64 | int", weight: Float, fresh_us: Int64) -> tuple[Float, Float]:
    """Log-odds that each berth is occupied at an instant, and the sum of the weights behind them."""
    odds = np.zeros(len(cells), dtype=np.float32)
    total = np.zeros(len(cells), dtype=np.float32)
    contradicted = is_contradicted(cells)
    for channel in (SENSOR, WITNESS):
        said, said_us = cells["said"][:, channel], cells["said_us"][:, channel]
        speaks = said >= 0
        if not speaks.any():
            continue
        own = np.where(speaks, weight[cells["device"][:, channel]], np.float32(0))
        late = np.flatnonzero(speaks & (at_us - said_us > fresh_us))
        if len(late):
            intervals = (at_us - said_us)[late] / fresh_us[late] - 1.0
            own[late] *= np.exp2(-np.minimum(intervals, 60.0)).astype(np.float32)
        unanswered = np.flatnonzero(contradicted & (said_us < cells["turn_to_us"]))
        own[unanswered] = np.maximum(own[unanswered] - UNANSWERED, 0.0)
        odds += np.where(said == OCCUPIED, own, -own)
        total += own
    return odds, total


def is_contradicted(cells: Cells) -> Flags:
    """Whether the channels of each cell contradict each other."""
    said = cells["said"]
    found: Flags = said[:, 0] + said[:, 1] == 1
    return found & (said[:, 0] >= 0) & (said[:, 1] >= 0)


def is_unanswered(cells: Cells) -> Flags:
    """Whether one channel has said nothing since the other contradicted it."""
    found: Flags = is_contradicted(cells) & (_elder_us(cells) < cells["turn_to_us"])
    return found


def _elder_us(cells: Cells) -> Int64:
    # Column by column: `min(axis=1)` takes ten times as long.
    said_us = cells["said_us"]
    elder: Int64 = np.minimum(said_us[:, 0], said_us[:, 1])
    return elder


def _lean(cells: Cells, odds: Float, weights: Float) -> None:
    stands = np.where(cells["lean"] == OCCUPIED, odds, -odds) >= -LEAVE
    kept = np.where(stands & (weights >= ENTER), cells["lean"], UNKNOWN)
    cells["lean"] = np.where(odds >= ENTER, OCCUPIED, np.where(odds <= -ENTER, FREE, kept))


def _describe(
    before: Cells, cells: Cells, records: Records, odds: Float, implied: Flags, was_us: Int64
) -> Stepped:
    """Say what changed, when, and why."""
    at, since = records["observed_us"].copy(), before["since_us"].copy()
    was, state = before["state"].copy(), cells["state"].copy()
    implied &= (was == OCCUPIED) & (state == OCCUPIED)
    changed = (state != was) | implied
    first, disputed = heard_us(before) == NEVER, before["why"] == DISPUTED
    back = (was == UNKNOWN) & ~disputed
    same = disputed & (cells["lean"] == before["lean"])
    doubted, upheld = state == UNKNOWN, cells["why"] == UPHELD
    dated = (cells["turn_to_us"] > since) | (disputed & (cells["turn_to_us"] == since))
    turn_from = np.where(dated, np.maximum(cells["turn_from_us"], since), since)
    support_us = np.maximum(_elder_us(before), since)
    as_now = first | back | implied
    earliest = np.where(doubted, np.minimum(support_us, at), turn_from)
    earliest = np.where(as_now, at, np.where(same, since, earliest))
    latest = np.where(dated & ~as_now & ~doubted, cells["turn_to_us"], at)
    latest = np.where(same & ~as_now & ~doubted, since, latest)
    cause = np.where(same | implied | (earliest == latest), _CHANGE, _STATUS)
    cause = np.where(first, _FIRST, np.where(back, _RETURN, np.where(doubted | upheld, _CONFLICT, cause)))
    cells["since_us"] = np.where(changed, latest, since)
    return Stepped(
        cells=cells,
        changed=changed,
        earliest_us=earliest,
        latest_us=latest,
        cause=cause,
        confidence=confidence_of(odds),
        implied=implied,
        implied_from_us=np.maximum(was_us, since),
    )


def confidence_of(odds: Float) -> Float:
    """Probability that the state which these log-odds favour is true."""
    return (1.0 / (1.0 + np.exp(-np.abs(odds)))).astype(np.float32)
