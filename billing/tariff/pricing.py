"""Prices one stay under one tariff: pure, in integer fen, the same answer every time.

Bands first, then what is free, then units, then the operations in the tariff's own order, rounding last.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from billing.tariff.bill import Bill, Line, LineKind
from billing.tariff.choices import BegunMinute, WhileCharging, Words
from billing.tariff.free import BY_MINUTES, History, grant, lay_over, split_at
from billing.tariff.plan import Plan, Tariff
from billing.tariff.stay import PricedStay
from billing.tariff.steps import (
    Priced,
    add_surcharge,
    apply_adjust,
    apply_cap,
    berth_words,
    multiply_by_berths,
    round_total,
    rounding_words,
    unit_line,
)
from billing.tariff.terms import FREE_BAND, Adjust, Surcharge, Terms
from billing.tariff.timetable import Atom, reading_spans
from billing.tariff.units import HOURS_24_S, Piece, lay_units
from parking.money import Fen

BY_CHARGING = "charging"
_FREE_LINES = {
    "": (LineKind.FREE_BAND, Words("免费时段", "free hours")),
    BY_MINUTES: (LineKind.FREE_MINUTES, Words("免费时长", "free minutes")),
    BY_CHARGING: (LineKind.CHARGING, Words("充电期间", "while charging")),
}


def price_under(
    tariff: Tariff, stay: PricedStay, *, from_s: int | None = None, to_s: int | None = None
) -> Bill:
    """Price a stay, or the part [from_s, to_s) of it that falls to this version.

    Raises UnpricedError when the tariff has no rate for this kind of stay.
    """
    plan = tariff.plan(stay.kind)
    start_s = int(stay.arrive_at.timestamp())
    end_s, is_settled = _end(plan, stay, start_s)
    part_start_s = start_s if from_s is None else max(start_s, from_s)
    part_end_s = end_s if to_s is None else max(part_start_s, min(end_s, to_s))
    history = History(stay, start_s, plan.timetable.tariff_day)
    atoms = _cut(plan, history, part_start_s, part_end_s)
    others_s = (part_start_s - start_s, end_s - part_end_s)
    atoms = _free(tariff, plan, atoms, history, others_s)
    pieces = lay_units(atoms, plan.units, start_s)
    priced = Priced(pieces, history, part_start_s, part_end_s, tariff.clock, [])
    lines = _time_lines(atoms, pieces, priced, tariff.terms)
    total = _operate(tariff, plan, priced)
    return Bill(
        total_fen=Fen(total),
        lines=(*lines, *priced.lines),
        document=tariff.terms.document.number,
        tariff=tariff.terms.tariff_id,
        arrive_at=priced.at(part_start_s),
        depart_at=priced.at(part_end_s),
        minutes=(part_end_s - part_start_s) // 60,
        notes=(*plan.notes, *_notes(tariff, stay, (part_start_s, part_end_s), is_settled=is_settled)),
    )


def _end(plan: Plan, stay: PricedStay, start_s: int) -> tuple[int, bool]:
    """The end that is charged, at a whole minute after arrival; and whether payment settled the stay."""
    rules = plan.rate.rules
    depart_at, paid_at, is_settled = stay.depart_at, stay.paid_at, False
    if paid_at is not None and (depart_at - paid_at).total_seconds() <= rules.exit_grace_min * 60:
        depart_at, is_settled = paid_at, True
    length_s = int((depart_at - stay.arrive_at).total_seconds())
    if rules.begun_minute is BegunMinute.COUNTED:
        length_s += 59
    return start_s + length_s - length_s % 60, is_settled


def _cut(plan: Plan, history: History, start_s: int, end_s: int) -> list[Atom]:
    """The bands of the stay, cut also where shares change and where 24 h are full, and numbered."""
    atoms = plan.timetable.cut(start_s, end_s)
    window = visit = 0
    for before, atom in pairwise(atoms):
        if atom.band != before.band:
            visit += 1
            window += before.band == FREE_BAND
        atom.window, atom.visit = window, visit
    marks = {history.start_s + mark * 60 for mark in plan.marks_min}
    if plan.cuts_24h:
        origins = {history.start_s, *(history.origin_s(cap.over) for cap in plan.rate.caps)}
        for origin in origins | {history.origin_s(free.over) for free in plan.rate.free}:
            marks.update(range(origin + HOURS_24_S, end_s, HOURS_24_S))
    return split_at(atoms, sorted(marks)) if marks else atoms


def _free(
    tariff: Tariff, plan: Plan, atoms: list[Atom], history: History, others_s: tuple[int, int]
) -> list[Atom]:
    """Mark what costs nothing, each minute for one reason."""
    stay, rules = history.stay, plan.rate.rules
    for pass_id in stay.passes:
        if (terms := tariff.terms.passes.get(pass_id)) is not None and atoms:
            hours = (terms.from_min, terms.to_min)
            spans = reading_spans(atoms[0].start_s, atoms[-1].end_s, hours, tariff.zone)
            atoms = lay_over(atoms, spans, pass_id)
    if rules.while_charging is WhileCharging.FREE and stay.charging:
        spans = [(int(span.start_at.timestamp()), int(span.end_at.timestamp())) for span in stay.charging]
        atoms = lay_over(atoms, spans, BY_CHARGING)
    for free in plan.rate.free:
        atoms = grant(atoms, free, history, rules.begun_minute, others_s)
    return atoms


def _operate(tariff: Tariff, plan: Plan, priced: Priced) -> int:
    """Run the operations in the tariff's order, then rounding, then the exemption; returns the total."""
    stay = priced.history.stay
    scales = plan.rate.rules.cap_scaled
    for step in plan.operations if priced.pieces else ():
        match step:
            case Surcharge():
                add_surcharge(priced, step)
            case Adjust():
                apply_adjust(priced, step, scales_caps=scales)
            case None:
                if stay.berths_occupied > 1:
                    words = berth_words(stay.berths_occupied)
                    multiply_by_berths(priced, stay.berths_occupied, words, scales_caps=scales)
            case _:
                for cap, words in step:
                    apply_cap(priced, cap, words)
    total = priced.total
    rounding = tariff.terms.rounding
    if rounding is not None:
        total = round_total(priced, rounding, rounding_words(rounding))
    if stay.exemption is not None:
        reason = tariff.terms.exemptions.get(stay.exemption, Words(stay.exemption, stay.exemption))
        words = Words(f"免缴（{reason.zh}）", f"exempt ({reason.en})")
        priced.add(LineKind.EXEMPT, words, -total, total)
        total = 0
    return total


