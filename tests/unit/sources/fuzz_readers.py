"""Coverage-guided fuzzing of the readers, where atheris is installed: `python tests/unit/sources/fuzz_readers.py WHAT`.

WHAT is archives, yaml, kubeconfig or redaction; libFuzzer's options follow (`-max_total_time=60`). A crash is an
exception that no reader may raise: readers give evidence, gaps, or one VigieError.
"""

import io
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["vigie", "yaml"]):
    from vigie.formats.yaml import documents
    from vigie.model.errors import VigieError
    from vigie.model.evidence import Evidence, Gap
    from vigie.sources import Limits, open_source
    from vigie.sources.kube.kubeconfig import resolve
    from vigie.sources.redaction import redact

LIMITS = Limits(unpacked=1 << 24, member=1 << 22, members=1000)


def archives(data: bytes) -> None:
    """Any bytes as standard input: archive, document or junk."""
    try:
        for found in open_source("-", stdin=io.BytesIO(data), limits=LIMITS):
            one_line(found)
            if isinstance(found, Evidence):
                with found.open() as stream:
                    assert found.size is None or len(stream.read()) == found.size
    except VigieError as error:
        assert "\n" not in str(error)


def yaml(data: bytes) -> None:
    """Any bytes as YAML."""
    for found in documents(data, "f"):
        if isinstance(found, Gap):
            one_line(found)
        else:
            json.loads(found[1])


def kubeconfig(data: bytes) -> None:
    """Any bytes as a kubeconfig."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(data)
        try:
            resolve(file.name)
        except VigieError as error:
            assert "\n" not in str(error)


def redaction(data: bytes) -> None:
    """Any text, alone and after a planted secret."""
    text = data.decode("utf-8", "replace")
    redact(text)
    assert redact(f"DB_PASSWORD=hunter2Zz9\n{text}").startswith("DB_PASSWORD=***HIDDEN***\n")


def one_line(found: Evidence | Gap) -> None:
    """Origins and gaps can be printed as one line."""
    assert found.origin.isprintable()
    assert not isinstance(found, Gap) or found.what.isprintable()


TARGETS: dict[str, Callable[[bytes], None]] = {
    "archives": archives,
    "yaml": yaml,
    "kubeconfig": kubeconfig,
    "redaction": redaction,
}

if __name__ == "__main__":
    target = TARGETS.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if target is None:
        sys.exit(__doc__)
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
    atheris.Fuzz()
