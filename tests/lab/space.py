"""Namespaces of the lab: create one, start a program in one. A script of its own, with the standard library only.

    space.py create PIDFILE LOG [LOCK] -- PROGRAM ...          new network, mount, pid, uts and ipc namespaces
    space.py start SPACE_PID PIDFILE LOG [LOCK] -- PROGRAM ... a program inside the namespaces of the process SPACE_PID

Nothing starts before its pid is on disk: the first process of a new space writes its own pid as the host sees it, then
waits for a byte on standard input. Without that byte (the caller was killed) it ends and leaves nothing behind. LOCK is
the descriptor of the instance's lock: it is kept until PROGRAM takes over, so that whoever waits for the lock
finds either nothing or a pid on disk, also when the caller was killed in between.
A pid file holds "PID START", START being the kernel's start time of the process, so that a reused pid is never taken
for ours.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

NEWNS, NEWUTS, NEWIPC, NEWPID, NEWNET = 0x00020000, 0x04000000, 0x08000000, 0x20000000, 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
# A pid namespace is entered by children only, so it is asked for first; the mount namespace last, for it changes paths.
ENTERED = (("pid", NEWPID), ("net", NEWNET), ("uts", NEWUTS), ("ipc", NEWIPC), ("mnt", NEWNS))

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> None:
    """Raise OSError with the C library's errno if *result* says that *what* failed."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def started(pid: int) -> int | None:
    """Kernel start time of process *pid* in clock ticks since boot; None if there is no such process or it is dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def alive(pidfile: Path) -> int | None:
    """The pid written in *pidfile* if that very process still lives, else None."""
    try:
        pid, start = pidfile.read_text().split()
    except (FileNotFoundError, ValueError):
        return None
    return int(pid) if started(int(pid)) == int(start) else None


def write(pidfile: Path, pid: int) -> None:
    """Write *pid* and its start time into *pidfile* in one step."""
    draft = pidfile.with_suffix(".new")
    draft.write_text(f"{pid} {started(pid)}\n")
    draft.replace(pidfile)


def run(program: Sequence[str], log: int) -> None:
    """Become *program* with output into the file descriptor *log* and no input. Does not return."""
    os.setsid()
    null = os.open("/dev/null", os.O_RDONLY)
    for target, source in ((0, null), (1, log), (2, log)):
        os.dup2(source, target)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.execvp(program[0], list(program))


def create(pidfile: Path, log: Path, program: Sequence[str]) -> None:
    """Make a space whose first process is *program*."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    check(libc.unshare(NEWNS | NEWUTS | NEWIPC | NEWPID | NEWNET), "unshare")
    if os.fork():
        return
    # /proc is still the host's, and shows each reader its pid there.
    write(pidfile, int(Path("/proc/self").readlink().name))
    if os.read(0, 1) != b"g":
        pidfile.unlink()
        os._exit(1)
    check(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "mount --make-rprivate /")
    run(program, output)


def start(space: int, pidfile: Path, log: Path, program: Sequence[str]) -> None:
    """Start *program* inside the namespaces of process *space*."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    doors = [(os.open(f"/proc/{space}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC), flag) for name, flag in ENTERED]
    check(libc.setns(*doors[0]), "setns pid")
    middle = os.fork()
    if middle:
        status = os.waitpid(middle, 0)[1]
        sys.exit(os.waitstatus_to_exitcode(status))
    # The middle process is inside already: once it has ended, the program's parent is the first process of the space,
    # which reaps it. It ends only after the pid is on disk.
    ready, written = os.pipe()
    if os.fork():
        os.close(written)
        os._exit(0 if os.read(ready, 1) == b"w" else 1)
    write(pidfile, int(Path("/proc/self").readlink().name))
    os.write(written, b"w")
    os.close(written)
    for door in doors[1:]:
        check(libc.setns(*door), "setns")
    os.chdir("/")
    run(program, output)


def main(words: Sequence[str]) -> None:
    """Do what *words* say; see the head of this file."""
    cut = words.index("--")
    (verb, *names), program = words[:cut], words[cut + 1 :]
    needed = 2 if verb == "create" else 3
    for descriptor in names[needed:]:
        os.set_inheritable(int(descriptor), False)
    if verb == "create":
        create(Path(names[0]), Path(names[1]), program)
    else:
        start(int(names[0]), Path(names[1]), Path(names[2]), program)


if __name__ == "__main__":
    main(sys.argv[1:])
