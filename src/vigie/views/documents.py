"""Documents: answers and findings as JSON, YAML, JSON lines, names, SARIF 2.1.0, JUnit and Markdown."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from vigie import __version__
from vigie.views.escape import markdown as md
from vigie.views.escape import terminal, xml
from vigie.views.plain import name

_LEVEL = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}


def items(said: dict[str, Any]) -> list[dict[str, Any]]:
    """The causes of an answer, or the items of a list of findings."""
    found: list[dict[str, Any]] = said["causes"] if said["kind"] == "Answer" else said["items"]
    return found


_INNER = {"severity", "rule", "proofs"}


def contract(said: dict[str, Any]) -> dict[str, Any]:
    """An answer with exactly the keys that scripts may rely on; findings keep theirs."""
    if said["kind"] != "Answer":
        return said
    causes = [{key: value for key, value in cause.items() if key not in _INNER} for cause in said["causes"]]
    unknown = [{key: entry[key] for key in ("entity", "needs", "how")} for entry in said["unknown"]]
    return {**said, "causes": causes, "unknown": unknown}


def pretty(value: Any) -> str:
    """JSON for a person's eyes, keys in their order."""
    return str(msgspec.json.format(msgspec.json.encode(value), indent=2).decode()) + "\n"


def json(said: dict[str, Any]) -> str:
    return pretty(contract(said))


def jsonl(said: dict[str, Any]) -> str:
    said = contract(said)
    lines = [msgspec.json.encode({"apiVersion": said["apiVersion"], **item}).decode() for item in items(said)]
    return "".join(line + "\n" for line in lines)


def yaml(said: dict[str, Any]) -> str:
    from yaml import CSafeDumper, dump

    return str(dump(contract(said), Dumper=CSafeDumper, sort_keys=False, allow_unicode=False, width=110))


def names(said: dict[str, Any]) -> str:
    return "".join(f"{item['class']} {terminal(name(item['entity']))}\n" for item in items(said))


def _message(item: dict[str, Any]) -> str:
    text = item.get("summary") or item.get("title") or item["class"]
    first = next((p["value"] for p in item["proofs"] if p["value"]), None)
    return f"{name(item['entity'])}: {text}" + (f" ({first})" if first and first not in text else "")


def _rule(item: dict[str, Any]) -> str:
    return str(item["rule"] or item["class"])


def sarif(said: dict[str, Any]) -> str:
    """SARIF 2.1.0; `partialFingerprints` keep a finding's identity over time and place."""
    rules: dict[str, dict[str, Any]] = {}
    results = []
    for item in items(said):
        rule = _rule(item)
        rules.setdefault(rule, {"id": rule, "name": item["class"], "shortDescription": {"text": item["class"]}})
        evidence = next((p["evidence"] for p in item["proofs"]), "")
        artifact, _, fragment = evidence.partition("#")
        key = "\0".join((rule, item["class"], name(item["entity"])))
        results.append(
            {
                "ruleId": rule, "level": _LEVEL.get(item["severity"], "warning"),
                "message": {"text": _message(item)},
                "locations": [
                    {
                        "physicalLocation": {"artifactLocation": {"uri": _uri(artifact)}},
                        "logicalLocations": [{"fullyQualifiedName": name(item["entity"]), "kind": "object"}],
                    }
                ],
                "properties": {"pointer": fragment or None, "fix": item["fix"]["text"]},
                "partialFingerprints": {"vigie/v1": hashlib.sha256(key.encode()).hexdigest()},
            }
        )  # fmt: skip
    driver = {"name": "vigie", "version": __version__, "rules": list(rules.values())}
    run = {"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return pretty({"$schema": schema, "version": "2.1.0", "runs": [run]})


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path, safe="/!:._-~")


def junit(said: dict[str, Any]) -> str:
    """JUnit XML: a failed test case for each item."""
    found = items(said)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuites name="vigie" tests="{max(1, len(found))}" failures="{len(found)}">')
    lines.append(f'  <testsuite name="{xml(said["kind"])}" tests="{max(1, len(found))}" failures="{len(found)}">')
    for item in found:
        lines.append(f'    <testcase classname="{xml(item["class"])}" name="{xml(name(item["entity"]))}">')
        proofs = "\n".join(f"{p['evidence']} {p['field']}: {p['value']}" for p in item["proofs"])
        lines.append(
            f'      <failure type="{xml(item["severity"])}" message="{xml(_message(item))}">{xml(proofs)}</failure>'
        )
        lines.append("    </testcase>")
    if not found:
        lines.append('    <testcase classname="vigie" name="nothing found"/>')
    lines += ["  </testsuite>", "</testsuites>"]
    return "\n".join(lines) + "\n"


def markdown(said: dict[str, Any]) -> str:
    """Markdown for an issue or a pull request."""
    lines = [f"# vigie: {'what is broken' if said['kind'] == 'Answer' else 'findings'}", ""]
    lines.append(f"As of {said['asOf'] or 'an unknown time'}.")
    for number, item in enumerate(items(said), 1):
        lines += ["", f"## {number}. {md(item['class'])}: {md(name(item['entity']))}", "", md(_message(item)), ""]
        if item.get("chain"):
            steps = [
                md(name(s["entity"])) + (f" *{md(s['relation'])}*" if s["relation"] else "") for s in item["chain"]
            ]
            lines += ["Chain: " + " → ".join(steps), ""]
        lines += ["| proof | value | evidence |", "| --- | --- | --- |"]
        lines += [f"| {md(p['field'])} | {md(p['value'] or '')} | {md(p['evidence'])} |" for p in item["proofs"]]
        if item["fix"]["text"]:
            lines += ["", f"**Fix:** {md(item['fix']['text'])}"]
        if item["fix"]["command"]:
            lines += ["", "```sh", item["fix"]["command"].replace("```", ""), "```"]
        if item.get("victims"):
            lines += ["", "Affected: " + ", ".join(md(name(v["entity"])) for v in item["victims"])]
    if not items(said):
        lines += ["", "Nothing found."]
    if said["unknown"]:
        lines += ["", "## Not known", ""]
        lines += [
            f"- {md(name(u['entity']))}: {md(u['needs'] or u['why'] or '')} ({md(u['how'])})" for u in said["unknown"]
        ]
    return "\n".join(lines) + "\n"


def html(said: dict[str, Any]) -> str:
    from vigie.views import report

    return report.page(said)


RENDER: dict[str, Callable[[dict[str, Any]], str]] = {
    "json": json, "yaml": yaml, "jsonl": jsonl, "name": names, "sarif": sarif, "junit": junit, "markdown": markdown,
    "html": html,
}  # fmt: skip
