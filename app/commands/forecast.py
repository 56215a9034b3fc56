"""`citypark forecast backtest`: how good forecasts would have been on counts from the past."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import numpy as np

from app.language import say
from guidance.forecast.backtest import Backtest, Result, Scores, backtest
from guidance.forecast.countsfile import Findings, load_calendar, load_counts
from guidance.forecast.model import MAX_HORIZON, MIN_HORIZON
from parking.errors import SetupError

NAME = "forecast"
_DATE = 10  # letters of 2016-03-31


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `forecast` and its sub-commands."""
    parser = subparsers.add_parser(NAME, help=say("到达时空位预测", "forecasts of free berths"))
    actions = parser.add_subparsers(dest="action", required=True, metavar=say("操作", "ACTION"))
    test = actions.add_parser(
        "backtest",
        help=say("用历史数据检验预测", "score forecasts on past counts"),
        description=say(
            "用截止时间之前的数据学习，对其后的每个起点作预测，并与实际情况及三种简单方法比较。",
            "Learn up to one time, forecast from every later origin, compare with truth and baselines.",
        ),
    )
    test.add_argument(
        "--counts",
        type=Path,
        required=True,
        metavar="FILE",
        help=say(
            "CSV 文件，列为 at,site,capacity,occupied（当地时间）",
            "CSV at,site,capacity,occupied in local time",
        ),
    )
    inclusive = say(
        "当地时间，含；只写日期表示到当天结束", "local time, inclusive; a date alone means all of that day"
    )
    test.add_argument(
        "--train-until", required=True, metavar="T", help=say("训练截止：", "end of training: ") + inclusive
    )
    test.add_argument(
        "--test-until", required=True, metavar="T", help=say("检验截止：", "end of test: ") + inclusive
    )
    test.add_argument(
        "--horizons",
        default="15,30,60",
        metavar="MIN,...",
        help=say("提前分钟数，5 到 180，逗号分隔", "minutes ahead, 5 to 180, separated by commas"),
    )
    test.add_argument(
        "--holidays",
        type=Path,
        metavar="FILE",
        help=say(
            "可选 CSV：on,kind（workday、saturday、restday），列出节假日和调休",
            "optional CSV on,kind (workday, saturday, restday) of days that differ from their weekday",
        ),
    )
    test.add_argument("--json", action="store_true", help=say("以 JSON 输出", "print JSON"))
    test.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the backtest; progress and findings go to stderr, the result to stdout."""
    horizons = _parse_horizons(args.horizons)
    train_until, test_until = _parse_until(args.train_until), _parse_until(args.test_until)
    if test_until <= train_until:
        raise SetupError(
            say("--test-until 必须晚于 --train-until", "--test-until must be later than --train-until")
        )
    calendar = load_calendar(args.holidays) if args.holidays else {}
    counts, findings = load_counts(args.counts)
    _tell_findings(args.counts, findings)
    try:
        report = backtest(
            counts,
            train_until=train_until,
            test_until=test_until,
            horizons_min=horizons,
            calendar=calendar,
            progress=_Progress(),
        )
    except ValueError as error:
        raise SetupError(
            say(f"{args.counts}：没有可学习或可检验的数据", f"{args.counts}: {error}")
        ) from error
    for horizon in report.unscored:
        _tell(
            say(
                f"数据约每 {report.told_min} 分钟一次，{horizon} 分钟的预测无法评分",
                f"counts come about every {report.told_min} min; {horizon} min cannot be scored",
            )
        )
    for horizon in report.between:
        _tell(
            say(
                f"数据约每 {report.told_min} 分钟一次，{horizon} 分钟处的实际值按前后两次观测插值",
                f"counts come about every {report.told_min} min; the truth at {horizon} min is interpolated",
            )
        )
    print(json.dumps(_as_json(report)) if args.json else "\n".join(_table(report)))
    return 0


class _Progress:
    """Tells stderr what is being done, in steps of a tenth."""

    def __init__(self) -> None:
        self._told: tuple[str, int] | None = None

    def __call__(self, what: str, share: float) -> None:
        step = (what, int(share * 10))
        if step != self._told:
            self._told = step
            name = {
                "errors": say("统计误差", "errors"),
                "features": say("提取特征", "features"),
                "training": say("训练", "training"),
            }.get(what, what)
            _tell(f"{name} {step[1] * 10}%")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _tell_findings(path: Path, findings: Findings) -> None:
    for row, why in findings.listed:
        _tell(f"{path}:{row}: {why}")
    if findings.refused:
        _tell(
            say(
                f"共 {findings.rows} 行，跳过 {findings.refused} 行错误数据",
                f"{findings.refused} of {findings.rows} rows are wrong and were left out",
            )
        )
    if findings.clamped:
        _tell(
            say(
                f"{findings.clamped} 行占用数超过容量，按满位计",
                f"{findings.clamped} rows tell more occupied than there is capacity and are read as full",
            )
        )


def _parse_horizons(text: str) -> tuple[int, ...]:
    wrong = SetupError(
        say(
            f"--horizons 应为 {MIN_HORIZON} 到 {MAX_HORIZON} 的整数，如 15,30,60，而不是 {text!r}",
            f"--horizons takes whole minutes, {MIN_HORIZON} to {MAX_HORIZON}, like 15,30,60, not {text!r}",
        )
    )
    try:
        horizons = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError as error:
        raise wrong from error
    if not all(MIN_HORIZON <= horizon <= MAX_HORIZON for horizon in horizons):
        raise wrong
    return horizons


def _parse_until(text: str) -> np.datetime64:
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError as error:
        raise SetupError(
            say(
                f"不是时间：{text!r}，应如 2016-03-31 或 2016-03-31T18:00",
                f"not a time like 2016-03-31: {text!r}",
            )
        ) from error
    until = np.datetime64(at, "s")
    return until + np.timedelta64(86_399, "s") if len(text) <= _DATE else until


def _as_json(report: Backtest) -> dict[str, object]:
    return {
        str(horizon): {
            **asdict(result.model),
            "baselines": {name: asdict(one) for name, one in result.baselines.items()},
        }
        for horizon, result in report.results.items()
    }


def _table(report: Backtest) -> Iterator[str]:
    names = {
        "model": say("本模型", "model"),
        "persistence": say("保持不变", "persistence"),
        "seasonal": say("同期平均", "seasonal"),
        "seasonal_damped": say("同期平均+衰减偏差", "seasonal+damped"),
    }
    heads = ("MAE", "RMSE", "Brier", "ECE", say("紧张时Brier", "Brier@risk"), say("紧张时ECE", "ECE@risk"))
    yield say(
        "占用率误差（MAE、RMSE）；到达时至少 5% 空位的概率（Brier、ECE）；紧张：起点占用率不低于 80%",
        "errors of the occupancy rate; chance of at least 5 % free at arrival; at risk: origin 80 % full",
    )
    for horizon, result in report.results.items():
        yield ""
        yield say(
            f"提前 {horizon} 分钟，{result.model.n} 个样本，其中紧张 {result.model.n_at_risk} 个",
            f"{horizon} min ahead, {result.model.n} cells, {result.model.n_at_risk} at risk",
        )
        yield "  ".join((_pad("", 18), *(_pad(head, 11) for head in heads))).rstrip()
        for name, one in _methods(result):
            yield "  ".join((_pad(names[name], 18), *(_pad(cell, 11) for cell in _cells(one)))).rstrip()


def _methods(result: Result) -> Iterator[tuple[str, Scores]]:
    yield "model", result.model
    yield from result.baselines.items()


def _cells(one: Scores) -> Iterator[str]:
    for value in (one.mae, one.rmse, one.brier, one.ece, one.brier_at_risk, one.ece_at_risk):
        yield "-" if value is None else f"{value:.4f}"


def _pad(text: str, width: int) -> str:
    """Left-aligned to a width in columns, in which a Chinese character takes two."""
    taken = sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)
    return text + " " * (width - taken)
