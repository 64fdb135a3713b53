"""What the tests against real parts share."""

import os
import shutil

import pytest


def need(condition: object, reason: str) -> None:
    """Go on if *condition* holds; else skip with *reason*, or fail in CI with Go, where a skip would hide a loss."""
    if condition:
        return
    if os.environ.get("CI") == "true" and shutil.which("go"):
        pytest.fail(f"CI must be able to run this: {reason}")
    pytest.skip(reason)
