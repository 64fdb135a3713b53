"""The report: an answer as one self-contained HTML file that needs no network and runs no script."""

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import Any

from vigie.views.escape import page as escape
from vigie.views.plain import name

_STYLE = """
:root{--ink:#1b2430;--soft:#5b6878;--paper:#fff;--card:#f6f8fa;--line:#d9dfe6;--red:#b42318;--amber:#8a5a00;--blue:#175cd3;--green:#067647}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa7b6;--paper:#11161d;--card:#1a212b;--line:#303a47;--red:#ff8a7a;--amber:#f5b942;--blue:#84b4ff;--green:#5fd29a}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:62rem;padding:2rem 1.25rem 4rem;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0}
h2{font-size:1.15rem;margin:0 0 .35rem}
code,pre,.at{font:.86em/1.5 ui-monospace,Menlo,Consolas,monospace}
pre{margin:.4rem 0;padding:.6rem .8rem;background:var(--paper);border:1px solid var(--line);border-radius:6px;overflow-x:auto;white-space:pre-wrap;word-break:break-word}
.soft{color:var(--soft)}
.cause{margin:1.5rem 0;padding:1.1rem 1.25rem;background:var(--card);border:1px solid var(--line);border-left:5px solid var(--red);border-radius:8px}
.cause.unknown{border-left-color:var(--amber)}
.class{color:var(--red)}.unknown .class{color:var(--amber)}
.fix{color:var(--green);font-weight:600}
ol.chain{list-style:none;margin:.8rem 0;padding:0}
ol.chain li{padding:.1rem 0 .7rem 1.3rem;border-left:2px solid var(--line);position:relative;margin-left:.4rem}
ol.chain li::before{content:"";position:absolute;left:-6px;top:.55rem;width:10px;height:10px;border-radius:50%;background:var(--blue)}
ol.chain li:last-child{border-left-color:transparent}
ol.chain li:last-child::before{background:var(--red)}
.unknown ol.chain li:last-child::before{background:var(--amber)}
.relation{color:var(--blue)}
.at{color:var(--soft);word-break:break-all}
details{margin-top:.6rem}summary{cursor:pointer;color:var(--blue)}
table{border-collapse:collapse;width:100%;margin-top:.5rem}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);word-break:break-word}
.ok{color:var(--green)}
"""


_STYLED = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_MICROSECONDS = re.compile(r"(?<=:\d\d)\.\d+(?=Z$)")


def page(said: dict[str, Any]) -> str:
    """One HTML document for an answer or a list of findings."""
    items = said["causes"] if said["kind"] == "Answer" else said["items"]
    title = "What is broken" if said["kind"] == "Answer" else "Findings"
    body = [f"<h1>{title}</h1>", f"<p>{escape(_lead(said, items))}</p>"]
    if not items:
        body.append('<p class="ok">Nothing was found.</p>')
    for number, item in enumerate(items, 1):
        body += _item(item, number)
    body += _unknown(said["unknown"])
    if "healthy" in said:
        body.append(f'<p class="soft">{said["healthy"]["checked"]} objects are well.</p>')
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; style-src 'sha256-{_STYLED}'\">"
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>vigie: {title.lower()}</title><style>{_STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _lead(said: dict[str, Any], items: list[dict[str, Any]]) -> str:
    """How many there are, and when that was so."""
    at = f"as of {_time(said['asOf'])}" if said["asOf"] else "as of an unknown time"
    if said["kind"] != "Answer":
        return f"{len(items)} finding{'s' * (len(items) != 1)}, {at}."
    hit = len({name(victim["entity"]) for item in items for victim in item["victims"]})
    proven = sum(item["class"] != "unknown" for item in items)
    causes = f"{proven} root cause{'s' * (proven != 1)}"
    return f"{causes}, {hit} object{'s' * (hit != 1)} affected, {at}."


def _time(time: str) -> str:
    """A time to the second; the proofs keep what is finer."""
    return _MICROSECONDS.sub("", time)


def _item(item: dict[str, Any], number: int) -> Iterator[str]:
    unknown = " unknown" if item["class"] == "unknown" else ""
    yield f'<section class="cause{unknown}"><h2>{number}. <span class="class">{escape(item["class"])}</span> '
    yield f"{escape(name(item['entity']))}</h2><p>{escape(item.get('summary') or item.get('title') or '')}</p>"
    if item["fix"]["text"]:
        yield f'<p class="fix">{escape(item["fix"]["text"])}</p>'
    if item["fix"]["command"]:
        yield f"<pre>{escape(item['fix']['command'])}</pre>"
    facts = [f"since {_time(item['since'])}"] if item.get("since") else []
    if item.get("change"):
        change = item["change"]
        facts.append(f"after {name(change['entity'])} was changed ({change['what']}) at {_time(change['time'])}")
    if facts:
        yield f'<p class="soft">{escape(", ".join(facts))}</p>'
    if item.get("chain"):
        yield '<ol class="chain">' + "".join(_step(step) for step in item["chain"]) + "</ol>"
    yield _proofs(item["proofs"])
    if item.get("victims"):
        yield _victims(item["victims"])
    yield "</section>"


def _step(step: dict[str, Any]) -> str:
    relation = f' <span class="relation">{escape(step["relation"])} ↓</span>' if step["relation"] else ""
    value = f"<pre>{escape(step['value'])}</pre>" if step["value"] else ""
    field = f"{step['field']} · " if step["field"] else ""
    return f"<li><b>{escape(name(step['entity']))}</b>{relation}{value}<div class=at>{escape(field + (step['evidence'] or ''))}</div></li>"


def _proofs(proofs: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td>{escape(name(p['entity']))}<div class=at>{escape(p['field'])}</div></td>"
        f"<td>{escape(p['value'] or '')}<div class=at>{escape(p['evidence'])}</div></td></tr>"
        for p in proofs
    )
    return f"<details><summary>{len(proofs)} proofs</summary><table>{rows}</table></details>" if rows else ""


def _victims(victims: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td>{escape(name(v['entity']))}</td><td>{escape(v['symptom'] or '')}</td></tr>" for v in victims
    )
    return f"<details><summary>{len(victims)} objects affected</summary><table>{rows}</table></details>"


def _unknown(unknowns: list[dict[str, Any]]) -> Iterator[str]:
    if not unknowns:
        return
    yield "<h2>Not known</h2><table>"
    for unknown in unknowns:
        what = unknown["why"] or f"needs {unknown['needs']}"
        yield f"<tr><td>{escape(name(unknown['entity']))}</td><td>{escape(what)}</td><td><code>{escape(unknown['how'])}</code></td></tr>"
    yield "</table>"
