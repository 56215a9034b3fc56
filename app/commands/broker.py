"""`citypark broker`: the embedded MQTT broker, on the loopback address only."""

import argparse
import logging

from iotcore.iotcore import IotCoreBroker

from app.language import say
from parking.errors import SetupError

NAME = "broker"

# The window of unacknowledged messages bounds the throughput of a subscriber that acknowledges in batches.
IN_FLIGHT = 5_000
LARGEST_PAYLOAD_BYTES = 1_048_576
LARGEST_PORT = 65_535


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command."""
    text = say("内置 MQTT 服务器(仅本机)", "embedded MQTT broker, this machine only")
    parser = subparsers.add_parser(NAME, help=text, description=text)
    parser.add_argument("--port", type=int, default=1883)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run until killed; the broker keeps its sessions in memory and has nothing to save."""
    # Its tracing reports every packet as an error.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    if not 0 < args.port <= LARGEST_PORT:
        raise SetupError(f"--port must be 1 to {LARGEST_PORT}, not {args.port}")
    broker = IotCoreBroker(
        listen="127.0.0.1",
        port=args.port,
        max_inflight_count=IN_FLIGHT,
        max_payload_size=LARGEST_PAYLOAD_BYTES,
    )
    try:
        broker.check_ports()
    except OSError as error:
        raise SetupError(f"port {args.port} is taken: set CITYPARK_MQTT_PORT to a free one") from error
    broker.run_forever()
    return 0
