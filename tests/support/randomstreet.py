"""A street full of everything that makes billing hard: silence, late plates, corrections. Seeded."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from parking.states import BerthState, Transition, TransitionCause
from tests.support.streetrows import StreetRows

FREE, OCCUPIED, UNKNOWN = BerthState
# Two vehicles come often, so that they meet themselves and each other.
PLATES = (
    *("鄂S12345",) * 8,
    *("鄂A66666",) * 8,
    "鄂SD12345",
    "鄂A77777",
    "鄂S80345",
    "鄂SB0345",
    "鄂S1234警",
    "不是车牌",
)


@dataclass(slots=True)
class RandomStreet:
    """Moves berths at random; `move` makes the next row or rows of one of them."""

    random: Random
    berths: Sequence[str]
    now: datetime
    rows: StreetRows = field(default_factory=StreetRows)
    states: dict[str, BerthState] = field(default_factory=dict)
    proofs: dict[str, datetime] = field(default_factory=dict)
    standing: list[Transition] = field(default_factory=list)

    def move(self) -> None:
        """Let some minutes pass, then something happen."""
        self.now += timedelta(seconds=self.random.choice((0, 1, 20, 300, 900)))
        berth = self.random.choice(self.berths)
        happening = self.random.random()
        if happening < 0.2:
            self._see(berth)
        elif happening < 0.25 and self.standing:
            self._correct(self.standing.pop(self.random.randrange(len(self.standing))))
        else:
            self._turn(berth)

    def _turn(self, berth: str) -> None:
        state = self.states.get(berth, UNKNOWN)
        proof_at = self.proofs.get(berth, self.now)
        if state is UNKNOWN:
            cause = TransitionCause.RETURN if berth in self.states else TransitionCause.FIRST_SEEN
            to_state, since = self.random.choice((FREE, OCCUPIED)), None
            at = self.random.choice((self.now, proof_at + timedelta(minutes=1)))
        elif self.random.random() < 0.15:
            cause, to_state, since, at = (
                TransitionCause.SILENCE,
                UNKNOWN,
                proof_at,
                proof_at + timedelta(minutes=10),
            )
        else:
            to_state = OCCUPIED if state is FREE else FREE
            cause = self.random.choice((TransitionCause.CHANGE, TransitionCause.STATUS))
            since, at = proof_at if cause is TransitionCause.STATUS else None, self.now
        if since is not None and since > at:
            since = at
        self.standing.append(self.rows.turn(berth, to_state, at, since=since, cause=cause))
        self.states[berth], self.proofs[berth] = to_state, at

    def _see(self, berth: str) -> None:
        at = self.now - timedelta(seconds=self.random.choice((0, 0, 2, 40, 4000)))
        plate, confidence = self.random.choice(PLATES), self.random.choice((0.5, 0.9, 0.95, 0.99))
        for again in range(self.random.choice((1, 1, 2))):
            self.rows.see(berth, plate, at + timedelta(seconds=again), confidence=confidence)

    def _correct(self, row: Transition) -> None:
        at = row.moment.latest_at + timedelta(seconds=self.random.choice((-30, 0, 30)))
        to_state = self.random.choice((row.from_state, row.to_state))
        self.standing.append(
            self.rows.turn(
                row.berth_id, to_state, at, replaces=row, from_state=row.from_state, cause=row.cause
            )
        )
