"""The routes of rights: what plates are entitled to, granted and ended by staff, with who and why."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel, Field

from billing.api.asking import instant, who_asks
from billing.api.rightsbodies import RightBody, RightsBody
from billing.rating import Site
from billing.reading import Loans
from billing.register import LOCK, find_right, list_rights, save_rights
from billing.rightsfile import RecordedRight
from billing.tariff import TariffBook
from parking.clock import Clock
from parking.ids import BerthId, SectionId
from parking.plates import ParsedPlate, parse_plate
from parking.rights import Right, RightKind
from parking.span import Span

# A right that says why no fee is due must be found again by an auditor.
DOCUMENTED: Final = frozenset({RightKind.EXEMPT})


class GrantBody(BaseModel):
    """A right to put on record. Without sections and roads it holds everywhere."""

    right_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$", examples=["R-0001"])]
    kind: RightKind
    plate: str = Field(examples=["鄂S12345"])
    from_at: datetime
    to_at: datetime = Field(description="not included")
    sections: list[str] = Field(default=[], max_length=500, examples=[["S001"]])
    roads: list[str] = Field(default=[], max_length=100, description="all sections of these roads")
    reason: str = Field(
        min_length=1,
        max_length=200,
        description="a pass's name in the tariff, which says its hours; an exemption's word in the tariff",
    )
    document: str = Field(default="", max_length=200, description="what grants it; an exemption needs one")


class EndBody(BaseModel):
    """When a right ends, and why. At or before its beginning it never was."""

    at: datetime | None = Field(default=None, description="default: now")
    remark: str = Field(min_length=3, max_length=500)


class RightsRoutes:
    """Handlers of the routes; each borrows a connection for one transaction."""

    def __init__(self, loans: Loans, book: TariffBook, sites: Mapping[BerthId, Site], clock: Clock) -> None:
        self._loans, self._book, self._clock = loans, book, clock
        self._roads: dict[str, set[SectionId]] = {}
        for site in sites.values():
            self._roads.setdefault(site.road, set()).add(site.section_id)

    def list_rights(
        self,
        kind: Annotated[RightKind | None, Query(description="only of this kind")] = None,
    ) -> RightsBody:
        """Passes, exemptions and other rights in force or to come, by their ids."""
        with self._loans() as connection:
            rights = list_rights(connection)
        now = self._clock.now()
        return RightsBody(
            rights=[
                RightBody.of(each)
                for each in rights
                if each.right.span.end_at > now and (kind is None or each.right.kind is kind)
            ]
        )

    def grant(self, wanted: GrantBody, request: Request) -> RightBody:
        """Put a right on record; stays that it concerns are rated again."""
        recorded = self._recorded(wanted)
        with self._loans() as connection:
            connection.execute(LOCK)
            if find_right(connection, wanted.right_id) is not None:
                raise HTTPException(409, f"{wanted.right_id!r} is on record already: end it, or name another")
            save_rights(connection, [recorded], self._clock.now(), by=who_asks(request))
        return RightBody.of(recorded)

    def end(self, right_id: str, wanted: EndBody, request: Request) -> RightBody:
        """End a right; stays after that are rated again. What was on record stays on record."""
        now = self._clock.now()
        at = instant(wanted.at) or now
        with self._loans() as connection:
            connection.execute(LOCK)
            known = find_right(connection, right_id)
            if known is None:
                raise HTTPException(404, f"there is no right {right_id!r}")
            span = known.right.span
            if at >= span.end_at:
                raise HTTPException(409, f"the right ends at {span.end_at.isoformat()}, which is before")
            ended = replace(known.right, span=Span(start_at=span.start_at, end_at=max(span.start_at, at)))
            recorded = replace(known, right=ended)
            save_rights(connection, [recorded], now, by=who_asks(request), remark=wanted.remark)
        return RightBody.of(recorded)

    def _recorded(self, wanted: GrantBody) -> RecordedRight:
        parsed = parse_plate(wanted.plate)
        if not isinstance(parsed, ParsedPlate):
            raise HTTPException(422, f"plate: {parsed.text!r} is none: {parsed.detail}")
        from_at, to_at = instant(wanted.from_at), instant(wanted.to_at)
        if from_at is None or to_at is None or to_at <= from_at:
            raise HTTPException(422, "to_at: a right ends after it begins")
        self._check_reason(wanted)
        right = Right(
            right_id=wanted.right_id,
            kind=wanted.kind,
            plate=parsed.plate,
            span=Span(start_at=from_at, end_at=to_at),
            section_ids=self._sections(wanted),
            reason=wanted.reason,
        )
        return RecordedRight(right=right, document=wanted.document)

    def _check_reason(self, wanted: GrantBody) -> None:
        """A tariff must know the pass or the exemption, else it would have no effect, or none to show."""
        terms = [tariff.terms for tariff in self._book.tariffs]
        known: dict[RightKind, set[str]] = {
            RightKind.PASS: {name for each in terms for name in each.passes},
            RightKind.EXEMPT: {name for each in terms for name in each.exemptions},
        }
        names = known.get(wanted.kind)
        if names is not None and wanted.reason not in names:
            raise HTTPException(
                422, f"reason: the tariffs know {', '.join(sorted(names)) or 'none'}, not {wanted.reason!r}"
            )
        if wanted.kind in DOCUMENTED and not wanted.document.strip():
            raise HTTPException(422, "document: name what grants the exemption, an auditor will ask for it")

    def _sections(self, wanted: GrantBody) -> frozenset[SectionId]:
        known = {section for sections in self._roads.values() for section in sections}
        chosen = {SectionId(each) for each in wanted.sections}
        for road in wanted.roads:
            if road not in self._roads:
                raise HTTPException(422, f"roads: the city has no berths on {road!r}")
            chosen |= self._roads[road]
        for section_id in wanted.sections:
            if section_id not in known:
                raise HTTPException(422, f"sections: the city has no section {section_id!r} with berths")
        return frozenset(chosen)


def rights_router(loans: Loans, book: TariffBook, sites: Mapping[BerthId, Site], clock: Clock) -> APIRouter:
    """Build the routes."""
    router, routes = APIRouter(prefix="/rights"), RightsRoutes(loans, book, sites, clock)
    router.get("")(routes.list_rights)
    router.post("", status_code=201)(routes.grant)
    router.post("/{right_id}/end")(routes.end)
    return router
