"""The routes of this room, to be mounted under the API's prefix."""

from enforcement.api.cases import cases_router
from enforcement.api.fieldwork import fieldwork_router
from enforcement.api.inquiries import inquiries_router
from enforcement.api.reports import Reports, reports_router
from enforcement.api.violations import enforcement_router

__all__ = [
    "Reports",
    "cases_router",
    "enforcement_router",
    "fieldwork_router",
    "inquiries_router",
    "reports_router",
]
