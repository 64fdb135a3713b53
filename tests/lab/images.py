"""Container images made here from static binaries: no registry, no builder, a few files in a tar."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.lab import programs
from tests.lab.errors import LabError

PREFIX = "docker.io/vigie-lab/"
FOREVER = ("sleep", "1000000000")
SHOP = Path(__file__).resolve().parent / "shop" / "go.mod"
PATH = "/usr/local/bin:/bin:/usr/bin"
PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"
# Directories that a person, a probe or a hook inside a container expects.
FOLDERS = ("bin", "etc", "root", "tmp", "usr/bin", "usr/local/bin", "var/log", "srv")


def add(
    archive: tarfile.TarFile, name: str, data: bytes = b"", mode: int = 0o755, kind: bytes = tarfile.REGTYPE
) -> None:
    """Put one member into *archive* with no trace of when, where and by whom it was made."""
    member = tarfile.TarInfo(name)
    member.mode, member.type, member.size = mode, kind, len(data)
    archive.addfile(member, io.BytesIO(data))


def layer(files: Mapping[str, bytes]) -> bytes:
    """A layer tar: busybox under every one of its names, and *files* (absolute path in the image -> content)."""
    busybox = shutil.which("busybox")
    if not busybox:
        raise LabError("no `busybox` on PATH: images are made from it; install busybox-static")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for folder in FOLDERS:
            add(archive, folder, kind=tarfile.DIRTYPE, mode=0o1777 if folder == "tmp" else 0o755)
        add(archive, "bin/busybox", Path(busybox).read_bytes())
        applets = subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True).stdout.split()
        for applet in applets:
            if applet != "busybox":
                member = tarfile.TarInfo(f"bin/{applet}")
                member.type, member.linkname, member.mode = tarfile.SYMTYPE, "busybox", 0o777
                archive.addfile(member)
        add(archive, "etc/passwd", PASSWD.encode(), 0o644)
        for name, data in sorted(files.items()):
            add(archive, name.lstrip("/"), data)
    return out.getvalue()


def archive(tags: Sequence[str], files: Mapping[str, bytes], command: Sequence[str]) -> bytes:
    """A docker-archive (as `docker save` writes it) of one image with *tags*, *files* over busybox, and *command*."""
    content = layer(files)
    digest = hashlib.sha256(content).hexdigest()
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": [f"PATH={PATH}"], "Cmd": list(command), "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        "history": [{"created_by": "tests/lab/images.py"}],
    }
    text = json.dumps(config, sort_keys=True).encode()
    name = hashlib.sha256(text).hexdigest() + ".json"
    manifest = [{"Config": name, "RepoTags": list(tags), "Layers": [f"{digest}/layer.tar"]}]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        add(tar, name, text, 0o644)
        add(tar, f"{digest}/layer.tar", content, 0o644)
        add(tar, "manifest.json", json.dumps(manifest).encode(), 0o644)
    return out.getvalue()


def build(name: str, files: Mapping[str, Path | bytes], command: Sequence[str] = FOREVER) -> Path:
    """Make the image `vigie-lab/NAME` (NAME with its tag: "shop:1") and return its archive.

    *files* maps an absolute path in the image to a file or to bytes, on top of busybox; *command* is what a container
    runs that names none. Every node of every instance that starts from now on imports all archives made so far.
    """
    content = {path: data if isinstance(data, bytes) else data.read_bytes() for path, data in files.items()}
    folder = programs.cache() / "images"
    folder.mkdir(exist_ok=True)
    target = folder / (name.replace(":", "@").replace("/", "+") + ".tar")
    draft = target.with_suffix(f".{os.getpid()}.new")
    draft.write_bytes(archive([PREFIX + name], content, command))
    draft.replace(target)
    return target


def standard() -> list[Path]:
    """The images every node has: pause, busybox, CoreDNS and the shop. Made anew where their parts changed."""
    parts: dict[str, tuple[dict[str, Path | bytes], tuple[str, ...]]] = {
        "pause:1": ({}, FOREVER),
        "busybox:1": ({}, FOREVER),
        "coredns:1": ({"/bin/coredns": programs.coredns().make() / "program"}, ("/bin/coredns",)),
    }
    if SHOP.exists():
        parts["shop:1"] = {"/bin/shop": programs.shop().make() / "program"}, ("/bin/shop",)
    made = []
    for name, (files, command) in parts.items():
        key = programs.cache() / "images" / (name.replace(":", "@") + ".key")
        recipe = json.dumps([Path(__file__).read_text(), [str(file) for file in files.values()], command])
        wanted = hashlib.sha256(recipe.encode()).hexdigest()
        target = key.with_suffix(".tar")
        if not (target.exists() and key.exists() and key.read_text() == wanted):
            build(name, files, command)
            key.write_text(wanted)
        made.append(target)
    return made