def _time_lines(atoms: list[Atom], pieces: list[Piece], priced: Priced, terms: Terms) -> list[Line]:
    """Free time and units in order of time; free time that touches is one line."""
    lines = [unit_line(piece, priced.clock) for piece in pieces]
    free = [atom for atom in atoms if atom.band == FREE_BAND or atom.free]
    if not free:
        return lines
    runs: list[Atom] = []
    for atom in free:
        if runs and runs[-1].free == atom.free and runs[-1].end_s == atom.start_s:
            runs[-1] = runs[-1].part(runs[-1].start_s, atom.end_s, atom.free)
        else:
            runs.append(atom)
    lines += [_free_line(run, priced, terms) for run in runs]
    if len(lines) > 1:
        lines.sort(key=_line_start)
    return lines


def _free_line(atom: Atom, priced: Priced, terms: Terms) -> Line:
    kind, words = _FREE_LINES.get(atom.free) or (LineKind.PASS, terms.passes[atom.free].words)
    return Line(
        kind=kind,
        words=words,
        start_at=priced.at(atom.start_s),
        end_at=priced.at(atom.end_s),
        amount_fen=Fen(0),
        minutes=(atom.end_s - atom.start_s) // 60,
    )


def _line_start(line: Line) -> datetime:
    return line.start_at


def _notes(tariff: Tariff, stay: PricedStay, span_s: tuple[int, int], *, is_settled: bool) -> Iterator[Words]:
    """What a reader of this bill should know beyond its lines."""
    if not tariff.is_in_force(span_s[0]):
        yield Words("该停车不在本收费文件的执行期内", "this stay lies outside the time in force")
    if is_settled:
        yield Words("已缴费并在规定时间内离场", "paid, and left within the time allowed")
    if stay.exemption is not None and stay.exemption not in tariff.terms.exemptions:
        yield Words("免缴原因不在本收费文件之列", "the exemption is not one that this tariff names")
    for pass_id in stay.passes:
        if pass_id not in tariff.terms.passes:
            yield Words(f"本收费文件没有月票 {pass_id}", f"this tariff has no pass {pass_id}")
    if tariff.depends_on_calendar:
        years = (tariff.clock.at(second).year for second in span_s)
        for year in dict.fromkeys(years):
            if year not in tariff.calendar.notices:
                yield Words(f"日历缺{year}年放假通知，按星期计", f"no holiday notice for {year}: by weekday")
