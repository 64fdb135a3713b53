"""The page: one file, no request, no script but its own, text that stays text."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from tests.unit.drawing.samples import HOSTILE, grid, small
from vigie.drawing.binary import unpack_levels
from vigie.drawing.page import PARTS, page
from vigie.drawing.picture import Style


class Reader(HTMLParser):
    """Collects elements, attributes and the text of scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = dict(attrs).get("id") or tag

    def handle_data(self, data: str) -> None:
        self.texts[self.inside] = self.texts.get(self.inside, "") + data

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


@pytest.fixture(scope="module")
def hostile() -> Reader:
    return read(page([small()], ["all"], Style(), {"edges": 5, "note": HOSTILE}))


def test_only_its_own_script_and_style_may_run(hostile: Reader) -> None:
    metas = [attrs for tag, attrs in hostile.elements if tag == "meta"]
    policy = next(attrs["content"] for attrs in metas if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    hashes = {
        element: base64.b64encode(hashlib.sha256(hostile.texts[element].encode()).digest()).decode()
        for element in ("script", "style")
    }
    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src 'sha256-{hashes['script']}'",
        f"style-src 'sha256-{hashes['style']}'",
        "worker-src blob:",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_nothing_is_asked_of_the_network(hostile: Reader) -> None:
    for tag, attributes in hostile.elements:
        assert not {"src", "href", "action", "srcset"} & set(attributes), tag
        assert not [name for name in attributes if name.startswith("on")], tag
        assert "style" not in attributes, tag
    assert not re.search(
        r"https?:|//[a-z]|url\(|@import|fetch\(|XMLHttpRequest|innerHTML|eval\(", hostile.texts["script"]
    )


def test_the_script_is_the_painter_and_the_page_and_is_there_once(hostile: Reader) -> None:
    painter, script, _ = (files("vigie.drawing").joinpath(name).read_text("utf-8") for name in PARTS)
    assert hostile.texts["script"] == painter + script
    assert hostile.texts["script"].count("function painter(") == 1
    assert "${painter}" in script


def test_the_painter_names_nothing_of_the_page() -> None:
    painter = files("vigie.drawing").joinpath("painter.js").read_text("utf-8")
    assert not re.search(r"\b(document|window|self|localStorage|importScripts)\b", painter)


def test_hostile_text_opens_no_element(hostile: Reader) -> None:
    assert [tag for tag, _ in hostile.elements].count("script") == 4
    assert hostile.texts["h1"] == HOSTILE.strip().replace("\r", "\n") or HOSTILE.strip()[:9] in hostile.texts["h1"]
    assert json.loads(hostile.texts["figures"])["note"] == HOSTILE


def test_the_levels_are_in_the_page() -> None:
    reader = read(page([grid(3), grid(5)], ["coarse", "fine"], Style(theme="light")))
    levels = unpack_levels(base64.b64decode(reader.texts["levels"]))
    assert [scene.vertices for scene in levels] == [9, 25]
    assert json.loads(reader.texts["data"])["names"] == ["coarse", "fine"]
    assert ("html", {"lang": "en", "data-theme": "light"}) in reader.elements
