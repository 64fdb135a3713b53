"""The build hook: compiles the bundling kernel where there is a C compiler; its numpy twin serves where there is none.

One shared object for every CPython from 3.11 (abi3) is put beside its source, so that an editable install, a wheel
and a checkout find it in one place. An object newer than its sources is used as it is. `VIGIE_KERNEL=off` builds
without, `VIGIE_KERNEL=require` fails where the compiler does.
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

HERE = Path(__file__).parent / "src" / "vigie" / "drawing"
OBJECT = HERE / "_kernel.abi3.so"
FLAGS = "-std=gnu11 -O3 -fno-math-errno -fno-trapping-math -fno-signed-zeros -fPIC -pthread -Wno-psabi"


def sources() -> list[Path]:
    """The kernel and all that it includes."""
    return sorted([*HERE.glob("_kernel*.c"), *HERE.glob("_kernel*.h")])


def fresh() -> bool:
    """Whether an object is there that is newer than its sources."""
    return OBJECT.exists() and OBJECT.stat().st_mtime >= max(path.stat().st_mtime for path in sources())


def compiled() -> str:
    """Compile the kernel; returns why that was not possible, "" when it was."""
    compiler = shlex.split(os.environ.get("CC", "")) or [name for name in ("cc", "gcc", "clang") if shutil.which(name)][:1]
    if not compiler:
        return "no C compiler"
    include = sysconfig.get_paths()["include"]
    if not (Path(include) / "Python.h").exists():
        return f"no Python.h in {include} (Debian: python3-dev)"
    shared = ["-bundle", "-undefined", "dynamic_lookup"] if sys.platform == "darwin" else ["-shared"]
    partial = OBJECT.with_suffix(f".{os.getpid()}.tmp")
    command = [*compiler, *FLAGS.split(), *shared, f"-I{include}", str(HERE / "_kernel.c"), "-o", str(partial), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        partial.unlink(missing_ok=True)
        errors = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines() or ["failed"]
        return f"{compiler[0]}: {errors[0]}"
    partial.replace(OBJECT)
    return ""


class KernelHook(BuildHookInterface[Any]):
    """Puts the kernel into wheels, and beside its source for editable installs."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        wanted = os.environ.get("VIGIE_KERNEL", "")
        if self.target_name != "wheel" or wanted == "off":
            return
        why = "" if fresh() else compiled()
        if why and wanted == "require":
            raise RuntimeError(f"the bundling kernel was not built: {why}")
        if why:
            self.app.display_warning(f"built without the C kernel, edge bundling will use numpy: {why}")
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
        if version != "editable":
            build_data["force_include"][str(OBJECT)] = "vigie/drawing/_kernel.abi3.so"
