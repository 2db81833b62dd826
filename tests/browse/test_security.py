"""Nobody else gets in, and nothing that is stored can do anything."""

from __future__ import annotations

import re

import pytest

from sekha import MessageDto, NewConversation, SekhaClient
from sekha.browse.security import Sessions

from .conftest import BASE, Page, Parsed, opened

PAGES = ["/", "/overview", "/context", "/import", "/tidy?days=0", "/?q=tomatoes", "/nowhere"]
POSTS = ["/act", "/undo", "/import", "/import/x/stop", "/import/x/resume", "/tidy", "/leave"]


async def test_who_has_no_cookie_sees_nothing(client: SekhaClient) -> None:
    async with opened(client, enter=False) as page:
        (row,) = await client.list_conversations("Garden")
        for path in [*PAGES, f"/c/{row.id}", f"/c/{row.id}/messages", "/more", "/total"]:
            answer = await page.get(path)
            assert answer.status_code == 401, path
            assert "Garden" not in answer.text and "tomato" not in answer.text
        for path in [*POSTS, "/export", "/context"]:
            assert (await page.post(path, {"ids": row.id})).status_code == 401, path
        for cookie in ("", "x", "sekha_browse_8091=", "%C3%A9"):
            answer = await page.get("/", cookie=f"sekha_browse_8091={cookie}")
            assert answer.status_code == 401


async def test_a_link_is_good_once(client: SekhaClient) -> None:
    sessions = Sessions()
    token = sessions.token()
    async with opened(client, enter=False, sessions=sessions) as page:
        assert (await page.get("/enter?token=wrong")).status_code == 401
        assert (await page.http.head(f"/enter?token={token}")).status_code == 401
        entered = await page.get(f"/enter?token={token}")
        assert entered.status_code == 200
        cookie = entered.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie
        assert token not in cookie and "max-age" not in cookie
        assert (await page.get("/")).status_code == 200
        page.http.cookies.clear()
        assert (await page.get(f"/enter?token={token}")).status_code == 401


async def test_only_under_its_own_name(page: Page) -> None:
    for host in (
        "evil.example:8091",
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil",
        "",
    ):
        answer = await page.get("/", host=host)
        assert answer.status_code == 421, host
    for host in ("localhost:8091", "[::1]:8091"):
        assert (await page.get("/", host=host)).status_code == 200


async def test_open_to_others_means_addresses_not_names(client: SekhaClient) -> None:
    async with opened(client, any_address=True) as page:
        assert (await page.get("/", host="192.168.1.5:8091")).status_code == 200
        assert (await page.get("/", host="evil.example:8091")).status_code == 421


@pytest.mark.parametrize(
    "origin",
    [None, "null", "http://evil.example", "http://127.0.0.1:3000", "https://127.0.0.1:8091"],
)
async def test_no_other_page_can_change_anything(
    page: Page, client: SekhaClient, origin: str | None
) -> None:
    (row,) = await client.list_conversations("Garden")
    headers = {} if origin is None else {"origin": origin}
    for path in [*POSTS, "/export", "/context"]:
        body = {"ids": row.id, "action": "archive", "id": row.id, "decision": "archive"}
        answer = await page.http.post(path, data=body, headers=headers)
        assert answer.status_code == 403, path
        assert "access-control-allow-origin" not in answer.headers
    assert (await client.get_conversation(row.id)).status == "active"


async def test_another_site_cannot_ask_with_the_cookie(page: Page) -> None:
    for site in ("cross-site", "same-site"):
        headers = {"sec-fetch-site": site, "sec-fetch-mode": "no-cors"}
        assert (await page.get("/", **headers)).status_code == 403
        # A link that was followed is the person's doing; browsers send it without the cookie.
        assert (await page.get("/", **{**headers, "sec-fetch-mode": "navigate"})).status_code == 200


async def test_nothing_changes_by_looking(page: Page, client: SekhaClient) -> None:
    before = await client.export()
    for path in POSTS:
        (row, *_) = await client.list_conversations()
        answer = await page.get(f"{path}?action=delete&ids={row.id}&decision=archive&id={row.id}")
        assert answer.status_code in (200, 404, 405), path
    assert await client.export() == before


async def test_read_only(client: SekhaClient) -> None:
    before = await client.export()
    async with opened(client, read_only=True) as page:
        ids = await page.ids()
        for action in ("archive", "pin", "delete", "edit", "label", "move"):
            body = {"ids": ids[0], "action": action, "label": "x", "folder": "/x"}
            assert (await page.post("/act", body)).status_code == 403
        assert (await page.post("/import?name=a")).status_code == 403
        assert (await page.post("/tidy", {"id": ids[0], "decision": "pin"})).status_code == 403
        assert (await page.post("/export", {"ids": ids[0]})).status_code == 200
        assert (await page.post("/context", {"question": "tomatoes"})).status_code == 200
        shown = (await page.get(f"/c/{ids[0]}")).text
        assert "read only" in shown
        for control in ('id="archive"', 'id="delete"', 'data-act="pin"', "/import", "/tidy"):
            assert control not in shown
    assert await client.export() == before


