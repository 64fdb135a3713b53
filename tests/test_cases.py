"""Every rule's page is run: each case as it stands, and each bad or unknown one again without its rule."""

from pathlib import Path

import pytest

from vigie import testing

PAGES = sorted(Path("src/vigie/systems").glob("*/rules/*.md"))
CASES = [case for page in PAGES for case in testing.cases(page)]


def rule_id(case: testing.Case) -> str:
    return case.page.stem.partition("_")[0].upper()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_holds(case: testing.Case) -> None:
    assert testing.check(case) == []


@pytest.mark.parametrize("case", [c for c in CASES if c.outcome != "Good"], ids=lambda case: case.name)
def test_case_fails_without_its_rule(case: testing.Case) -> None:
    assert testing.check(case, without=(rule_id(case),)) != [], "the rule makes no difference to its own case"


def test_pages_are_found() -> None:
    assert CASES, "no rule page was found"
