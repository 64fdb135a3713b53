"""Fuzzes the bundling kernel under AddressSanitizer with UndefinedBehaviorSanitizer, and under ThreadSanitizer.

    python -m bench.drawing.sanitize [SECONDS]

Builds the kernel with each sanitizer into a temporary folder and runs the same seeded cases in a child process that has
the sanitizer's runtime preloaded. Exits with 1 if a sanitizer speaks up. Needs gcc with libasan, libubsan and libtsan.
"""

import importlib.util
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import numpy as np

SOURCE = Path(__file__).resolve().parents[2] / "src" / "vigie" / "drawing" / "_kernel.c"
SANITIZERS = {
    "address": ("-fsanitize=address,undefined", ("asan", "ubsan")),
    "thread": ("-fsanitize=thread", ("tsan",)),
}
FLAGS = "-std=gnu11 -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=undefined -Wno-psabi -pthread -fPIC -shared"


def library(name: str) -> str:
    """Where the compiler keeps a sanitizer's runtime."""
    command = ["gcc", f"-print-file-name=lib{name}.so"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def build(flag: str, folder: str) -> Path:
    """The kernel with a sanitizer in it."""
    target = Path(folder) / "_kernel.abi3.so"
    include = f"-I{sysconfig.get_paths()['include']}"
    subprocess.run(["gcc", *FLAGS.split(), flag, include, str(SOURCE), "-o", str(target), "-lm"], check=True)
    return target


def segments(rng: np.random.Generator, count: int) -> np.ndarray:
    """A graph of one of several shapes, good and evil."""
    shape = rng.integers(0, 7)
    if shape == 0:
        return rng.random((count, 4)) * 10.0 ** rng.integers(-6, 7)
    if shape == 1:
        return np.repeat(rng.random((1, 4)), count, axis=0)
    if shape == 2:
        return rng.integers(0, 3, (count, 4)).astype(float)
    if shape == 3:
        nodes = rng.random((max(2, count // 8), 2)) * 1000
        return np.hstack((nodes[rng.integers(0, len(nodes), count)], nodes[rng.integers(0, len(nodes), count)]))
    if shape == 4:
        return rng.normal(0, 1, (count, 4)) ** 7 * 1e9
    if shape == 5:
        line = np.column_stack((np.zeros(count), np.arange(count), np.full(count, 9.0), np.arange(count)))
        return line if rng.random() < 0.5 else line[:, [2, 3, 0, 1]]
    start = rng.random((count, 2))
    return np.hstack((start, start + rng.normal(0, 1e-9, (count, 2))))


def one_case(seed: int) -> None:
    """Bundle one random graph with random options, and draw its figures."""
    from vigie.drawing.bundling import bundle

    rng = np.random.default_rng(seed)
    count = int(rng.choice([1, 2, 7, 8, 9, 63, 64, 65, 200, 700]))
    options = {
        "solver": str(rng.choice(["stable", "fdeb", "gephi"])),
        "threshold": float(rng.choice([0.0, 0.05, 0.5, 0.9, 1.0])),
        "tolerance": float(rng.choice([0.0, 0.0, 0.1, 0.5])),
        "cycles": int(rng.integers(1, 7)),
        "iterations": int(rng.integers(0, 12)),
        "subdivision": int(rng.choice([2, 2, 3, 4])),
        "threads": int(rng.integers(1, 5)),
        **{name: bool(rng.random() < 0.8) for name in ("angle", "scale", "position", "visibility")},
        **{name: bool(rng.random() < 0.2) for name in ("late_visibility", "directed_angle", "low_memory")},
    }
    if options["threshold"] < 0.5:
        count = min(count, 200)
    if rng.random() < 0.3:
        options["weights"] = rng.random(count) * rng.integers(0, 2, count)
    if rng.random() < 0.3:
        options["types"] = rng.integers(0, 4, count)
    if rng.random() < 0.2:
        options["on_iteration"] = lambda cycle, iteration, points: bool(np.isfinite(points).all()) or None
    lines = segments(rng, count)
    if rng.random() < 0.2:
        share = np.linspace(0, 1, 6)[None, :, None]
        options["start"] = lines[:, None, :2] * (1 - share) + lines[:, None, 2:] * share
    made = bundle(lines, backend="kernel", **options)
    assert np.isfinite(made.points).all(), seed
    assert (made.points[:, 0] == lines[:, :2]).all() and (made.points[:, -1] == lines[:, 2:]).all(), seed
    assert made.figures["edges"] == count


def raw_cases() -> None:
    """Buffers of wrong sizes straight into the kernel: an exception each, nothing else."""
    kernel = sys.modules["vigie.drawing._kernel"]
    good = [np.random.default_rng(0).random((9, 4)), b"", np.array([0, 9]), np.array([[1, 2], [2, 1]], dtype=np.int32),
            np.array([1.0, 0.5]), np.empty((9, 4, 2)), np.empty(9, dtype=np.float32), b"", b""]  # fmt: skip
    rest = (0.5, 0.1, 1e-12, 0.0, 0.0, 0.0, 1.0, 15, 2, 9, 0, None)
    kernel.bundle(*good, *rest)
    for at in range(len(good)):
        for bad in (np.empty(3), np.empty(100_000)):
            try:
                kernel.bundle(*good[:at], bad, *good[at + 1 :], *rest)
            except ValueError:
                continue
            raise AssertionError(f"argument {at} of {bad.nbytes} bytes was taken")


def child(target: str, seconds: float) -> None:
    """Run cases on the kernel in `target` for some seconds."""
    spec = importlib.util.spec_from_file_location("vigie.drawing._kernel", target)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules["vigie.drawing._kernel"] = module
    raw_cases()
    end, seed = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        one_case(seed)
        seed += 1
    print(f"{seed} cases")


def main(seconds: float) -> int:
    """Both sanitizers, one after the other."""
    failed = 0
    for name, (flag, runtimes) in SANITIZERS.items():
        with tempfile.TemporaryDirectory() as folder:
            target = build(flag, folder)
            environment = {
                **os.environ,
                "LD_PRELOAD": ":".join(map(library, runtimes)),
                "ASAN_OPTIONS": "detect_leaks=0",
                "TSAN_OPTIONS": "report_signal_unsafe=0 exitcode=66",
                "OPENBLAS_NUM_THREADS": "1",
            }
            command = [sys.executable, "-m", "bench.drawing.sanitize", "--child", str(target), str(seconds)]
            done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
            bad = done.returncode or "Sanitizer" in done.stderr or "runtime error" in done.stderr
            print(f"{name}: {'FAILED' if bad else 'clean'}, {done.stdout.strip()}")
            if bad:
                print(done.stderr[-6000:])
                failed = 1
    return failed


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], float(sys.argv[3]))
    else:
        sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0))
