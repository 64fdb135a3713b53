"""The command line: kubectl's streams, the formats, the exit codes, and one line for what a person can mend."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from vigie.cli.main import cli, main
from vigie.model.errors import UsageError

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web-1", "namespace": "shop", "uid": "1", "creationTimestamp": "2026-01-05T10:00:00Z", "labels": {"app": "web"}},
    "spec": {"nodeName": "n1", "containers": [{"name": "app", "image": "registry.example/web:9"}]},
    "status": {
        "phase": "Pending",
        "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady", "lastTransitionTime": "2026-01-05T10:00:01Z"}],
        "containerStatuses": [
            {
                "name": "app", "ready": False, "restartCount": 0, "image": "registry.example/web:9",
                "state": {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "key\x1b[31m" not found'}},
            }
        ],
    },
}  # fmt: skip
WELL = {
    **POD,
    "metadata": {**POD["metadata"], "name": "web-2", "uid": "2"},
    "status": {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-05T10:00:01Z"}],
        "containerStatuses": [{"name": "app", "ready": True, "restartCount": 0, "image": "i", "state": {"running": {"startedAt": "2026-01-05T10:00:01Z"}}}],
    },
}  # fmt: skip
MISSING = json.loads(json.dumps(POD).replace("key\\u001b[31m", "session-key"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, *objects: dict) -> str:
    path.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": objects}))
    return str(path)


def run(*arguments: str, **more: object) -> Result:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=True, **more)  # type: ignore[arg-type]


@pytest.fixture
def broken(home: Path) -> str:
    return write(home / "all.json", MISSING, WELL)


def test_ask_names_the_cause_and_keeps_it_for_explain(broken: str, home: Path) -> None:
    result = run("ask", "broken", "-f", broken)
    assert result.exit_code == 0, result.output
    assert "secret-missing" in result.stdout and "Secret/shop/session-key" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    kept = home / "cache" / "vigie" / "last-answer.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    id_ = json.loads(kept.read_text())["causes"][0]["id"]
    explained = run("explain", f"cause/{id_}")
    assert explained.exit_code == 0
    assert "session-key" in explained.stdout and "Proofs" in explained.stdout


def test_json_has_every_key_of_the_contract(broken: str) -> None:
    said = json.loads(run("ask", "broken", "-f", broken, "-o", "json").stdout)
    assert set(said) == {"apiVersion", "kind", "question", "asOf", "causes", "unknown", "healthy"}
    (cause,) = said["causes"]
    assert {
        "rank",
        "id",
        "score",
        "class",
        "entity",
        "summary",
        "fix",
        "since",
        "chain",
        "victims",
        "change",
    } <= cause.keys()
    assert cause["entity"].keys() == {"cluster", "group", "kind", "namespace", "name", "uid", "part"}
    assert all(step.keys() == {"entity", "relation", "field", "value", "time", "evidence"} for step in cause["chain"])
    assert cause["chain"][-1]["relation"] is None
    assert cause["fix"].keys() == {"text", "command"}


def test_every_format_parses(broken: str) -> None:
    for verb in (["ask", "broken"], ["check", "--fail-on", "none"]):
        out = {
            form: run(*verb, "-f", broken, "-o", form).stdout
            for form in ("yaml", "jsonl", "sarif", "junit", "markdown", "html", "name", "wide")
        }
        assert yaml.safe_load(out["yaml"])["apiVersion"] == "vigie/v1"
        assert [json.loads(line)["class"] for line in out["jsonl"].splitlines()]
        sarif = json.loads(out["sarif"])
        assert sarif["version"] == "2.1.0" and sarif["runs"][0]["results"][0]["partialFingerprints"]
        assert ElementTree.fromstring(out["junit"]).attrib["failures"] != "0"
        assert "secret-missing" in out["markdown"] and out["html"].startswith("<!doctype html>")
        assert "secret-missing Secret/shop/session-key" in out["name"]


def test_check_exit_codes(broken: str, home: Path) -> None:
    assert run("check", "-f", broken).exit_code == 1
    assert run("check", "-f", broken, "--fail-on", "none").exit_code == 0
    assert run("check", "-f", broken, "--fail-on", "critical").exit_code == 0
    healthy = write(home / "well.json", WELL)
    assert run("check", "-f", healthy).exit_code == 0
    (home / "cut.json").write_text(
        '{"kind":"List","items":[{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}},{"ki'
    )
    assert run("check", "-f", healthy, "-f", str(home / "cut.json"), "--require-complete").exit_code == 3


def test_suppressions_need_a_reason_and_expire(broken: str, home: Path) -> None:
    config = home / "vigie.yaml"
    config.write_text("suppress:\n- rule: secret-missing\n  object: Secret/shop/*\n  reason: being rotated\n")
    assert json.loads(run("ask", "broken", "-f", broken, "-o", "json").stdout)["causes"] == []
    assert run("check", "-f", broken).exit_code == 0
    config.write_text("suppress:\n- rule: secret-missing\n  reason: was\n  expires: 2020-01-01\n")
    late = run("check", "-f", broken)
    assert late.exit_code == 1 and "suppression expired" in late.stderr
    config.write_text("supress: []\n")
    wrong = run("check", "-f", broken)
    assert isinstance(wrong.exception, UsageError) and "did you mean 'suppress'" in str(wrong.exception)
    config.write_text("suppress:\n- rule: secret-missing\n")
    assert "needs rule and reason" in str(run("check", "-f", broken).exception)


def test_baseline_hides_what_was_there(broken: str, home: Path) -> None:
    assert run("check", "-f", broken, "--write-baseline", "base.txt", "--fail-on", "none").exit_code == 0
    assert run("check", "-f", broken, "--baseline", "base.txt").exit_code == 0


def test_annotation_hides_with_a_reason(home: Path) -> None:
    noted = json.loads(json.dumps(MISSING))
    noted["spec"]["containers"][0]["image"] = "x"
    secretless = write(home / "noted.json", noted)
    assert json.loads(run("ask", "broken", "-f", secretless, "-o", "json").stdout)["causes"]


def test_get_and_describe(broken: str) -> None:
    kinds = run("get", "-f", broken).stdout
    assert "Pod" in kinds and "ONLY NAMED" in kinds
    pods = run("get", "po", "-n", "shop", "-f", broken).stdout
    assert "web-1" in pods and "web-2" in pods and "ok" in pods
    assert run("get", "pods", "-l", "app=other", "-f", broken).stdout == ""
    body = yaml.safe_load(run("get", "pod/web-1", "-f", broken, "-o", "yaml").stdout)
    assert body["metadata"]["name"] == "web-1"
    told = run("describe", "po/web-1", "-f", broken).stdout
    assert "Causes" in told and "secret-missing" in told and "Relations" in told
    assert isinstance(run("get", "pds", "-f", broken).exception, UsageError)


def test_one_object_and_one_namespace(broken: str) -> None:
    assert len(json.loads(run("ask", "broken", "po/web-1", "-f", broken, "-o", "json").stdout)["causes"]) == 1
    assert json.loads(run("ask", "broken", "po/web-2", "-f", broken, "-o", "json").stdout)["causes"] == []
    assert json.loads(run("ask", "broken", "-n", "other", "-f", broken, "-o", "json").stdout)["causes"] == []


def test_diff_tells_what_changed(broken: str, home: Path) -> None:
    after = write(home / "after.json", WELL)
    result = run("diff", broken, after)
    assert result.exit_code == 1 and "- Pod/shop/web-1" in result.stdout
    assert run("diff", broken, broken).exit_code == 0
    assert json.loads(run("diff", broken, after, "-o", "json").stdout)["removed"][0]["name"] == "web-1"


def test_hostile_text_reaches_no_terminal_and_no_page(home: Path) -> None:
    path = write(home / "evil.json", POD)
    assert "\x1b" not in run("ask", "broken", "-f", path).stdout
    evil = json.loads(json.dumps(POD).replace("web-1", "web<script>alert(1)</script>"))
    page = run("ask", "broken", "-f", write(home / "script.json", evil), "-o", "html").stdout
    assert "<script" not in page and "&lt;script&gt;" in page


def test_rules_systems_version_completion() -> None:
    rules = json.loads(run("rules", "-o", "json").stdout)["items"]
    assert len(rules) >= 60
    assert rules[0]["id"] in run("explain", rules[0]["id"]).stdout
    assert "kubernetes" in run("systems").stdout
    assert run("version").stdout.startswith("vigie ")
    assert "_VIGIE_COMPLETE" in run("completion", "bash").stdout
    assert "did you mean" in str(run("explain", "crash-exitt").exception)


def test_mistakes_are_one_line_and_exit_two(home: Path) -> None:
    (home / "junk.bin").write_bytes(bytes(range(256)) * 8)
    for arguments in (["-f", "nowhere.json"], ["-f", "junk.bin"], ["--kubeconfig", "none.yaml"]):
        done = subprocess.run(
            [sys.executable, "-m", "vigie", "ask", "broken", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=home,
        )
        assert done.returncode == 2, done.stderr
        last = done.stderr.strip().splitlines()[-1]
        assert last.startswith("vigie: ") and "Traceback" not in done.stderr and done.stdout == ""
    assert callable(main)
