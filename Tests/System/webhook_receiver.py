"""Somebody's server that takes webhooks and keeps what it got."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class WebhookReceiver:
    """`received` holds (headers, raw body, JSON) of every POST, in the order of their arrival."""

    def __init__(self, status=200):
        self.status, self.received = status, []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                status = receiver.status
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append((dict(self.headers), body, json.loads(body)))
                self.send_response(status)
                self.end_headers()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def alerts(self, rule, status=None):
        """Every alert of a rule in every notification; what came twice counts once."""
        once = {headers["X-Sluice-Delivery"]: body for headers, _, body in list(self.received)}
        found = [a for body in once.values() for a in body["alerts"] if a["labels"]["alertname"] == rule]
        return [a for a in found if status in (None, a["status"])]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
