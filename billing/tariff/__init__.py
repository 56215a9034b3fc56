"""Published tariffs as text that can be proved, and the price of a stay under them.

- `load_tariff(path, calendar=None) -> Tariff`, `load_tariff_book(directory, calendar=None) -> TariffBook`,
  `load_calendar(path) -> HolidayCalendar`: files; SourceError names file, line and what was expected.
- `price(tariff_or_book, PricedStay(...)) -> Bill`: pure; a finished stay, one that still runs (depart_at =
  now), or a planned one. Raises UnpricedError when no tariff or no rate holds for the stay.
- `bill_to_json(bill)`, `bill_from_json(body)`: storage, an exact round trip.
- `earlier_stay(stay, bill) -> EarlierStay`: what later stays of the plate need to know of this one.

The sum of `bill.lines` is `bill.total_fen`. Everything here but the three loaders is without I/O and clock.
"""

from billing.tariff.bill import Bill, Line, LineKind, bill_from_json, bill_to_json
from billing.tariff.book import TariffBook, price
from billing.tariff.calendar import HolidayCalendar
from billing.tariff.calendarfile import load_calendar
from billing.tariff.choices import Words
from billing.tariff.history import earlier_stay
from billing.tariff.plan import Tariff, UnpricedError
from billing.tariff.source import load_tariff, load_tariff_book
from billing.tariff.stay import EarlierStay, PricedStay

__all__ = [
    "Bill",
    "EarlierStay",
    "HolidayCalendar",
    "Line",
    "LineKind",
    "PricedStay",
    "Tariff",
    "TariffBook",
    "UnpricedError",
    "Words",
    "bill_from_json",
    "bill_to_json",
    "earlier_stay",
    "load_calendar",
    "load_tariff",
    "load_tariff_book",
    "price",
]
