"""What an instance shares with the host and has to give back: cgroups. (Everything else is inside its namespaces.)

Sysctls: the kubelet sets vm.overcommit_memory, vm.panic_on_oom, kernel.panic and kernel.panic_on_oops, which no
namespace separates. node.sh shows it files of the wanted content in their place, so the host's are never written.
"""

import os
import shutil
import time
from pathlib import Path

from tests.lab.errors import LabError

CGROUPS = Path("/sys/fs/cgroup")
CONTROLLERS = ("cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "systemd")
TOOLS = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "nft": "nftables",
    "ip": "iproute2",
    "busybox": "busybox-static",
    "openssl": "openssl",
    "nsenter": "util-linux",
    "mount": "mount",
    "sysctl": "procps",
}
PLUGINS = Path("/usr/lib/cni")
WATCHES = Path("/proc/sys/fs/inotify/max_user_instances")
# Counted on running instances: API server 6, controller manager 1; kubelet 6, containerd 1.
WATCHES_OF_CONTROL, WATCHES_OF_NODE = 7, 7


def lacking() -> str:
    """Why this host cannot run a lab, as one line; empty if it can."""
    if os.geteuid() != 0:
        return "the lab makes namespaces and needs root"
    packages = sorted({package for tool, package in TOOLS.items() if not shutil.which(tool)})
    if not (PLUGINS / "ptp").exists():
        packages.append("containernetworking-plugins")
    if packages:
        return f"missing Debian packages: apt-get install -y --no-install-recommends {' '.join(packages)}"
    absent = [name for name in CONTROLLERS if not (CGROUPS / name / "cgroup.procs").exists()]
    return f"no cgroup v1 hierarchy for {', '.join(absent)} in {CGROUPS}" if absent else ""


def check() -> None:
    """Raise LabError if this host cannot run a lab."""
    reason = lacking()
    if reason:
        raise LabError(reason)


def watches_in_use() -> int:
    """How many inotify instances root's processes hold now."""
    held = 0
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            held += sum(os.readlink(entry) == "anon_inode:inotify" for entry in folder.iterdir())  # noqa: PTH115
        except OSError:
            continue  # the process or its file went while we looked
    return held


def check_watches(nodes: int) -> None:
    """Raise LabError if an instance of *nodes* nodes would want more inotify instances than the host still gives.

    The limit counts for all of root's processes, whatever their namespaces; a kubelet without them hangs or ends.
    """
    used, limit = watches_in_use(), int(WATCHES.read_text())
    wanted = WATCHES_OF_CONTROL + WATCHES_OF_NODE * nodes
    if used + wanted > limit:
        raise LabError(
            f"{used} of {limit} inotify instances are in use, and this instance needs {wanted}: take another instance "
            f"down, or `sysctl -w fs.inotify.max_user_instances=1024`"
        )


def make_cgroup(name: str) -> None:
    """A cgroup *name* at the root of every controller, with the root's processors and memory nodes."""
    for controller in CONTROLLERS:
        folder = CGROUPS / controller / name
        folder.mkdir(exist_ok=True)
        if controller == "cpuset":
            for file in ("cpuset.cpus", "cpuset.mems"):
                (folder / file).write_text((folder.parent / file).read_text())


def remove_cgroups(prefix: str, seconds: float = 15.0) -> None:
    """Remove every cgroup at a controller's root whose name begins with *prefix*, and all below it.

    Their processes were killed before; the kernel needs a moment to let go of them. Raises LabError after *seconds*.
    """
    end = time.monotonic() + seconds
    for controller in [*CONTROLLERS, "unified"]:
        for top in (CGROUPS / controller).glob(f"{prefix}*"):
            while not removed(top):
                if time.monotonic() > end:
                    raise LabError(f"cgroup {top} still holds processes: see its cgroup.procs")
                time.sleep(0.1)


def removed(top: Path) -> bool:
    """Try to remove the tree of cgroups at *top*, deepest first; returns whether it is gone."""
    folders = [Path(path) for path, _, _ in os.walk(top, topdown=False)]
    for folder in folders:
        try:
            folder.rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return not top.exists()
