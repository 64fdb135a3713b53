"""The page that vigie writes, in a real Chromium: it works, it is quiet, and names that attack it stay text."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.real.browser import Browser, Tab, program
from tests.real.conftest import need
from vigie.drawing.draw import draw
from vigie.drawing.scene import Chain, Map

pytestmark = pytest.mark.real

HOSTILE = "<img src=x onerror=\"document.title='owned'\"></script><b>bold</b>"
ROOT = "document.documentElement?.dataset"
STAGE = "document.getElementById('stage')"
BUSY = f"{STAGE}.getAttribute('aria-busy')"
LEVEL = "document.getElementById('level').options[0].textContent"
REPORTS = (
    "self.violations = []; addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective));"
)
ALONE = "delete self.Worker; delete Uint8Array.fromBase64;"
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
QUIET = f"new Promise((done) => setTimeout(done, 120)).then(() => {DRAWN})"
PIXELS = (
    "(() => { const s = document.getElementById('stage'), copy = new OffscreenCanvas(s.width, s.height);"
    "const c = copy.getContext('2d', { willReadFrequently: true }), seen = {}; c.drawImage(s, 0, 0);"
    "const d = new Uint32Array(c.getImageData(...AREA).data.buffer); let h = 2166136261;"
    "for (const p of d) { h = Math.imul(h ^ p, 16777619) >>> 0; seen[p] = 1; }"
    "return { hash: h, colours: Object.keys(seen).length, first: d[0] }; })()"
)


def estate(*, edges: int = 3000, chain: bool = False) -> Map:
    """Two zones of twenty racks of thirty machines; edges among them, findings, names that attack their reader."""
    rng = np.random.default_rng(7)
    zones, racks, machines = 2, 40, 1200
    first, total = zones + racks, zones + racks + machines
    parent = np.concatenate((np.full(zones, -1), np.arange(racks) % zones, zones + np.arange(machines) % racks))
    labels = ["zone-a", "zone-b", *(f"rack-{n}" for n in range(racks)), *(f"machine-{n}" for n in range(machines))]
    labels[first + 77] = f"evil {HOSTILE}"
    severity = np.zeros(total, dtype=np.int64)
    severity[[first + 5, first + 77]] = 3, 4
    return Map(
        labels=labels,
        parent=parent,
        kind=np.repeat((0, 1, 2), (zones, racks, machines)),
        kind_names=("Zone", "Rack", f"Node {HOSTILE}"),
        source=first + rng.integers(0, machines, edges),
        target=first + rng.integers(0, machines, edges),
        type_names=(HOSTILE,),
        severity=severity,
        notes={first + 5: "disk-pressure", first + 77: f"note {HOSTILE}"},
        level_names=("zones", "racks", "machines"),
        chains=(Chain((first + 5, first + 300, first + 77), ("calls", HOSTILE)),) if chain else (),
        title=f"estate {HOSTILE}",
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = program()
    need(path, "Chromium is not installed (Debian: chromium)")
    assert path is not None
    with Browser(path) as one:
        yield one


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The estate, without edges, with an answer over it, and a map that has positions only."""
    folder = tmp_path_factory.mktemp("pages")
    rng = np.random.default_rng(3)
    spread = Map(
        labels=[f"service-{n}" for n in range(300)],
        source=rng.integers(0, 300, 900),
        target=rng.integers(0, 300, 900),
        position=rng.random((300, 2)) * 1000,
        title="services",
    )
    scenes = {
        "estate": estate(),
        "bare": estate(edges=0),
        "answer": estate(edges=400, chain=True),
        "spread": spread,
    }
    for name, scene in scenes.items():
        draw(scene, folder / f"{name}.html", beside=False)
    return {name: folder / f"{name}.html" for name in scenes}


def opened(browser: Browser, page: Path, *, before: str = "", width: int = 1400, height: int = 875) -> Tab:
    """A tab in which the page is ready and at rest."""
    tab = browser.open(page.as_uri(), width=width, height=height, before=REPORTS + before)
    tab.wait(f"{ROOT}.ready === 'yes'")
    rest(tab)
    return tab


def rest(tab: Tab) -> None:
    """Wait until what was asked of the page is painted."""
    tab.run(QUIET)
    tab.wait(f"{BUSY} === 'false'")
    tab.run(DRAWN)


