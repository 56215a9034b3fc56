"""What guidance tells signs is as `deploy/asyncapi.yaml` says, and as a controller reads it."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from guidance.board import Counts
from guidance.overrides import Line, Override, override_rows
from guidance.signs import Frame, FrameRow, compose, encode_frame
from parking.ids import SignId
from simulators.devices.sign import decode_frame
from tests.support.guidance import NOON, minutes
from tests.support.smallcity import small_city

DOCUMENT = yaml.safe_load(Path("deploy/asyncapi.yaml").read_text(encoding="utf-8"))
SIGN = small_city().signs[SignId("L2-01")]
BY_HAND = Override(
    override_no=1, sign_id=SIGN.sign_id, lines=(Line(text="前方封路", text_en="ROAD CLOSED"),), reason="",
    set_by="", set_at=NOON, until_at=minutes(5),
)  # fmt: skip
SHOWN = {
    "numbers": compose(SIGN, [Counts(12, 3, 0, 0), Counts(1, 40, 0, 0)], fresh=True),
    "words": compose(SIGN, [Counts(0, 40, 0, 0), Counts(0, 0, 0, 4)], fresh=True),
    "stale": compose(SIGN, [Counts(12, 3, 0, 0)] * 2, fresh=False),
    "by hand": override_rows(SIGN, BY_HAND),
}


@pytest.mark.parametrize("rows", SHOWN.values(), ids=SHOWN)
def test_every_frame_is_as_documented_and_readable(rows: tuple[FrameRow, ...]) -> None:
    frame = Frame(
        sign_id=SIGN.sign_id, frame_no=7, rows=rows, as_of=NOON, published_at=NOON, expires_at=minutes(5),
        cause="change",
    )  # fmt: skip
    schema = {"$ref": "#/components/schemas/SignFrame", "components": DOCUMENT["components"]}
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)

    payload = encode_frame(frame)

    assert list(validator.iter_errors(json.loads(payload))) == []
    read = decode_frame(payload)
    assert read is not None
    assert (read.frame_no, read.expires_at) == (7, minutes(5))
