"""Fetches its settings over HTTP at the start with the standard library; ends with the traceback if that fails."""

import http.server
import json
import os
import urllib.request

with urllib.request.urlopen(os.environ["SETTINGS_URL"], timeout=6) as answer:
    print("settings:", len(answer.read()), "bytes", flush=True)
http.server.HTTPServer(("", int(os.environ.get("PORT", "8080"))), http.server.SimpleHTTPRequestHandler).serve_forever()
