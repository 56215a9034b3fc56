"""Refusals as the API gives them: problem+json (RFC 9457), made from these in one place in `app/`."""

from typing import Any

from fastapi import HTTPException
from pydantic import BaseModel, Field

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """Why a request was refused. `type` names the kind of problem, for machines."""

    type: str = Field(examples=["/problems/outside-city"])
    title: str = Field(examples=["Outside the city"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["the position is 12.4 km from Suizhou: nothing is known there"])


def refuse(status: int, kind: str, title: str, detail: str) -> HTTPException:
    """Build the exception that becomes a problem of this kind."""
    return HTTPException(status, detail={"kind": kind, "title": title, "detail": detail})


def not_found(what: str, name: str) -> HTTPException:
    """Build the refusal for an id that the city does not have."""
    return refuse(404, f"unknown-{what}", f"Unknown {what}", f"the city has no {what} {name!r}")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the refusals that a route may give."""
    return {status: {"model": Problem, "description": _MEANING[status]} for status in statuses}


_MEANING = {
    401: "Whoever asks is not known by this",
    403: "Whoever asks may not use this",
    429: "Too many attempts; try again after `Retry-After` seconds",
    404: "The city has no such thing",
    422: "A value is wrong or makes no sense here",
    503: "The database does not answer; try again after `Retry-After` seconds",
}
