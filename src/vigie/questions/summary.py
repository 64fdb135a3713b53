"""A cause in one sentence: what is so of its root, and the words of the evidence that say it best."""

import re
from collections.abc import Collection

from vigie.graph import lines
from vigie.graph.entity import Entity
from vigie.model.classes import UNKNOWN
from vigie.model.finding import Proof
from vigie.model.system import CauseClass

_BARE = re.compile(r"-?\d+(?:\.\d+)?|true|false|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)")
_LONG = 400


def summary(of: CauseClass, entity: Entity, part: str, proofs: Collection[Proof]) -> str:
    """`ENTITY (PART): what is so of it: the evidence's own words`."""
    what = f"{entity}" + (f" ({part})" if part else "")
    says = of.says or of.means.partition(";")[0].partition(" (")[0]
    if of.name == UNKNOWN:
        return f"{what}: {says}"
    said = _words(proofs)
    return f"{what}: {says}" + (f": {said}" if said else "")


def _words(proofs: Collection[Proof]) -> str:
    """What the evidence says, in its own words; a bare number or time with the name of its field."""
    told = [proof for proof in proofs if proof.value]
    worded = next((proof for proof in told if not _BARE.fullmatch(proof.value or "")), None)
    bare = next((proof for proof in told if proof is not worded and _BARE.fullmatch(proof.value or "")), None)
    if worded is None:
        return _bare(bare) if bare else ""
    text = _message(worded)
    if bare is not None and told.index(bare) < told.index(worded) and " " not in text:
        return _bare(bare)
    return f"{_bare(bare)}: {text}" if bare is not None and told.index(bare) < told.index(worded) else text


def _bare(proof: Proof) -> str:
    return f"{re.split(r'[./]', proof.field)[-1]} {proof.value}"


def _message(proof: Proof) -> str:
    """The value of a proof on one line, that of a log without the wrapping of runtimes and loggers."""
    value = proof.value or ""
    if proof.field.startswith(("log of ", "previous log of ")):
        value = lines.read(value).message
    text = " ".join(value.split())
    return f"{text[:_LONG].rstrip()} ..." if len(text) > _LONG else text
