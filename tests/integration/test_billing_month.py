"""A few days of a few simulated berths, billed and worked out again: the bench of a month, small."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import islice

import pytest

from app.commands.bench_month import BY_ZONE
from app.commands.simulate import make_world
from app.simulatedmonth import RowWriter
from billing.audit import audit
from billing.rating import sites_of
from parking.plumbing.cityfiles import load_city
from parking.plumbing.database import Connection, consistent_read
from tests.support.billing import ROOT, run_billing, suizhou

pytestmark = pytest.mark.database

SUIZHOU = ROOT / "cities" / "suizhou"
BERTHS, DAYS = 300, 5
CORRECTED = "SELECT count(*) FROM transitions WHERE replaces_seq IS NOT NULL"
CREDITED = "SELECT count(*) FROM charges WHERE cause = 'correction'"


def test_simulated_days_are_billed_and_worked_out_again(connection: Connection, database_url: str) -> None:
    city = load_city(SUIZHOU)
    few = replace(city, berths=dict(islice(city.berths.items(), BERTHS)))
    writer, sites, book = RowWriter(make_world(SUIZHOU, few, None, 7)), sites_of(few), suizhou()
    began = 0
    for day in range(DAYS):
        began += writer.write_day(connection, date(2026, 10, 12) + timedelta(days=day))
        run_billing(database_url, book, sites)
    with consistent_read(connection):
        findings = audit(connection, sites, lambda _done, _of_all: None)
    assert findings.is_clean, findings.differences
    assert findings.stay_count >= began > BERTHS
    assert connection.execute(CORRECTED).fetchone() != (0,)
    assert connection.execute(CREDITED).fetchone() != (0,)
    assert {zone: fen for zone, _, fen in connection.execute(BY_ZONE) if fen} == findings.ledger_fen
