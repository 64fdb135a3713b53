"""The lab's own programs: built once from published Go modules, kept outside the repository.

Everything lies in `$VIGIE_LAB_CACHE` (default `~/.cache/vigie-lab`), each program in a folder whose name carries a hash
of what it was built from: a change of a version, a dependency or our main.go builds again, and nothing else does.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.lab.build.generate import VERSIONS
from tests.lab.errors import LabError

WRAPPER = Path(__file__).resolve().parent / "build" / "wrapper"
KUBERNETES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")
KWOK = "v0.8.0"
STAMP = "k8s.io/component-base/version"

Progress = Callable[[str], None]


def say(text: str) -> None:
    """Show *text* to the person who waits, on standard error."""
    sys.stderr.write(f"lab: {text}\n")
    sys.stderr.flush()


def cache() -> Path:
    """The folder outside the repository in which programs and running instances live; made if it is not there."""
    folder = Path(os.environ.get("VIGIE_LAB_CACHE") or Path.home() / ".cache" / "vigie-lab")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass(frozen=True)
class Build:
    """One `go build`: the files it is made from (name in the module -> path), its linker flags and its link names."""

    name: str
    files: Mapping[str, Path]
    flags: str
    names: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where its programs lie once built."""
        digest = hashlib.sha256(self.flags.encode())
        for name in sorted(self.files):
            digest.update(name.encode() + b"\0" + self.files[name].read_bytes() + b"\0")
        return cache() / "programs" / f"{self.name}-{digest.hexdigest()[:16]}"

    def ready(self) -> bool:
        """Whether it is built already."""
        return all((self.folder / name).exists() for name in self.names)

    @property
    def program(self) -> Path:
        """The binary itself."""
        return self.folder / "program"

    def make(self, progress: Progress = say) -> Path:
        """Build unless it is there; returns the folder of its programs, raises LabError when Go fails."""
        if self.ready():
            return self.folder
        progress(f"building {self.name} from its Go modules (once; minutes on two cores)")
        begun = time.monotonic()
        source = self.folder.with_name(self.folder.name + ".src")
        shutil.rmtree(source, ignore_errors=True)
        source.mkdir(parents=True)
        for name, path in self.files.items():
            shutil.copy(path, source / name)
        run_go(["build", "-trimpath", "-ldflags", self.flags, "-o", "program", "."], source)
        for name in self.names:
            (source / name).symlink_to("program")
        shutil.rmtree(self.folder, ignore_errors=True)
        source.rename(self.folder)
        progress(f"built {self.name} in {time.monotonic() - begun:.0f} s")
        return self.folder


def run_go(words: list[str], cwd: Path, **extra: str) -> None:
    """Run the go tool in *cwd* at low priority; raises LabError with its last lines when it fails or is missing."""
    if not shutil.which("go"):
        raise LabError("no `go` on PATH: the lab builds Kubernetes from its Go modules; install Go 1.26 or newer")
    environment = os.environ | {"CGO_ENABLED": "0"} | extra
    done = subprocess.run(["nice", "-n", "5", "go", *words], cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode:
        last = "\n".join(done.stderr.splitlines()[-15:])
        raise LabError(f"go {words[0]} in {cwd} failed (exit {done.returncode}):\n{last}")


def kubernetes(version: str) -> Build:
    """etcd, the control plane, kubelet, kube-proxy and kubectl of *version* ("1.36") as one program of many names."""
    if version not in VERSIONS:
        raise LabError(f"Kubernetes {version} is not pinned here; choose one of {', '.join(VERSIONS)}")
    folder, (major, minor) = WRAPPER / version, version.split(".")
    files = {"go.mod": folder / "go.mod", "go.sum": folder / "go.sum", "main.go": WRAPPER / "main.go"}
    stamp = f"-X {STAMP}.gitVersion={VERSIONS[version]} -X {STAMP}.gitMajor={major} -X {STAMP}.gitMinor={minor}"
    return Build(f"kubernetes-{version}", files, f"-s -w {stamp}", KUBERNETES)


def coredns() -> Build:
    """CoreDNS with the plug-ins of a plain cluster."""
    folder = WRAPPER / "coredns"
    return Build("coredns", {name: folder / name for name in ("go.mod", "go.sum", "main.go")}, "-s -w", ("coredns",))


def shop() -> Build:
    """The program that every service of the scenarios' shop runs; its source is `tests/lab/shop`."""
    folder = WRAPPER.parent.parent / "shop"
    files = {path.name: path for path in folder.glob("*") if path.suffix == ".go" or path.name in ("go.mod", "go.sum")}
    if "go.mod" not in files:
        raise LabError(f"no go.mod in {folder}: the shop's program cannot be built")
    return Build("shop", files, "-s -w", ("shop",))


def kwok() -> Path:
    """kwok, installed unless it is there; returns its path, raises LabError when Go fails."""
    folder = cache() / "programs" / f"kwok-{KWOK}"
    if not (folder / "kwok").exists():
        say(f"building kwok {KWOK} from its Go module (once; about a minute on two cores)")
        draft = folder.with_name(folder.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        module = f"sigs.k8s.io/kwok/cmd/kwok@{KWOK}"
        run_go(["install", "-trimpath", "-ldflags", "-s -w", module], draft, GOBIN=str(draft))
        draft.rename(folder)
    return folder / "kwok"
