"""The line of figures that dashboards show, out of everything on the desk."""

from datetime import datetime
from typing import Any

from guidance.board import View
from guidance.desk import Desk
from guidance.figures import Figures, age_s
from guidance.signbook import SignBook


def kpi_body(desk: Desk, view: View, *, for_staff: bool = True) -> dict[str, Any]:
    """Figures of the moment of a view, as the event stream gives them; to others than staff some are null."""
    figures, lines = desk.figures if for_staff else Figures(), desk.lines
    return {
        "at": view.at,
        "as_of": view.as_of,
        "age_s": age_s(view.at, view.as_of),
        "fresh": view.fresh,
        "zones": dict(zip(desk.board.zone_ids, view.zones.tolist(), strict=True)),
        "city": list(view.city),
        "stays_open": figures.stays_open,
        "stays_held": figures.stays_held,
        "bills_today": figures.bills_today,
        "revenue_today_fen": figures.revenue_today_fen,
        "violations_open": figures.violations_open,
        "rejects_today": sum(figures.rejects_by_reason.values()),
        "rejects_by_reason": figures.rejects_by_reason,
        "billing_behind": figures.billing_behind,
        "signs": _sign_counts(desk.signs, view.at, len(desk.city.signs)),
        "database": lines.database,
        "broker": lines.broker,
    }


def _sign_counts(signs: SignBook, now: datetime, total: int) -> dict[str, int]:
    statuses = signs.list_all()
    return {
        "total": total,
        "fresh": sum(status.frame.expires_at > now for status in statuses),
        "confirmed": sum(status.shown_at is not None for status in statuses),
    }
