"""What enforcement makes of what was believed, judged again and again as the street goes on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from simulators.scoring.acts import Accusation, Offence


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Accusations of a run, and what really happened."""

    offences: Sequence[Offence] = ()
    accusations: Iterable[Accusation] = field(default_factory=list)
