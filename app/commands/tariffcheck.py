"""`citypark tariff check`: runs the proofs of a tariff and prints what they found."""

import argparse
import sys
from collections.abc import Iterator

from app.language import say
from billing.tariff import Words, load_tariff
from billing.tariff.check import COARSE_MIN, FINE_MIN, CheckReport, RateCheck, Staircase, check_tariff
from billing.tariff.explainrate import kind_words
from billing.tariff.proof import DayProof
from parking.money import format_yuan


def run_check(args: argparse.Namespace) -> int:
    """Print the report; exit code 1 when the tariff must not be used."""
    tariff = load_tariff(args.file)
    report = check_tariff(tariff, _show_progress)
    print(say(tariff.terms.words.zh, tariff.terms.words.en))
    for line in _report(report):
        print(line)
    return 1 if report.problems else 0


def _show_progress(done: int, of_all: int) -> None:
    if sys.stderr.isatty():
        end = "\r" if done < of_all else "\r\033[K"
        print(say(f"核对价格 {done}/{of_all}", f"scanning prices {done}/{of_all}"), end=end, file=sys.stderr)


def _report(report: CheckReport) -> Iterator[str]:
    yield _days(report.days)
    for rate in report.rates:
        yield from _rate(rate)
    yield from _list(say("例外", "exception"), report.exceptions)
    yield from _list(say("问题", "problem"), report.problems)
    if not report.problems:
        yield say("结论：可用", "result: fit for use")


def _days(proof: DayProof) -> str:
    changes = ", ".join(f"{on} ({hours} h)" for on, hours in proof.changes)
    no_changes = say("该时区没有", "none in this time zone")
    return say(
        f"时段：{proof.days}天，每天每一刻恰属一个时段；逐分钟核对{len(proof.by_minute)}种日子；"
        f"拨钟日：{changes or no_changes}",
        f"days: {proof.days}, each covered exactly once; {len(proof.by_minute)} kinds of day checked "
        f"minute by minute; clock changes: {changes or no_changes}",
    )


def _rate(rate: RateCheck) -> Iterator[str]:
    kind = kind_words(rate.kind)
    yield say(f"{rate.words.zh}（{kind.zh}）", f"{rate.words.en} ({kind.en})")
    for staircase in rate.staircases:
        yield from _staircase(staircase)
    hours, fine = COARSE_MIN // 60, FINE_MIN // 60
    scanned = say(
        f"{rate.arrivals}个驶入时刻，至{fine}小时逐分钟、至{hours}小时每10分钟计价",
        f"{rate.arrivals} arrivals, priced each minute to {fine} h and every 10 min to {hours} h",
    )
    if rate.falls:
        yield f"  {scanned}{say('：价格有下降，见例外', ': the price falls, see exceptions')}"
    else:
        yield f"  {scanned}{say('：价格从不下降', ': the price never falls')}"


def _staircase(staircase: Staircase) -> Iterator[str]:
    steps = " · ".join(
        say(f"第{minute}分钟 {format_yuan(fen)}", f"{minute} min {format_yuan(fen)}")
        for minute, fen in staircase.steps
    )
    at = f"{staircase.arrive_at:%Y-%m-%d %H:%M}"
    band = staircase.band
    yield say(f"  {at} 驶入（{band.zh}）：{steps}", f"  arriving {at} ({band.en}): {steps}")
    for words, minute in staircase.caps:
        yield say(f"  {words.zh}：第{minute}分钟起", f"  {words.en}: from minute {minute}")
    if not staircase.caps:
        yield say("  24小时内没有封顶生效", "  no cap takes anything off within 24 h")


def _list(title: str, lines: tuple[Words, ...]) -> Iterator[str]:
    for line in lines:
        yield f"{title}: {say(line.zh, line.en)}"
