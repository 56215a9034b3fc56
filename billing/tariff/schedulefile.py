"""Reads the parts of a tariff file that say when: bands, seasons, schedules and intervals."""

import re

from billing.tariff.choices import Words
from billing.tariff.ratefile import read_when, read_words
from billing.tariff.table import Table
from billing.tariff.terms import DAY_MINUTES, FREE_BAND, Interval, Schedule, Season, Slot


def read_band(bands: Table, name: str) -> Words:
    """The name of one band."""
    if name == FREE_BAND:
        bands.fail(
            name,
            f"the band {FREE_BAND} is always there and need not be defined",
            f"时段 {FREE_BAND} 总是存在，不必定义",
        )
    table = bands.table(name)
    words = read_words(table)
    table.done()
    return words


def read_season(seasons: Table, name: str) -> Season:
    """One season."""
    table = seasons.table(name)
    season = Season(from_day=_month_day(table, "from"), to_day=_month_day(table, "to"))
    table.done()
    return season


def _month_day(table: Table, key: str) -> tuple[int, int]:
    text = table.text(key)
    match = re.fullmatch(r"(\d\d)-(\d\d)", text)
    if match is None or not (1 <= int(match[1]) <= 12 and 1 <= int(match[2]) <= 31):
        table.fail(
            key,
            f'{key}: expected month and day like "05-01", not {text!r}',
            f'{key}：应为 "05-01" 这样的月日，而不是 {text!r}',
        )
    return int(match[1]), int(match[2])


def read_schedules(root: Table, bands: dict[str, Words], seasons: dict[str, Season]) -> tuple[Schedule, ...]:
    """Every schedule; each must cover the day without gap or overlap."""
    tables = root.tables("schedule")
    if not tables:
        root.fail("schedule", "a tariff needs at least one [[schedule]]", "收费标准至少要有一个 [[schedule]]")
    return tuple(_read_schedule(table, bands, seasons) for table in tables)


def _read_schedule(table: Table, bands: dict[str, Words], seasons: dict[str, Season]) -> Schedule:
    schedule = Schedule(
        when=read_when(table),
        days=table.words("days"),
        seasons=table.words("season"),
        begins_min=table.clock("begins", 0),
        slots=tuple(_read_slot(slot, bands) for slot in table.tables("bands")),
    )
    for season in schedule.seasons:
        if season not in seasons:
            table.fail(
                "season",
                f"season {season} is not defined: expected one of {', '.join(seasons)}",
                f"季节 {season} 未定义：应为 {'、'.join(seasons)} 之一",
            )
    _check_circle(table, schedule.slots)
    table.done()
    return schedule


def _read_slot(table: Table, bands: dict[str, Words]) -> Slot:
    slot = Slot(from_min=table.clock("from") % DAY_MINUTES, to_min=table.clock("to"), band=table.text("band"))
    if slot.band not in bands:
        table.fail(
            "band",
            f"band {slot.band} is not defined: expected one of {', '.join(bands)}",
            f"时段 {slot.band} 未定义：应为 {'、'.join(bands)} 之一",
        )
    table.done()
    return slot


def _check_circle(table: Table, slots: tuple[Slot, ...]) -> None:
    """Every minute of the day must lie in exactly one band."""
    covered = [0] * DAY_MINUTES
    for slot in slots:
        length = (slot.to_min - slot.from_min) % DAY_MINUTES or DAY_MINUTES
        for minute in range(slot.from_min, slot.from_min + length):
            covered[minute % DAY_MINUTES] += 1
    for minute, times in enumerate(covered):
        if times != 1:
            what = "no band holds" if times == 0 else f"{times} bands hold"
            what_zh = "没有时段" if times == 0 else f"有{times}个时段"
            table.fail(
                "bands",
                f"{what} at {minute // 60:02d}:{minute % 60:02d}: expected exactly one at any time",
                f"{minute // 60:02d}:{minute % 60:02d} {what_zh}：任何时刻须恰有一个时段",
            )


def read_intervals(tables: list[Table], bands: dict[str, Words]) -> tuple[Interval, ...]:
    """Every interval; two that overlap for one kind of stay are an error."""
    intervals: list[Interval] = []
    for table in tables:
        new = _read_interval(table, bands)
        for old in intervals:
            is_same_time = new.from_local < old.to_local and old.from_local < new.to_local
            if is_same_time and new.when.meets(old.when):
                table.fail(
                    "from",
                    f"interval {new.words.zh} overlaps {old.words.zh}",
                    f"区间 {new.words.zh} 与 {old.words.zh} 重叠",
                )
        intervals.append(new)
    return tuple(intervals)


def _read_interval(table: Table, bands: dict[str, Words]) -> Interval:
    from_local, to_local = table.local_time("from"), table.local_time("to")
    if from_local is None or to_local is None or to_local <= from_local:
        table.fail(
            "to", "interval: expected from and to, to after from", "区间：须有 from 和 to，且 to 晚于 from"
        )
    if from_local.second or to_local.second:
        table.fail("from", "interval: expected whole minutes", "区间：须为整分钟")
    interval = Interval(
        words=read_words(table),
        when=read_when(table),
        from_local=from_local,
        to_local=to_local,
        band=table.text("band", FREE_BAND),
    )
    if interval.band not in bands:
        table.fail(
            "band",
            f"band {interval.band} is not defined: expected one of {', '.join(bands)}",
            f"时段 {interval.band} 未定义：应为 {'、'.join(bands)} 之一",
        )
    table.done()
    return interval
