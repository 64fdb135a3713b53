"""A controller as operators are: takes a lease, lists its custom resources, writes their status. Speaks as client-go does.

LEASE (namespace/name) is taken first, and asked for again for ever; without it nothing is done. RESOURCE is
GROUP/VERSION/PLURAL/KIND; a kind that is not served ends the process after PATIENCE seconds. TOKEN_FILE is the identity.
"""

import os
import sys
import time
from datetime import UTC, datetime

import requests

HERE = "/var/run/secrets/kubernetes.io/serviceaccount/"
BASE = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
PATIENCE = float(os.environ.get("PATIENCE", "20"))


def say(level: str, place: str, text: str) -> None:
    print(f"{level}{datetime.now(UTC):%m%d %H:%M:%S.%f}       1 {place}] {text}", file=sys.stderr, flush=True)


def ask(verb: str, path: str, body: object = None, kind: str = "application/json") -> tuple[int, dict]:
    with open(os.environ.get("TOKEN_FILE", HERE + "token")) as file:
        head = {"Authorization": "Bearer " + file.read().strip(), "Content-Type": kind}
    answer = requests.request(verb, BASE + path, json=body, headers=head, verify=HERE + "ca.crt", timeout=8)
    try:
        return answer.status_code, answer.json()
    except ValueError:
        return answer.status_code, {"message": "the server could not find the requested resource"}


def lead(lease: str) -> None:
    namespace, name = lease.split("/")
    say("I", "leaderelection.go:258", f"attempting to acquire leader lease {lease}...")
    path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
    while True:
        code, said = ask("GET", f"{path}/{name}")
        if code == 404:
            me = os.environ.get("HOSTNAME", "me")
            spec = {"holderIdentity": me, "leaseDurationSeconds": 15}
            made = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}, "spec": spec}
            code, said = ask("POST", path, made)
        if code < 300:
            say("I", "leaderelection.go:272", f"successfully acquired lease {lease}")
            return
        say("E", "leaderelection.go:436", f"error retrieving resource lock {lease}: {said.get('message', code)}")
        time.sleep(2)


def main() -> None:
    if os.environ.get("LEASE"):
        lead(os.environ["LEASE"])
    group, version, plural, kind = os.environ["RESOURCE"].split("/")
    begun = time.monotonic()
    while True:
        code, said = ask("GET", f"/apis/{group}/{version}/{plural}")
        if code == 404:
            say(
                "E",
                "kind.go:71",
                f'"if kind is a CRD, it should be installed before calling Start" '
                f'err="no matches for kind \\"{kind}\\" in version \\"{group}/{version}\\"" kind="{kind}.{group}"',
            )
        elif code >= 300:
            text = f"failed to list {group}/{version}, Resource={plural}: {said.get('message', code)}"
            say("E", "reflector.go:205", f'"Failed to watch" err="{text}" type="{group}/{version}, Kind={kind}"')
        if code >= 300 and time.monotonic() - begun > PATIENCE:
            say("E", "main.go:98", f'"problem running manager" err="failed to wait for {kind.lower()} caches to sync"')
            sys.exit(1)
        for item in said.get("items", []) if code < 300 else []:
            place = item["metadata"]
            where = f"/apis/{group}/{version}/namespaces/{place['namespace']}/{plural}/{place['name']}"
            ask("PATCH", where, {"status": {"phase": "Ready"}}, "application/merge-patch+json")
        time.sleep(3)


main()
