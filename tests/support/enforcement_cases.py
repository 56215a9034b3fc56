"""A desk over a real database: staff with tokens, a violation to work on, a clock that the test moves."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from enforcement.api import cases_router, inquiries_router
from enforcement.cases.casebook import Penalty, load_casebook
from enforcement.cases.deadlines import Calendar
from enforcement.cases.words import Actor, Role
from enforcement.cases.workdays import load_working_days
from enforcement.desk import CaseDesk
from enforcement.store.blobfiles import FileBlobs
from enforcement.store.reads import Loans
from enforcement.store.staff import add_staff
from parking.money import Fen
from parking.plumbing.database import Connection, connect, transaction
from tests.support.asgi import Asker
from tests.support.enforcement import CHARGING, FUEL, ZONE, city, minute
from tests.support.enforcement_street import SetClock, WrittenStreet, drain, opened
from tests.support.pictures import png

SUIZHOU = Path(__file__).resolve().parents[2] / "cities" / "suizhou"
DAY = timedelta(days=1)
ALL = ["front_or_rear", "plate", "colour", "type", "landmark"]
STAFF = (
    Actor(actor_id="O-1", role=Role.OFFICER, certificate_no="42-001"),
    Actor(actor_id="O-2", role=Role.OFFICER, certificate_no="42-002"),
    Actor(actor_id="G-1", role=Role.OPERATOR),
    Actor(actor_id="T-1", role=Role.TREASURY),
)
NOTE: dict[str, Any] = {"note": "记录在案"}
FACTS: dict[str, Any] = {"accepted": True, "obstructs": True, "driver_absent": True, **NOTE}
PROOF = {
    "device_id": "C-1",
    "approval_document": "随审〔2026〕1号",
    "calibrated_on": "2026-01-15",
    "location_announced": True,
}
NOTICE: dict[str, Any] = {
    "facts": "占用充电泊位",
    "reasons": "无新能源车号牌",
    "basis": "《道路交通安全法》第五十六条",
    "rights": "可在五个工作日内陈述、申辩",
    "proposed": "penalty",
}


def calendar(amount: int | None = 5000) -> Calendar:
    """Suizhou's terms and holidays, with an amount that a test may rely on."""
    book = load_casebook(SUIZHOU / "cases.toml", SUIZHOU / "penalties.toml")
    if amount is not None:
        penalty = Penalty(
            rule_id="no-charging",
            effective_from=date(2026, 1, 1),
            amount_fen=Fen(amount),
            document_no="test document",
        )
        book = replace(book, penalties=(penalty,))
    return Calendar(book=book, days=load_working_days(SUIZHOU / "holidays.toml"), zone=ZONE)


def lender(url: str) -> Loans:
    """Lend a connection of its own for each transaction, so that threads do not meet on one."""

    @contextmanager
    def lend() -> Iterator[Connection]:
        with connect(url, "desk") as connection, transaction(connection):
            yield connection

    return lend


@dataclass(slots=True)
class Office:
    """Everything that a case needs. Calls go through HTTP, as `O-1` unless another name is given."""

    desk: CaseDesk
    clock: SetClock
    caller: Asker
    connection: Connection
    street: WrittenStreet
    url: str

    def post(self, path: str, body: object, who: str = "O-1", **headers: str) -> httpx.Response:
        """Send a request as somebody."""
        return self.caller.post(path, json=body, headers=token(who) | headers)

    def get(self, path: str, who: str = "O-1") -> httpx.Response:
        """Ask as somebody."""
        return self.caller.get(path, headers=token(who))

    def step(self, case_id: str, action: str, who: str = "O-1", **body: Any) -> httpx.Response:  # noqa: ANN401
        """Take a step on a case."""
        return self.post(f"/cases/{case_id}/steps", {"action": action, **body}, who)

    def picture(
        self, case_id: str, seconds: int, who: str = "O-1", content: bytes | None = None, **other: object
    ) -> httpx.Response:
        """Add a panoramic picture taken so many seconds after ten."""
        body = png(seed=seconds) if content is None else content
        facts: dict[str, Any] = {
            "sha256": hashlib.sha256(body).hexdigest(),
            "name": f"全景{seconds}.png",
            "device_id": "C-1",
            "taken_at": (minute(0) + timedelta(seconds=seconds)).isoformat(),
            "clock_error_ms": 200,
            "shows": ALL,
        }
        return self.caller.post(
            f"/cases/{case_id}/pictures", params=facts | other, content=body, headers=token(who)
        )

    def violation(self, name: str = "S-1", start: float = 0) -> str:
        """Let a car stand in a charging berth without the right; returns the id of the violation."""
        stay_id = self.street.arrive(CHARGING, minute(start), name)
        self.street.see(CHARGING, minute(start + 1), FUEL)
        self.street.leave(CHARGING, stay_id, minute(start + 60), minute(start + 60))
        self.judge()
        row = self.connection.execute("SELECT violation_id FROM violations WHERE stay_id = %s", (stay_id,))
        return str(row.fetchall()[0][0])

    def judge(self) -> None:
        """Let the enforcement process catch up."""
        service = opened(self.url)
        drain(service)
        service.close()

    def case(self, violation_id: str | None = None) -> str:
        """Open a case of a new violation; returns its number."""
        body = {"violation_id": violation_id or self.violation(), **NOTE}
        answer = self.post("/cases", body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["case_id"])

    def reviewed(self) -> str:
        """Bring a new case through both reviews."""
        case_id = self.case()
        for seconds in (0, 20):
            assert self.picture(case_id, seconds, "G-1").status_code == 200
        self.done(case_id, "check_device", passed=True, devices=[PROOF])
        self.done(case_id, "review", **FACTS)
        self.done(case_id, "review_again", "O-2", **FACTS)
        return case_id

    def notified(self, proposed: str = "penalty") -> str:
        """Bring a new case to where the party is told."""
        case_id = self.reviewed()
        self.done(case_id, "give_notice", **NOTICE | {"proposed": proposed})
        return case_id

    def done(self, case_id: str, action: str, who: str = "O-1", **body: Any) -> dict[str, Any]:  # noqa: ANN401
        """Take a step that must be taken."""
        answer = self.step(case_id, action, who, **body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def token(who: str) -> dict[str, str]:
    """Header of somebody's requests."""
    return {"Authorization": f"Bearer token-of-{who}"}


def open_office(
    url: str, connection: Connection, folder: Path, amount: int | None = 5000, at: datetime | None = None
) -> Office:
    """Open an office over a database, with one person of each role and two officers."""
    clock = SetClock(at or minute(90))
    blobs = FileBlobs(folder / "evidence")
    desk = CaseDesk(lender(url), city(), calendar(amount), blobs, clock)
    app = FastAPI()
    app.include_router(cases_router(desk))
    app.include_router(inquiries_router(desk))
    for actor in STAFF:
        add_staff(connection, actor, actor.actor_id, f"token-of-{actor.actor_id}", clock.now())
    return Office(
        desk=desk,
        clock=clock,
        caller=Asker(app),
        connection=connection,
        street=WrittenStreet(connection),
        url=url,
    )
