"""Log files that are written and rotated as programs and logrotate do it."""

import datetime
import os
import pathlib
import threading
import time


def log_line(number, level="INFO", component="checkout", text="order accepted"):
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{now} {level} {component}: {text} mark{number}x"


class LogFile:
    """A file that lines are appended to, each in one write. Lines are numbered from 1; every tenth is an ERROR."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.count = 0
        self.lock = threading.Lock()
        self.stream = open(self.path, "ab", buffering=0)

    def write(self, count=1):
        with self.lock:
            for _ in range(count):
                self.count += 1
                level = "ERROR" if self.count % 10 == 0 else "INFO"
                self.stream.write((log_line(self.count, level) + "\n").encode())

    def rotate(self):
        """By rename and a new file, as logrotate does by default; the older ones are kept."""
        with self.lock:
            for number in range(8, 0, -1):
                older = pathlib.Path(f"{self.path}.{number}")
                if older.exists():
                    os.rename(older, f"{self.path}.{number + 1}")
            os.rename(self.path, f"{self.path}.1")
            self.stream.close()
            self.stream = open(self.path, "ab", buffering=0)

    def write_in_background(self, per_second, seconds, rotate_every=None):
        """A thread that writes, in small bursts, and rotates every so many lines."""

        def work():
            end, since = time.monotonic() + seconds, 0
            while time.monotonic() < end:
                burst = max(1, per_second // 50)
                self.write(burst)
                since += burst
                if rotate_every and since >= rotate_every:
                    self.rotate()
                    since = 0
                time.sleep(burst / per_second)

        thread = threading.Thread(target=work)
        thread.start()
        return thread
