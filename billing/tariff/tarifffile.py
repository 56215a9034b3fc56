"""Reads a whole tariff file into terms, refusing whatever would make a bill unclear."""

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from billing.tariff.choices import AcrossSwitch, Cycle, Over, RoundMode, Words
from billing.tariff.ratefile import read_rates, read_when, read_words
from billing.tariff.schedulefile import read_band, read_intervals, read_schedules, read_season
from billing.tariff.table import Table, unique
from billing.tariff.terms import (
    BERTHS_STEP,
    CAP_STEP,
    DAY_MINUTES,
    FREE_BAND,
    Adjust,
    Document,
    Effective,
    PassTerms,
    Rate,
    Rounding,
    Scope,
    Share,
    Surcharge,
    Terms,
)
from parking.sourcefile import SourceText

FORMAT = 1
FREE_WORDS = Words("免费时段", "free hours")
_PERCENT = re.compile(r"(\d+)(?:\.(\d{1,2}))?%")
_RESERVED_IDS = ("minutes", "charging", CAP_STEP, BERTHS_STEP)


def read_terms(source: SourceText) -> Terms:
    """Terms of a parsed tariff file; raises SourceError with the line of whatever is not as it must be."""
    root = Table(source, (), source.body)
    if root.whole("format") != FORMAT:
        root.fail("format", f"format: expected {FORMAT}", f"format：应为 {FORMAT}")
    bands = {FREE_BAND: FREE_WORDS} | {
        name: read_band(root.table("band"), name) for name in root.table("band").names()
    }
    adjusts = unique(root.tables("adjust"), _read_adjust)
    surcharges = unique(root.tables("surcharge"), _read_surcharge)
    seasons = {name: read_season(root.table("season"), name) for name in root.table("season").names()}
    rates = read_rates(root, bands)
    terms = Terms(
        tariff_id=root.text("id"),
        words=read_words(root),
        timezone=_read_zone(root),
        document=_read_document(root.table("document")),
        effective=_read_effective(root.table("effective")),
        scope=_read_scope(root.table("scope")),
        bands=bands,
        schedules=read_schedules(root, bands, seasons),
        rates=rates,
        order=_read_order(root, adjusts, surcharges, rates),
        intervals=read_intervals(root.tables("interval"), bands),
        seasons=seasons,
        adjusts=adjusts,
        surcharges=surcharges,
        rounding=_read_rounding(root.table("rounding")) if root.has("rounding") else None,
        passes=unique(root.tables("pass"), _read_pass),
        exemptions=unique(root.tables("exemption"), _read_exemption),
    )
    root.text("calendar", "")
    root.done()
    return terms


def _read_zone(root: Table) -> str:
    name = root.text("timezone", "Asia/Shanghai")
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError):
        root.fail(
            "timezone",
            f"timezone: expected a time zone like Asia/Shanghai, not {name!r}",
            f"timezone：应为 Asia/Shanghai 这样的时区，而不是 {name!r}",
        )


def _read_document(table: Table) -> Document:
    document = Document(
        number=table.text("number", ""),
        unnumbered=table.text("unnumbered", ""),
        title=table.text("title", ""),
        source=table.text("source", ""),
        grade=table.text("grade", ""),
    )
    if bool(document.number) == bool(document.unnumbered):
        table.fail(
            "number",
            "document: expected its number (文号), or unnumbered = why it has none",
            "document：须有文号 number，或以 unnumbered 说明为何没有",
        )
    table.done()
    return document


def _read_effective(table: Table) -> Effective:
    effective = Effective(
        from_local=table.local_time("from"),
        to_local=table.local_time("to"),
        across_switch=table.word("across_switch", AcrossSwitch.ARRIVAL),
    )
    if effective.from_local and effective.to_local and effective.to_local <= effective.from_local:
        table.fail("to", "effective: expected to after from", "effective：to 须晚于 from")
    table.done()
    return effective


def _read_scope(table: Table) -> Scope:
    scope = Scope(roads=table.words("roads"), sections=table.words("sections"), berths=table.words("berths"))
    table.done()
    return scope


def _read_id(table: Table) -> str:
    name = table.text("id")
    if name in _RESERVED_IDS:
        table.fail("id", f"id {name} is reserved", f"id {name} 为保留名")
    return name


