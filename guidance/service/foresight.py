"""Forecasts beside the requests: a process of its own learns and forecasts, this one only hands over counts.

The child reads the stored counts once, forecasts every minute with what it has learnt so far, and learns
anew once a day, at low priority. It ends when its pipe does.
"""

import multiprocessing
import os
import threading
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from zoneinfo import ZoneInfo

import numpy as np

from guidance.board import Shown
from guidance.desk import Desk
from guidance.forecast.learning import fit
from guidance.forecast.live import LEARNT_MIN, CountRows, LiveHistory, Sites, make_outlook
from guidance.forecast.model import Model
from guidance.outlook import Outlook
from guidance.store.counts import list_since
from parking.errors import UnavailableError
from parking.ids import SectionId
from parking.plumbing.database import connect, transaction

EVERY_S = 60.0
WAIT_S = 1.0
LEARN_EVERY = timedelta(days=1)
# Learning what a first hour has to teach is not worth a day's wait for the rest.
FIRST_LEARN_EVERY = timedelta(hours=1)
FEW_DAYS = 14
NICE = 10

Counts = tuple[datetime, np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What the child is told at its start."""

    url: str
    sites: Sites
    zone: ZoneInfo
    now: datetime


class Foresight:
    """One open forecaster: gives `desk.outlook` every minute."""

    def __init__(self, url: str, desk: Desk, every_s: float = EVERY_S) -> None:
        self._desk, self._every = desk, timedelta(seconds=every_s)
        self._told_at: datetime | None = None
        self._is_idle = False  # whoever is not listening is told nothing, so that no pipe fills up
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        task = _Task(url=url, sites=sites_of(desk), zone=desk.city.timezone, now=desk.clock.now())
        self._child = context.Process(target=_work, args=(theirs, task), name="forecasts", daemon=True)
        self._child.start()
        theirs.close()

    @property
    def pid(self) -> int | None:
        """The child's process id."""
        return self._child.pid

    def step(self) -> None:
        """Hand over the counts where they are due, take forecasts where there are some."""
        now, view = self._desk.clock.now(), self._desk.latest.view
        try:
            is_due = self._told_at is None or now - self._told_at >= self._every
            if self._is_idle and view.fresh and is_due:
                self._pipe.send((now, view.sections))
                self._told_at, self._is_idle = now, False
            if self._pipe.poll(WAIT_S):
                self._desk.outlook = self._pipe.recv() or self._desk.outlook
                self._is_idle = True
        except (OSError, EOFError) as error:
            raise UnavailableError(
                "the forecaster ended; counts of now stand for later until it is back"
            ) from error

    def close(self) -> None:
        """End the child."""
        self._pipe.close()
        self._child.join(WAIT_S)
        self._child.kill()
        self._child.join()
        self._child.close()


def sites_of(desk: Desk) -> Sites:
    """The sections and zones of a city."""
    board = desk.board
    is_open = np.array([not berth.closed for berth in desk.city.berths.values()])
    sections = np.bincount(board.section_of[is_open], minlength=len(board.section_ids)).astype(np.float32)
    zones = np.bincount(board.zone_of_section, weights=sections, minlength=len(board.zone_ids))
    return Sites(
        names=(*board.section_ids, *board.zone_ids),
        zone_of=board.zone_of_section,
        capacity=np.maximum(np.concatenate((sections, zones)), 1).astype(np.float32),
    )


def read_history(url: str, sites: Sites, zone: ZoneInfo, now: datetime) -> LiveHistory:
    """Lay what the database holds of the last weeks on a grid."""
    history = LiveHistory(sites, local_of(now, zone))
    numbers = {name: number for number, name in enumerate(sites.names[: sites.sections])}
    since = now - timedelta(days=sites.days)
    section, at, free, occupied = [], [], [], []
    with closing(connect(url, "guidance-forecasts")) as connection, transaction(connection):
        for name, as_of, free_now, occupied_now in list_since(
            connection, [SectionId(name) for name in numbers], since
        ):
            section.append(numbers[name])
            at.append(local_of(as_of, zone))
            free.append(free_now)
            occupied.append(occupied_now)
    history.fill(
        CountRows(
            section=np.array(section, dtype=np.int64),
            at=np.array(at, dtype="datetime64[s]"),
            free=np.array(free, dtype=np.float32),
            occupied=np.array(occupied, dtype=np.float32),
        )
    )
    return history


def local_of(at: datetime, zone: ZoneInfo) -> np.datetime64:
    """The local time of an instant, as grids have it."""
    return np.datetime64(at.astimezone(zone).replace(tzinfo=None), "s")


class _Forecaster:
    """The child's work: one thread forecasts, another learns beside it."""

    def __init__(self, task: _Task) -> None:
        self._task = task
        self._history = read_history(task.url, task.sites, task.zone, task.now)
        self._model = Model()
        self._learnt_at: datetime | None = None
        self._learner = threading.Thread()

    def outlook(self, now: datetime, sections: np.ndarray) -> Outlook:
        """Forecast from the counts of this moment."""
        at = local_of(now, self._task.zone)
        free, occupied = sections[:, Shown.FREE], sections[:, Shown.OCCUPIED]
        self._history.note(at, free.astype(np.float32), occupied.astype(np.float32))
        days = self._history.days_seen
        self._learn(now, days)
        return make_outlook(self._model, self._history.history(), at, now.astimezone(UTC), days)

    def _learn(self, now: datetime, days: int) -> None:
        wait = LEARN_EVERY if days > FEW_DAYS else FIRST_LEARN_EVERY
        if self._learner.is_alive() or (self._learnt_at is not None and now - self._learnt_at < wait):
            return
        self._learnt_at = now
        history = self._history.history()
        snapshot = history.of_sites(np.arange(len(history.sites)))

        def learn() -> None:
            self._model = fit(snapshot, LEARNT_MIN)

        self._learner = threading.Thread(target=learn, name="learning", daemon=True)
        self._learner.start()


def _work(pipe: Pipe, task: _Task) -> None:
    """Run the child until the pipe ends: nothing at first, then an outlook for each counts."""
    os.nice(NICE)
    with suppress(EOFError, OSError, KeyboardInterrupt, UnavailableError):
        forecaster = _Forecaster(task)
        pipe.send(None)
        while True:
            told: Counts = pipe.recv()
            pipe.send(forecaster.outlook(*told))
