"""Refusals of this room, in the form that the application turns into problem+json."""

from typing import Final

from fastapi import HTTPException

from enforcement.cases.words import Refusal

_STATUS: Final = {
    "wrong_role": 403,
    "no_certificate": 403,
    "unknown_case": 404,
    "unknown_violation": 404,
    "wrong_hash": 422,
    "bad_picture": 422,
    "evidence_fails": 422,
    "cannot_check": 503,
}


def refuse(status: int, kind: str, title: str, detail: str) -> HTTPException:
    """Build the exception that becomes a problem of this kind."""
    return HTTPException(status, detail={"kind": kind, "title": title, "detail": detail})


def refused(refusal: Refusal) -> HTTPException:
    """Build the exception for a step that was not taken; what the procedure forbids is a conflict."""
    kind = refusal.reason.replace("_", "-")
    detail = f"{refusal.detail} ({refusal.article})" if refusal.article else refusal.detail
    return refuse(_STATUS.get(refusal.reason, 409), kind, kind.replace("-", " ").capitalize(), detail)
