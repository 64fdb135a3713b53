"""Record hold-out scenarios: `python -m tests.lab.holdout.record PLACE NAME...`, one after the other on instance PLACE.

As `lab record`, with the scenarios of this folder, into tests/samples/holdout; nodes import only the images that the
scenario names. `${expired-crt:HOST}`, `${crt:HOST}` and `${key:HOST}` in a scenario are a self-signed certificate for HOST
(run out three days ago, or good), and its key, base64 for a Secret.
"""

import base64
import re
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

from tests.lab import life, node, programs, record, scenario
from tests.lab.errors import LabError
from tests.lab.instance import Instance
from tests.lab.node import SOCKET

HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parents[1] / "samples" / "holdout"
STANDARD = ("pause@1", "busybox@1", "coredns@1")
PLACEHOLDER = re.compile(r"\$\{(expired-crt|crt|key):([a-z0-9.-]+)\}")
PLAIN = scenario.dated


@cache
def pair(host: str, expired: bool) -> dict[str, bytes]:
    """A key and a self-signed certificate for *host* made by openssl's small authority, which lets dates be chosen."""
    dates = ("20240101000000Z", "20251119000000Z") if expired else ("20240101000000Z", "20350101000000Z")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key, request, made = folder / "key.pem", folder / "csr.pem", folder / "crt.pem"
        conf = folder / "ca.conf"
        (folder / "index").touch()
        conf.write_text(
            f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index\nnew_certs_dir={folder}\nrand_serial=yes\n"
            f"default_md=sha256\npolicy=p\nx509_extensions=x\n[p]\ncommonName=supplied\n"
            f"[x]\nsubjectAltName=DNS:{host}\nbasicConstraints=CA:TRUE\n[req]\ndistinguished_name=n\n[n]\n"
        )

        def openssl(*words: object) -> None:
            subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

        openssl(
            "req",
            "-config",
            conf,
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            key,
            "-out",
            request,
            "-subj",
            "/CN=service",
        )
        openssl(
            "ca",
            "-batch",
            "-config",
            conf,
            "-selfsign",
            "-keyfile",
            key,
            "-in",
            request,
            "-out",
            made,
            "-notext",
            "-startdate",
            dates[0],
            "-enddate",
            dates[1],
        )
        return {"key": key.read_bytes(), "crt": made.read_bytes()}


def filled(text: str, now: object = None) -> str:
    """*text* with times, certificates and keys in the place of what stands for them."""

    def value(match: re.Match[str]) -> str:
        both = pair(match[2], expired="${expired-crt:" + match[2] + "}" in text)
        return base64.b64encode(both["key" if match[1] == "key" else "crt"]).decode()

    return PLAIN(PLACEHOLDER.sub(value, text))


def only(wanted: str) -> None:
    """From here on nodes import the standard images, and those whose tag is in the text *wanted*."""

    def load(instance: Instance, name: str) -> None:
        for archive in sorted((programs.cache() / "images").glob("*.tar")):
            tag = archive.stem.replace("@", ":").replace("+", "/")
            if archive.stem in STANDARD or f"vigie-lab/{tag}" in wanted:
                instance.run(name, ["ctr", "-a", SOCKET, "-n", "k8s.io", "images", "import", archive])

    node.load = load


def main(place: str, names: list[str]) -> int:
    """Record *names* on *place*; returns how many failed."""
    scenario.FOLDER, record.SAMPLES, scenario.dated = HERE, SAMPLES, filled
    failed = 0
    for name in names:
        only((HERE / f"{name}.yaml").read_text())
        begun = time.monotonic()
        try:
            folder = record.record(name, place)
        except (LabError, KeyError, subprocess.SubprocessError) as error:
            failed += 1
            print(f"FAILED {name} after {time.monotonic() - begun:.0f} s: {error}", flush=True)
            continue
        source = (folder / "SOURCE").read_text().replace("tests/lab/lab record", "python -m tests.lab.holdout.record")
        (folder / "SOURCE").write_text(source)
    life.down(place)
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1], sys.argv[2:]) else 0)
