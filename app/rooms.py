"""The routes of all rooms beside guidance's own, each over the same lent connections."""

from fastapi import APIRouter

from app.enforcing import enforcement_routers
from billing.api import billing_router
from billing.rating import sites_of
from billing.tariff import TariffBook
from guidance.store.loans import Loans
from ingest.api import devices_router
from occupancy.api import health_router
from parking.city import City
from parking.clock import Clock
from parking.plumbing.settings import Settings


def room_routers(
    settings: Settings, city: City, clock: Clock, book: TariffBook, loans: Loans
) -> list[APIRouter]:
    """Everything that billing, enforcement, ingest and occupancy answer."""
    return [
        billing_router(loans, book, sites_of(city), clock),
        *enforcement_routers(settings, city, loans, clock),
        health_router(loans, city, clock),
        devices_router(loans, city, clock),
    ]