def pixels(tab: Tab, left: int = 0, top: int = 0, width: int = 1400, height: int = 875) -> dict[str, int]:
    """A hash of an area of the canvas, how many colours it has, and its first pixel."""
    seen: dict[str, int] = tab.run(PIXELS.replace("AREA", json.dumps([left, top, width, height])))
    return seen


def complaints(tab: Tab) -> list[str]:
    """Everything the page did that a quiet page does not do."""
    found = [f"violation {name}" for name in tab.run("violations")]
    for name in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
        found += [f"{name} {event}" for event in tab.named(name)]
    own = tab.run("location.href")
    urls = [event["request"]["url"] for event in tab.named("Network.requestWillBeSent")]
    return found + [f"request {url}" for url in urls if url != own and not url.startswith("blob:null/")]


def workers(tab: Tab) -> int:
    return sum(event["targetInfo"]["type"] == "worker" for event in tab.named("Target.attachedToTarget"))


@pytest.mark.parametrize("name", ["estate", "bare", "answer", "spread"])
def test_a_page_becomes_ready_and_is_quiet(browser: Browser, pages: dict[str, Path], name: str) -> None:
    tab = opened(browser, pages[name])
    assert tab.run(f"{ROOT}.painter") == "worker"
    assert workers(tab) == 1
    assert pixels(tab)["colours"] > (20 if name == "bare" else 500)
    assert complaints(tab) == []
    tab.close()


def test_what_a_page_may_not_do_is_noticed(browser: Browser, pages: dict[str, Path]) -> None:
    tab = opened(browser, pages["bare"])
    tab.run("document.body.append(Object.assign(new Image(), { src: 'absent.png' })); console.log('heard')")
    tab.wait("violations.length")
    found = " ".join(complaints(tab))
    assert "violation img-src" in found
    assert "heard" in found
    tab.close()


@pytest.mark.parametrize("name", ["estate", "spread"])
def test_without_a_worker_the_page_paints_the_same_itself(browser: Browser, pages: dict[str, Path], name: str) -> None:
    seen = []
    for before in ("", ALONE):
        tab = opened(browser, pages[name], before=before)
        assert (tab.run(f"{ROOT}.painter"), workers(tab)) == (("page", 0) if before else ("worker", 1))
        assert complaints(tab) == []
        whole = pixels(tab)["hash"]
        tab.mouse("Wheel", 600, 400, deltaX=0, deltaY=-600)
        rest(tab)
        seen.append((whole, pixels(tab)["hash"]))
        tab.close()
    assert seen[0] == seen[1]


