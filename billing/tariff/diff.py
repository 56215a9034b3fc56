"""What changes between two tariffs: in words, and in what stays cost."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from billing.tariff.check import kinds_of_rate, stay_of
from billing.tariff.choices import Words
from billing.tariff.explain import explain
from billing.tariff.plan import Tariff, UnpricedError
from billing.tariff.pricing import price_under
from billing.tariff.terms import Kind
from parking.money import Fen

DURATIONS_MIN = (15, 30, 31, 60, 61, 120, 130, 180, 240, 360, 480, 540, 541, 720, 1440)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChange:
    """A stay that costs something else under the other tariff; None where it cannot be priced."""

    kind: Kind
    minutes: int
    old_fen: Fen | None
    new_fen: Fen | None


def diff_words(old: Tariff, new: Tariff) -> list[Words]:
    """Lines of the explanations that go ("- ") and come ("+ "), each rate against its namesake."""
    before, after = _sections(old), _sections(new)
    lines: list[Words] = []
    for title in dict.fromkeys((*before, *after)):
        gone = [line for line in before.get(title, []) if line not in after.get(title, [])]
        come = [line for line in after.get(title, []) if line not in before.get(title, [])]
        if (gone or come) and title.zh:
            lines.append(title)
        lines += [Words(f"- {line.zh}", f"- {line.en}") for line in gone]
        lines += [Words(f"+ {line.zh}", f"+ {line.en}") for line in come]
    return lines


def _sections(tariff: Tariff) -> dict[Words, list[Words]]:
    """The lines of each rate under its title, all others under an empty one."""
    empty = Words("", "")
    sections: dict[Words, list[Words]] = {empty: []}
    title = empty
    for line in explain(tariff.terms):
        if line.zh.startswith("【"):
            title = line
            sections[title] = []
        elif not line.zh.startswith("  "):
            title = empty
        if line != title:
            sections[title].append(line)
    return sections


def diff_prices(old: Tariff, new: Tariff, arrive_at: datetime) -> Iterator[PriceChange]:
    """Stays from this arrival, for every kind that either tariff tells apart, that cost something else."""
    kinds = dict.fromkeys(
        kind for tariff in (old, new) for rate in tariff.terms.rates for kind in kinds_of_rate(tariff, rate)
    )
    for kind in kinds:
        for minutes in DURATIONS_MIN:
            old_fen = _find_price(old, kind, arrive_at, minutes)
            new_fen = _find_price(new, kind, arrive_at, minutes)
            if old_fen != new_fen:
                yield PriceChange(kind=kind, minutes=minutes, old_fen=old_fen, new_fen=new_fen)


def _find_price(tariff: Tariff, kind: Kind, arrive_at: datetime, minutes: int) -> Fen | None:
    try:
        return price_under(tariff, stay_of(kind, arrive_at, minutes)).total_fen
    except UnpricedError:
        return None
