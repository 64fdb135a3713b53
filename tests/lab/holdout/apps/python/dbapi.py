"""An HTTP API over PostgreSQL. PG* as libpq reads them; connects once at the start and ends if it cannot."""

import http.server
import logging
import os

import psycopg2

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
log = logging.getLogger("api")


def main() -> None:
    log.info("connecting to %s:%s", os.environ.get("PGHOST"), os.environ.get("PGPORT", "5432"))
    connection = psycopg2.connect(connect_timeout=5)
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE IF NOT EXISTS entries (id serial PRIMARY KEY, body text)")
    connection.commit()
    log.info("schema is up to date")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            cursor.execute("SELECT count(*) FROM entries")
            body = str(cursor.fetchone()[0]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    http.server.ThreadingHTTPServer(("", int(os.environ.get("PORT", "8000"))), Handler).serve_forever()


main()
