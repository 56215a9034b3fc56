"""The route of the audit log."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from guidance.api.problems import problems
from guidance.store.keys import list_audit
from guidance.store.loans import Loans

LARGEST_PAGE = 500
_NEWEST = 2**62


class AuditBody(BaseModel):
    """A request that may have changed something, or was refused."""

    entry_no: int
    at: datetime
    who: str = Field(examples=["local"])
    role: str = Field(examples=["operator"])
    address: str = Field(examples=["127.0.0.1"])
    method: str = Field(examples=["PUT"])
    path: str = Field(examples=["/api/v1/signs/L3-01/override"])
    status: int = Field(examples=[200])


class AuditLogBody(BaseModel):
    """Entries of the audit log, newest first."""

    entries: list[AuditBody]
    next_cursor: str | None


def audit_router(loans: Loans) -> APIRouter:
    """The route; `loans` lends database connections."""
    router = APIRouter(tags=["operators"])

    def list_entries(
        cursor: Annotated[int, Query(description="`next_cursor` of the page before", ge=1)] = _NEWEST,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
    ) -> AuditLogBody:
        """Who changed what, and who was refused, newest first."""
        with loans() as connection:
            found = list_audit(connection, cursor, limit + 1)
        entries = [AuditBody.model_validate(asdict(entry)) for entry in found[:limit]]
        following = str(entries[-1].entry_no) if len(found) > limit else None
        return AuditLogBody(entries=entries, next_cursor=following)

    router.get("/audit", responses=problems(422, 503))(list_entries)
    return router
