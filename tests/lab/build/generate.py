"""Write the wrapper modules of the lab: `go.mod` and `go.sum` for each Kubernetes version and for CoreDNS.

Kubernetes cannot be built by `go install`: its go.mod replaces its staging modules by paths of its own tree. The
published staging modules are the same code, so each replaced `k8s.io/X => ./staging/...` becomes
`k8s.io/X => k8s.io/X v0.MINOR.PATCH` here. Run again after a change of a version, and commit the result:

    .venv/bin/python -m tests.lab.build.generate [1.36 | 1.35 | coredns ...]
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
VERSIONS = {"1.36": "v1.36.3", "1.35": "v1.35.4"}
COREDNS = "v1.15.0"
MODULE = "k8s.io/kubernetes"
EXTRA = ("go.etcd.io/etcd/server/v3",)


def go(*words: str, cwd: Path) -> str:
    """Run the go tool with *words* in *cwd* and return its standard output; raises CalledProcessError."""
    return subprocess.run(["go", *words], cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout


def go_mod(published: Mapping[str, object], version: str, requirements: dict[str, str]) -> str:
    """The text of our go.mod from the parsed go.mod of Kubernetes (`go mod edit -json`) at *version*."""
    staging = "v0." + version.removeprefix("v1.")
    lines = ["module vigie/lab", "", f"go {published['Go']}", "", "require ("]
    lines += [f"\t{module} {requirements[module]}" for module in sorted(requirements)]
    lines += [")", "", "replace ("]
    replaces = published.get("Replace") or []
    assert isinstance(replaces, list)
    for replace in sorted(replaces, key=lambda r: str(r["Old"]["Path"])):
        old, new = replace["Old"]["Path"], replace["New"]
        if new.get("Version"):
            lines.append(f"\t{old} => {new['Path']} {new['Version']}")
        elif new["Path"].startswith("./staging/"):
            lines.append(f"\t{old} => {old} {staging}")
        else:
            raise SystemExit(f"{MODULE} {version}: its go.mod replaces {old} by {new['Path']}, which is not published")
    return "\n".join([*lines, ")", ""])


def generate(name: str, version: str) -> None:
    """Write `wrapper/NAME/go.mod` and `go.sum` for Kubernetes *version*."""
    folder = HERE / "wrapper" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    found = json.loads(go("mod", "download", "-json", f"{MODULE}@{version}", cwd=folder))
    published = json.loads(go("mod", "edit", "-json", found["GoMod"], cwd=folder))
    required = {entry["Path"]: entry["Version"] for entry in published["Require"]}
    requirements = {MODULE: version} | {module: required[module] for module in EXTRA if module in required}
    if len(requirements) != 1 + len(EXTRA):
        raise SystemExit(f"{MODULE} {version} no longer requires one of {', '.join(EXTRA)}: add its version by hand")
    (folder / "go.mod").write_text(go_mod(published, version, requirements))
    main = folder / "main.go"
    shutil.copy(HERE / "wrapper" / "main.go", main)
    try:
        go("mod", "tidy", cwd=folder)
    finally:
        main.unlink()


def generate_coredns() -> None:
    """Write `wrapper/coredns/go.mod` and `go.sum`; its main.go, which chooses the plug-ins, lies beside them."""
    folder = HERE / "wrapper" / "coredns"
    go_version = json.loads(go("list", "-m", "-json", f"github.com/coredns/coredns@{COREDNS}", cwd=HERE))["GoVersion"]
    (folder / "go.sum").unlink(missing_ok=True)
    (folder / "go.mod").write_text(
        f"module vigie/lab/coredns\n\ngo {go_version}\n\nrequire github.com/coredns/coredns {COREDNS}\n"
    )
    go("mod", "tidy", cwd=folder)


if __name__ == "__main__":
    for chosen in sys.argv[1:] or [*VERSIONS, "coredns"]:
        if chosen == "coredns":
            generate_coredns()
        else:
            generate(chosen, VERSIONS[chosen])
