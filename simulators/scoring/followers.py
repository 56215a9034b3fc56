"""跟车: whether two vehicles that a sensor took for one are told apart.

A follower is a true stay whose arrival the berth's sensor did not notice as such, because the vehicle before
it had not cleared. It is found when the platform has a boundary between two stays whose bounds, give or take
a minute, hold the moment at which the vehicles changed.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from simulators.draws import Ints
from simulators.faults.mishaps import Fault
from simulators.scoring.timelines import Window
from simulators.scoring.truth import Truth

# How far the bounds of a change may miss it.
_SLACK_MS = 60_000
# A sensor notices an arrival some seconds after it.
_SETTLE_MS = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """Where the platform says that one vehicle followed another although the sensor never cleared."""

    berth: int
    earliest_ms: int
    latest_ms: int


@dataclass(slots=True, kw_only=True)
class Found:
    """Followers in all, found, held in doubt; boundaries that were claimed, and how many of them are true."""

    followers: int = 0
    found: int = 0
    held: int = 0
    claimed: int = 0
    right: int = 0

    @property
    def recall(self) -> float | None:
        """Share of followers that were found; None where there were none."""
        return self.found / self.followers if self.followers else None

    @property
    def precision(self) -> float | None:
        """Share of claims that are right; None where nothing was claimed."""
        return self.right / self.claimed if self.claimed else None


def score_followers(
    truth: Truth,
    splits: Iterable[Boundary],
    claims: Iterable[Boundary],
    held: Mapping[int, Sequence[tuple[int, int]]],
    cameras: Sequence[bool],
    window: Window,
) -> dict[bool, Found]:
    """Figures with a camera over the berth (True) and without.

    `splits` are all boundaries between two stays, `claims` those over which the sensor says nothing;
    `held` are the stretches, by berth, that were held as doubtful.
    """
    scores = {True: Found(), False: Found()}
    told: dict[int, list[Boundary]] = defaultdict(list)
    for split in splits:
        told[split.berth].append(split)
    for before in _followers(truth, window):
        berth = int(truth.stays.berth[before])
        score = scores[cameras[berth]]
        score.followers += 1
        changed_ms = int(truth.stays.depart_ms[before])
        if any(_holds(each, changed_ms) for each in told[berth]):
            score.found += 1
        elif any(begin <= changed_ms <= end for begin, end in held.get(berth, ())):
            score.held += 1
    for claim in claims:
        if window.from_ms <= claim.earliest_ms and claim.latest_ms < window.until_ms:
            score = scores[cameras[claim.berth]]
            score.claimed += 1
            score.right += _is_change(truth, claim)
    return scores


def _followers(truth: Truth, window: Window) -> Iterable[int]:
    """Index of the stay before each gap that a sensor overlooked, where both stays lie in the window."""
    mishaps, stays = truth.mishaps, truth.stays
    which = (mishaps.fault == Fault.TAILGATE) & (mishaps.berth >= 0)
    for berth, to_ms in zip(mishaps.berth[which].tolist(), mishaps.to_ms[which].tolist(), strict=True):
        rows = truth.rows_of(berth)
        after = rows.start + bisect_left(_part(stays.arrive_ms, rows), to_ms - _SETTLE_MS)
        if rows.start < after < rows.stop:
            before = after - 1
            if stays.arrive_ms[before] >= window.from_ms and stays.depart_ms[after] < window.until_ms:
                yield before


def _holds(boundary: Boundary, at_ms: int) -> bool:
    return boundary.earliest_ms - _SLACK_MS <= at_ms <= boundary.latest_ms + _SLACK_MS


def _part(column: Ints, rows: range) -> list[int]:
    return [int(value) for value in column[rows.start : rows.stop]]


def _is_change(truth: Truth, claim: Boundary) -> bool:
    """Whether one vehicle really left, and another came, within the claimed bounds and the slack."""
    stays = truth.stays
    low, high = claim.earliest_ms - _SLACK_MS, claim.latest_ms + _SLACK_MS
    rows = list(truth.rows_of(claim.berth))
    return any(
        low <= stays.depart_ms[before] <= high and low <= stays.arrive_ms[after] <= high
        for before, after in pairwise(rows)
    )
