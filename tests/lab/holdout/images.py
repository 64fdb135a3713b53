"""Images of the hold-out set: programs of other people as Debian ships them, with the libraries that they need.

`python -m tests.lab.holdout.images` makes all of them in the lab's cache. Node and Java come from the host; the rest is
downloaded by apt into a folder of the cache and unpacked there, never installed. PostgreSQL, perl, openssl and Python
are the host's own files. The programs of `apps/` are put into /app of the image that can run them.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Set
from pathlib import Path

from tests.lab import images, programs

HERE = Path(__file__).resolve().parent
APPS = HERE / "apps"
PACKAGES = (
    "nginx nginx-common redis-server redis-tools libjemalloc2 liblzf1 python3-redis python3-psycopg2 python3-requests "
    "python3-urllib3 python3-certifi python3-idna python3-chardet python3-charset-normalizer python3-six "
    "python3-pkg-resources python3-kubernetes python3-yaml python3-dateutil python3-google-auth python3-websocket "
    "python3-requests-oauthlib python3-oauthlib python3-cachetools python3-pyasn1 python3-pyasn1-modules python3-rsa "
    "python3-deprecated python3-wrapt python3-async-timeout python3-packaging"
).split()
USERS = (
    "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www-data:/var/www:/bin/sh\npostgres:x:999:999::/tmp:/bin/sh\n"
    "redis:x:998:998::/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"
)
GROUPS = "root:x:0:\nwww-data:x:33:\npostgres:x:999:\nredis:x:998:\nnogroup:x:65534:\n"
LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x")
RESOLVING = ("libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2")
PYTHON_UNWANTED = {
    "test",
    "tests",
    "idlelib",
    "lib2to3",
    "ensurepip",
    "tkinter",
    "__pycache__",
    "distutils",
    "venv",
    "config-3.11-x86_64-linux-gnu",
}

Files = dict[str, Path | bytes]


def unpacked() -> Path:
    """A root with `PACKAGES` in it, made by apt-get download and dpkg-deb once."""
    root = programs.cache() / "holdout-root"
    done = root / ".packages"
    if done.exists() and done.read_text() == " ".join(PACKAGES):
        return root
    shutil.rmtree(root, ignore_errors=True)
    debs = root / ".debs"
    debs.mkdir(parents=True)
    subprocess.run(["apt-get", "-qq", "download", *PACKAGES], cwd=debs, check=True, stderr=subprocess.DEVNULL)
    for deb in sorted(debs.glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", deb, root], check=True)
    shutil.rmtree(debs)
    done.write_text(" ".join(PACKAGES))
    return root


def libraries(binaries: Iterable[Path], root: Path) -> Files:
    """The shared libraries that *binaries* ask for, and those that names are resolved with."""
    search = os.environ | {"LD_LIBRARY_PATH": str(root / "usr/lib/x86_64-linux-gnu")}
    found: Files = {}
    for binary in binaries:
        text = subprocess.run(["ldd", binary], capture_output=True, text=True, env=search).stdout
        for match in LIBRARY.finditer(text):
            path = match[1].removeprefix(str(root))
            found[path] = Path(match[1])
    if found:
        for name in RESOLVING:
            found[f"/lib/x86_64-linux-gnu/{name}"] = Path("/lib/x86_64-linux-gnu") / name
    return found


def tree(folder: Path, place: str, unwanted: Set[str] = frozenset()) -> Files:
    """All files under *folder* at *place*, without those below a name of *unwanted*."""
    return {
        f"{place}/{path.relative_to(folder)}": path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not unwanted & set(path.relative_to(folder).parts)
    }


def common(files: Mapping[str, Path | bytes], binaries: Iterable[Path], root: Path) -> Files:
    """*files* with the libraries of *binaries*, users, and a name service."""
    return {
        **libraries(binaries, root),
        "/etc/passwd": USERS.encode(),
        "/etc/group": GROUPS.encode(),
        "/etc/nsswitch.conf": b"passwd: files\ngroup: files\nhosts: files dns\n",
        **files,
    }


def python(root: Path) -> Files:
    """Debian's Python with the clients of PostgreSQL, Redis, HTTP and Kubernetes, and openssl."""
    binary, standard = Path("/usr/bin/python3.11"), Path("/usr/lib/python3.11")
    files: Files = {"/usr/bin/python3": binary, **tree(standard, "/usr/lib/python3.11", PYTHON_UNWANTED)}
    files |= tree(root / "usr/lib/python3/dist-packages", "/usr/lib/python3/dist-packages", {"__pycache__", "tests"})
    files |= {"/usr/bin/openssl": Path("/usr/bin/openssl"), "/usr/lib/ssl/openssl.cnf": Path("/etc/ssl/openssl.cnf")}
    files |= tree(APPS / "python", "/app")
    extensions = [path for path in files.values() if isinstance(path, Path) and ".so" in path.name]
    return common(files, [binary, Path("/usr/bin/openssl"), *extensions], root)