def test_where_workers_are_forbidden_the_page_paints_itself(
    browser: Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    strict = tmp_path / "strict.html"
    text = pages["bare"].read_text("utf-8")
    assert text.count("worker-src blob:") == 1
    strict.write_text(text.replace("worker-src blob:", "worker-src 'none'"), "utf-8")
    tab = opened(browser, strict)
    assert tab.run(f"{ROOT}.painter") == "page"
    assert pixels(tab)["colours"] > 20
    assert tab.run("violations") == ["worker-src"]
    tab.close()


def test_a_damaged_page_says_so(browser: Browser, pages: dict[str, Path], tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.html"
    text = pages["bare"].read_text("utf-8")
    start = text.index('<script id="levels"')
    damaged.write_text(text[: start + 200] + text[text.index("</script>", start) :], "utf-8")
    tab = browser.open(damaged.as_uri())
    tab.wait("document.body?.textContent.includes('The drawing could not be read')")
    tab.close()


def test_dragging_moves_the_map(browser: Browser, pages: dict[str, Path]) -> None:
    tab = opened(browser, pages["bare"])
    area = (400, 200, 600, 400)
    before = pixels(tab, *area)
    assert before["colours"] > 10
    tab.drag((700, 430), (780, 480))
    rest(tab)
    assert pixels(tab, area[0] + 80, area[1] + 50, *area[2:])["hash"] == before["hash"]
    assert pixels(tab, *area)["hash"] != before["hash"]
    tab.run("document.getElementById('whole').click()")
    rest(tab)
    assert pixels(tab, *area)["hash"] == before["hash"]
    tab.close()


def test_zooming_in_switches_the_level(browser: Browser, pages: dict[str, Path]) -> None:
    tab = opened(browser, pages["estate"], width=700, height=600)
    assert tab.run(LEVEL) == "by zoom: racks"
    tab.mouse("Wheel", 350, 300, deltaX=0, deltaY=-1200)
    rest(tab)
    assert tab.run(LEVEL) == "by zoom: machines"
    tab.run(f"{STAGE}.focus()")
    tab.press("0")
    rest(tab)
    assert tab.run(LEVEL) == "by zoom: racks"
    assert complaints(tab) == []
    tab.close()


@pytest.mark.parametrize(("typed", "name"), [("machine-321", "machine-321"), ("EVIL", f"evil {HOSTILE}")])
def test_a_name_is_found(browser: Browser, pages: dict[str, Path], typed: str, name: str) -> None:
    tab = opened(browser, pages["estate"])
    tab.press("/")
    assert tab.run("document.activeElement.id") == "find"
    tab.call("Input.insertText", text=typed)
    tab.press("Enter", "\r")
    rest(tab)
    assert tab.run("document.getElementById('level').selectedOptions[0].textContent") == "machines"
    tab.mouse("Moved", 700, (875 - 20) / 2)
    tab.wait("!document.getElementById('tip').hidden")
    assert tab.run("document.getElementById('tip').firstChild.textContent") == name
    assert complaints(tab) == []
    tab.close()


@pytest.mark.parametrize("before", ["", ALONE])
def test_hostile_names_stay_text(browser: Browser, pages: dict[str, Path], before: str) -> None:
    tab = opened(browser, pages["answer"], before=before)
    tab.run("document.getElementById('show').click()")
    rows = tab.run("[...document.querySelectorAll('#findings button')].map((row) => row.textContent)")
    assert any(HOSTILE in row for row in rows)
    tab.run("document.querySelector('#findings button').click()")
    rest(tab)
    tab.run("document.getElementById('show').click()")
    tab.mouse("Moved", 700, (875 - 20) / 2)
    tab.wait("!document.getElementById('tip').hidden")
    text = tab.run("document.getElementById('tip').textContent")
    assert f"evil {HOSTILE}" in text
    assert f"note {HOSTILE}" in text
    assert tab.run("document.querySelectorAll('img, b:not(footer b)').length") == 0
    assert tab.run("document.title") == f"estate {HOSTILE}"
    assert complaints(tab) == []
    tab.close()


def test_the_tip_stays_in_the_window(browser: Browser, pages: dict[str, Path]) -> None:
    tab = opened(browser, pages["estate"], width=500, height=500)
    tab.run("document.getElementById('level').value = '0'")
    tab.run("document.getElementById('level').dispatchEvent(new Event('change'))")
    for x, y in ((485, 250), (15, 250), (250, 330)):
        tab.mouse("Moved", x, y)
        tab.run(QUIET)
        shown = "!document.getElementById('tip').hidden"
        box = tab.run(f"{shown} && document.getElementById('tip').getBoundingClientRect().toJSON()")
        assert box
        assert box["left"] >= 0 and box["top"] >= 0 and box["right"] <= 500 and box["bottom"] <= 500
    tab.close()


def test_dark_and_light(browser: Browser, pages: dict[str, Path]) -> None:
    tab = opened(browser, pages["estate"])
    grounds = []
    for theme in ("dark", "light", "dark"):
        assert tab.run(f"{ROOT}.theme") == theme
        grounds.append(pixels(tab, 2, 500, 1, 1)["first"] & 255)
        tab.run("document.getElementById('theme').click()")
        rest(tab)
    assert grounds[0] == grounds[2] < 60
    assert grounds[1] > 200
    assert complaints(tab) == []
    tab.close()


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1400, 875)])
def test_everything_fits_the_window(browser: Browser, pages: dict[str, Path], width: int, height: int) -> None:
    tab = opened(browser, pages["answer"], width=width, height=height)
    outside = tab.run(
        "[...document.querySelectorAll('header > *, footer > *, footer span')]"
        ".map((e) => [e.textContent.slice(0, 20), e.getBoundingClientRect()])"
        ".filter(([, r]) => r.width && (r.left < 0 || r.top < 0 || r.right > innerWidth || r.bottom > innerHeight))"
    )
    assert outside == []
    tab.close()
