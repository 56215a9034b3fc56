"""What the city believes about each berth, for all berths at once.

Theory of operation. A cell per berth holds what each channel said last, what follows from it
(`occupancy.fusion`) and what is believed; a journal holds the last records (`occupancy.journal`). Four verbs:

- `apply(evidence)` takes readings, ordered within each berth by the devices' time. One that is older than
  what its berth has heard takes the berth back to just before it, and all later records are heard again
  (`occupancy.corrections`): so the order in which readings come does not matter, as long as they are newer
  than `final_us`, the lateness bound. Older ones count as heard and change nothing. A statement that
  stands there already is a repetition and is passed over.
- `advance(now)` lets time act: berths of which nothing was received, nor observed, beyond their limit are
  UNKNOWN, since their last evidence at the earliest. Evidence lifts this. Where it is
  dated before the silence, or bears the device's next number, only the wire was silent, and what silence
  said is taken back.
- `tick(at)` lets the evidence's own time act, every half minute of it: contradictions without an answer end,
  and every quarter of an hour it learns (`occupancy.learning`). Whoever calls it just before the first
  reading behind each tick has the same beliefs and checkups however readings are batched; `advance` makes
  up for who does not.
- `snapshot()` and `restore(body)` carry the whole state; restoring and applying the rest equals never
  stopping, bit for bit.

`shown(now)` is what may be published: the believed state of berths heard within their limit, and nothing at
all while the newest evidence of the whole street is older than `quiet_us`. Then a backlog or a replay is
being told: it still makes exact stays, and no sign shows it.
"""

from typing import Final

import numpy as np

from occupancy import corrections, learning, numbering, snapshots, waiting
from occupancy.cells import (
    DEVICE,
    NEVER,
    RECORD,
    SENSOR,
    SILENT,
    UNKNOWN,
    WITNESS,
    Cells,
    Devices,
    Records,
    gather,
    heard_us,
    new_cells,
)
from occupancy.evidence import Changes, Evidence, Flags, Int8, Int64, join_changes, no_changes
from occupancy.journal import Journal
from occupancy.rounds import play
from occupancy.snapshots import Names

# A reading may be so much older than the newest of the whole street and still be put in its place. Gateways
# that were cut off for two hours deliver in order and need no such place.
LATENESS_US: Final = 2 * 3_600_000_000
LEARN_EVERY_US: Final = 900_000_000
TICK_US: Final = 30_000_000
# The journal holds some hours of a city, and minutes of a province: what memory allows.
RECORDS_PER_BERTH: Final = 8
LEAST_RECORDS, MOST_RECORDS = 1 << 13, 1 << 16


