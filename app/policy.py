"""The rights matrix: which roles may use which route of the API. What is not here is the administrator's."""

from collections.abc import Mapping

from guidance.access import EVERYBODY, OPERATORS, STAFF, Role
from guidance.ratelimit import Rate

_ADMIN = frozenset({Role.ADMIN})

# The rooms of the last group know their people by tokens of their own, and by the case numbers of parties.
_GRANTS: Mapping[frozenset[Role], str] = {
    EVERYBODY: """
        GET /city
        GET /city.geojson
        GET /zones
        GET /zones/{zone_id}
        GET /sections
        GET /sections.geojson
        GET /sections/{section_id}
        GET /berths
        GET /berths/ids
        GET /berths/{berth_id}
        GET /nearby
        GET /sections/{section_id}/forecast
        GET /sections/{section_id}/history
        GET /zones/{zone_id}/forecast
        GET /signs
        GET /signs/{sign_id}
        GET /signs/{sign_id}/preview.png
        GET /live
        POST /sessions
        POST /sessions/refresh
        GET /cases
        POST /cases
        GET /cases/pressing
        GET /cases/{case_id}
        POST /cases/{case_id}/steps
        POST /cases/{case_id}/pictures
        POST /inquiries
        POST /inquiries/items
        POST /inquiries/defences
        POST /field/actions
        POST /field/nearby""",
    EVERYBODY - {Role.ANONYMOUS}: """
        GET /sessions
        DELETE /sessions/{session_id}
        GET /me""",
    frozenset({Role.DRIVER}): "GET /me/stays",
    STAFF | {Role.SIGN}: "GET /signs/{sign_id}/frames",
    STAFF: """
        GET /violations
        GET /violations/feed
        GET /violations/report
        GET /violations/stream
        GET /violations/{violation_id}
        GET /stays
        GET /stays/{stay_id}
        GET /stays/{stay_id}/bill
        GET /stays/{stay_id}/charges
        GET /devices/health
        GET /devices/worklist
        GET /status""",
    OPERATORS: """
        PUT /signs/{sign_id}/override
        DELETE /signs/{sign_id}/override
        GET /rejects
        POST /rejects/replay
        GET /devices
        GET /devices/discovered
        GET /devices/{device_id}
        POST /devices/{device_id}/bind
        POST /devices/{device_id}/unbind
        POST /devices/{device_id}/replace
        GET /rights
        POST /rights
        POST /rights/{right_id}/end
        GET /prepaid/accounts/{account_id}
        POST /prepaid/accounts
        POST /prepaid/accounts/{account_id}/plates
        DELETE /prepaid/accounts/{account_id}/plates/{plate}
        POST /prepaid/accounts/{account_id}/topups
        POST /prepaid/accounts/{account_id}/close
        GET /credit-notes
        GET /held
        GET /stays/{stay_id}/decisions
        POST /stays/{stay_id}/decisions
        GET /ledger/entries
        GET /ledger/summary""",
    _ADMIN: "GET /audit",
}
GRANTS: Mapping[str, frozenset[Role]] = {
    line.strip(): roles for roles, lines in _GRANTS.items() for line in lines.strip().splitlines()
}

# An open page asks a few times a second at most; a key is for machines.
RATES: Mapping[Role, Rate] = {
    role: Rate(20, 100) if role in {Role.ANONYMOUS, Role.DRIVER} else Rate(100, 500) for role in Role
}


def may_use(role: Role, route: str) -> bool:
    """Whether a role may use a route, named by method and path below the API's prefix."""
    return role in GRANTS.get(route, _ADMIN)
