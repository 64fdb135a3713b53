"""A drawing as one HTML file that asks the network for nothing: pan, zoom, search, findings, levels of detail."""

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np

from vigie.drawing.binary import pack_levels
from vigie.drawing.palette import THEMES, flow_ramp
from vigie.drawing.picture import Style, figure_lines
from vigie.drawing.scene import SEVERITIES, Map

PARTS = ("painter.js", "page.js", "page.css")


def page(levels: Sequence[Map], names: Sequence[str], style: Style, figures: Mapping[str, Any] | None = None) -> str:
    """The HTML of placed and bundled maps, coarse to fine, called `names` in the choice of levels.

    Scripts and styles are allowed by their hash alone, everything else by nothing; all text of the graph is data that
    the script shows as text.
    """
    folder = files("vigie.drawing")
    painter, script, sheet = (folder.joinpath(name).read_text(encoding="utf-8") for name in PARTS)
    script = painter + script
    title = style.title or (levels[-1].title if levels else "") or "map"
    allowed = f"script-src '{_hash(script)}'; style-src '{_hash(sheet)}'"
    policy = f"default-src 'none'; {allowed}; worker-src blob:; base-uri 'none'; form-action 'none'"
    spoken = html.escape(f"Map: {title}. Arrows move it, plus and minus zoom, 0 shows all.")
    data = {
        "theme": style.theme,
        "themes": {name: _theme(name) for name in THEMES},
        "names": list(names),
        "severities": SEVERITIES,
    }
    lines = figure_lines(figures or {})
    packed = base64.b64encode(pack_levels(levels)).decode("ascii")
    return f"""<!doctype html>
<html lang="en" data-theme="{style.theme}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{html.escape(title)}</title>
<style>{sheet}</style>
</head>
<body>
<canvas id="stage" tabindex="0" role="img" aria-label="{spoken}"></canvas>
<header>
<h1>{html.escape(title)}</h1>
<button id="show" type="button" aria-controls="findings">findings</button>
<input id="find" type="search" placeholder="find a name ( / )" aria-label="Find a name">
<select id="level" aria-label="Level of detail"><option value="-1">level by zoom</option></select>
<button id="whole" type="button">whole map</button>
<button id="theme" type="button">dark / light</button>
</header>
<nav id="findings" aria-label="Findings" hidden></nav>
<div id="tip" role="status" hidden></div>
<footer>
<div id="direction"><b>direction</b><canvas id="bar" width="150" height="10"></canvas>source \u2192 target</div>
<div id="key"></div>
<div class="figures">{html.escape(chr(10).join(lines))}</div>
</footer>
<script id="data" type="application/json">{_json(data)}</script>
<script id="figures" type="application/json">{_json(dict(figures or {}))}</script>
<script id="levels" type="application/octet-stream">{packed}</script>
<script>{script}</script>
</body>
</html>
"""


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _json(value: object) -> str:
    """JSON that no HTML parser can mistake for the end of a script."""
    text = json.dumps(value, ensure_ascii=True, default=str)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _theme(name: str) -> dict[str, Any]:
    chosen = THEMES[name]
    plain = (
        "ground",
        "panel",
        "ink",
        "soft",
        "source",
        "target",
        "glow",
        "answer",
        "types",
        "severities",
        "box",
        "border",
    )
    return {key: getattr(chosen, key) for key in plain} | {
        "flow": np.round(flow_ramp(chosen) * 255).astype(int).tolist()
    }
