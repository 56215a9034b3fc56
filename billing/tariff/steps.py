"""The operations that follow the units, in the tariff's own order: surcharges, caps, discounts, berths.

Each changes the amounts of the pieces and says so in a line; together the lines make up the total.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.tariff.bill import Line, LineKind
from billing.tariff.choices import Over, RoundMode, Words
from billing.tariff.free import History
from billing.tariff.localclock import LocalClock
from billing.tariff.terms import WHOLE_BP, Adjust, Cap, Rounding, Share, Surcharge
from billing.tariff.units import Piece, cycle_key
from parking.money import Fen, format_yuan


@dataclass(slots=True)
class Priced:
    """A stay in the middle of being priced."""

    pieces: list[Piece]
    history: History
    start_s: int
    end_s: int
    clock: LocalClock
    lines: list[Line]
    cap_scale: tuple[int, int] = (1, 1)

    @property
    def total(self) -> int:
        """What the pieces amount to now."""
        return sum(piece.amount for piece in self.pieces)

    def at(self, second: int) -> datetime:
        """The instant on the local clock."""
        return self.clock.at(second)

    def add(
        self, kind: LineKind, words: Words, amount: int, limit: int, span: tuple[int, int] | None = None
    ) -> None:
        """Append the line of an operation."""
        start_s, end_s = span or (self.start_s, self.end_s)
        self.lines.append(
            Line(
                kind=kind,
                words=words,
                start_at=self.at(start_s),
                end_at=self.at(end_s),
                amount_fen=Fen(amount),
                limit_fen=Fen(limit),
            )
        )


def add_surcharge(priced: Priced, surcharge: Surcharge) -> None:
    """Add the amount once to every cycle in which anything is charged."""
    seen: set[int] = set()
    added: list[Piece] = []
    for piece in priced.pieces:
        key = cycle_key(surcharge.per, piece, priced.history.start_s)
        if piece.amount <= 0 or piece.is_surcharge or key in seen:
            continue
        seen.add(key)
        fen = surcharge.amount_fen
        added.append(
            Piece(
                piece.start_s, piece.end_s, piece.day, piece.window, piece.visit, piece.band,
                surcharge.words, 1, 0, fen, fen, fen, is_surcharge=True,
            )
        )  # fmt: skip
    priced.pieces = sorted([*priced.pieces, *added], key=_start)
    priced.lines += [unit_line(piece, priced.clock) for piece in added]


def unit_line(piece: Piece, clock: LocalClock) -> Line:
    """The line of units of one step, at their full price."""
    return Line(
        kind=LineKind.SURCHARGE if piece.is_surcharge else LineKind.UNITS,
        words=piece.words,
        start_at=clock.at(piece.start_s),
        end_at=clock.at(piece.end_s),
        amount_fen=Fen(piece.gross),
        minutes=piece.used_s // 60,
        units=piece.units,
        unit_min=piece.unit_s // 60 if piece.unit_s < 1 << 40 else 0,
        unit_fen=Fen(piece.unit_fen),
    )


def apply_cap(priced: Priced, cap: Cap, words: Words) -> None:
    """Bring every cycle down to the cap: what begins after the cap is reached costs nothing."""
    limits = [_share(fen, *priced.cap_scale) for fen in cap.amounts_fen]
    if cap.over is Over.STAY and priced.total <= min(limits):
        return
    origin_s = priced.history.origin_s(cap.over)
    groups: dict[int, list[Piece]] = {}
    for piece in priced.pieces:
        if not cap.bands or piece.band in cap.bands:
            groups.setdefault(cycle_key(cap.per, piece, origin_s), []).append(piece)
    for key, group in groups.items():
        limit = limits[min(key, len(limits) - 1)] if len(limits) > 1 else limits[0]
        left = max(0, limit - priced.history.charged_fen(cap.over, cap.per, key))
        excess = sum(piece.amount for piece in group) - left
        if excess > 0:
            reached_s = _reduce(group, excess)
            priced.add(LineKind.CAP, words, -excess, limit, (reached_s, group[-1].end_s))


def _reduce(group: Sequence[Piece], excess: int) -> int:
    """Take the excess from the latest pieces; returns when the first unit began that is not paid whole."""
    reached_s = group[0].start_s
    for piece in reversed(group):
        if excess <= 0:
            break
        kept = max(0, piece.amount - excess)
        paid_units = kept * piece.units // piece.amount if piece.amount else 0
        reached_s = min(piece.start_s + paid_units * piece.unit_s, max(piece.start_s, piece.end_s))
        excess -= piece.amount - kept
        piece.amount = kept
    return reached_s


def apply_adjust(priced: Priced, adjust: Adjust, *, scales_caps: bool) -> None:
    """Multiply by the share that is paid; fractions of a fen are carried on and round half up."""
    before = priced.total
    exact = rounded = 0
    for piece in sorted(priced.pieces, key=_start) if adjust.shares[1:] else priced.pieces:
        if adjust.bands and piece.band not in adjust.bands:
            continue
        exact += piece.amount * _share_at(adjust.shares, piece.start_s - priced.history.start_s)
        piece.amount = _share(exact, 1, WHOLE_BP) - rounded
        rounded += piece.amount
    if scales_caps and len(adjust.shares) == 1:
        numerator, denominator = priced.cap_scale
        priced.cap_scale = (numerator * adjust.shares[0].pay_bp, denominator * WHOLE_BP)
    _add_change(priced, adjust.words, before)


def multiply_by_berths(priced: Priced, berths: int, words: Words, *, scales_caps: bool) -> None:
    """Charge every berth that the vehicle occupies."""
    before = priced.total
    for piece in priced.pieces:
        piece.amount *= berths
    if scales_caps:
        priced.cap_scale = (priced.cap_scale[0] * berths, priced.cap_scale[1])
    _add_change(priced, words, before)


def round_total(priced: Priced, rounding: Rounding, words: Words) -> int:
    """The total at the step of settlement."""
    total, step = priced.total, rounding.step_fen
    extra = {RoundMode.DOWN: 0, RoundMode.HALF_UP: step // 2, RoundMode.UP: step - 1}[rounding.mode]
    rounded = (total + extra) // step * step
    if rounded != total:
        priced.add(LineKind.ROUNDING, words, rounded - total, total)
    return rounded


def berth_words(berths: int) -> Words:
    """How the line of several berths reads."""
    return Words(f"占用{berths}个泊位", f"{berths} berths occupied")


def rounding_words(rounding: Rounding) -> Words:
    """How the line of rounding reads."""
    step = format_yuan(Fen(rounding.step_fen))
    how = {
        RoundMode.HALF_UP: ("四舍五入", "half up"),
        RoundMode.UP: ("进位", "up"),
        RoundMode.DOWN: ("舍去", "down"),
    }[rounding.mode]
    return Words(f"结算时按{step}元{how[0]}", f"settled in steps of {step} yuan, rounded {how[1]}")


def _add_change(priced: Priced, words: Words, before: int) -> None:
    change = priced.total - before
    if change:
        priced.add(LineKind.DISCOUNT if change < 0 else LineKind.FACTOR, words, change, before)


def _share_at(shares: tuple[Share, ...], elapsed_s: int) -> int:
    for share in shares:
        if share.upto_min is None or elapsed_s < share.upto_min * 60:
            return share.pay_bp
    return WHOLE_BP


def _share(amount: int, numerator: int, denominator: int) -> int:
    """A fraction of an amount, half a fen rounded up."""
    return (2 * amount * numerator + denominator) // (2 * denominator)


def _start(piece: Piece) -> int:
    return piece.start_s
