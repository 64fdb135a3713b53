"""The rules of the house, held by the code itself."""

import ast
import re
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

import vigie
from vigie import pipeline, testing
from vigie.graph.schema import Schema
from vigie.model.classes import classes

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "vigie"
MODULES = sorted(SOURCE.rglob("*.py"))
RULES = sorted(SOURCE.glob("systems/*/rules/*.py"))
MODULE_LINES, FUNCTION_LINES, RULE_LINES = 500, 60, 80
HEAVY = {"numpy", "pyarrow", "yaml", "msgspec", "zstandard", "http.client", "ssl", "rich"}


@lru_cache
def rule_modules() -> tuple[Path, ...]:
    """The files of rules; the docstring of such a file is the rule's own."""
    return tuple(path for path in RULES if re.match(r"[a-z0-9]+\d{4}_", path.stem))


def schema() -> Schema:
    return pipeline.schema()


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_modules_and_functions_stay_small_and_say_what_they_are(path: Path) -> None:
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    limit = RULE_LINES if path in rule_modules() else MODULE_LINES
    assert text.count("\n") <= limit, f"{path}: more than {limit} lines"
    assert path in rule_modules() or ast.get_docstring(tree), f"{path}: the module has no docstring"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= FUNCTION_LINES, f"{path}:{node.lineno} {node.name} has {lines} lines"


def test_every_rule_has_its_page_and_every_page_its_rule() -> None:
    pages = {path.with_suffix("") for path in SOURCE.glob("systems/*/rules/*.md")}
    assert pages == {path.with_suffix("") for path in rule_modules()}


def test_ids_and_names_agree_with_files() -> None:
    declared = {rule.id: rule for rule in schema().rules.values()}
    files = {path.stem.partition("_")[0].upper(): path.stem.partition("_")[2] for path in rule_modules()}
    assert files == {id: rule.body.__name__ for id, rule in declared.items()}
    for system in schema().systems:
        assert all(rule.id.startswith(system.prefix) for rule in system.rules)
    assert len({rule.name for rule in declared.values()}) == len(declared)


def test_there_are_at_least_sixty_rules() -> None:
    assert len(schema().rules) >= 60


def test_names_state_problems() -> None:
    vague = {"check", "rule", "test", "validate", "ensure", "analyze", "analyzer", "status", "should"}
    for rule in schema().rules.values():
        assert not vague & set(rule.name.split("-")), f"{rule.id} {rule.name} does not say a problem"
        assert rule.title.endswith(".") and len(rule.title) <= 100, f"{rule.id}: {rule.title!r}"


def test_every_class_has_one_owner_and_every_rule_declares_real_ones() -> None:
    owners: dict[str, list[str]] = {}
    for rule in schema().rules.values():
        for name in rule.causes:
            owners.setdefault(name, []).append(rule.id)
    assert {name: ids for name, ids in owners.items() if len(ids) > 1} == {}
    only_metrics_show = {"resource-throttled"}
    missing = set(classes()) - set(owners) - {"unknown"} - only_metrics_show
    assert missing == set(), f"no rule names {sorted(missing)}"


def test_every_class_has_a_case_of_its_own() -> None:
    """A case whose answer is the class, on the page of the rule that owns it; it fails there without the rule."""
    pages = {path.stem.partition("_")[0].upper(): testing.cases(path) for path in SOURCE.glob("systems/*/rules/*.md")}
    for rule in schema().rules.values():
        answered = {e.cause for case in pages[rule.id] if case.outcome != "Good" for e in case.answer}
        assert set(rule.causes) <= answered, f"{rule.id}: no case answers {sorted(set(rule.causes) - answered)}"


def test_ids_are_for_life() -> None:
    known = (ROOT / "tests" / "rule-ids.txt").read_text("utf-8").split()
    assert set(known) == set(schema().rules), "tests/rule-ids.txt: add new ids, never take one away"


def test_everything_declared_is_documented() -> None:
    for system in schema().systems:
        for kind in system.kinds:
            assert kind.__doc__, f"{kind.key} has no docstring"
            for field in kind.fields.values():
                assert field.doc, f"{field!r} has no sentence"
        for rows in system.rows:
            assert rows.__doc__, f"{rows.__name__} has no docstring"
        for edge in system.edges:
            assert edge.sentence.endswith("."), f"edge {edge.name}"
        for symptom in system.symptoms:
            assert symptom.doc, f"symptom {symptom.signal}"


def test_symptoms_are_used_and_rules_wait_for_signals_that_exist() -> None:
    signals = {s.signal for s in schema().symptoms}
    waited = {name for rule in schema().rules.values() for name in rule.signals}
    assert waited <= signals, f"no symptom gives {sorted(waited - signals)}"
    source = "\n".join(path.read_text("utf-8") for path in SOURCE.glob("systems/**/*.py"))
    unused = {s for s in signals - waited if source.count(f'"{s}"') < 2}
    assert unused == set(), f"nobody reads {sorted(unused)}"


def test_public_names_are_few_and_there() -> None:
    assert len(vigie.__all__) <= 16, "fifteen names and the version"
    for name in vigie.__all__:
        assert getattr(vigie, name) is not None


def loaded(*arguments: str) -> set[str]:
    code = f"import sys; {arguments[0]}; print(*sorted(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_import_is_light() -> None:
    assert not HEAVY & loaded("import vigie")


def test_help_is_light() -> None:
    code = "from vigie.cli.main import cli; cli(['--help'], standalone_mode=False)"
    names = loaded(f"import io; out=sys.stdout; sys.stdout=io.StringIO(); {code}; sys.stdout=out")
    assert not HEAVY & names
    assert "vigie.pipeline" not in names


def test_every_command_explains_itself() -> None:
    import click

    from vigie.cli.main import _COMMANDS, cli

    context = click.Context(cli)
    assert list(_COMMANDS) == sorted(_COMMANDS)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None and command.help, f"{name} has no help"
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.opts} has no help"


def test_make_targets_are_few_and_explained() -> None:
    lines = (ROOT / "Makefile").read_text("utf-8").splitlines()
    targets = [line for line in lines if re.match(r"^[a-z-]+:", line)]
    assert len(targets) <= 10
    assert all("##" in line for line in targets)


def test_layout_is_as_the_architecture_says() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    for package in sorted(p.name for p in SOURCE.iterdir() if p.is_dir() and p.name != "__pycache__"):
        assert f"`{package}/`" in text, f"ARCHITECTURE.md does not speak of {package}/"


def test_samples_say_where_they_are_from() -> None:
    for path in (ROOT / "tests" / "samples").rglob("evidence*"):
        assert (path.parent / "SOURCE").read_text("utf-8").strip(), path


def test_the_change_log_knows_this_version() -> None:
    assert f"## {vigie.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
