"""The operator console in real Chromium: views, filters in the URL, the panel, CSV equal to the screen."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from parking.plumbing.cityfiles import load_city
from tests.support.browser import accessibility_faults, free_port, visit
from tests.support.livecity import LiveCity
from tests.support.liveserver import CITY, LiveServer

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    server = LiveServer(LiveCity(load_city(CITY)), free_port(), rate=2)
    server.start()
    yield server
    server.stop()


def open_console(page: Page, server: LiveServer, query: str = "") -> None:
    """Open the console and wait until it follows the city."""
    page.goto(f"{server.address}/ops{query}")
    expect(page.locator("html")).to_have_attribute("data-trust", "live", timeout=15_000)


def test_the_overview_shows_figures_map_zones_and_what_needs_somebody(
    chromium: Browser, server: LiveServer
) -> None:
    with visit(chromium) as page:
        open_console(page, server)

        expect(page.locator(".kpi")).to_have_count(6)
        expect(page.locator(".zone")).to_have_count(3)
        expect(page.locator(".alarms")).to_contain_text("待核")
        box = page.locator(".map-canvas").bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) > 400


def test_an_alarm_leads_to_the_rows_that_it_counts(chromium: Browser, server: LiveServer) -> None:
    with visit(chromium) as page:
        open_console(page, server)
        page.locator(".alarms a", has_text="待核").click()

        expect(page).to_have_url(re.compile(r"view=stays&state=held"))
        expect(page.locator("select")).to_have_value("held")


def test_a_stay_opens_its_bill_in_the_panel(chromium: Browser, server: LiveServer) -> None:
    with visit(chromium) as page:
        open_console(page, server, "?view=stays&lang=en")
        page.locator("tbody a", has_text="¥").first.click()

        expect(page.locator(".panel .bill-total")).to_be_visible()
        expect(page.locator(".panel")).to_contain_text("随发改价格")


def test_a_filter_is_a_link_and_back_undoes_it(chromium: Browser, server: LiveServer) -> None:
    with visit(chromium) as page:
        open_console(page, server, "?view=signs")
        expect(page.locator("tbody tr").first).to_be_visible()
        every = page.locator("tbody tr").count()
        page.get_by_label("等级").select_option("1")
        expect(page).to_have_url(re.compile("level=1"))
        expect(page.locator("tbody tr")).not_to_have_count(every)
        page.go_back()

        expect(page.locator("tbody tr")).to_have_count(every)


def test_the_csv_holds_the_rows_of_the_screen(chromium: Browser, server: LiveServer, tmp_path: Path) -> None:
    with visit(chromium) as page:
        open_console(page, server, "?view=violations")
        expect(page.locator("tbody tr").first).to_be_visible()
        shown = page.locator("tbody tr").count()
        header = page.locator("thead th").all_inner_texts()
        with page.expect_download() as download:
            page.get_by_role("button", name="CSV").click()
        file = tmp_path / "rows.csv"
        download.value.save_as(file)
        rows = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))

        assert file.read_bytes().startswith(b"\xef\xbb\xbf")
        assert rows[0] == header
        assert len(rows) == shown + 1


def test_a_cell_that_looks_like_a_formula_stays_text(chromium: Browser, server: LiveServer) -> None:
    with visit(chromium) as page:
        open_console(page, server)
        text = page.evaluate(
            """async () => {
              const base = document.querySelector("script[src]").src.replace(/js\\/.*/, "");
              const { toCsv } = await import(`${base}js/ops/csv.js`);
              return toCsv(["a"], [["=1+1"], ['say "hi", you'], [null]]);
            }"""
        )

        assert text == '\ufeffa\r\n\'=1+1\r\n"say ""hi"", you"\r\n\r\n'


def test_the_console_is_closed_to_others_than_staff(chromium: Browser) -> None:
    server = LiveServer(LiveCity(load_city(CITY)), free_port(), rate=2, for_staff=False)
    server.start()
    try:
        with visit(chromium) as page:
            open_console(page, server, "?view=stays")

            expect(page.locator("main")).to_contain_text("只对工作人员开放")
            expect(page.locator("table")).to_have_count(0)
    finally:
        server.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "query", ["", "?view=stays", "?view=violations", "?view=signs&lang=en", "?view=silent"]
)
def test_axe_finds_nothing(chromium: Browser, server: LiveServer, scheme: str, query: str) -> None:
    with visit(chromium, color_scheme=scheme) as page:
        open_console(page, server, query)
        expect(page.locator("tbody tr, .alarms li").first).to_be_visible()

        assert accessibility_faults(page) == []
