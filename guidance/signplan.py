"""What every sign should show at this moment: an override where one stands, else what the counts say."""

from datetime import datetime

from guidance.board import Board, Counts, Ints, View
from guidance.outlook import Outlook
from guidance.overrides import Overrides, override_rows
from guidance.signbook import SignBook
from guidance.signs import EXPIRE_AFTER, FrameRow, SignTotals, compose, expiry
from guidance.streets import Streets
from parking.city import City
from parking.ids import SignId


class SignPlan:
    """The plan over a city's signs; `book` tells what they show, which decides when words change.

    Signs speak to everybody, so they count only berths that an ordinary driver may use.
    """

    def __init__(
        self, city: City, board: Board, streets: Streets, book: SignBook, overrides: Overrides
    ) -> None:
        self._city, self._book, self._overrides, self._streets = city, book, overrides, streets
        self._totals = SignTotals(city.signs.values(), board.section_no)

    def add_up(self, view: View, outlook: Outlook | None = None) -> Ints:
        """Counts of every row of every sign on a driver's arrival, for `rows` and `changed`."""
        holds = outlook is not None and view.fresh and outlook.holds(view.at)
        return self._totals.add_up(self._streets.for_anybody(view), outlook if holds else None)

    def counts(self, sign_id: SignId, sums: Ints) -> list[Counts]:
        """Counts of one sign's rows, out of what `add_up` gave."""
        return self._totals.rows_of(sign_id, sums)

    def changed(self, before: Ints, after: Ints) -> list[SignId]:
        """Signs of which a row differs between two results of `add_up`."""
        return self._totals.changed(before, after)

    def rows(self, sign_id: SignId, sums: Ints, now: datetime, *, fresh: bool) -> tuple[FrameRow, ...]:
        """What a sign should show."""
        sign = self._city.signs[sign_id]
        override = self._overrides.find(sign_id, now)
        if override is not None:
            return override_rows(sign, override)
        status = self._book.find(sign_id)
        before = status.frame.rows if status else ()
        return compose(sign, self.counts(sign_id, sums), fresh=fresh, before=before)

    def expiry(self, sign_id: SignId, view: View, now: datetime) -> datetime:
        """When what it should show must be gone unless it is said again."""
        override = self._overrides.find(sign_id, now)
        if override is not None:
            return min(now + EXPIRE_AFTER, override.until_at)
        return expiry(now, view.fresh_until)

    def standing(self, now: datetime) -> dict[SignId, int]:
        """Number of the override that stands on each sign that has one."""
        return {sign_id: each.override_no for sign_id, each in self._overrides.standing(now).items()}
