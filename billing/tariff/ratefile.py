"""Reads the parts of a tariff file that price time: conditions, steps, free minutes, caps, rules, rates."""

from billing.tariff.choices import Cycle, Exceeded, FreeTest, Over, Words
from billing.tariff.table import Table
from billing.tariff.terms import DAY_MINUTES, FREE_BAND, Cap, FreeMinutes, Rate, Rules, Tier, When
from parking.money import format_yuan
from parking.rights import Energy, VehicleClass

_ALL_TAILS = 1_000_000  # minutes: longer than any unit, so that every begun unit is dropped


def read_words(table: Table) -> Words:
    """`name` and `name_en`; the Chinese name stands in for an English one that is not given."""
    zh = table.text("name")
    return Words(zh, table.text("name_en", zh))


def read_when(table: Table) -> When:
    """The conditions that may stand in a schedule, a rate, an adjustment or a surcharge."""
    when = When(
        zone_class=table.words("class"),
        vehicle=table.words("vehicle"),
        energy=table.words("energy"),
        plate_kind=table.words("plate_kind"),
        channel=table.words("channel"),
        berth_kind=table.words("berth_kind"),
    )
    for key, said, known in (("vehicle", when.vehicle, VehicleClass), ("energy", when.energy, Energy)):
        words = [str(member) for member in known]
        for word in said:
            if word not in words:
                table.fail(
                    key,
                    f"{key}: expected one of {', '.join(words)}, not {word!r}",
                    f"{key}：应为 {'、'.join(words)} 之一，而不是 {word!r}",
                )
    return when


def read_rates(root: Table, bands: dict[str, Words]) -> tuple[Rate, ...]:
    """Every rate; `free`, `cap` and `rules` of the file hold where the rate has none of its own."""
    rules = _read_rules(root.table("rules"), Rules())
    free = _read_free(root.tables("free"), bands)
    caps = _read_caps(root.tables("cap"), bands)
    tables = root.tables("rate")
    if not tables:
        root.fail("rate", "a tariff needs at least one [[rate]]", "收费标准至少要有一个 [[rate]]")
    return tuple(_read_rate(table, rules, free, caps, bands) for table in tables)


def _read_rate(
    table: Table,
    rules: Rules,
    free: tuple[FreeMinutes, ...],
    caps: tuple[Cap, ...],
    bands: dict[str, Words],
) -> Rate:
    prices = table.table("price")
    rate = Rate(
        words=read_words(table),
        when=read_when(table),
        prices={band: _read_tiers(prices, band) for band in prices.names()},
        free=_read_free(table.tables("free"), bands) if table.has("free") else free,
        caps=_read_caps(table.tables("cap"), bands) if table.has("cap") else caps,
        rules=_read_rules(table.table("rules"), rules),
    )
    for band in rate.prices:
        if band not in bands:
            prices.fail(
                band,
                f"band {band} is not defined: expected one of {', '.join(bands)}",
                f"时段 {band} 未定义：应为 {'、'.join(bands)} 之一",
            )
    _check_caps(table, rate)
    table.done()
    return rate


def _read_tiers(prices: Table, band: str) -> tuple[Tier, ...]:
    tiers: list[Tier] = []
    tables = prices.tables(band)
    begins = 0
    for table in tables:
        upto = table.whole("upto", begins + 1) if table.has("upto") else None
        unit = table.whole("unit", 1) if table.has("unit") else None
        tail = _read_tail(table) if table.has("tail") else None
        if tail is not None and upto is None and unit is None:
            table.fail(
                "tail",
                "tail: a flat price has no unit whose tail could be dropped",
                "tail：一口价没有计费单元，无尾数可舍",
            )
        tiers.append(Tier(price_fen=table.yuan("price"), upto_min=upto, unit_min=unit, tail_drop_min=tail))
        begins = upto or DAY_MINUTES * 365
        table.done()
        is_last = table is tables[-1]
        if is_last != (upto is None):
            expected = "the last step has no upto" if is_last else "only the last step may lack upto"
            chinese = "最后一级没有 upto" if is_last else "只有最后一级可以没有 upto"
            table.fail(
                "upto",
                f"price of {band}: {expected}, so that every minute has one price",
                f"{band} 的价格：{chinese}，使每一分钟恰有一个价格",
            )
    if not tiers:
        prices.fail(band, f"price of {band}: expected at least one step", f"{band} 的价格：至少要有一级")
    return tuple(tiers)


def _read_tail(table: Table) -> int:
    """Longest begun unit in minutes that is not charged."""
    value = table.raw("tail")
    if value in {"up", "down"}:
        return 0 if value == "up" else _ALL_TAILS
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    return table.fail(
        "tail",
        f'tail: expected "up", "down" or the longest dropped tail in minutes, not {value!r}',
        f'tail：应为 "up"、"down" 或可舍尾数的最长分钟数，而不是 {value!r}',
    )


