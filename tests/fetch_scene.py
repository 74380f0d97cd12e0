"""A web on 127.0.0.1 that gives bytes, also as an attacker or a bad line would."""

import hashlib
import re
import time
from contextlib import suppress

from source_scene import World

from bezoar.adapters.web.download import Downloads, Pace
from bezoar.adapters.web.reach import Reach
from bezoar.fortify.fetch.fetching import Request, fetch
from bezoar.fortify.fetch.opening import Way, open_source
from bezoar.fortify.quarantine import Quarantine

HOSTS = (
    "data.example.org",
    "other.example.org",
    "huggingface.co",
    "cdn.example.org",
    "storage.googleapis.com",
    "account.blob.core.windows.net",
)
URL = "https://data.example.org/signs.zip"


class Web(World):
    """Answers by address, as `World`; gives bytes to a fetch."""

    def reach(self, **options):
        port = self.server.server_address[1]
        local = {host: f"http://127.0.0.1:{port}/{host}" for host in HOSTS}
        return Reach(local=local, **options)

    def downloads(self, *, tokens=None, **pace):
        pace = {"window_s": 5.0, "seconds": 30.0, **pace}
        return Downloads(self.reach(tokens=tokens or {}), Pace(**pace))

    def fetch(self, text, root, *, name="signs", way=None, remote=None, pace=None, **request):
        """Fetch as the command does."""
        quarantine = Quarantine(root / "quarantine")
        way = way or Way(self.downloads(**(pace or {})), quarantine.root)
        with open_source(text, way, remote) as source:
            return fetch(Request(name, **request), source, quarantine)

    @property
    def ranges(self):
        """What part each question asked for."""
        return [headers.get("Range", "") for _, _, headers in self.heard]


def ranged(data, *, tag='"one"', most=None, headers=None, ignore=False):
    """Return a handler that gives bytes from any place on, as RFC 9110 says.

    Args:
        data: The bytes.
        tag: Their entity tag.
        most: Hang up after so many bytes of an answer.
        headers: More of them.
        ignore: Never give a part.
    """

    def answer(request):
        start = 0
        asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        if asked and not ignore and request.headers.get("If-Range") == tag:
            start = int(asked[1])
        if request.headers.get("If-None-Match") == tag:
            request.send_response(304)
            request.end_headers()
            return
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(data) - start))
        request.send_header("ETag", tag)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        for name, value in (headers or {}).items():
            request.send_header(name, value)
        request.end_headers()
        part = data[start:]
        with suppress(OSError):
            request.wfile.write(part if most is None else part[:most])
        request.close_connection = True

    return answer


def raw(*pieces, pause_s=0.0):
    """Return a handler that sends bytes as they are, header included."""

    def answer(request):
        request.close_connection = True
        with suppress(OSError):
            for piece in pieces:
                request.wfile.write(piece)
                request.wfile.flush()
                time.sleep(pause_s)

    return answer


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def left(root):
    """Return what lies in a quarantine."""
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())
