"""`citypark doorkey`: the key and address under which a camera or platform may post."""

import argparse

from app.language import say
from ingest.doorkeys import CTWING, DoorKeys
from parking.errors import SetupError
from parking.ids import DeviceId
from parking.plumbing.cityfiles import load_city
from parking.plumbing.settings import load_settings

NAME = "doorkey"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command."""
    text = say("打印摄像机或平台的推送地址", "print the address to which a camera or platform posts")
    parser = subparsers.add_parser(NAME, help=text, description=text)
    what = say("摄像机编号,或 ctwing", "id of a camera, or ctwing")
    parser.add_argument("sender", metavar=say("发送方", "SENDER"), help=what)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the path, key included; it is the same for as long as the secret is."""
    settings = load_settings()
    keys = DoorKeys(settings.door_secret)
    if args.sender == "ctwing":
        print(f"/doors/ctwing/{keys.key_of(CTWING)}")
        return 0
    if DeviceId(args.sender) not in load_city(settings.city).devices:
        raise SetupError(
            say(f"{settings.city} 中没有设备 {args.sender}", f"{settings.city} has no device {args.sender}")
        )
    print(f"/doors/cameras/{args.sender}/{keys.key_of(args.sender)}")
    return 0
