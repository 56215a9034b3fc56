"""The live page in real Chromium over the real board, stream and city: it shows, follows, survives."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from parking.plumbing.cityfiles import load_city
from tests.support.browser import accessibility_faults, free_port, visit
from tests.support.livecity import LiveCity
from tests.support.liveserver import CITY, LiveServer

pytestmark = pytest.mark.browser

VIEWS: dict[str, dict[str, Any]] = {
    "desktop light": {"color_scheme": "light"},
    "desktop dark": {"color_scheme": "dark"},
    "phone light": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
    "phone dark": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
}


@pytest.fixture(scope="module")
def live() -> LiveCity:
    return LiveCity(load_city(CITY))


@pytest.fixture(scope="module")
def server(live: LiveCity) -> Iterator[LiveServer]:
    server = LiveServer(live, free_port(), rate=6)
    server.start()
    yield server
    server.stop()


def open_live(page: Page, server: LiveServer, path: str = "/") -> None:
    """Open the page and wait until it shows the city live."""
    page.goto(server.address + path)
    expect(page.locator("html")).to_have_attribute("data-trust", "live")


def kpi(page: Page, label: str) -> Locator:
    return page.locator(".kpi", has_text=label).locator(".kpi-value")


def test_the_page_opens_in_chinese_and_shows_the_city(
    chromium: Browser, server: LiveServer, live: LiveCity
) -> None:
    with visit(chromium) as page:
        open_live(page, server)

        expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        expect(page.locator(".freshness")).to_contain_text("实时")
        expect(page.locator(".zone")).to_have_count(len(live.city.zones))
        expect(page.locator("#bills .entry").first).to_be_visible()
        expect(page.locator("#violations .entry").first).to_be_visible()
        expect(page.locator(".sign")).to_have_count(len(live.city.signs))
        expect(page.locator(".synthetic")).to_contain_text("合成数据")
        expect(kpi(page, "今日应收")).to_contain_text("¥")


def test_the_switch_gives_english_and_keeps_it(chromium: Browser, server: LiveServer) -> None:
    with visit(chromium) as page:
        open_live(page, server)
        page.get_by_role("link", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        open_live(page, server)

        expect(page.locator(".freshness")).to_contain_text("Live")
        expect(page.get_by_role("heading", name="Latest bills")).to_be_visible()
        assert not re.search(r"[\u4e00-\u9fff]", page.locator(".kpis").inner_text())


def test_figures_and_states_follow_the_street(chromium: Browser, server: LiveServer) -> None:
    with visit(chromium) as page:
        open_live(page, server)
        before = page.locator(".zone-free").first.inner_text()
        expect(page.locator(".zone-free").first).not_to_have_text(before, timeout=15_000)


def test_the_map_draws_the_berths(chromium: Browser, server: LiveServer) -> None:
    with visit(chromium) as page:
        open_live(page, server)
        canvas = page.locator(".map-canvas canvas").nth(1)
        painted = canvas.evaluate(
            """(canvas) => {
              const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
              let painted = 0;
              for (let i = 3; i < data.length; i += 4) painted += data[i] > 0;
              return painted;
            }"""
        )

        assert painted > 5000


def test_a_click_on_the_map_and_escape_open_and_close_the_panel(
    chromium: Browser, server: LiveServer
) -> None:
    with visit(chromium) as page:
        open_live(page, server, "/#/berth/SZ1-0101")
        panel = page.locator(".panel")
        expect(panel.get_by_role("heading", name="SZ1-0101")).to_be_visible()
        expect(page.locator(".map-canvas")).to_have_attribute("data-zoom", "18.00")
        page.keyboard.press("Escape")
        expect(panel).to_have_count(0)

        # The link has brought the berth into the middle of the map, where a click finds it again.
        box = page.locator(".map-canvas").bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(panel.get_by_role("heading", name="SZ1-0101")).to_be_visible()
        expect(page).to_have_url(re.compile("#/berth/SZ1-0101$"))


def test_the_list_gives_what_the_map_shows_to_the_keyboard(chromium: Browser, server: LiveServer) -> None:
    with visit(chromium) as page:
        open_live(page, server)
        page.get_by_role("button", name="列表").press("Enter")
        page.get_by_role("searchbox").fill("SZ1-0101")
        row = page.locator(".twin-row")
        expect(row).to_have_count(1)
        row.locator("summary").press("Enter")
        row.get_by_role("link", name=re.compile("^0101")).press("Enter")

        expect(page.locator(".panel h2")).to_have_text("SZ1-0101")
        expect(page.locator(".panel")).to_be_focused()


def test_a_search_for_nothing_says_so(chromium: Browser, server: LiveServer) -> None:
    with visit(chromium) as page:
        open_live(page, server, "/?lang=en")
        page.get_by_role("button", name="List").click()
        page.get_by_role("searchbox").fill("nowhere")

        expect(page.locator(".twin")).to_contain_text("No section or berth matches “nowhere”.")


def test_a_link_to_nothing_says_so(chromium: Browser, server: LiveServer) -> None:
    with visit(chromium) as page:
        open_live(page, server, "/?lang=en#/berth/NOWHERE")

        expect(page.locator(".panel")).to_contain_text("No Berth NOWHERE found")


def test_a_lost_server_is_told_and_the_page_goes_on_by_itself(chromium: Browser, server: LiveServer) -> None:
    with visit(chromium) as page:
        open_live(page, server)
        server.stop()
        expect(page.locator("html")).to_have_attribute("data-trust", "late", timeout=15_000)
        expect(page.locator(".freshness")).to_contain_text("连接中断")
        server.start()
        expect(page.locator("html")).to_have_attribute("data-trust", "live", timeout=30_000)
        before = page.locator(".zone-free").first.inner_text()
        expect(page.locator(".zone-free").first).not_to_have_text(before, timeout=15_000)


def test_nothing_is_current_while_the_street_is_silent(
    chromium: Browser, server: LiveServer, live: LiveCity
) -> None:
    with visit(chromium) as page:
        open_live(page, server)
        live.is_lost = True
        try:
            expect(page.locator("html")).to_have_attribute("data-trust", "stale", timeout=15_000)
            expect(page.locator(".stale-banner")).to_contain_text("不代表当前情况")
            expect(page.locator(".sign .unseen li").first).to_contain_text("无可靠数据")
            assert accessibility_faults(page) == []
        finally:
            live.is_lost = False
        expect(page.locator("html")).to_have_attribute("data-trust", "live", timeout=15_000)


def test_the_theme_switch_is_kept(chromium: Browser, server: LiveServer) -> None:
    with visit(chromium, color_scheme="light") as page:
        open_live(page, server)
        page.get_by_role("button", name="切换到深色").click()
        page.reload()

        expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("tab", ["地图", "片区", "账单", "违停", "屏"])
def test_a_phone_shows_one_part_at_a_time_and_never_scrolls_sideways(
    chromium: Browser, server: LiveServer, tab: str
) -> None:
    with visit(chromium, viewport={"width": 390, "height": 844}, has_touch=True) as page:
        open_live(page, server)
        page.get_by_role("navigation", name="内容").get_by_role("button", name=tab).tap()

        expect(page.locator(".card:visible")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("path", ["/?lang=zh", "/?lang=en#/berth/SZ1-0101", "/?lang=zh#/section/S010"])
def test_axe_finds_nothing(chromium: Browser, server: LiveServer, view: str, path: str) -> None:
    with visit(chromium, **VIEWS[view]) as page:
        open_live(page, server, path)
        assert accessibility_faults(page) == []


def test_words_of_both_languages_are_the_browsers_too(chromium: Browser, server: LiveServer) -> None:
    with visit(chromium) as page:
        open_live(page, server)
        base = page.evaluate("document.querySelector('script[src]').src.replace(/js\\/.*/, '')")
        keys = page.evaluate(
            """async (base) => Promise.all(["zh", "en"].map(
              async (name) => Object.keys((await import(`${base}js/words/${name}.js`)).default).sort()))""",
            base,
        )

        assert keys[0] == keys[1]


def test_whoever_is_not_staff_sees_no_money_no_stays_and_no_plates(chromium: Browser) -> None:
    server = LiveServer(LiveCity(load_city(CITY)), free_port(), rate=2, for_staff=False)
    server.start()
    try:
        with visit(chromium) as page:
            open_live(page, server, "/#/berth/SZ1-0101")

            expect(page.locator(".panel .facts").first).to_be_visible()
            expect(page.locator(".zone").first).to_be_visible()
            expect(page.locator("#bills, #violations, .panel .entry")).to_have_count(0)
            expect(page.locator(".kpi")).to_have_count(2)
            assert "鄂" not in page.locator("body").inner_text()
    finally:
        server.stop()
