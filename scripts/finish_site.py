"""What `make docs` does after the build: checks every link of site/, and writes llms.txt and
llms-full.txt for language models.

    python scripts/finish_site.py

A link within the site has to lead to a page and, with a fragment, to a place on it. A link into this
repository has to lead to a file. No page may load anything from another host. Other links are left
alone: nothing is fetched.
"""

from __future__ import annotations

import re
import sys
import tomllib
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import griffe

ROOT = Path(__file__).resolve().parent.parent
DOCS, SITE = ROOT / "docs", ROOT / "site"
PROJECT = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]
URL: str = PROJECT["site_url"]
SOURCE = "https://github.com/sekha-ai/sekha-python-sdk"
REPOSITORY = re.compile(re.escape(SOURCE) + r"/(?:blob|tree)/main/([^#?]*)")
LOADS = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("audio", "src")}
SUMMARY = f"> {PROJECT['site_description']}."


class Page(HTMLParser):
    """The links of a page, the places on it, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.ids: set[str] = set()
        self.loads: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.ids |= {named[each] for each in ("id", "name") if named.get(each)}
        if tag == "a" and "href" in named:
            self.links.add(named["href"])
        if tag == "link" and {"stylesheet", "icon", "preload"} & set(named.get("rel", "").split()):
            self.loads.add(named["href"])
        self.loads |= {value for name, value in named.items() if (tag, name) in LOADS}


def pages() -> dict[str, Page]:
    """Every page of the site by its URL."""
    found = {}
    for file in sorted(SITE.rglob("*.html")):
        path = file.relative_to(SITE).as_posix().removesuffix("index.html")
        found[URL + path] = Page(file.read_text("utf-8"))
    return found


def dead_links(site: dict[str, Page]) -> list[str]:
    """What leads nowhere, and what would be loaded from elsewhere."""
    wrong = []
    for url, page in site.items():
        at = url.removeprefix(URL) or "index"
        for link in page.links | page.loads:
            target = urljoin(url, link)
            if match := REPOSITORY.match(target):
                if not (ROOT / unquote(match[1])).exists():
                    wrong.append(f"{at}: no such file in the repository: {match[1]}")
            elif not target.startswith(URL):
                if link in page.loads and not link.startswith("data:"):
                    wrong.append(f"{at}: loaded from elsewhere: {link}")
            elif (where := urlsplit(target)._replace(query="", fragment="").geturl()) in site:
                place = unquote(urlsplit(target).fragment)
                if place and place not in site[where].ids and not place.startswith("__"):
                    wrong.append(f"{at}: no such place: {link}")
            elif not (SITE / unquote(where.removeprefix(URL))).is_file():
                wrong.append(f"{at}: no such page: {link}")
    return wrong


def in_order(nav: list[Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The navigation as sections of titles and files."""
    sections: list[tuple[str, list[tuple[str, str]]]] = [("", [])]
    for entry in nav:
        ((title, value),) = entry.items()
        if isinstance(value, str):
            sections[0][1].append((title, value))
        else:
            sections.append((title, [pair for each in value for pair in each.items()]))
    return sections


def summary(text: str) -> str:
    """The first sentence of a page's first paragraph."""
    for part in text.split("\n\n")[1:]:
        if re.match(r"[A-Z\[]|`(?!``)", part):
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(part.split()))
            return re.split(r"(?<=[.:])\s", plain)[0].rstrip(":.") + "."
    return ""


@cache
def package() -> griffe.Module:
    """The package, read and not imported: other people's frameworks need not be there."""
    extensions = griffe.load_extensions(f"{ROOT}/scripts/griffe_attrs.py:Attrs")
    loaded = griffe.load("sekha", search_paths=[ROOT], extensions=extensions)
    assert isinstance(loaded, griffe.Module)
    return loaded


def described(name: str) -> str:
    """An object of the reference as text: its signature and docstring, and those of its members."""
    value: Any = package()[name.removeprefix("sekha.")]
    if value.is_alias:
        value = value.final_target
    parts = [value.docstring.value] if value.docstring else []
    if not value.is_module:
        parts.insert(0, f"### {signature(value)}")
    for each in value.all_members.values():
        try:
            shown = each.is_public and each.docstring and not each.is_module
            if shown and not (each.is_alias and not each.inherited):
                level = "###" if value.is_module else "####"
                parts.append(f"{level} {signature(each)}\n\n{each.docstring.value}")
        except griffe.AliasResolutionError:
            continue  # another package's, which is not installed
    return "\n\n".join(parts)


def signature(value: Any) -> str:
    """A class or a function as it is called."""
    made = value.all_members.get("__init__") if value.is_class else value
    if made is None or not made.is_function:
        return str(value.name)
    given = [each for each in made.parameters if each.name != "self"]
    return f"{value.name}({', '.join(str(each).replace(' = ', '=') for each in given)})"


def without_directives(text: str) -> str:
    """A page with what the reference's directives stand for."""
    directive = re.compile(r"^::: ([\w.]+)\n(?:    .*\n|\n(?=    ))*", re.M)
    return directive.sub(lambda match: described(match[1]) + "\n", text)


def write_for_models() -> None:
    """llms.txt, the index, and llms-full.txt, all pages in one."""
    index = f"# {PROJECT['site_name']}\n\n{SUMMARY}\n"
    whole = index
    for section, entries in in_order(PROJECT["nav"]):
        index += f"\n## {section or 'Start'}\n\n"
        for title, file in entries:
            text = (DOCS / file).read_text("utf-8")
            url = URL + re.sub(r"(^|/)index\.md$|\.md$", r"\1", file)
            url = url if url.endswith("/") else url + "/"
            index += f"- [{title}]({url}): {summary(text)}\n"
            whole += f"\n\n<!-- {url} -->\n\n{without_directives(text).strip()}\n"
    (SITE / "llms.txt").write_text(index, "utf-8")
    (SITE / "llms-full.txt").write_text(whole, "utf-8")


def main() -> int:
    write_for_models()
    site = pages()
    wrong = dead_links(site)
    listed = {file for _, entries in in_order(PROJECT["nav"]) for _, file in entries}
    there = {file.relative_to(DOCS).as_posix() for file in DOCS.rglob("*.md")}
    wrong += [f"{each}: not in the navigation of zensical.toml" for each in sorted(there - listed)]
    print(*sorted(wrong), sep="\n", end="\n" if wrong else "", file=sys.stderr)
    if not wrong:
        print(f"{len(site)} pages, no dead link")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
