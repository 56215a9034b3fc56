"""Reads earlier stays of a plate: a JSON list of bills, or of what a bill would say at the least."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.language import say
from billing.tariff import EarlierStay
from parking.errors import SetupError
from parking.money import Fen


def load_earlier(path: Path, zone: ZoneInfo) -> tuple[EarlierStay, ...]:
    """Every stay of the file: `tariff price --json` output, or arrive_at, depart_at and total_fen alone.

    `zone` and `operator` may be given beside them. Raises SetupError that names the stay that is wrong.
    """
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SetupError(say(f"{path}：无法读取：{error}", f"{path}: cannot be read: {error}")) from error
    stays: list[EarlierStay] = []
    for number, one in enumerate(body if isinstance(body, list) else [body], start=1):
        try:
            stays.append(_read(one, zone))
        except (KeyError, TypeError, ValueError) as error:
            raise SetupError(
                say(
                    f"{path}：第{number}次停车应有 arrive_at、depart_at、total_fen（{error}）",
                    f"{path}: stay {number}: expected arrive_at, depart_at and total_fen ({error})",
                )
            ) from error
    return tuple(stays)


def _read(body: dict[str, Any], zone: ZoneInfo) -> EarlierStay:
    arrive_at = _local(body["arrive_at"], zone)
    lines: list[dict[str, Any]] = body.get("lines", [])
    charges = [(_local(line["start_at"], zone), Fen(int(line["amount_fen"]))) for line in lines]
    return EarlierStay(
        arrive_at=arrive_at,
        depart_at=_local(body["depart_at"], zone),
        zone=body.get("zone", ""),
        operator=body.get("operator", ""),
        charges=tuple(charges) or ((arrive_at, Fen(int(body["total_fen"]))),),
        free=tuple(
            (_local(line["start_at"], zone), int(line["minutes"]))
            for line in lines
            if line["kind"] == "free_minutes"
        ),
    )


def _local(text: str, zone: ZoneInfo) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=zone)
