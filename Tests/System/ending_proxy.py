"""A proxy for clients that read an answer to its end: an event stream ends when nothing has come for a moment."""

import http.client
import http.server
import threading
import time

QUIET, MOST = 0.3, 2  # seconds without an event, and with
LEFT_OUT = {"transfer-encoding", "content-length", "connection", "keep-alive"}


class EndingProxy:
    def __init__(self, target):
        """`target` is HOST:PORT of the server."""
        handler = type("Handler", (Handler,), {"target": target})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.relay
        raise AttributeError(name)

    def relay(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = http.client.HTTPConnection(self.target, timeout=30)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body or None)
            sock = connection.sock  # which the connection lets go of when the answer says that it is the last
            answer = connection.getresponse()
            is_stream = answer.getheader("Content-Type", "").startswith("text/event-stream")
            self.pass_on(answer, until_quiet(sock, answer) if is_stream else answer.read())
        finally:
            connection.close()

    def pass_on(self, answer, text):
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in LEFT_OUT:
                self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def log_message(self, *arguments):
        pass


def until_quiet(sock, answer):
    text, deadline = b"", time.monotonic() + MOST
    sock.settimeout(QUIET)
    try:
        while time.monotonic() < deadline and (piece := answer.read1(65536)):
            text += piece
    except TimeoutError:
        pass
    return text
