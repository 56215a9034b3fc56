"""Turns a priced stay into what later stays of the same plate need to know of it."""

from billing.tariff.bill import Bill, LineKind
from billing.tariff.stay import EarlierStay, PricedStay


def earlier_stay(stay: PricedStay, bill: Bill) -> EarlierStay:
    """The charges and the free minutes of a bill, each from the instant at which it began."""
    return EarlierStay(
        arrive_at=stay.arrive_at,
        depart_at=stay.depart_at,
        zone=stay.zone,
        operator=stay.operator,
        charges=tuple((line.start_at, line.amount_fen) for line in bill.lines if line.amount_fen),
        free=tuple(
            (line.start_at, line.minutes) for line in bill.lines if line.kind is LineKind.FREE_MINUTES
        ),
    )
