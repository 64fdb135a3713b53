"""A web front over Redis: every page counts a visit; /readyz pings the cache, /healthz does not."""

import http.server
import logging
import os
import time

import redis

logging.basicConfig(level=logging.INFO, format="[%(asctime)s] %(levelname)s in app: %(message)s")
log = logging.getLogger()
cache = redis.Redis(
    host=os.environ["REDIS_HOST"],
    port=int(os.environ.get("REDIS_PORT", "6379")),
    password=os.environ.get("REDIS_PASSWORD") or None,
    socket_connect_timeout=3,
)
SLOW = float(os.environ.get("HEALTH_DELAY", "0"))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = 200, b"ok\n"
        if self.path == "/healthz":
            time.sleep(SLOW)
        else:
            try:
                body = b"%d\n" % cache.incr("visits") if self.path == "/" else b"%r\n" % cache.ping()
            except redis.RedisError:
                log.exception("Exception on %s [GET]", self.path)
                status, body = 500, b"Internal Server Error\n"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("", int(os.environ.get("PORT", "5000"))), Handler).serve_forever()