class Engine:
    """Belief over fixed lists of berths and devices; indices are positions in them.

    `limit_us` is how long each berth's device may be unheard, `quiet_us` how long the whole street
    (parking.staleness); `bound` is the berth of each device, -1 for those that name the berths they see.
    Nothing is known at first.
    """

    def __init__(
        self,
        berth_ids: Names,
        limit_us: Int64,
        quiet_us: int,
        device_ids: Names,
        bound: Int64,
    ) -> None:
        size = len(berth_ids)
        self.berth_names = snapshots.pack(berth_ids)
        self.device_names = snapshots.pack(device_ids)
        # One entry more than devices: a device that is not in the registry any more weighs nothing.
        self.is_sensor: Flags = np.append(bound >= 0, False)
        self.limit_us = limit_us
        self.quiet_us = quiet_us
        self.cells: Cells = new_cells(size)
        self.received_us: Int64 = np.full(size, NEVER, dtype=np.int64)
        self.devices: Devices = np.zeros(len(bound) + 1, dtype=DEVICE)
        self.devices["weight"][:-1] = learning.first_weight(bound >= 0)
        self.journal = Journal(size, _capacity(size))
        self.newest_us = self.final_us = self.learnt_us = self.ticked_us = NEVER

    @property
    def state(self) -> Int8:
        """What is believed of each berth."""
        state: Int8 = self.cells["state"]
        return state

    @property
    def evidence_us(self) -> Int64:
        """When the newest evidence of each berth was observed."""
        return heard_us(self.cells)

    def fresh_us(self, berths: Int64) -> Int64:
        """How long the devices of these berths may take to speak again: their interval, and a bit."""
        fresh: Int64 = self.limit_us[berths] * 9 // 20
        return fresh

    def apply(self, evidence: Evidence) -> Changes:
        """Take readings in; returns the changes of belief that they cause, dated and bounded."""
        records, follows = self._records(evidence), numbering.follow(self.devices, evidence)
        speaks = np.flatnonzero(evidence.occupied >= 0)
        if len(speaks) < len(records):
            records = gather(records, speaks)
        berth = evidence.berth[speaks]
        self.received_us[berth] = np.maximum(self.received_us[berth], evidence.received_us[speaks])
        cells, at = gather(self.cells, berth), evidence.observed_us[speaks]
        self.newest_us = max(self.newest_us, int(at.max(initial=NEVER)))
        late = at <= heard_us(cells)
        since = cells["since_us"]
        only_wire = (cells["why"] == SILENT) & ((at <= since) | follows[speaks]) & (since > self.final_us)
        if not (late.any() or only_wire.any()):
            return play(self, records)
        in_time = ~late | (at > self.final_us)
        return corrections.correct(
            self, gather(records, np.flatnonzero(in_time)), np.unique(berth[only_wire])
        )

    def advance(self, now_us: int) -> Changes:
        """Let time act until `now_us`."""
        if not len(self.cells):
            return no_changes()
        return join_changes([waiting.fall_silent(self, now_us), self.tick(min(now_us, self.newest_us))])

    @property
    def next_tick_us(self) -> int:
        """The instant of evidence from which on `tick` has something to do."""
        return self.ticked_us - self.ticked_us % TICK_US + TICK_US

    def tick(self, at_us: int) -> Changes:
        """Let evidence of `at_us` tell that time has passed: settle contradictions, learn every quarter."""
        if at_us < self.next_tick_us:
            return no_changes()
        self.ticked_us = at_us
        settled = waiting.dispute(self, at_us)
        return join_changes([settled, self._learn(at_us)])

    def _learn(self, at_us: int) -> Changes:
        """Learn as of the last full quarter of an hour up to `at_us`, unless that was done."""
        if at_us < self.learnt_us + LEARN_EVERY_US:
            return no_changes()
        is_first, before_us = self.learnt_us == NEVER, self.learnt_us
        self.learnt_us = at_us - at_us % LEARN_EVERY_US
        self.final_us = self.learnt_us - LATENESS_US
        if is_first:
            return no_changes()
        learning.learn(self, (self.learnt_us - before_us) // LEARN_EVERY_US)
        return waiting.distrust(self)

    def published(self, places: Int64, seqs: Int64) -> None:
        """Note under which sequence numbers changes were made known; both columns are of `Changes`."""
        kept = (places >= 0) & self.journal.has(places // 2)
        slots = (places[kept] // 2) % self.journal.capacity
        self.journal.rows["published_seq"][slots, places[kept] % 2] = seqs[kept]

    def shown(self, now_us: int) -> Int8:
        """Return the state of each berth as it may be published at `now_us`."""
        if self.newest_us + self.quiet_us < now_us:
            return np.full(len(self.cells), UNKNOWN, dtype=np.int8)
        heard = np.maximum(self.evidence_us, self.received_us)
        return np.where(heard + self.limit_us >= now_us, self.state, UNKNOWN)

    def ever_heard(self) -> Int64:
        """Return the berths of which anything was ever heard."""
        return np.flatnonzero(self.evidence_us != NEVER)

    def snapshot(self) -> bytes:
        """Return everything as bytes."""
        return snapshots.save(self)

    def restore(self, body: bytes) -> None:
        """Take a snapshot over; berths and devices that it does not know stay new, those gone are dropped."""
        snapshots.load(self, body)

    def _records(self, evidence: Evidence) -> Records:
        records = np.zeros(len(evidence), dtype=RECORD)
        records["observed_us"] = evidence.observed_us
        records["reading_id"] = evidence.reading_id
        records["berth"] = evidence.berth
        records["device"] = evidence.device
        records["kind"] = evidence.kind
        records["occupied"] = evidence.occupied
        records["channel"] = np.where(self.is_sensor[evidence.device], SENSOR, WITNESS)
        records["tie"] = (evidence.device * 8 + evidence.kind) * 2 + evidence.occupied
        return records


def _capacity(berths: int) -> int:
    wanted = max(LEAST_RECORDS, min(MOST_RECORDS, berths * RECORDS_PER_BERTH))
    return 1 << (wanted - 1).bit_length()
