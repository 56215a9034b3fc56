"""Exporting a case: everything behind it in one package that can be checked offline."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from enforcement.cases.words import Action
from enforcement.evidence.dossierpages import write_pages
from enforcement.evidence.items import list_items
from enforcement.evidence.package import ITEMS, LOG, build_package, to_json, write_log
from enforcement.evidence.pdf import Photo, write_pdf
from enforcement.ports import Blobs, Digest
from enforcement.store.dossiers import Dossier
from parking.errors import SetupError


def export_case(dossier: Dossier, blobs: Blobs, zone: ZoneInfo, exported_at: datetime) -> bytes:
    """Build the package; raises SetupError where an item on file is not in the evidence store."""
    case, log = dossier.case, dossier.log
    items = list_items(log)
    contents = {item["digest"]: _content(blobs, Digest(item["digest"])) for item in items}
    checks = [each.entry.body for each in log if each.entry.action == Action.CHECK_DEVICE]
    photos = [Photo(content=contents[item["digest"]], caption=item["name"]) for item in items]
    members = {
        LOG: write_log(log),
        "case.json": to_json(msgspec.to_builtins(case)),
        "violation.json": to_json({**dossier.violation, "events": dossier.events}),
        "stay.json": to_json(dossier.stay),
        "readings.json": to_json(dossier.readings),
        "transitions.json": to_json(dossier.transitions),
        "sightings.json": to_json(dossier.sightings),
        "observations.json": to_json(dossier.observations),
        "devices.json": to_json(checks),
        "summary.pdf": write_pdf(write_pages(case, dossier.violation, log, items, zone), photos),
        **{f"{ITEMS}{digest}": content for digest, content in contents.items()},
    }
    return build_package(case.case_id, exported_at, members)


def _content(blobs: Blobs, digest: Digest) -> bytes:
    content = blobs.find(digest)
    if content is None:
        raise SetupError(f"evidence {digest} is not in the store: name its folder with CITYPARK_HOME")
    return content
