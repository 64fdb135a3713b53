"""The `lab` command: `.venv/bin/python -m tests.lab ...`, or tests/lab/lab."""

import os
import signal
import sys
from pathlib import Path

import click

from tests.lab import control, images, life, node, programs, record, replay, scenario
from tests.lab.build.generate import VERSIONS
from tests.lab.errors import LabError
from tests.lab.instance import DEFAULT, Instance, names

NAME = click.option("--name", default=DEFAULT, envvar="VIGIE_LAB_NAME", show_default=True, help="Which instance.")
VERSION = click.option("--version", type=click.Choice(list(VERSIONS)), default="1.36", show_default=True)
PATH = click.Path(path_type=Path)
PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []}


@click.group()
def lab() -> None:
    """A real Kubernetes on this host, for tests: start it, break it, read it, stop it."""


@lab.command()
@VERSION
@click.option("--all", "everything", is_flag=True, help="Every pinned version, and kwok.")
def build(version: str, everything: bool) -> None:
    """Build the programs and images unless they are there."""
    for chosen in VERSIONS if everything else [version]:
        programs.kubernetes(chosen).make()
    images.standard()
    if everything:
        programs.kwok()


@lab.command()
@NAME
@VERSION
@click.option("--nodes", default=2, show_default=True, help="Real nodes n1, n2, ...")
@click.option("--kwok", default=0, show_default=True, help="Simulated nodes kwok-00000, ...")
def up(name: str, version: str, nodes: int, kwok: int) -> None:
    """Start an instance and wait until it is ready; complete it if it runs in part."""
    click.echo(life.up(name, nodes, kwok, version).kubeconfig)


@lab.command()
@NAME
@click.option("--all", "everything", is_flag=True, help="Every instance on this host.")
def down(name: str, everything: bool) -> None:
    """Stop an instance and remove everything of it."""
    for chosen in names() if everything else [name]:
        life.down(chosen)


@lab.command()
@NAME
def kubeconfig(name: str) -> None:
    """Print the path of the administrator's kubeconfig."""
    click.echo(life.running(name).kubeconfig)


@lab.command(context_settings=PASS_ON)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def kubectl(words: tuple[str, ...]) -> None:
    """Run kubectl on the instance that VIGIE_LAB_NAME names."""
    instance = life.running(os.environ.get("VIGIE_LAB_NAME", DEFAULT))
    command = instance.kubectl(words)
    os.execv(command[0], ["kubectl", *command[1:]])


@lab.command("kill-node")
@NAME
@click.argument("which")
def kill_node(name: str, which: str) -> None:
    """Kill a node's first process: the machine is gone."""
    node.kill(life.running(name), which)


@lab.command("start-node")
@NAME
@click.argument("which")
def start_node(name: str, which: str) -> None:
    """Bring a killed node back, empty."""
    node.revive(life.running(name), which)


@lab.command()
@NAME
@click.argument("which")
def partition(name: str, which: str) -> None:
    """Pull a node's network cable."""
    node.cable(life.running(name), which, "down")


@lab.command()
@NAME
@click.argument("which")
def heal(name: str, which: str) -> None:
    """Plug a node's network cable in again."""
    node.cable(life.running(name), which, "up")


@lab.command()
@NAME
@click.argument("part", type=click.Choice(list(control.STOPPABLE)))
def stop(name: str, part: str) -> None:
    """Kill a part of the control plane."""
    control.stop(life.running(name), part)


@lab.command()
@NAME
@click.argument("part", type=click.Choice(list(control.STOPPABLE)))
def start(name: str, part: str) -> None:
    """Start a part of the control plane again."""
    control.start(life.running(name), part)


@lab.command("node-exec", context_settings=PASS_ON)
@click.argument("which")
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def node_exec(which: str, words: tuple[str, ...]) -> None:
    """Run a command in a node's namespaces (instance: VIGIE_LAB_NAME)."""
    instance = life.running(os.environ.get("VIGIE_LAB_NAME", DEFAULT))
    done = instance.run(node.known(instance, which), words, check=False)
    click.echo(done.stdout, nl=False)
    click.echo(done.stderr, nl=False, err=True)
    sys.exit(done.returncode)


@lab.command("load-images")
@NAME
def load_images(name: str) -> None:
    """Import image archives made since the nodes started."""
    life.load_image(life.running(name))


