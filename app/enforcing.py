"""Wiring of enforcement: the desks that the routes and commands share, and the two loops of its process."""

import threading
from collections.abc import Callable

from fastapi import APIRouter

from app.owing import owed_by_plates
from enforcement.api import (
    Reports,
    cases_router,
    enforcement_router,
    fieldwork_router,
    inquiries_router,
    reports_router,
)
from enforcement.cases.casebook import load_casebook
from enforcement.cases.deadlines import Calendar
from enforcement.cases.workdays import load_working_days
from enforcement.desk import CaseDesk
from enforcement.fielddesk import FieldDesk
from enforcement.link.post import HttpPost
from enforcement.rulebook import load_rulebook
from enforcement.service import Courier, Enforcement, Herald, Observer
from enforcement.store.blobfiles import FileBlobs
from enforcement.store.lending import OneConnection
from enforcement.store.reads import Loans
from parking.city import City
from parking.clock import Clock
from parking.plumbing.health import Health
from parking.plumbing.runloop import Service, run_service
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
        reports_router(Reports(loans, desk.calendar, clock)),
        enforcement_router(loans),
        cases_router(desk),
        inquiries_router(desk),
        fieldwork_router(FieldDesk(loans, city, clock)),
    ]


def run_enforcement(
    settings: Settings, city: City, clock: Clock, health: Health, stop: threading.Event
) -> None:
    """Judge until stopped, with the other loops beside; raises what ended any of them."""
    url, rulebook = settings.database_url, load_rulebook(settings.city / "rules.toml")
    loans = OneConnection(url, "enforcement-desk")
    desk = case_desk(settings, city, loans, clock)
    failures: list[BaseException] = []

    def work(open_service: Callable[[], Service], name: str) -> None:
        try:
            run_service(open_service, Health(name), stop)
        except BaseException as error:  # noqa: BLE001  raised again where the process ends
            failures.append(error)
            stop.set()

    beside: dict[str, Callable[[], Service]] = {
        "courier": lambda: Courier(url, HttpPost(), clock, stop),
        "observer": lambda: Observer(settings, city, clock, Health("observer")),
        "herald": lambda: Herald(settings, city, clock, Health("herald")),
    }
    threads = [
        threading.Thread(target=work, args=(opener, name), name=name) for name, opener in beside.items()
    ]
    for thread in threads:
        thread.start()
    try:
        run_service(
            lambda: Enforcement(url, city, rulebook, clock, desk.withdraw_fallen, owed_by_plates),
            health,
            stop,
        )
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        loans.close()
    if failures:
        raise failures[0]
