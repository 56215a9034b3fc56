"""Wiring of enforcement: the desks that the routes and commands share, and the two loops of its process."""

import threading

from fastapi import APIRouter

from enforcement.api import cases_router, enforcement_router, fieldwork_router, inquiries_router
from enforcement.cases.casebook import load_casebook
from enforcement.cases.deadlines import Calendar
from enforcement.cases.workdays import load_working_days
from enforcement.desk import CaseDesk
from enforcement.fielddesk import FieldDesk
from enforcement.link.post import HttpPost
from enforcement.rulebook import load_rulebook
from enforcement.service import Courier, Enforcement
from enforcement.store.blobfiles import FileBlobs
from enforcement.store.lending import OneConnection
from enforcement.store.reads import Loans
from parking.city import City
from parking.clock import Clock
from parking.plumbing.health import Health
from parking.plumbing.runloop import run_service
from parking.plumbing.settings import Settings


def evidence_store(settings: Settings) -> FileBlobs:
    """Where pictures and documents are kept."""
    return FileBlobs(settings.home / "evidence")


def case_desk(settings: Settings, city: City, loans: Loans, clock: Clock) -> CaseDesk:
    """Build the desk of cases from the city's files."""
    calendar = Calendar(
        book=load_casebook(settings.city / "cases.toml", settings.city / "penalties.toml"),
        days=load_working_days(settings.city / "holidays.toml"),
        zone=city.timezone,
    )
    return CaseDesk(loans, city, calendar, evidence_store(settings), clock)


def enforcement_routers(settings: Settings, city: City, loans: Loans, clock: Clock) -> list[APIRouter]:
    """Build all routes of the room."""
    desk = case_desk(settings, city, loans, clock)
    return [
        enforcement_router(loans),
        cases_router(desk),
        inquiries_router(desk),
        fieldwork_router(FieldDesk(loans, city, clock)),
    ]


def run_enforcement(
    settings: Settings, city: City, clock: Clock, health: Health, stop: threading.Event
) -> None:
    """Judge until stopped, with the courier beside; raises what ended either of the two."""
    url, rulebook = settings.database_url, load_rulebook(settings.city / "rules.toml")
    loans = OneConnection(url, "enforcement-desk")
    desk = case_desk(settings, city, loans, clock)
    failures: list[BaseException] = []

    def deliver() -> None:
        try:
            run_service(lambda: Courier(url, HttpPost(), clock, stop), Health("courier"), stop)
        except BaseException as error:  # noqa: BLE001  raised again where the process ends
            failures.append(error)
            stop.set()

    courier = threading.Thread(target=deliver, name="courier")
    courier.start()
    try:
        run_service(lambda: Enforcement(url, city, rulebook, clock, desk.withdraw_fallen), health, stop)
    finally:
        stop.set()
        courier.join()
        loans.close()
    if failures:
        raise failures[0]
