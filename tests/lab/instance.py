"""One named instance of the lab: its folder, its pids, its programs and its life."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tests.lab import host, programs, space
from tests.lab.errors import LabError

SPACE = str(Path(space.__file__).resolve())
CONTROL = "control"
DEFAULT = "default"
# Instance -> descriptor of its lock, while this process holds it.
LOCKS: dict[str, int] = {}


@dataclass
class Instance:
    """A control plane and its nodes, known by *name*; everything of it on disk lies in `folder`."""

    name: str = DEFAULT
    facts: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (self.name.isascii() and self.name.replace("-", "").isalnum() and len(self.name) <= 30):
            raise LabError(f"instance name {self.name!r}: use up to 30 letters, digits and hyphens")
        if (self.folder / "instance.json").exists():
            self.facts = json.loads((self.folder / "instance.json").read_text())

    @property
    def folder(self) -> Path:
        """All state of the instance."""
        return programs.cache() / "instances" / self.name

    @property
    def version(self) -> str:
        """Its Kubernetes version, "1.36"."""
        return str(self.facts["version"])

    @property
    def nodes(self) -> int:
        """How many real nodes it has; they are called n1, n2, ..."""
        return int(str(self.facts["nodes"]))

    @cached_property
    def programs(self) -> Path:
        """The folder of its Kubernetes programs, by name."""
        return programs.kubernetes(self.version).folder

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, for use on the host."""
        return self.folder / "kubeconfig"

    @property
    def cgroup(self) -> str:
        """What the names of its cgroups begin with."""
        return f"vigie-lab-{self.name}."

    def remember(self, **facts: object) -> None:
        """Add *facts* to what is written down about the instance."""
        self.facts |= facts
        draft = self.folder / "instance.json.new"
        draft.write_text(json.dumps(self.facts, indent=1) + "\n")
        draft.replace(self.folder / "instance.json")

    def pidfile(self, part: str) -> Path:
        """Where the pid of *part* is written: "control", "n1", "kubelet.n1", "kube-scheduler", ..."""
        return self.folder / "pids" / f"{part}.pid"

    def log(self, part: str) -> Path:
        """Where *part* writes."""
        return self.folder / "logs" / f"{part}.log"

    def pid(self, part: str) -> int | None:
        """The pid of *part* on the host if it lives, else None."""
        return space.alive(self.pidfile(part))

    def parts(self) -> dict[str, int | None]:
        """Every part that was ever started -> its pid, None if it is dead."""
        return {path.stem: space.alive(path) for path in sorted((self.folder / "pids").glob("*.pid"))}

    def held(self) -> list[int]:
        """The descriptor of the instance's lock, if this process holds it: for space.py to keep."""
        return [LOCKS[self.name]] if self.name in LOCKS else []

    def create_space(self, part: str, program: Sequence[str]) -> int:
        """New namespaces under the name *part* with *program* as their first process; returns its pid."""
        held = self.held()
        names = [str(self.pidfile(part)), str(self.log(part)), *map(str, held)]
        words = [sys.executable, "-I", SPACE, "create", *names, "--", *program]
        pipe = subprocess.PIPE
        with subprocess.Popen(words, stdin=pipe, stderr=pipe, cwd="/", pass_fds=held) as creator:
            assert creator.stdin and creator.stderr
            end = time.monotonic() + 10
            while not (pid := self.pid(part)):
                if time.monotonic() > end or creator.poll():
                    raise LabError(f"no namespaces for {part}: {creator.stderr.read().decode().strip()[-300:]}")
                time.sleep(0.01)
            creator.stdin.write(b"g")
            creator.stdin.close()
            return pid

    def start(self, part: str, within: str, program: Sequence[str | Path], keep: Sequence[int] = ()) -> None:
        """Start *program* as *part* in the namespaces of *within*, unless it runs; *keep* = descriptors it inherits."""
        if self.pid(part):
            return
        place = self.pid(within)
        if not place:
            raise LabError(f"{within} of instance {self.name} is not running; start it with `lab up`")
        held = self.held()
        names = [str(place), str(self.pidfile(part)), str(self.log(part)), *map(str, held)]
        words = [sys.executable, "-I", SPACE, "start", *names, "--", *map(str, program)]
        done = subprocess.run(words, capture_output=True, text=True, pass_fds=[*keep, *held], cwd="/")
        if done.returncode:
            raise LabError(f"{part} of instance {self.name} did not start: {done.stderr.strip()[-300:]}")

    def run(
        self,
        within: str,
        words: Sequence[str | Path],
        check: bool = True,
        only: str = "nmpui",
        text: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """Run *words* to their end in the namespaces of *within*; raises LabError when *check* and they fail.

        *only* names the namespaces to enter by nsenter's letters; *text* is what the command reads.
        """
        place = self.pid(within)
        if not place:
            raise LabError(f"{within} of instance {self.name} is not running; start it with `lab up`")
        enter = ["nsenter", "-t", str(place), *(f"-{letter}" for letter in only), "--"]
        done = subprocess.run([*enter, *map(str, words)], capture_output=True, text=True, input=text)
        if check and done.returncode:
            said = (done.stderr or done.stdout).strip()[-500:]
            raise LabError(f"{' '.join(map(str, words))} in {within} failed (exit {done.returncode}): {said}")
        return done

    def kill(self, part: str, seconds: float = 15.0) -> None:
        """Kill *part* and wait until it is gone. The first process of a space takes all others there with it."""
        end = time.monotonic() + seconds
        while pid := self.pid(part):
            if time.monotonic() > end:
                raise LabError(f"{part} of instance {self.name} (pid {pid}) does not die")
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                break
            time.sleep(0.02)
        self.pidfile(part).unlink(missing_ok=True)

    def last_words(self, part: str, lines: int = 5) -> str:
        """The end of *part*'s log, for an error message."""
        try:
            return "\n".join(self.log(part).read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return "(it wrote nothing)"

    def kubectl(self, words: Sequence[str]) -> list[str]:
        """The command line of kubectl for this instance."""
        return [str(self.programs / "kubectl"), f"--kubeconfig={self.kubeconfig}", *words]

    def environment(self) -> dict[str, str]:
        """The environment in which kubectl is on PATH and speaks to this instance."""
        path = f"{self.programs}:{os.environ.get('PATH', '')}"
        return os.environ | {"KUBECONFIG": str(self.kubeconfig), "PATH": path}

    def down(self) -> None:
        """Stop everything of the instance and remove all of it. Does nothing if there is nothing."""
        for part in sorted(self.parts(), key=lambda name: (name == CONTROL, "." not in name)):
            self.kill(part)
        host.remove_cgroups(self.cgroup)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.facts = {}


@contextmanager
def lock(name: str) -> Iterator[None]:
    """Hold the right to start or stop instance *name*, against other commands of the lab; waits for it."""
    folder = programs.cache() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        LOCKS[name] = file.fileno()
        try:
            yield
        finally:
            del LOCKS[name]


def names() -> list[str]:
    """The instances that are on disk, running or not."""
    return sorted(path.name for path in (programs.cache() / "instances").glob("*") if path.is_dir())
