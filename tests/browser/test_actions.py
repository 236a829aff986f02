"""What people do, in a real browser: sign in, search, choose, click, save, invite, import, on a desk and on a phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import NARROW, PASSWORD, WIDE, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Site, Watched

CSV = """Customer,Subscription,Plan name,State,Begin,Finish,Price,Seats,Cycle,Money
acme,s1,Team,active,2026-01-05,,100,1,month,EUR
birch,s2,Team,active,2026-02-01,,50,2,month,EUR
"""

DROPPED = """(text) => {
  const data = new DataTransfer();
  data.items.add(new File([text], "billing.csv", {type: "text/csv"}));
  return data;
}"""


@pytest.fixture
def stranger(chromium: Browser, site: Site) -> Iterator[Watched]:
    """A window of somebody who is not signed in."""
    yield from opened(chromium, site, WIDE, signed=False)


def wait_for_focus(page: Page, name: str) -> None:
    page.wait_for_function(f"document.activeElement.getAttribute('name') === '{name}'")


def bar(page: Page) -> tuple[float, float]:
    """A place on the first chart where something is told when the pointer is over it."""
    box = page.locator("[data-chart] canvas").first.bounding_box()
    assert box
    tip = page.locator("#vg-tooltip-element.visible")
    for across in range(15, 90, 5):
        for down in range(85, 20, -8):
            x, y = box["x"] + box["width"] * across / 100, box["y"] + box["height"] * down / 100
            page.mouse.move(x, y)
            if tip.count():
                return x, y
    raise AssertionError("nothing is told anywhere on the chart")


def test_sign_in_by_keyboard_alone(stranger: Watched) -> None:
    page = stranger.open("/revenue?grain=quarter")
    assert "/sign-in" in page.url
    wait_for_focus(page, "email")
    page.keyboard.type("ada@example.com")
    page.keyboard.press("Tab")
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    wait_for_focus(page, "password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/revenue?grain=quarter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"


def test_search_by_keyboard_alone(signed_in: Watched) -> None:
    page = signed_in.open("/revenue")
    for wanted, lands in (
        ("acc_00000", r"/accounts/acc_00000\d\d"),
        ("quick", "/explain/quick-ratio"),
        ("sett", "/settings"),
    ):
        page.keyboard.press("/")
        page.keyboard.type(wanted)
        page.wait_for_selector("#found:not([hidden]) a")
        page.keyboard.press("ArrowDown")
        assert page.get_attribute("#search", "aria-activedescendant")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(lands))
    page.keyboard.press("/")
    page.keyboard.type("zebra crossing")
    page.wait_for_selector("#found [aria-disabled]")
    page.keyboard.press("Escape")
    assert page.locator("#found").is_hidden()
    assert signed_in.said == []


def test_controls_live_in_the_address(signed_in: Watched) -> None:
    page = signed_in.open("/revenue")
    page.locator("select[name=grain]").select_option("quarter")
    page.wait_for_url("**grain=quarter**")
    page.locator("select[name=by]").select_option("plan")
    page.wait_for_url("**by=plan**")
    page.locator(".more-controls > summary").click()
    page.locator("select[name=policy]").select_option("stripe")
    page.locator("input[name=currency]").fill("USD")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**policy=stripe**")
    asked = page.url
    assert all(one in asked for one in ("grain=quarter", "by=plan", "policy=stripe", "currency=USD"))
    page.get_by_role("navigation").get_by_text("Retention").click()
    page.wait_for_url("**/retention**")
    assert "policy=stripe" in page.url
    page.go_back()
    assert page.url == asked
    page.get_by_role("link", name="Reset").click()
    page.wait_for_url(re.compile("/revenue$"))


def test_a_chart_tells_and_leads_to_the_accounts_behind_it(signed_in: Watched) -> None:
    page = signed_in.open("/")
    page.locator("[data-chart]").first.scroll_into_view_if_needed()
    x, y = bar(page)
    assert re.search(r"\d", page.locator("#vg-tooltip-element").inner_text())
    page.mouse.click(x, y)
    page.wait_for_url(re.compile(r"/explain/mrr-movements.*period=\d{4}-\d\d-\d\d"))
    page.wait_for_selector("a[href^='/accounts/']")
    assert signed_in.said == []


@pytest.mark.parametrize("kind", ["CSV", "XLSX", "PNG", "SVG", "JSON"])
def test_a_panel_is_downloaded(signed_in: Watched, kind: str) -> None:
    page = signed_in.open("/revenue")
    panel = page.locator(".panel").first
    panel.locator(".more > summary").click()
    with page.expect_download() as waiting:
        panel.get_by_text(f"Download as {kind}").click()
    kept = waiting.value.path().read_bytes()
    starts = {"CSV": b"period,", "XLSX": b"PK", "PNG": b"\x89PNG", "SVG": b"<svg", "JSON": b"{"}
    assert kept.startswith(starts[kind])
    assert waiting.value.suggested_filename.endswith(kind.lower())


def test_accounts_are_filtered_and_kept_as_a_segment(signed_in: Watched) -> None:
    page = signed_in.open("/accounts?where=country+%3D+'US'")
    page.get_by_text("Save as a segment").click()
    page.get_by_label("Name of the segment").fill("American")
    page.get_by_label("Name of the segment").press("Enter")
    page.wait_for_url("**segment=American**")
    page.goto(page.url.split("/accounts")[0] + "/revenue")
    page.locator("select[name=segment]").select_option("American")
    page.wait_for_url("**segment=American**")
    assert signed_in.said == []


def test_the_menu_of_a_phone(on_a_phone: Watched) -> None:
    page = on_a_phone.open("/")
    link = page.get_by_role("navigation").get_by_text("Payments and renewals")
    assert not link.is_visible()
    page.locator("#menu > summary").click()
    link.click()
    page.wait_for_url("**/payments**")
    assert on_a_phone.said == []


def test_somebody_is_invited_and_sees_what_the_role_allows(signed_in: Watched, stranger: Watched) -> None:
    page = signed_in.open("/settings/people")
    page.locator("input[name=email]").fill("grace@example.com")
    page.locator("#role").select_option("viewer")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("input.secret").input_value()
    other = stranger.page
    other.goto(link)
    other.get_by_label("Your name").fill("Grace Hopper")
    for field in other.locator("input[type=password]").all():
        field.fill("another long one that nobody has")
    other.get_by_role("button", name="Begin").click()
    other.wait_for_load_state()
    assert other.locator("h1").inner_text() == "Overview"
    other.goto(page.url.split("/settings")[0] + "/settings/people")
    assert "not open to you" in other.locator("h1").inner_text()
    assert other.goto(link)
    assert "does not work" in other.locator("h1").inner_text()


def test_a_language_is_chosen_per_person(signed_in: Watched) -> None:
    page = signed_in.open("/me")
    page.locator("select[name=language]").select_option("de")
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state()
    try:
        assert page.get_attribute("html", "lang") == "de"
        page.get_by_role("navigation").get_by_text("Umsatz").click()
        page.wait_for_url("**/revenue**")
        assert re.search(r"\d\.\d{3}", page.locator("main").inner_text())
    finally:
        signed_in.open("/me")
        page.locator("select[name=language]").select_option("en")
        page.locator("form[action='/me'] button").click()
        page.wait_for_load_state()
    assert page.get_attribute("html", "lang") == "en"


def test_a_file_is_dragged_in_and_its_mapping_corrected(chromium: Browser, empty_site: Site) -> None:
    for watched in opened(chromium, empty_site, WIDE):
        page = watched.open("/")
        for taught in ("Connect Stripe", "Send events", "Import a file"):
            assert page.get_by_role("heading", name=re.compile(taught)).count() == 1
        drop = page.evaluate_handle(DROPPED, CSV)
        page.dispatch_event("form[data-drop]", "drop", {"dataTransfer": drop})
        page.wait_for_url(re.compile("/import/."))
        page.locator("select[name=kind]").select_option("subscriptions")
        page.wait_for_url("**kind=subscriptions**")
        guessed = page.locator("#map-account_id").input_value()
        assert guessed == "Customer"
        for field, column in (
            ("valid_from", "Begin"),
            ("valid_to", "Finish"),
            ("interval", "Cycle"),
            ("currency", "Money"),
        ):
            page.locator(f"#map-{field}").select_option(column)
        for field, column in (("subscription_id", "Subscription"), ("plan_id", "Plan name"), ("status", "State")):
            page.locator(f"#map-{field}").select_option(column)
        for field, column in (("unit_amount", "Price"), ("quantity", "Seats")):
            page.locator(f"#map-{field}").select_option(column)
        page.get_by_role("button", name="Import", exact=True).click()
        page.wait_for_selector("h1:has-text('is imported')", timeout=60_000)
        assert "2" in page.locator(".figure", has_text="Accepted").inner_text()
        page.get_by_role("link", name="To the overview").click()
        page.wait_for_selector(".figure:has-text('MRR')")
        assert "200" in page.locator(".figure", has_text="MRR").first.inner_text()
        assert (watched.said, watched.elsewhere) == ([], [])


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_names_like_scripts_are_words(chromium: Browser, hostile_site: Site, width: int) -> None:
    for watched in opened(chromium, hostile_site, width):
        alerts: list[str] = []
        watched.page.on("dialog", lambda one, alerts=alerts: (alerts.append(one.message), one.dismiss()))
        for path in (
            "/",
            "/revenue?by=plan",
            "/retention",
            "/accounts",
            "/accounts/a%2Fb%3Fc%3D1%23d",
            "/explain/mrr?by=plan",
        ):
            page = watched.open(path)
            assert page.locator("img[src=x], main script").count() == 0, path
        assert alerts == []
        assert (watched.said, watched.elsewhere) == ([], [])
