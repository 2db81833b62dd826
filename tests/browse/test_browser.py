"""The page in a real browser: by keyboard and by mouse, wide and narrow, light and dark.

The Chromium of the system is driven, and reaches nothing but loopback. One browser and one served memory
do for all; with CI in the environment, a picture of each page is kept under `.cache/pictures`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sekha import MessageDto, NewConversation, SyncSekhaClient
from support.terminal import COMMAND

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
try:
    from axe_playwright_python.async_playwright import Axe
    from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
except ImportError:
    CHROMIUM = None
if CHROMIUM is None:
    reason = "wants a browser: apt-get install chromium, and the packages of the extra dev"
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason, allow_module_level=True)

pytestmark = pytest.mark.asyncio(loop_scope="module")
KEEPS_PICTURES = bool(os.environ.get("CI") or os.environ.get("SEKHA_PICTURES"))
PICTURES = Path(__file__).resolve().parents[2] / ".cache" / "pictures"
WIDE, NARROW = {"width": 1360, "height": 850}, {"width": 390, "height": 800}
PATIENCE = 60_000
HOSTILE = (
    "<script>window.evil = 1</script><img src=x onerror='window.evil=1'> "
    "![p](https://evil.example/pixel.png) <div hx-get='/act' hx-trigger='load'></div> "
    "[l](javascript:window.evil=1) \x1b[31m $\\text{<script>window.evil=1</script>}$\n\n"
    "| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nprint('x')\n```\n\n$x^2$ and **more**"
)


class Served:
    """A memory that a process shows.

    Attributes:
        link: the address that it said; good once.
    """

    def __init__(self, memory: Path, home: Path) -> None:
        environment = {**os.environ, "HOME": str(home), "SEKHA_LOCAL": str(memory)}
        self.process = subprocess.Popen(
            [*COMMAND, "browse", "--no-open"], env=environment, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        self.link = ""
        while not self.link and (line := self.process.stderr.readline()):
            found = re.search(r"http://127\.0\.0\.1:\d+/enter\?token=\S+", line)
            self.link = found[0] if found else ""
        assert self.link
        self.base = self.link.partition("/enter")[0]

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("browse")
    with SyncSekhaClient.local(folder / "memory.db") as client:
        said = [MessageDto("user", "When are the tomatoes watered?", "2024-03-05T08:00:00Z")]
        said.append(MessageDto("assistant", HOSTILE, "2024-03-05T08:01:00Z"))
        client.create_conversation(
            NewConversation("Garden", said, "/home/garden", 7, "chatgpt", "1")
        )
        for number in range(90):
            month = f"2024-{number % 9 + 1:02}-11T08:00:00Z"
            said = [MessageDto("user", f"Question {number} about work", month)]
            client.create_conversation(NewConversation(f"Work {number}", said, "/work"))
    shown = Served(folder / "memory.db", folder)
    yield shown
    assert shown.end() == 0


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def context(browser: Browser, served: Served) -> AsyncIterator[BrowserContext]:
    """A browser that followed the link."""
    opened = await browser.new_context(viewport=WIDE, accept_downloads=True)
    opened.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page = await opened.new_page()
    await page.goto(served.link)
    await page.wait_for_url(f"{served.base}/")
    # The link is in the history, and good no more.
    (cookie,) = await opened.cookies()
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
    await page.close()
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(context: BrowserContext, served: Served) -> AsyncIterator[Page]:
    """A page on which nothing may go wrong, and from which nothing may be loaded from elsewhere."""
    opened = await context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.on(
        "request",
        lambda asked: None if asked.url.startswith(served.base) else wrong.append(asked.url),
    )
    await opened.goto(f"{served.base}/")
    yield opened
    assert await opened.evaluate("window.evil") is None
    await opened.close()
    assert wrong == []


async def test_by_keyboard(page: Page, served: Served, tmp_path: Path) -> None:
    chats = [{"id": "a", "conversations": [{"from": "human", "value": "Where do the pears grow?"}]}]
    export = tmp_path / "chats.json"
    export.write_text(json.dumps(chats))
    await page.goto(f"{served.base}/import")
    await page.set_input_files("#file", export)
    await expect(page.locator(".state-done")).to_be_visible()
    await expect(page.locator(".report")).to_contain_text("1 stored")

    await page.keyboard.press("/")
    await page.wait_for_url(f"{served.base}/")
    await page.keyboard.press("/")
    await page.keyboard.type("where pears")
    await page.keyboard.press("Enter")
    await expect(page.locator("#reader mark").first).to_have_text("pears")
    await expect(page.locator("#reader h1")).to_be_focused()
    assert "q=where" in page.url and "/c/" in page.url

    await page.keyboard.press("e")
    await expect(page.locator("#edit-label")).to_be_focused()
    former = await page.locator("#edit-label").input_value()
    await page.keyboard.type("Orchard")
    await page.keyboard.press("Enter")
    await expect(page.locator("#reader h1")).to_have_text("Orchard")
    await expect(page.locator(".row.current .label")).to_have_text("Orchard")
    await expect(page.locator("#undo")).to_be_visible()
    await page.keyboard.press("u")
    await expect(page.locator("#status")).to_contain_text("Undone")
    await expect(page.locator("#reader h1")).to_have_text(former)

    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#keys")).to_be_hidden()

    await page.goto(f"{served.base}/?under=/work")
    for key in "jjkjx":
        await page.keyboard.press(key)
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await expect(page.locator("#selected-count")).to_have_text("2")
    wanted = [
        await row.text_content() for row in await page.locator(".row:has(:checked) .label").all()
    ]
    async with page.expect_download() as download:
        await page.locator("button[value=json]", has_text="Export").press("Enter")
    exported = json.loads(Path(await (await download.value).path()).read_text())
    assert [each["label"] for each in exported["conversations"]] == wanted
    # On and on: the next page of the list comes by itself.
    for _ in range(75):
        await page.keyboard.press("j")
    await expect(page.locator(".row")).to_have_count(90)


async def test_by_mouse(page: Page, served: Served) -> None:
    await page.locator(".pick", has_text="home").click()
    await expect(page.locator(".row")).to_have_count(1)
    assert page.url.endswith("/?under=%2Fhome")
    await page.locator(".row .open").click()
    await expect(page.locator("#reader h1")).to_have_text("Garden")
    body = page.locator(".message .body").nth(1)
    await expect(body).to_contain_text("<script>window.evil = 1</script>")
    assert await body.locator("script, img, [hx-get], [onerror]").count() == 0
    assert await body.locator("table, math, .hl-nb, strong").count() >= 4
    await page.locator("#archive").click()
    await expect(page.locator(".head .tag")).to_have_text("archived")
    await page.locator("#undo").click()
    await expect(page.locator("#archive")).to_be_visible()
    await expect(page.locator(".row .tag")).to_have_count(0)

    await page.goto(f"{served.base}/?q=Question+7&how=exact")
    await expect(page.locator(".row")).not_to_have_count(0)
    await page.locator(".ways label", has_text="Words").click()
    await page.wait_for_url("**how=words**")
    page.once("dialog", lambda dialog: dialog.accept())
    await page.locator(".row .open").first.click()
    name = await page.locator("#reader h1").text_content()
    await page.locator("#delete").click()
    await expect(page.locator("#status")).to_contain_text("Deleted")
    await expect(page.locator("#reader h1")).to_have_count(0)
    await page.locator("#undo").click()
    await expect(page.locator("#status")).to_contain_text("back under a new id")
    await page.goto(f"{served.base}/?label={name}")
    await expect(page.locator(".row")).to_have_count(1)

    await page.goto(f"{served.base}/import")
    dropped = await page.evaluate_handle(
        """() => { const data = new DataTransfer();
        data.items.add(new File(['{"no": "chats"}'], 'x.json')); return data; }"""
    )
    await page.dispatch_event("#drop", "drop", {"dataTransfer": dropped})
    await expect(page.locator(".state-failed")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [("wide", "light"), ("narrow", "dark")])
async def test_every_page_can_be_read_by_all(
    page: Page, served: Served, scheme: str, width: str
) -> None:
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await page.set_viewport_size(WIDE if width == "wide" else NARROW)  # type: ignore[arg-type]
    garden = await _id_of_garden(page)
    paths = {
        "list": "/",
        "search": "/?q=tomatoes",
        "conversation": f"/c/{garden}?q=tomatoes",
        "overview": "/overview",
        "context": "/context",
        "import": "/import",
        "tidy": "/tidy?days=0",
    }
    for name, path in paths.items():
        await page.goto(served.base + path)
        if name == "context":
            await page.fill("#question", "When are the tomatoes watered?")
            await page.locator("#question").press("Tab")
            await page.locator(".context-form button").click()
            await page.wait_for_selector("#built .chosen")
        if name == "conversation":
            await page.locator("#edit").click()
            await page.wait_for_selector("#edit-label")
        await _pictures(page, name, width, scheme)
        found: Any = await Axe().run(page)
        violations = [
            (each["id"], [node["target"] for node in each["nodes"]][:5])
            for each in found.response["violations"]
        ]
        assert violations == [], (name, violations)
        over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{name} is wider than the window"
    if width == "narrow":
        await page.goto(f"{served.base}/c/{garden}")
        await expect(page.locator("#results")).to_be_hidden()
        await page.locator(".back").click()
        await expect(page.locator("#results")).to_be_visible()
        await expect(page.locator("#reader")).to_be_hidden()


async def test_dark_or_light_is_remembered(page: Page) -> None:
    def paper() -> Any:
        return page.evaluate("getComputedStyle(document.documentElement).backgroundColor")

    await page.emulate_media(color_scheme="light")
    light = await paper()
    await page.locator("#theme").click()
    dark = await paper()
    await page.reload()
    assert await paper() == dark != light
    await page.locator("#theme").click()
    assert await paper() == light


async def test_whoever_did_not_follow_the_link_is_kept_out(
    browser: Browser, served: Served
) -> None:
    other = await browser.new_context()
    page = await other.new_page()
    for path in ("/", "/overview", served.link.removeprefix(served.base)):
        answer = await page.goto(served.base + path)
        assert answer is not None and answer.status == 401
        assert "Garden" not in await page.content()
    await other.close()


async def _id_of_garden(page: Page) -> str:
    await page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + "/?label=Garden")
    row = await page.locator(".row").first.get_attribute("id")
    assert row is not None
    return row.removeprefix("row-")


async def _pictures(page: Page, name: str, width: str, scheme: str) -> None:
    """Of a page in this scheme and in the other one."""
    if not KEEPS_PICTURES:
        return
    PICTURES.mkdir(parents=True, exist_ok=True)
    for shown in ("dark" if scheme == "light" else "light", scheme):
        await page.emulate_media(color_scheme=shown)  # type: ignore[arg-type]
        await page.screenshot(path=PICTURES / f"{name}-{width}-{shown}.png")
