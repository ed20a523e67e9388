"""A small hub of server-sent events that makes mistakes on purpose: what sluice-load must find."""

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class LyingHub:
    """`change(number, body)` returns the bodies that are sent instead of event `number`, which counts from 1."""

    def __init__(self, change=lambda number, body: [body], chunked=False):
        self.change, self.chunked = change, chunked
        self.lock = threading.Lock()
        self.listeners, self.count = [], 0
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hub.publish(body)
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self):
                hub.stream(self)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def publish(self, body):
        with self.lock:
            self.count += 1
            for changed in self.change(self.count, body):
                for listener in self.listeners:
                    listener.put(changed)

    def stream(self, handler):
        mine = queue.Queue()
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        if self.chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        with self.lock:
            self.listeners.append(mine)
        handler.end_headers()
        try:
            while (body := mine.get()) is not None:
                event = b"data: " + body + b"\n\n"
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(event), event) if self.chunked else event)
        except OSError:
            pass
        handler.close_connection = True

    def arguments(self):
        return ["--peer-subscribe", self.url + "/sub/{topic}", "--peer-publish", self.url + "/pub/{topic}"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with self.lock:
            for listener in self.listeners:
                listener.put(None)
        self.server.shutdown()
        self.server.server_close()