async def test_each_answer_forbids_what_the_page_does_not_need(page: Page) -> None:
    for path in [*PAGES, "/static/app.js", "/enter"]:
        headers = (await page.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy
        assert "unsafe" not in policy and "*" not in policy and "http" not in policy
        assert "frame-ancestors 'none'" in policy and "form-action 'self'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store", path
    assert (await page.get("/static/../app.py")).status_code in (401, 404)


async def test_pages_need_no_more_than_their_policy_allows(page: Page) -> None:
    ids = await page.ids()
    for path in [*PAGES, f"/c/{ids[0]}", f"/c/{ids[0]}/edit"]:
        require_harmless((await page.get(path)).text)


async def test_the_key_lets_in_where_there_is_one(client: SekhaClient) -> None:
    key = "not-a-real-key-only-for-these-tests"
    async with opened(client, enter=False, sessions=Sessions(key)) as page:
        assert 'type="password"' in (await page.get("/")).text
        refused = await page.post("/enter", {"key": key + "x"})
        assert refused.status_code == 401 and "not the key" in refused.text
        entered = await page.post("/enter", {"key": key})
        assert entered.status_code == 303 and key not in str(entered.headers)
        assert (await page.get("/")).status_code == 200
        assert (await page.post("/leave")).status_code == 303
        assert (await page.get("/")).status_code == 401


SCRIPT = "<script>alert(1)</script>"
HOSTILE = [
    SCRIPT,
    '<img src=x onerror="alert(1)"><svg onload=alert(1)><iframe src="//evil.example">',
    "[a](javascript:alert(1)) [b](data:text/html,x) [c](vbscript:x) <javascript:alert(1)>",
    "![pixel](https://evil.example/pixel.png) ![own](/act) ![data](data:image/svg+xml,x)",
    r"$\text{<script>alert(1)</script>} \href{javascript:alert(1)}{x} \style{color:red}{y}$",
    r"\( \class{evil}{<img src=x onerror=alert(1)>} \) $$\frac{" * 40,
    "```html\n<script>alert(1)</script>\n```\n`<script>`",
    '```"><script>alert(1)</script>\nx\n```',
    '<div hx-get="/act" hx-trigger="load" hx-on:load="alert(1)" style="position:fixed">x</div>',
    "\x1b[31mred\x1b]0;title\x07 \x00 \u202eevil\u2066 \ud7ff \x9b31m",
    "</textarea></pre></template></style></title>" + SCRIPT,
    "{{ 7 * 7 }} {% include 'x' %} ${7*7}",
    "|a|\n|-|\n|" + SCRIPT + "|\n\n> " * 50,
    "[" * 700 + "x" + "](" * 90,
    "*a **b" * 500,
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
async def test_stored_text_does_nothing(client: SekhaClient, hostile: str) -> None:
    name = " ".join(hostile.split())[:150]
    new = NewConversation(
        name,
        [MessageDto(name, hostile + " findme"), MessageDto("user", "findme too")],
        "/evil/" + name,
        source=name,
        source_id="1",
    )
    stored = await client.create_conversation(new)
    async with opened(client) as page:
        paths = ["/", "/?q=findme", "/?q=findme&how=words", f"/c/{stored.id}", "/overview"]
        paths += [f"/c/{stored.id}?q=findme", f"/c/{stored.id}/edit", "/tidy?days=0&importance=10"]
        texts = [(await page.get(path)).text for path in paths]
        texts.append((await page.post("/context", {"question": "findme"})).text)
        texts.append((await page.post("/act", {"action": "pin", "ids": stored.id})).text)
    assert "findme" in texts[3]
    for text in texts:
        require_harmless(text)


@pytest.mark.parametrize("hostile", HOSTILE[:2])
async def test_what_was_typed_does_nothing(page: Page, hostile: str) -> None:
    for name in ("q", "label", "under", "source", "since", "until", "how", "importance", "after"):
        answer = await page.http.get("/", params={name: '">' + hostile})
        assert answer.status_code == 200
        require_harmless(answer.text)
    answer = await page.post("/context", {"question": '">' + hostile, "prefer": hostile})
    require_harmless(answer.text)


def require_harmless(html: str) -> None:
    """Nothing of a page can run, load from elsewhere, or steer a terminal."""
    for tag, attributes in Parsed(html).elements:
        assert tag not in {"iframe", "object", "embed", "img", "base", "style", "template"}, tag
        if tag == "script":
            assert attributes["src"].startswith("/static/"), attributes
        for name, value in attributes.items():
            assert not name.startswith(("on", "hx-on")) and name != "style", (tag, name)
            if name in ("href", "src", "action", "xlink:href", "formaction"):
                assert re.match(r"https?://|mailto:|/|#", value), (tag, value)
                assert tag == "a" or not value.startswith("http")
            if name.startswith("hx-") and name in ("hx-get", "hx-post"):
                assert value.startswith("/"), value
        if tag == "a" and attributes.get("href", "").startswith("http"):
            assert "noopener" in attributes["rel"] and attributes["target"] == "_blank"
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)
    assert BASE not in html
