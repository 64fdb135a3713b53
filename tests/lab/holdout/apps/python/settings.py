"""A worker that reads what it needs from variables and a JSON file, and says nothing friendly when one is wrong."""

import json
import os
import time

queue = os.environ["APP_QUEUE_HOST"]
workers = int(os.environ["APP_WORKERS"])
path = os.environ.get("APP_SETTINGS")
if path:
    with open(path) as file:
        settings = json.load(file)
    print("rules:", len(settings["rules"]), flush=True)
print(f"{workers} workers on {queue}", flush=True)
while True:
    time.sleep(5)
    print("idle", flush=True)
