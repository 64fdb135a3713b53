"""What the tests against real parts share."""

import os
import shutil

import pytest

from tests.lab import host, programs


def need(condition: object, reason: str) -> None:
    """Go on if *condition* holds; else skip with *reason*, or fail in CI with Go, where a skip would hide a loss."""
    if condition:
        return
    if os.environ.get("CI") == "true" and shutil.which("go"):
        pytest.fail(f"CI must be able to run this: {reason}")
    pytest.skip(reason)


def need_lab() -> None:
    """Go on if this machine can run the lab and its Kubernetes is built."""
    need(not host.lacking(), host.lacking())
    need(programs.kubernetes("1.36").ready(), "the lab's Kubernetes is not built: make lab")