@lab.command("record")
@click.argument("scenarios", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every scenario there is.")
@click.option("--jobs", default=3, show_default=True, help="How many at a time, each on an instance of its own.")
@click.option("--keep", is_flag=True, help="Leave the last instance of each job running, to look at it.")
def record_command(scenarios: tuple[str, ...], everything: bool, jobs: int, keep: bool) -> None:
    """Play scenarios on fresh instances and record each into tests/samples/incidents."""
    chosen = scenario.names() if everything else list(scenarios)
    failures = record.record_all(chosen, min(jobs, len(chosen)) or 1, keep)
    click.echo(f"recorded {len(chosen) - len(failures)} of {len(chosen)}")
    for failure in failures:
        click.echo(failure, err=True)
    sys.exit(1 if failures else 0)


@lab.command()
@click.argument("name")
@click.option("--on", default=DEFAULT, envvar="VIGIE_LAB_NAME", show_default=True, help="Which running instance.")
def play(name: str, on: str) -> None:
    """Play a scenario on a running instance, without recording it."""
    record.play_on(name, on)


@lab.command("replay")
@click.option("--name", default="replay", show_default=True, help="Which instance.")
@VERSION
@click.argument("evidence", type=click.Path(exists=True, path_type=Path))
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def replay_command(name: str, version: str, evidence: Path, command: tuple[str, ...]) -> None:
    """Serve recorded objects by a real API server; with `-- COMMAND`, run it with KUBECONFIG set and stop after it."""
    if command:
        sys.exit(replay.run(evidence, command, name, version))
    click.echo(replay.start(evidence, name, version).kubeconfig)


@lab.command("score")
@click.argument("names", nargs=-1)
@click.option("--live", "mode", flag_value="live", help="Play each scenario on a cluster of its own.")
@click.option("--replayed", "mode", flag_value="replayed", help="Serve each recording by a real API server.")
@click.option("--holdout", is_flag=True, help="The hold-out incidents instead.")
@click.option("--jobs", default=2, show_default=True, help="How many at a time.")
@click.option("--outcomes", type=PATH, help="Add to this file; what is in it is not asked again unless named.")
@click.option("--keep-misses", "keep", type=PATH, help="Write what wrong answers were given on below this folder.")
@click.option("--readme", is_flag=True, help="Put the table into README.md; only after a run of all.")
def score_command(
    names: tuple[str, ...],
    mode: str | None,
    holdout: bool,
    jobs: int,
    outcomes: Path | None,
    keep: Path | None,
    readme: bool,
) -> None:
    """How vigie does on the incidents, with the floors that need no thought."""
    from tests import incidents as recorded
    from tests.lab import asking, score

    mode = mode or "recorded"
    known = {i.name: i for i in recorded.incidents(recorded.HOLDOUT if holdout else recorded.ROOT)}
    if unknown := set(names) - known.keys():
        raise LabError(f"no incident {', '.join(sorted(unknown))}")
    found = {name: old for name, old in (asking.recall(outcomes) if outcomes else {}).items() if name in known}
    wanted = [known[name] for name in names] or [i for name, i in known.items() if name not in found]

    def show(result: asking.Result) -> None:
        programs.say(result.line())
        if outcomes and result.outcome:
            asking.add(outcomes, result.outcome)

    # Told to end, it takes its instances down as after an interrupt.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    results = asking.Asking(mode, keep).all(wanted, min(jobs, len(wanted)), show)
    found |= {result.name: result.outcome for result in results if result.outcome}
    asked = [incident for name, incident in known.items() if name in found]
    tally = score.vigie([found[incident.name] for incident in asked], mode)
    click.echo(score.table([tally.row()], asked))
    for name in sorted(found):
        if not found[name].right:
            click.echo(f"  {found[name].miss()}")
    failures = [result.failure for result in results if result.failure]
    for failure in failures:
        click.echo(f"not counted: {failure}", err=True)
    if readme and len(asked) < len(known):
        raise LabError(f"{len(asked)} of {len(known)} incidents have an answer: README.md stays as it is")
    if readme:
        chosen = "holdout" if holdout else "score"
        score.write(score.table(score.remember(tally, mode, chosen), asked), Path("README.md"), chosen)
    sys.exit(1 if failures else 0)


@lab.command()
def check() -> None:
    """Read every scenario and say what is wrong with any."""
    for name in scenario.names():
        scenario.load(name)
    click.echo(f"{len(scenario.names())} scenarios are well-formed")


@lab.command()
def status() -> None:
    """Every instance of this host with its parts."""
    for name in names():
        instance = Instance(name)
        click.echo(f"{name}: " + ", ".join(f"{key} {value}" for key, value in instance.facts.items()))
        for part, pid in instance.parts().items():
            click.echo(f"  {part:28} {pid or 'dead'}")


def main() -> None:
    """Run the command; a LabError is one line and exit 1."""
    try:
        lab()
    except LabError as error:
        click.echo(f"lab: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
