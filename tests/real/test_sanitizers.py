"""The bundling kernel under AddressSanitizer, UndefinedBehaviorSanitizer and ThreadSanitizer, on random good and evil graphs."""

import shutil

import pytest

from bench.drawing import sanitize
from tests.real.conftest import need

pytestmark = pytest.mark.real


def test_no_sanitizer_has_anything_to_say(capfd: pytest.CaptureFixture[str]) -> None:
    need(shutil.which("gcc"), "gcc is not installed")
    for name in ("asan", "ubsan", "tsan"):
        need("/" in sanitize.library(name), f"gcc has no lib{name} here")
    assert sanitize.main(15.0) == 0, capfd.readouterr()
