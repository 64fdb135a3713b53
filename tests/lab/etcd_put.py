"""Put pairs into the etcd of this network namespace: "KEY VALUE" lines on standard input, both in base64.

Standard library only; it speaks to etcd's HTTP gateway, in transactions of at most `MOST` writes (etcd allows 128).
"""

import http.client
import json
import sys
import time
from collections.abc import Sequence

ADDRESS = ("127.0.0.1", 2379)
MOST = 100


def commit(connection: http.client.HTTPConnection, pairs: Sequence[Sequence[str]]) -> None:
    """Write *pairs* in one transaction; ends the program if etcd refuses."""
    writes = [{"requestPut": {"key": key, "value": value}} for key, value in pairs]
    connection.request("POST", "/v3/kv/txn", json.dumps({"success": writes}))
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        sys.exit(f"etcd refused: {answer.status} {body.decode(errors='replace')[:300]}")


def main() -> None:
    """Write all of standard input."""
    pairs = [line.split() for line in sys.stdin if line.strip()]
    connection = http.client.HTTPConnection(*ADDRESS, timeout=30)
    for _ in range(100):
        try:
            connection.connect()
            break
        except ConnectionRefusedError:  # etcd has only just been started
            time.sleep(0.1)
    for start in range(0, len(pairs), MOST):
        commit(connection, pairs[start : start + MOST])
    connection.close()


if __name__ == "__main__":
    main()
