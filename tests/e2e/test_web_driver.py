"""The driver's page in real Chromium: search, sort, price, position, the scanned berth, and refusals."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from parking.plumbing.cityfiles import load_city
from tests.support.browser import accessibility_faults, free_port, visit
from tests.support.livecity import LiveCity
from tests.support.liveserver import CITY, LiveServer

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
STATE = re.compile("Free|Occupied|Unknown|Closed")
STREET = "%E8%A7%A3%E6%94%BE%E8%B7%AF"


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    server = LiveServer(LiveCity(load_city(CITY)), free_port(), rate=2)
    server.start()
    yield server
    server.stop()


def prices(page: Page) -> list[float]:
    """Prices of the offers from top to bottom; free is 0."""
    texts = page.locator(".offer-price b").all_inner_texts()
    return [float(text.removeprefix("¥")) if text.startswith("¥") else 0.0 for text in texts]


def test_a_street_gives_sections_with_price_walk_and_free_berths(
    chromium: Browser, server: LiveServer
) -> None:
    with visit(chromium, **PHONE) as page:
        page.goto(f"{server.address}/p")
        expect(page.locator(".answers")).to_contain_text("输入目的地")
        page.get_by_role("searchbox").fill("解放路")

        first = page.locator(".offer").first
        expect(first).to_contain_text("步行")
        expect(first).to_contain_text("空 /")
        expect(first.locator(".offer-price")).to_contain_text(re.compile(r"¥|免费"))
        expect(page).to_have_url(re.compile(f"place={STREET}"))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_longer_stay_costs_more_and_the_link_keeps_the_question(
    chromium: Browser, server: LiveServer
) -> None:
    with visit(chromium, **PHONE) as page:
        page.goto(f"{server.address}/p?place={STREET}&stay=30&sort=cheap")
        expect(page.locator(".offer-price").first).to_contain_text("停 30 分钟")
        short = sum(prices(page))
        page.get_by_role("button", name="8 小时").tap()
        expect(page.locator(".offer-price").first).to_contain_text("停 8 小时")
        expect(page.locator(".offer-price b").first).not_to_have_text("免费")

        assert sum(prices(page)) > short
        expect(page).to_have_url(re.compile("stay=480"))
        expect(page.get_by_role("button", name="便宜")).to_have_attribute("aria-pressed", "true")


def test_sorting_by_price_puts_the_cheapest_first(chromium: Browser, server: LiveServer) -> None:
    with visit(chromium) as page:
        page.goto(f"{server.address}/p?place={STREET}&stay=240&sort=cheap")
        expect(page.locator(".offer").first).to_be_visible()

        assert prices(page) == sorted(prices(page))


def test_the_drivers_own_position_works_as_a_place(chromium: Browser, server: LiveServer) -> None:
    here = {"latitude": 31.7, "longitude": 113.38}
    with visit(chromium, **PHONE, geolocation=here, permissions=["geolocation"]) as page:
        page.goto(f"{server.address}/p?lang=en")
        page.get_by_role("button", name="My position").tap()

        expect(page.get_by_text("near your position")).to_be_visible()


def test_a_refused_position_is_said(chromium: Browser, server: LiveServer) -> None:
    with visit(chromium, **PHONE) as page:
        page.goto(f"{server.address}/p?lang=en")
        page.get_by_role("button", name="My position").tap()

        expect(page.locator(".field-note")).to_contain_text(re.compile("type a street"))


def test_a_place_that_nobody_knows_is_said_and_shows_no_other_answer(
    chromium: Browser, server: LiveServer
) -> None:
    with visit(chromium, expected=("404",)) as page:
        page.goto(f"{server.address}/p?lang=en&place=Atlantis")

        expect(page.locator(".answers [role=alert]")).to_contain_text("Atlantis")
        expect(page.locator(".offer")).to_have_count(0)


def test_the_code_at_a_berth_leads_to_its_state_and_fee(chromium: Browser, server: LiveServer) -> None:
    with visit(chromium, **PHONE) as page:
        page.goto(f"{server.address}/p/b/SZ1-0127?lang=en")

        expect(page.locator(".scanned h2")).to_have_text("SZ1-0127")
        expect(page.locator(".scanned .state-card b")).to_have_text(
            re.compile("Free|Occupied|Unknown|Closed")
        )
        expect(page.locator(".offer").first).to_be_visible()


def test_a_code_of_no_berth_is_said(chromium: Browser, server: LiveServer) -> None:
    with visit(chromium, expected=("404",)) as page:
        page.goto(f"{server.address}/p/b/SZ9-9999?lang=en")

        expect(page.locator("main")).to_contain_text("There is no berth SZ9-9999")


def test_the_last_answer_stays_with_its_age_when_the_server_is_gone(
    chromium: Browser, server: LiveServer
) -> None:
    with visit(chromium, **PHONE) as page:
        page.goto(f"{server.address}/p?place={STREET}")
        expect(page.locator(".offer").first).to_be_visible()
        server.stop()
        try:
            expect(page.locator(".offers-age")).to_contain_text("可能已变", timeout=30_000)
            expect(page.locator(".offer").first).to_be_visible()
        finally:
            server.start()
        expect(page.locator(".offers-age")).to_contain_text("自动更新", timeout=30_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [f"/p?place={STREET}", "/p/b/SZ1-0127?lang=en"])
def test_axe_finds_nothing(chromium: Browser, server: LiveServer, scheme: str, path: str) -> None:
    with visit(chromium, **PHONE, color_scheme=scheme) as page:
        page.goto(server.address + path)
        expect(page.locator(".offer").first).to_be_visible()

        assert accessibility_faults(page) == []
