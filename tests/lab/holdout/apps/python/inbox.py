"""A queue in an SQLite file."""

import os
import sqlite3
import time

connection = sqlite3.connect(os.environ.get("QUEUE_FILE", "/var/lib/inbox/queue.db"))
connection.execute("CREATE TABLE IF NOT EXISTS queue (id INTEGER PRIMARY KEY, body BLOB)")
connection.commit()
print("queue open", flush=True)
chunk = int(os.environ.get("CHUNK", "0"))
while True:
    connection.execute("INSERT INTO queue (body) VALUES (?)", (os.urandom(chunk),))
    connection.commit()
    time.sleep(float(os.environ.get("PERIOD", "1")))
