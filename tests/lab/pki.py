"""Keys, certificates and kubeconfigs of one instance, made with the openssl command."""

import json
import secrets
import subprocess
from pathlib import Path

from tests.lab.errors import LabError

DAYS = "30"
SERVER_NAMES = (
    "subjectAltName=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,"
    "DNS:kubernetes.default.svc.cluster.local,DNS:localhost,IP:10.96.0.1,IP:10.231.0.1,IP:127.0.0.1"
)
# name -> (common name, organisation, usage)
CERTIFICATES = {
    "apiserver": ("kube-apiserver", "", "serverAuth"),
    "kubelet-client": ("kube-apiserver-kubelet-client", "system:masters", "clientAuth"),
    "lab-cert": ("lab-cert", "system:masters", "clientAuth"),
    "front-proxy": ("front-proxy-client", "", "clientAuth"),
}
# user -> groups; each has a token of its own
USERS = {
    "lab-admin": ("system:masters",),
    "lab-reader": ("lab-readers",),
    "system:kube-controller-manager": (),
    "system:kube-scheduler": (),
    "system:kube-proxy": (),
    "kwok": ("system:masters",),
}


def openssl(*words: str, cwd: Path) -> None:
    """Run openssl in *cwd*; raises LabError with what it said when it fails or is missing."""
    try:
        done = subprocess.run(["openssl", *words], cwd=cwd, capture_output=True, text=True)
    except FileNotFoundError:
        raise LabError("no `openssl` on PATH: the lab makes its certificates with it; install openssl") from None
    if done.returncode:
        raise LabError(f"openssl {words[0]} failed: {done.stderr.strip()}")


def authority(folder: Path, name: str) -> None:
    """A self-signed authority NAME.crt and NAME.key."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"]
    openssl("req", "-x509", *key, "-out", f"{name}.crt", "-days", DAYS, "-subj", f"/CN=vigie-lab-{name}", cwd=folder)


def issue(folder: Path, name: str, subject: tuple[str, str, str], signer: str = "ca") -> None:
    """A certificate NAME.crt and NAME.key for *subject* (common name, organisation, usage) signed by *signer*."""
    common, organisation, usage = subject
    text = f"/O={organisation}/CN={common}" if organisation else f"/CN={common}"
    extensions = f"extendedKeyUsage={usage}\n" + (SERVER_NAMES + "\n" if usage == "serverAuth" else "")
    (folder / f"{name}.ext").write_text(extensions)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"]
    openssl("req", "-new", *key, "-out", f"{name}.csr", "-subj", text, cwd=folder)
    signed = ["-CA", f"{signer}.crt", "-CAkey", f"{signer}.key", "-CAcreateserial", "-days", DAYS]
    openssl("x509", "-req", "-in", f"{name}.csr", *signed, "-extfile", f"{name}.ext", "-out", f"{name}.crt", cwd=folder)


def make(folder: Path, nodes: int) -> dict[str, str]:
    """Everything secret of an instance with *nodes* nodes, in *folder*; returns user -> token."""
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    authority(folder, "ca")
    authority(folder, "front-proxy-ca")
    for name, subject in CERTIFICATES.items():
        issue(folder, name, subject, "front-proxy-ca" if name == "front-proxy" else "ca")
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "sa.key", cwd=folder)
    openssl("ec", "-in", "sa.key", "-pubout", "-out", "sa.pub", cwd=folder)
    users = USERS | {f"system:node:n{i}": ("system:nodes",) for i in range(1, nodes + 1)}
    tokens = {user: secrets.token_hex(16) for user in users}
    lines = [f'{tokens[user]},{user},{user},"{",".join(groups)}"' for user, groups in users.items()]
    (folder / "tokens.csv").write_text("\n".join(lines) + "\n")
    (folder / "tokens.json").write_text(json.dumps(tokens))
    return tokens


def kubeconfig(folder: Path, server: str, user: str, credentials: dict[str, str]) -> str:
    """A kubeconfig (as JSON, which is YAML) for *user* at *server*; *credentials* are the fields of its user entry.

    Its authority is the path of ca.crt in *folder*; a relative credential path is taken as a file of *folder* too.
    """
    entry = {key: str(folder / value) if key.startswith("client-") else value for key, value in credentials.items()}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": {"server": server, "certificate-authority": str(folder / "ca.crt")}}],
        "users": [{"name": user, "user": entry}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": user}}],
        "current-context": "lab",
    }
    return json.dumps(config, indent=1) + "\n"