def _read_rules(table: Table, default: Rules) -> Rules:
    rules = Rules(
        begun_minute=table.word("begun_minute", default.begun_minute),
        tail_drop_min=_read_tail(table) if table.has("tail") else default.tail_drop_min,
        clock=table.word("clock", default.clock),
        restart=table.word("restart", default.restart),
        boundary=table.word("boundary", default.boundary),
        cap_scaled=table.flag("cap_scaled", default=default.cap_scaled),
        while_charging=table.word("while_charging", default.while_charging),
        exit_grace_min=table.whole("exit_grace", default=default.exit_grace_min),
    )
    table.done()
    return rules


def _read_free(tables: list[Table], bands: dict[str, Words]) -> tuple[FreeMinutes, ...]:
    grants: list[FreeMinutes] = []
    for table in tables:
        free = FreeMinutes(
            minutes=table.whole("minutes", 1),
            inclusive=table.flag("inclusive", default=True),
            exceeded=table.word("exceeded", Exceeded.COUNTED),
            per=table.word("per", Cycle.STAY),
            test=table.word("test", FreeTest.TOTAL),
            bands=_read_bands(table, bands),
            over=table.word("over", Over.STAY),
            times=table.whole("times", 1) if table.has("times") else None,
        )
        _check_over(table, free.over, free.per)
        if free.times is not None and free.over is Over.STAY:
            table.fail(
                "times",
                'times: counting needs over = "plate", "zone" or "operator"',
                'times：计次须有 over = "plate"、"zone" 或 "operator"',
            )
        if free.over is not Over.STAY and free.times is None and free.exceeded is Exceeded.COUNTED:
            table.fail(
                "over",
                'over: shared free minutes need times, or exceeded = "deducted"',
                'over：合并计算的免费时长须有 times，或 exceeded = "deducted"',
            )
        grants.append(free)
        table.done()
    return tuple(grants)


def _read_caps(tables: list[Table], bands: dict[str, Words]) -> tuple[Cap, ...]:
    caps: list[Cap] = []
    for table in tables:
        if table.has("ladder"):
            ladder = table.raw("ladder")
            if table.has("amount") or not isinstance(ladder, list) or not ladder:
                table.fail(
                    "ladder",
                    "ladder: expected a list of amounts, and no amount beside it",
                    "ladder：应为金额列表，且不得另有 amount",
                )
            amounts = tuple(table.yuan_of("ladder", value) for value in ladder)
        else:
            amounts = (table.yuan("amount"),)
        table.raw("per")
        cap = Cap(
            amounts_fen=amounts,
            per=table.word("per", Cycle.STAY),
            over=table.word("over", Over.STAY),
            bands=_read_bands(table, bands),
        )
        if len(amounts) > 1 and cap.per is not Cycle.HOURS_24:
            table.fail(
                "ladder",
                'ladder: a ladder counts 24 hours from the arrival; per must be "24h"',
                'ladder：阶梯封顶从驶入起按24小时计，per 须为 "24h"',
            )
        _check_over(table, cap.over, cap.per)
        caps.append(cap)
        table.done()
    return tuple(caps)


def _read_bands(table: Table, bands: dict[str, Words]) -> tuple[str, ...]:
    named = table.words("bands")
    for band in named:
        if band not in bands or band == FREE_BAND:
            table.fail(
                "bands",
                f"band {band} is not defined: expected one of {', '.join(bands)}",
                f"时段 {band} 未定义：应为 {'、'.join(bands)} 之一",
            )
    return named


def _check_over(table: Table, over: Over, per: Cycle) -> None:
    if over is not Over.STAY and per not in {Cycle.DAY, Cycle.HOURS_24}:
        table.fail(
            "per",
            f'per: several stays are summed per "day" or "24h", not per {per}',
            f'per：多次停车只能按 "day" 或 "24h" 合并，不能按 {per}',
        )


def _check_caps(table: Table, rate: Rate) -> None:
    """A cap below the first unit would never let the first unit be paid: a slip of the pen."""
    for cap in rate.caps:
        for band, tiers in rate.prices.items():
            first, least = tiers[0].price_fen, min(cap.amounts_fen)
            if (not cap.bands or band in cap.bands) and least < first:
                table.fail(
                    "cap",
                    f"cap {format_yuan(least)} is below the first unit {format_yuan(first)} of {band}: "
                    "expected a cap of at least the first unit",
                    f"封顶 {format_yuan(least)} 元低于 {band} 首个单元 {format_yuan(first)} 元："
                    "封顶不得低于首个单元",
                )
