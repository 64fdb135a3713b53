"""An HTTPS server with the certificate of a kubernetes.io/tls Secret mounted at /tls; SLOW_START delays listening."""

import http.server
import os
import ssl
import time

time.sleep(float(os.environ.get("SLOW_START", "0")))
server = http.server.ThreadingHTTPServer(("", int(os.environ.get("PORT", "8443"))), http.server.SimpleHTTPRequestHandler)
if os.path.exists("/tls/tls.crt"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("/tls/tls.crt", "/tls/tls.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
print("listening", server.server_address, flush=True)
server.serve_forever()
