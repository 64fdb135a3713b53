"""Polls a URL for ever and logs what goes wrong, as many workers do; never ends, and is ready at once."""

import logging
import os
import sys
import time

import requests

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(asctime)s - %(name)s - %(levelname)s - %(message)s")
log = logging.getLogger("sync")
session = requests.Session()
verify = os.environ.get("CA_FILE") or True
while True:
    try:
        answer = session.get(os.environ["UPSTREAM_URL"], timeout=4, verify=verify)
        answer.raise_for_status()
        log.info("synced %d bytes", len(answer.content))
    except requests.RequestException as error:
        log.error("sync failed: %s", error)
        if os.environ.get("EXIT_ON_ERROR"):
            raise
    time.sleep(float(os.environ.get("PERIOD", "3")))
