"""The README shows what is: the demo's output, the numbers of rules and classes, commands that exist."""

import re
from pathlib import Path

from click.testing import CliRunner

from vigie import pipeline
from vigie.cli.main import _COMMANDS, cli

README = Path("README.md").read_text("utf-8")
DEMO = "tests/samples/incidents/demo/evidence.tar.gz"


def test_the_picture_of_a_run_is_a_run(tmp_path: Path, monkeypatch: object) -> None:
    shown = re.search(r"```console\n\$ vigie ask broken -f \S+\n(.*?)```", README, re.DOTALL)
    assert shown is not None
    said = CliRunner().invoke(cli, ["ask", "broken", "-f", DEMO], env={"XDG_CACHE_HOME": str(tmp_path)}).stdout
    assert shown[1].strip() == said.strip()


def test_numbers_are_counted() -> None:
    rules = pipeline.schema().rules
    classes = {name for rule in rules.values() for name in rule.causes}
    said = re.search(r"(\d+) rules name one of (\d+) classes", README)
    assert said is not None
    assert (int(said[1]), int(said[2])) == (len(rules), len(classes))


def test_commands_exist() -> None:
    for command in re.findall(r"^vigie (\w+)", README, re.MULTILINE):
        assert command in _COMMANDS
