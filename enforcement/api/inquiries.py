"""Routes for the person concerned: inquiry, statement and defence, by case number and plate."""

import base64
import binascii
from typing import Final

from fastapi import APIRouter, Response

from enforcement.api.casebodies import CaseBody, InquiryAnswer, ItemShown
from enforcement.api.cases import Key
from enforcement.api.problems import refuse, refused
from enforcement.api.stepbodies import DefenceBody, InquiryBody, ItemBody
from enforcement.cases.words import Action, Case, Refusal
from enforcement.desk import CaseDesk, Wish
from enforcement.evidence.items import list_items
from enforcement.ports import Digest
from enforcement.store import cases
from parking.clock import local_day

TOLD: Final = ("facts", "reasons", "basis", "rights", "proposed")


class Inquiries:
    """Handlers of the routes."""

    def __init__(self, desk: CaseDesk) -> None:
        self._desk = desk

    def inquire(self, body: InquiryBody) -> InquiryAnswer:
        """Tell the person concerned what they were told, and what is on file."""
        case = self._own_case(body)
        with self._desk.loans() as connection:
            log = cases.list_log(connection, case.case_id)
        notice = next(each.entry.body for each in log if each.entry.action == Action.GIVE_NOTICE)
        today = local_day(self._desk.clock.now(), self._desk.calendar.zone)
        return InquiryAnswer(
            case_id=case.case_id,
            state=case.state,
            notice={name: notice[name] for name in TOLD},
            outcome=case.outcome,
            amount_fen=case.amount_fen,
            items=[
                ItemShown(kind=item["kind"], name=item["name"], digest=item["digest"])
                for item in list_items(log)
            ],
            deadlines=CaseBody.of(case, self._desk.calendar, today, in_full=False).deadlines,
        )

    def show_item(self, body: ItemBody) -> Response:
        """Hand out one item on file, as it was entered."""
        case = self._own_case(body)
        content = self._desk.find_item(case, Digest(body.digest))
        if content is None:
            raise refuse(404, "no-such-item", "No such item", "the case has no item of this digest")
        return Response(content, media_type="application/octet-stream")

    def defend(self, body: DefenceBody, key: Key = None) -> InquiryAnswer:
        """Enter what the person concerned states, with attachments."""
        case = self._own_case(body)
        try:
            attached = {each.name: base64.b64decode(each.content, validate=True) for each in body.attachments}
        except binascii.Error as error:
            raise refuse(422, "bad-attachment", "Bad attachment", f"not base64: {error}") from error
        result = self._desk.defend(case, body.text, attached, Wish(key=key))
        if isinstance(result, Refusal):
            raise refused(result)
        return self.inquire(body)

    def _own_case(self, body: InquiryBody) -> Case:
        case = self._desk.inquire(body.case_id, body.plate)
        if case is None:
            # One answer for a wrong number, a wrong plate and a case not open yet: none can be probed.
            raise refuse(404, "no-such-case", "No such case", "no case of this number and plate can be shown")
        return case


def inquiries_router(desk: CaseDesk) -> APIRouter:
    """Build the routes of the person concerned. Particulars stay out of the URL, which gets logged."""
    router, handlers = APIRouter(prefix="/inquiries", tags=["inquiries"]), Inquiries(desk)
    router.post("")(handlers.inquire)
    router.post("/items", response_class=Response)(handlers.show_item)
    router.post("/defences")(handlers.defend)
    return router
