"""`deploy/asyncapi.yaml` documents every topic, and what the simulator puts on the wire is as it says."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from paho.mqtt.client import topic_matches_sub

from ingest.codecs import CODECS, NETWORKED
from ingest.codecs.uplink import Sender
from ingest.envelopes import subscriptions, unwrap
from parking.ids import DeviceId, SignId
from parking.readings import RawMessage, Reading, ReadingKind
from parking.topics import (
    area_filter,
    area_topic,
    progress_topic,
    sign_ack_filter,
    sign_ack_topic,
    sign_frame_topic,
    up_topic,
)
from simulators.backlog import decode_progress
from simulators.days import SimulatedDay, World, generate_day
from simulators.devices import geo
from simulators.devices.sign import decode_frame, encode_ack
from simulators.messages import Encoder
from tests.support.simulated import make_city, make_world

DOCUMENT: dict[str, Any] = yaml.safe_load(Path("deploy/asyncapi.yaml").read_text(encoding="utf-8"))
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]
ADDRESSES = {channel["address"] for channel in DOCUMENT["channels"].values()}

NOON = datetime(2026, 9, 9, 4, tzinfo=UTC)
# Families that speak our own words.
OWN = ("geo", "camera", "patrol", "payment")


def validator(name: str) -> Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def example(name: str) -> bytes:
    return json.dumps(MESSAGES[name]["examples"][0]["payload"]).encode()


def test_the_topics_of_citypark_are_documented() -> None:
    ours = {
        *(up_topic("{city}", family, DeviceId("{device}")) for family in OWN),
        sign_frame_topic("{city}", SignId("{sign}")),
        sign_ack_topic("{city}", SignId("{sign}")),
        progress_topic("{city}"),
        area_topic("{city}", DeviceId("{device}")),
    }

    assert ours < ADDRESSES


def test_what_the_platform_subscribes_to_is_documented_and_no_more() -> None:
    received = {
        DOCUMENT["channels"][operation["channel"]["$ref"].split("/")[-1]]["address"]
        for operation in DOCUMENT["operations"].values()
        if operation["action"] == "receive"
    }
    filters = [*subscriptions("{city}"), area_filter("{city}"), sign_ack_filter("{city}")]
    covers = {each: [address for address in received if topic_matches_sub(each, address)] for each in filters}

    assert all(covers.values()), covers
    assert {address for found in covers.values() for address in found} == received


def test_every_family_that_speaks_on_our_topics_is_documented() -> None:
    vendors = set(DOCUMENT["channels"]["vendorUp"]["parameters"]["family"]["enum"])

    assert vendors | {*OWN} == set(CODECS) - set(NETWORKED)


def test_references_lead_somewhere() -> None:
    def follow(node: Any) -> None:  # noqa: ANN401  any node of a document
        if isinstance(node, dict):
            if "$ref" in node:
                target: Any = DOCUMENT
                for part in node["$ref"].removeprefix("#/").split("/"):
                    target = target[part]
            for each in node.values():
                follow(each)
        elif isinstance(node, list):
            for each in node:
                follow(each)

    follow(DOCUMENT)
    used = {operation["channel"]["$ref"].split("/")[-1] for operation in DOCUMENT["operations"].values()}
    assert used == set(DOCUMENT["channels"])


@pytest.mark.parametrize(
    ("name", "payload"),
    [(name, each["payload"]) for name, message in MESSAGES.items() for each in message["examples"]],
)
def test_examples_are_valid(name: str, payload: object) -> None:
    validator(name).validate(payload)


def test_examples_are_understood_by_who_receives_them() -> None:
    assert decode_frame(example("SignFrame")) is not None
    assert decode_progress(example("StreetProgress")) is not None


def test_what_the_simulated_devices_say_is_valid() -> None:
    world = make_world(make_city(codes=True))
    day = generate_day(world, date(2026, 9, 9))
    validators = {
        "geo": validator("GeoReading"),
        "camera": validator("CameraReading"),
        "patrol": validator("PatrolReading"),
        "payment": validator("Payment"),
    }
    said = dict.fromkeys(validators, 0)
    for message in Encoder(world).messages(day, 0, len(day.events)):
        family = message.topic.split("/")[3]
        said[family] += 1
        if said[family] < 300:
            validators[family].validate(json.loads(message.payload))

    assert min(said.values()) > 50


def test_vitals_and_acknowledgements_are_valid() -> None:
    vitals = geo.encode_vitals(battery_v=3.579, rssi_dbm=-93)
    reading = json.loads(
        geo.encode(
            boot=2, seq=9, at="2026-09-09T08:00:00.000+08:00", kind="heartbeat", occupied=True, vitals=vitals
        )
    )

    validator("GeoReading").validate(reading)
    assert reading["battery_v"] == 3.58
    shown_at = datetime(2026, 9, 9, tzinfo=UTC)
    validator("SignAck").validate(json.loads(encode_ack(SignId("L1-01"), 3, shown_at)))


def test_what_the_simulator_says_is_what_the_platform_reads() -> None:
    """Encoded from the paper on one side, decoded from it on the other: the identity."""
    world = make_world()
    day = generate_day(world, date(2026, 9, 9))
    encoder = Encoder(world)
    for index in range(0, len(day.events), 7):
        (message,) = encoder.messages(day, index, index + 1)
        uplink = unwrap(
            RawMessage(topic=message.topic, payload=message.payload, received_at=NOON), world.layout.city_id
        )
        assert uplink is not None
        assert uplink.family is not None
        sender = Sender(device_id=DeviceId(uplink.key), family=uplink.family)
        (reading,) = CODECS[uplink.family](uplink, sender)
        check(reading, index, day, world)


def check(reading: Reading, index: int, day: SimulatedDay, world: World) -> None:
    """The reading says what the event with this index is."""
    event = day.events.pick(slice(index, index + 1))
    named = reading.family != "geo"
    assert reading.device_id == world.layout.devices.ids[event.device[0]]
    assert (reading.boot, reading.seq) == (event.boot[0], event.seq[0])
    assert reading.kind == ReadingKind(int(event.kind[0]))
    assert reading.occupied == event.occupied[0]
    assert round(reading.observed_at.timestamp() * 1000) == event.at_ms[0]
    assert reading.berth_id == (world.layout.berths.ids[event.berth[0]] if named else None)
    assert (reading.plate is None) == (event.vehicle[0] < 0)
    if reading.plate is not None:
        vehicle = day.vehicles[event.vehicle[0]]
        assert (reading.plate.plate, reading.plate.confidence) == (vehicle.plate, event.confidence[0] / 100)
        assert reading.plate.colour.replace("_", "-") == vehicle.colour
    assert reading.quality == 0
