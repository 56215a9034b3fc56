"""One rate in words: its steps, free minutes, caps and rules."""

from collections.abc import Iterator

from billing.tariff.choices import (
    PER_WORDS,
    BegunMinute,
    Boundary,
    Clock,
    Cycle,
    Exceeded,
    FreeTest,
    Over,
    WhileCharging,
    Words,
)
from billing.tariff.plan import cap_words
from billing.tariff.terms import Cap, FreeMinutes, Kind, Rate, Rules, Terms, Tier, When
from parking.money import format_yuan

_OVER = {
    Over.STAY: Words("", ""),
    Over.PLATE: Words("，同一车牌各次停车合计", ", over all stays of the plate"),
    Over.ZONE: Words("，同一车牌在同一区域合计", ", over the plate's stays in the zone"),
    Over.OPERATOR: Words("，同一车牌在同一经营者合计", ", over the plate's stays with the operator"),
}
_KINDS = {
    "small": Words("小型车", "small vehicles"),
    "medium": Words("中型车", "medium vehicles"),
    "large": Words("大型车", "large vehicles"),
    "fuel": Words("非新能源汽车", "vehicles that are not new-energy"),
    "nev": Words("新能源汽车", "new-energy vehicles"),
}
_RESTARTS = {
    Cycle.STAY: Words("阶梯在整次停车内连续", "steps run through the whole stay"),
    Cycle.HOURS_24: Words("每满24小时重新起算", "steps begin anew every 24 h"),
    Cycle.DAY: Words("每日重新起算", "steps begin anew each day"),
    Cycle.WINDOW: Words("每收费时段重新起算", "steps begin anew in each charging window"),
    Cycle.BAND: Words("每个时段分别起算", "each band is counted by itself"),
}


def explain_rate(rate: Rate, terms: Terms) -> Iterator[Words]:
    """The rate's own lines."""
    kinds = who(rate.when)
    yield Words(f"【{rate.words.zh}】{kinds.zh}", f"[{rate.words.en}]{kinds.en}")
    for band, tiers in rate.prices.items():
        name, steps = terms.bands[band], list(_tiers(tiers))
        zh, en = "，".join(step.zh for step in steps), ", ".join(step.en for step in steps)
        yield Words(f"  {name.zh}：{zh}", f"  {name.en}: {en}")
    yield from (_free(free, terms) for free in rate.free)
    yield from (_cap(cap, terms) for cap in rate.caps)
    if not rate.caps:
        yield Words("  不封顶", "  no cap")
    rules = list(_rules(rate.rules))
    yield Words(f"  {'；'.join(one.zh for one in rules)}", f"  {'; '.join(one.en for one in rules)}")


def who(when: When) -> Words:
    """The conditions, in brackets; empty where there are none."""
    named = [value for values in when.asked() for value in values]
    if not named:
        return Words("", "")
    words = [_KINDS.get(value, Words(value, value)) for value in named]
    return Words(f"（{'、'.join(word.zh for word in words)}）", f" ({', '.join(word.en for word in words)})")


def kind_words(kind: Kind) -> Words:
    """A kind of stay in words, without what is ordinary."""
    named = [value for value in kind if value and value != "ordinary"]
    words = [_KINDS.get(value, Words(value, value)) for value in named]
    return Words("、".join(word.zh for word in words), ", ".join(word.en for word in words))


def in_bands(bands: tuple[str, ...], terms: Terms) -> Words:
    """The bands to which something is limited; empty where it is not."""
    if not bands:
        return Words("", "")
    names = [terms.bands[band] for band in bands]
    return Words(f"（{'、'.join(name.zh for name in names)}）", f" ({', '.join(name.en for name in names)})")


def _tiers(tiers: tuple[Tier, ...]) -> Iterator[Words]:
    begins = 0
    for tier in tiers:
        price = format_yuan(tier.price_fen)
        each = Words(f"{price}元", f"{price} once")
        if tier.unit_min:
            each = Words(f"每{tier.unit_min}分钟{price}元", f"{price} per {tier.unit_min} min")
        if tier.upto_min is not None:
            each = Words(f"{begins}–{tier.upto_min}分钟{each.zh}", f"{begins}–{tier.upto_min} min {each.en}")
        elif begins:
            each = Words(f"其后{each.zh}", f"then {each.en}")
        if tier.tail_drop_min is not None:
            tail = _tail(tier.tail_drop_min)
            each = Words(f"{each.zh}（{tail.zh}）", f"{each.en} ({tail.en})")
        yield each
        begins = tier.upto_min or 0


def _tail(drop_min: int) -> Words:
    if drop_min == 0:
        return Words("不足一个单位按一个单位计", "a part of a unit counts as a unit")
    if drop_min > 24 * 60:
        return Words("不足一个单位不计", "a part of a unit is not charged")
    return Words(
        f"尾数{drop_min}分钟及以下不计，超过按一个单位计", f"a tail of up to {drop_min} min is dropped"
    )


def _free(free: FreeMinutes, terms: Terms) -> Words:
    per, over, bands = PER_WORDS[free.per], _OVER[free.over], in_bands(free.bands, terms)
    edge = Words("（含）", " or less") if free.inclusive else Words("（不含）", " exclusive")
    counted = Words("超过后全程计费", "counted once exceeded")
    if free.exceeded is Exceeded.DEDUCTED:
        counted = Words("超过后扣除", "deducted once exceeded")
    test = Words("，只看收费时间", ", of charged time") if free.test is FreeTest.CHARGEABLE else Words("", "")
    times = Words(f"，最多{free.times}次", f", at most {free.times} times") if free.times else Words("", "")
    return Words(
        f"  {per.zh}免费{free.minutes}分钟{edge.zh}{bands.zh}{test.zh}，{counted.zh}{times.zh}{over.zh}",
        f"  {free.minutes} min{edge.en} free {per.en}{bands.en}{test.en}, {counted.en}{times.en}{over.en}",
    )


def _cap(cap: Cap, terms: Terms) -> Words:
    words, bands, over = cap_words(cap), in_bands(cap.bands, terms), _OVER[cap.over]
    return Words(f"  {words.zh}{bands.zh}{over.zh}", f"  {words.en}{bands.en}{over.en}")


def _rules(rules: Rules) -> Iterator[Words]:
    yield _tail(rules.tail_drop_min)
    if rules.begun_minute is BegunMinute.COUNTED:
        yield Words("不足一分钟按一分钟计", "a begun minute counts")
    else:
        yield Words("不足一分钟不计", "a begun minute does not count")
    yield _RESTARTS[rules.restart]
    if rules.clock is Clock.ELAPSED:
        yield Words("阶梯按停车总时间推进", "steps move with all minutes since arrival")
    else:
        yield Words("阶梯只按收费时间推进", "steps move with charged minutes only")
    if rules.boundary is Boundary.SPLIT:
        yield Words("单位在时段交界处截断", "a unit ends where its band ends")
    else:
        yield Words("单位归入其开始时的时段", "a unit belongs to the band in which it began")
    if rules.while_charging is WhileCharging.FREE:
        yield Words("充电期间免费", "free while charging")
    if rules.exit_grace_min:
        grace = rules.exit_grace_min
        yield Words(f"缴费后{grace}分钟内离场不再计费", f"{grace} min to leave after paying")
    if rules.cap_scaled:
        yield Words("封顶随折扣同比变化", "caps scale with the discounts before them")
