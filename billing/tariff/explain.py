"""A tariff in words, Chinese and English, from its terms alone: what a clerk would read out."""

from collections.abc import Iterator

from billing.tariff.choices import PER_WORDS, AcrossSwitch, Words
from billing.tariff.explainrate import explain_rate, in_bands, who
from billing.tariff.steps import rounding_words
from billing.tariff.terms import (
    BERTHS_STEP,
    CAP_STEP,
    DAY_MINUTES,
    Adjust,
    Interval,
    PassTerms,
    Schedule,
    Surcharge,
    Terms,
)
from parking.money import format_yuan

_DAYS = {
    "working": Words("工作日", "working days"),
    "nonworking": Words("非工作日", "non-working days"),
    "holiday": Words("节假日", "holidays"),
    "mon": Words("周一", "Mondays"),
    "tue": Words("周二", "Tuesdays"),
    "wed": Words("周三", "Wednesdays"),
    "thu": Words("周四", "Thursdays"),
    "fri": Words("周五", "Fridays"),
    "sat": Words("周六", "Saturdays"),
    "sun": Words("周日", "Sundays"),
}
_ACROSS = {
    AcrossSwitch.ARRIVAL: Words("按驶入时的版本计费", "priced by the version at arrival"),
    AcrossSwitch.SPLIT: Words("两个版本各计各段", "each version prices its own part"),
    AcrossSwitch.DEPARTURE: Words("按驶离时的版本计费", "priced by the version at departure"),
}


def explain(terms: Terms) -> list[Words]:
    """The whole tariff, one sentence a line."""
    lines = [terms.words, *_document(terms), *_scope(terms)]
    lines += [_schedule(schedule, terms) for schedule in terms.schedules]
    lines += [_interval(interval, terms) for interval in terms.intervals]
    lines += [line for rate in terms.rates for line in explain_rate(rate, terms)]
    lines += _operations(terms)
    lines += [_pass(one) for one in terms.passes.values()]
    if terms.exemptions:
        names = terms.exemptions.values()
        zh, en = "、".join(name.zh for name in names), ", ".join(name.en for name in names)
        lines.append(Words(f"免费车辆：{zh}", f"exempt: {en}"))
    return lines


def _document(terms: Terms) -> Iterator[Words]:
    document, effective = terms.document, terms.effective
    if document.number:
        yield Words(f"文号：{document.number}", f"document: {document.number}")
    else:
        yield Words(f"无文号：{document.unnumbered}", f"document without a number: {document.unnumbered}")
    if effective.from_local:
        begins, across = f"{effective.from_local:%Y-%m-%d %H:%M}", _ACROSS[effective.across_switch]
        yield Words(
            f"自 {begins} 起执行；跨越此刻的停车{across.zh}",
            f"in force from {begins}; a stay across that moment is {across.en}",
        )
    if effective.to_local:
        ends = f"{effective.to_local:%Y-%m-%d %H:%M}"
        yield Words(f"执行至 {ends}", f"in force until {ends}")


def _scope(terms: Terms) -> Iterator[Words]:
    places = (*terms.scope.roads, *terms.scope.sections, *terms.scope.berths)
    if places:
        yield Words(f"仅限：{'、'.join(places)}", f"only at: {', '.join(places)}")


def _schedule(schedule: Schedule, terms: Terms) -> Words:
    days = [_DAYS.get(day, Words(day, day)) for day in schedule.days] or [Words("每天", "every day")]
    spans = [(f"{clock(s.from_min)}–{clock(s.to_min)}", terms.bands[s.band]) for s in schedule.slots]
    kinds, zh_begins, en_begins = who(schedule.when), "", ""
    if schedule.begins_min:
        zh_begins = f"，计费日自 {clock(schedule.begins_min)} 起"
        en_begins = f", the day begins at {clock(schedule.begins_min)}"
    seasons = [f"{name} {_season(terms, name)}" for name in schedule.seasons]
    zh_days = "、".join([*(day.zh for day in days), *seasons])
    en_days = ", ".join([*(day.en for day in days), *seasons])
    zh = "，".join(f"{span} {band.zh}" for span, band in spans)
    en = ", ".join(f"{span} {band.en}" for span, band in spans)
    return Words(f"{zh_days}{kinds.zh}{zh_begins}：{zh}", f"{en_days}{kinds.en}{en_begins}: {en}")


def _season(terms: Terms, name: str) -> str:
    season = terms.seasons[name]
    (from_month, from_day), (to_month, to_day) = season.from_day, season.to_day
    return f"{from_month:02d}-{from_day:02d} – {to_month:02d}-{to_day:02d}"


def _interval(interval: Interval, terms: Terms) -> Words:
    span = f"{interval.from_local:%Y-%m-%d %H:%M} – {interval.to_local:%Y-%m-%d %H:%M}"
    kinds, band = who(interval.when), terms.bands[interval.band]
    return Words(
        f"{interval.words.zh}（{span}）{kinds.zh}：{band.zh}",
        f"{interval.words.en} ({span}){kinds.en}: {band.en}",
    )


def _operations(terms: Terms) -> Iterator[Words]:
    names: list[Words] = []
    for step in terms.order:
        if step == CAP_STEP:
            names.append(Words("封顶", "caps"))
        elif step == BERTHS_STEP:
            names.append(Words("按占用泊位数计", "times the berths occupied"))
        else:
            names.append((terms.surcharges.get(step) or terms.adjusts[step]).words)
    yield from (_surcharge(terms.surcharges[step]) for step in terms.order if step in terms.surcharges)
    yield from (_adjust(terms.adjusts[step], terms) for step in terms.order if step in terms.adjusts)
    zh, en = " → ".join(name.zh for name in names), " → ".join(name.en for name in names)
    yield Words(f"计算顺序：计时计费 → {zh}", f"order: units → {en}")
    if terms.rounding is not None:
        yield rounding_words(terms.rounding)


def _surcharge(surcharge: Surcharge) -> Words:
    kinds, per, amount = who(surcharge.when), PER_WORDS[surcharge.per], format_yuan(surcharge.amount_fen)
    return Words(
        f"{surcharge.words.zh}{kinds.zh}：{per.zh}加{amount}元",
        f"{surcharge.words.en}{kinds.en}: {amount} yuan {per.en}",
    )


def _adjust(adjust: Adjust, terms: Terms) -> Words:
    kinds, bands = who(adjust.when), in_bands(adjust.bands, terms)
    zh: list[str] = []
    en: list[str] = []
    for share in adjust.shares:
        part = f".{share.pay_bp % 100:02d}" if share.pay_bp % 100 else ""
        percent = f"{share.pay_bp // 100}{part} %"
        until = "" if share.upto_min is None else f"{share.upto_min}"
        zh.append(f"停车{until}分钟内付{percent}" if until else f"付{percent}")
        en.append(f"{percent} until {until} min" if until else f"pays {percent}")
    return Words(
        f"{adjust.words.zh}{kinds.zh}{bands.zh}：{'，其后'.join(zh)}",
        f"{adjust.words.en}{kinds.en}{bands.en}: {', then '.join(en)}",
    )


def _pass(one: PassTerms) -> Words:
    hours = (
        ""
        if (one.from_min, one.to_min) == (0, DAY_MINUTES)
        else f" {clock(one.from_min)}–{clock(one.to_min)}"
    )
    price = format_yuan(one.price_fen)
    return Words(f"{one.words.zh}{hours}：{price}元", f"{one.words.en}{hours}: {price} yuan")


def clock(minute: int) -> str:
    """A minute of the day as "07:30"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
