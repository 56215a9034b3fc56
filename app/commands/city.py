"""`citypark city`: write a synthetic city's files, and check a city's directory."""

import argparse
from collections import Counter
from pathlib import Path

from app.language import say
from parking.city import City
from parking.errors import SetupError
from parking.plumbing.cityfiles import load_city
from simulators.citymap import CITIES, SEED, generate_city

NAME = "city"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `city` with its verbs `generate` and `check`."""
    parser = subparsers.add_parser(NAME, help=say("生成或检查城市数据", "generate or check city data"))
    verbs = parser.add_subparsers(dest="verb", required=True, metavar=say("动作", "VERB"))
    generate = verbs.add_parser(
        "generate", help=say("由随机种子生成合成城市的文件", "write a synthetic city's files from a seed")
    )
    generate.add_argument("--city", choices=CITIES, default=CITIES[0], help=say("城市", "which city"))
    generate.add_argument(
        "--out", type=Path, help=say("写入的目录（默认 cities/城市名）", "directory (default: cities/CITY)")
    )
    generate.add_argument(
        "--seed", type=int, default=SEED, help=say(f"随机种子（默认 {SEED}）", f"seed (default: {SEED})")
    )
    generate.add_argument(
        "--fleet",
        default="",
        metavar=say("份额", "SHARES"),
        help=say(
            "各厂家设备所占份额，如 bosch-tps110=0.2,wxhs-pmd=0.1,hikvision=0.5，其余为自有协议",
            "shares of other makes, as bosch-tps110=0.2,wxhs-pmd=0.1,hikvision=0.5; the rest speaks our own",
        ),
    )
    check = verbs.add_parser("check", help=say("检查城市目录中的文件", "validate the files of a city"))
    check.add_argument("directory", type=Path, metavar="DIR", help=say("城市目录", "the city's directory"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what the verb says; raises SetupError for a directory or file that is not as it must be."""
    if args.verb == "generate":
        directory = args.out or Path("cities") / args.city
        _write(directory, generate_city(args.seed, args.fleet))
    else:
        directory = args.directory
    print(_summary(directory, load_city(directory)))
    return 0


def _write(directory: Path, texts: dict[str, str]) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (directory / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise SetupError(
            say(
                f"无法写入 {directory}：{error.strerror}；请用 --out 另选目录",
                f"cannot write to {directory}: {error.strerror}; choose another directory with --out",
            )
        ) from error


def _summary(directory: Path, city: City) -> str:
    classes = Counter(berth.zone_class for berth in city.berths.values())
    counts = " / ".join(f"{zone_class} {count}" for zone_class, count in sorted(classes.items()))
    return say(
        f"{directory}：{city.name}，泊位 {len(city.berths)}（{counts}），路段 {len(city.sections)}，"
        f"设备 {len(city.devices)}，摄像机 {len(city.cameras)}，诱导屏 {len(city.signs)}；有效。"
        f"{city.notice}",
        f"{directory}: {city.name_en}, {len(city.berths)} berths ({counts}), {len(city.sections)} sections, "
        f"{len(city.devices)} devices, {len(city.cameras)} cameras, {len(city.signs)} signs; valid. "
        f"{city.notice_en}",
    )