def nginx(root: Path) -> Files:
    """Debian's nginx with its own configuration, which includes /etc/nginx/conf.d."""
    binary = root / "usr/sbin/nginx"
    conf = (
        b"user www-data;\nworker_processes 1;\npid /run/nginx.pid;\nerror_log /dev/stderr notice;\n"
        b"events { worker_connections 256; }\n"
        b"http {\n  include /etc/nginx/mime.types;\n  access_log /dev/stdout;\n  include /etc/nginx/conf.d/*.conf;\n}\n"
    )
    empty = {f"/var/lib/nginx/{name}/.keep": b"" for name in ("body", "proxy", "fastcgi", "uwsgi", "scgi")}
    files: Files = {"/usr/bin/nginx": binary, "/run/.keep": b"", "/var/log/nginx/.keep": b"", **empty}
    files |= {"/etc/nginx/mime.types": root / "etc/nginx/mime.types", "/etc/nginx/nginx.conf": conf}
    return common(files, [binary], root)


def redis(root: Path) -> Files:
    """Debian's Redis: server and client."""
    binaries: dict[str, Path] = {
        "/usr/bin/redis-server": root / "usr/bin/redis-check-rdb",
        "/usr/bin/redis-cli": root / "usr/bin/redis-cli",
    }
    return common({**binaries, "/data/.keep": b""}, binaries.values(), root)


def postgres(root: Path) -> Files:
    """PostgreSQL 15: server, initdb and psql, without its just-in-time compiler."""
    home, share = Path("/usr/lib/postgresql/15"), Path("/usr/share/postgresql/15")
    names = ("postgres", "initdb", "pg_ctl", "psql", "pg_isready", "pg_dump")
    files: Files = {f"{home}/bin/{name}": home / "bin" / name for name in names}
    files |= {
        f"{home}/lib/{name}": home / "lib" / name for name in ("plpgsql.so", "dict_snowball.so", "libpqwalreceiver.so")
    }
    for path, source in tree(home / "lib", f"{home}/lib", {"bitcode", "pgxs"}).items():
        if "_and_" in path or "utf8" in path:
            files[path] = source
    files |= tree(share, str(share), {"man", "contrib"}) | tree(APPS / "postgres", "/usr/local/bin")
    files |= {str(share / "timezonesets" / "Default"): share / "timezonesets" / "Default"}
    files |= {"/usr/share/zoneinfo/UTC": Path("/usr/share/zoneinfo/Etc/UTC")}
    binaries = [
        path
        for path in files.values()
        if isinstance(path, Path) and (path.parent.name == "bin" or path.suffix == ".so")
    ]
    return common(files, [binary for binary in binaries if "local" not in str(binary)], root)


def node(root: Path) -> Files:
    """Node.js of the host and the programs for it."""
    binary = Path(shutil.which("node") or "/usr/bin/node").resolve()
    return common({"/usr/local/bin/node": binary, **tree(APPS / "node", "/app")}, [binary], root)


def java(root: Path) -> Files:
    """A Java runtime of the modules that the programs need, and their classes."""
    home = programs.cache() / "holdout-java"
    if not (home / "bin" / "java").exists():
        shutil.rmtree(home, ignore_errors=True)
        modules = "java.base,jdk.httpserver,java.net.http,java.logging"
        subprocess.run(
            ["jlink", "--add-modules", modules, "--strip-debug", "--no-man-pages", "--output", home], check=True
        )
    classes = programs.cache() / "holdout-classes"
    subprocess.run(["javac", "-d", classes, *sorted((APPS / "java").glob("*.java"))], check=True)
    launcher = b'#!/bin/sh\nexec /opt/java/bin/java "$@"\n'
    files: Files = {**tree(home, "/opt/java"), **tree(classes, "/app"), "/usr/bin/java": launcher}
    binaries = [home / "bin/java", *home.rglob("*.so")]
    return common(dict(files), binaries, root) | {"/usr/bin/java": b'#!/bin/sh\nexec /opt/java/bin/java "$@"\n'}


def perl(root: Path) -> Files:
    """perl-base of Debian and the programs for it."""
    base = Path("/usr/lib/x86_64-linux-gnu/perl-base")
    files: Files = {"/usr/bin/perl": Path("/usr/bin/perl"), **tree(base, str(base)), **tree(APPS / "perl", "/app")}
    return common(files, [Path("/usr/bin/perl"), *base.rglob("*.so")], root)


def foreign() -> Files:
    """A program for another processor: the header of an ELF file for AArch64, enough for the kernel to refuse it."""
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\xb7\x00\x01\x00\x00\x00" + bytes(40)
    return {"/usr/local/bin/exporter": header + bytes(64)}


def make(name: str) -> Path:
    """Build image *name* anew."""
    root = unpacked()
    recipes = {
        "python:3.11": (python, ("python3",)),
        "nginx:1.22": (nginx, ("nginx", "-g", "daemon off;")),
        "redis:7.0": (redis, ("redis-server",)),
        "postgres:15": (postgres, ("postgres-entrypoint",)),
        "node:20": (node, ("node",)),
        "java:17": (java, ("java", "-cp", "/app")),
        "perl:5.36": (perl, ("perl",)),
        "exporter:2.1-arm64": (lambda _: foreign(), ("/usr/local/bin/exporter",)),
    }
    recipe, command = recipes[name]
    path = images.build(name, recipe(root), command)
    print(f"{name}: {path.stat().st_size / 1e6:.0f} MB")
    return path


ALL = ("python:3.11", "nginx:1.22", "redis:7.0", "postgres:15", "node:20", "java:17", "perl:5.36", "exporter:2.1-arm64")

if __name__ == "__main__":
    import sys

    for wanted in sys.argv[1:] or ALL:
        make(wanted)
