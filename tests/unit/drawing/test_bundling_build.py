"""The build hook: when the kernel is compiled, taken as it is, or left out with one line that says why."""

import os
from pathlib import Path

import pytest

hatch_build = pytest.importorskip("hatch_build", reason="the build hook lies in the source tree, and needs hatchling")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source tree with a kernel that was built before its source changed."""
    target, source = tmp_path / "_kernel.abi3.so", tmp_path / "_kernel.c"
    target.write_bytes(b"old")
    source.write_text("int main;")
    os.utime(target, (1, 1))
    for name, path in (("HERE", tmp_path), ("SOURCE", source), ("TARGET", target)):
        monkeypatch.setattr(hatch_build, name, path)
    for name in ("CC", "VIGIE_NO_KERNEL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_fresh_kernel_is_taken_as_it_is(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tree))
    os.utime(tree / "_kernel.abi3.so")
    assert hatch_build.build() == ""


def test_a_change_in_a_header_makes_the_kernel_stale(tree: Path) -> None:
    os.utime(tree / "_kernel.abi3.so")
    assert hatch_build.fresh()
    header = tree / "_kernel_run.h"
    header.write_text("")
    os.utime(header, (9e9, 9e9))
    assert not hatch_build.fresh()


def test_without_a_compiler_the_reason_is_one_line(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tree))
    assert hatch_build.build() == "no C compiler (cc) was found"
    monkeypatch.setenv("CC", "/nonesuch/cc")
    assert hatch_build.build() == "/nonesuch/cc: No such file or directory"
    monkeypatch.setenv("VIGIE_NO_KERNEL", "1")
    assert hatch_build.build() == "VIGIE_NO_KERNEL is set"


def test_a_compiler_that_fails_leaves_nothing_behind(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = tree / "cc"
    compiler.write_text("#!/bin/sh\necho 'x.c:1: error: no such thing' >&2\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", str(compiler))
    assert hatch_build.build() == "x.c:1: error: no such thing"
    assert not list(tree.glob("*.tmp"))


def test_what_the_compiler_makes_replaces_the_old_kernel(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = tree / "cc"
    compiler.write_text('#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\necho new > "$2"\n')
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", str(compiler))
    assert hatch_build.build() == ""
    assert (tree / "_kernel.abi3.so").read_text() == "new\n"
