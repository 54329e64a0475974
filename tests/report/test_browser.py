"""The page of a real campaign, in a real browser; and the commands that write it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from capnsafe_fuzz.cli import main

CAMPAIGN = (
    "fuzz", "builder", "stream", "--encoder", "planted:zero_before_allocate", "--runs", "4000",
    "--seed", "3", "--guilty", "--max-findings", "2", "--html", "page.html",
)  # fmt: skip
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    return int(str(ended.value.code))


@pytest.mark.process
def test_the_commands_write_the_same_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "campaign"))
    options = ("--runs", "100", "-x", "--engine", "random", "--seed", "1")
    encoder = ("--encoder", "bad_encoders:raising")
    assert run("fuzz", "builder", *options, *encoder, "--html", "one.html") == 1
    (place,) = (tmp_path / "findings" / "builder").iterdir()
    assert run("report", "findings", "-o", "two.html") == 0
    one, two = Path("one.html").read_text(), Path("two.html").read_text()
    assert one == two
    assert "Story" in one
    assert place.name in one
    assert sorted(path.name for path in tmp_path.iterdir()) == ["findings", "one.html", "two.html"]
    kept = json.loads((tmp_path / "findings" / ".campaigns.json").read_text())
    assert kept["campaigns"][0]["command"].startswith("capnsafe fuzz builder")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a campaign on a planted bug, with a target that has other faults."""
    folder = tmp_path_factory.mktemp("page")
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert run(*CAMPAIGN) == 1
    finally:
        os.chdir(before)
    return folder / "page.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        # Without its sandbox, it also runs for root.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.process
@pytest.mark.release
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 400])
def test_nothing_is_cut_every_link_works_and_no_request_leaves(
    browser: Any, page: Path, width: int, scheme: str
) -> None:
    requests: list[str] = []
    troubles: list[str] = []
    tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab.on("request", lambda request: requests.append(request.url))
    tab.on("console", lambda message: troubles.append(message.text))
    tab.goto(page.as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    # Only the table of a target with many faults may be scrolled, in a box of its own.
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    cut = """[...document.querySelectorAll('body *')].filter(one =>
        one.getBoundingClientRect().width && !one.closest('.scroll, svg')
        && (one.getBoundingClientRect().right > innerWidth || one.scrollWidth > one.clientWidth + 1
            && getComputedStyle(one).display != 'inline')).map(one => one.outerHTML.slice(0, 80))"""
    assert tab.evaluate(cut) == []
    maps = "[...document.querySelectorAll('#map1 .scroll')].map(m => m.scrollWidth - m.clientWidth)"
    assert max(tab.evaluate(maps)) <= 0
    links = tab.eval_on_selector_all("a", "all => all.map(one => one.getAttribute('href'))")
    assert len(links) >= 3
    for link in links:
        tab.click(f"nav a[href='{link}'], ol a[href='{link}']")
        assert tab.evaluate("location.hash") == link
        place = tab.eval_on_selector(link, "one => one.getBoundingClientRect().top")
        assert -1 <= place <= 900
    filtered = "[...document.querySelectorAll('#map1 .cell')].map(c => getComputedStyle(c).opacity)"
    assert set(tab.evaluate(filtered)) == {"1"}
    tab.check("#m1o0")
    assert set(tab.evaluate(filtered)) == {"1", "0.15"}
    dark = tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"
    assert dark == (scheme == "dark")
    assert set(requests) == {page.as_uri()}
    assert troubles == []
    tab.close()
