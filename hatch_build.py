"""Compiles the bundling kernel where there is a C compiler; without one the wheel is pure and numpy does the work.

The result lies beside its source, `src/vigie/drawing/_kernel.abi3.so`, for editable installs as for wheels, and is used
again while it is newer than the source. CC names another compiler, VIGIE_NO_KERNEL=1 asks for a pure wheel.
"""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent / "src" / "vigie" / "drawing"
SOURCE, TARGET = HERE / "_kernel.c", HERE / "_kernel.abi3.so"
FLAGS = (
    "-std=gnu11 -O3 -fno-math-errno -fno-trapping-math -fno-signed-zeros -fno-semantic-interposition"
    " -fvisibility=hidden -Wno-psabi -pthread -fPIC -shared"
)


def compiler() -> list[str]:
    """The C compiler as a command, or nothing."""
    if named := os.environ.get("CC"):
        return shlex.split(named)
    found = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    return [found] if found else []


def fresh() -> bool:
    """Whether the kernel is there and newer than all it is made of."""
    parts = [SOURCE, *HERE.glob("_kernel*.h")]
    return TARGET.exists() and TARGET.stat().st_mtime >= max(part.stat().st_mtime for part in parts)


def build() -> str:
    """Compile the kernel; returns why there is none, or nothing."""
    if os.environ.get("VIGIE_NO_KERNEL"):
        return "VIGIE_NO_KERNEL is set"
    if fresh():
        return ""
    command = compiler()
    if not command:
        return "no C compiler (cc) was found"
    include = sysconfig.get_paths()["include"]
    if not (Path(include) / "Python.h").exists():
        return f"Python.h is not in {include}"
    scratch = TARGET.with_name(f"_kernel.{os.getpid()}.tmp")
    extra = ["-undefined", "dynamic_lookup"] if sys.platform == "darwin" else []
    arguments = [*command, *shlex.split(FLAGS), *extra, f"-I{include}", str(SOURCE), "-o", str(scratch), "-lm"]
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if "error" in line] or [f"{command[0]} failed"]
            return errors[0].strip()
        scratch.replace(TARGET)
    except OSError as error:
        return f"{command[0]}: {error.strerror}"
    finally:
        scratch.unlink(missing_ok=True)
    return ""


class KernelHook(BuildHookInterface):  # type: ignore[type-arg]
    """hatchling calls `initialize` before it packs a wheel or installs one in place."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Add the kernel and its platform to a wheel, or say in one line why the wheel is pure."""
        if self.target_name != "wheel":
            return
        if reason := build():
            self.app.display_warning(
                f"vigie: {reason}, so edge bundling will run on numpy (the same pictures, some 50 times slower)"
            )
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{platform}"
        build_data["artifacts"].append("/src/vigie/drawing/_kernel.abi3.so")