def _percent(table: Table) -> int:
    text = table.text("pay")
    match = _PERCENT.fullmatch(text)
    if match is None:
        table.fail(
            "pay",
            f'pay: expected what is paid in percent, like "50%", not {text!r}',
            f'pay：应为实付百分比，如 "50%"，而不是 {text!r}',
        )
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def _read_adjust(table: Table) -> tuple[str, Adjust]:
    name = _read_id(table)
    if table.has("shares") == table.has("pay"):
        table.fail(
            "pay",
            'adjust: expected either pay = "50%" or shares by time since arrival',
            'adjust：须有 pay = "50%" 或按驶入后时长的 shares，二者取一',
        )
    shares = _read_shares(table) if table.has("shares") else (Share(pay_bp=_percent(table)),)
    adjust = Adjust(
        adjust_id=name,
        words=read_words(table),
        when=read_when(table),
        shares=shares,
        bands=table.words("bands"),
    )
    table.done()
    return name, adjust


def _read_shares(table: Table) -> tuple[Share, ...]:
    shares: list[Share] = []
    begins = 0
    for one in table.tables("shares"):
        upto = one.whole("upto", begins + 1) if one.has("upto") else None
        shares.append(Share(pay_bp=_percent(one), upto_min=upto))
        begins = upto or DAY_MINUTES * 365
        one.done()
    if not shares or [share.upto_min is None for share in shares] != [False] * (len(shares) - 1) + [True]:
        table.fail(
            "shares",
            "shares: expected every share but the last to have upto",
            "shares：除最后一段外，每段都须有 upto",
        )
    return tuple(shares)


def _read_surcharge(table: Table) -> tuple[str, Surcharge]:
    name = _read_id(table)
    surcharge = Surcharge(
        surcharge_id=name,
        words=read_words(table),
        when=read_when(table),
        amount_fen=table.yuan("amount"),
        per=table.word("per", Cycle.STAY),
    )
    table.done()
    return name, surcharge


def _read_pass(table: Table) -> tuple[str, PassTerms]:
    name = _read_id(table)
    terms = PassTerms(
        pass_id=name,
        words=read_words(table),
        price_fen=table.yuan("price"),
        from_min=table.clock("from", 0),
        to_min=table.clock("to", DAY_MINUTES),
    )
    table.done()
    return name, terms


def _read_exemption(table: Table) -> tuple[str, Words]:
    name = table.text("id")
    words = read_words(table)
    table.done()
    return name, words


def _read_rounding(table: Table) -> Rounding:
    rounding = Rounding(step_fen=table.yuan("to"), mode=table.word("mode", RoundMode.HALF_UP))
    if rounding.step_fen <= 0:
        table.fail("to", "rounding: expected a step above 0", "rounding：取整单位须大于0")
    table.done()
    return rounding


def _read_order(
    root: Table, adjusts: dict[str, Adjust], surcharges: dict[str, Surcharge], rates: tuple[Rate, ...]
) -> tuple[str, ...]:
    """The order of operations, as given or as the tariff's caps ask for."""
    both = sorted(set(adjusts) & set(surcharges))
    if both:
        root.fail(
            "surcharge", f"id {both[0]} names an adjustment and a surcharge", f"id {both[0]} 既是优惠又是加收"
        )
    is_shared = any(cap.over is not Over.STAY for rate in rates for cap in rate.caps)
    usual = (*surcharges, CAP_STEP, *adjusts, BERTHS_STEP)
    if is_shared:
        usual = (*surcharges, *adjusts, BERTHS_STEP, CAP_STEP)
    order = root.words("order") or usual
    due = {*surcharges, *adjusts, CAP_STEP}
    for name in order:
        if name not in due | {BERTHS_STEP} or order.count(name) > 1:
            root.fail(
                "order",
                f"order: {name} is not an operation of this tariff, or stands there twice",
                f"order：{name} 不是本标准的步骤，或出现两次",
            )
    if missing := sorted(due - set(order)):
        root.fail("order", f"order: {missing[0]} is missing", f"order：缺少 {missing[0]}")
    if is_shared and order[-1] != CAP_STEP:
        root.fail(
            "order",
            "order: cap must come last when it sums several stays, as it sums what is paid",
            "order：合并多次停车的封顶须在最后，因其合并的是实付金额",
        )
    before = order[: order.index(CAP_STEP)]
    is_scalable = any(name in adjusts or name == BERTHS_STEP for name in before)
    if not is_scalable and any(rate.rules.cap_scaled for rate in rates):
        root.fail(
            "order",
            "order: cap_scaled needs an adjustment or berths before cap",
            "order：cap_scaled 须在封顶之前有优惠或泊位数步骤",
        )
    return order
