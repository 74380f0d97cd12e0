"""Servers of objects in memory: one takes PUT as Artifactory does, one speaks as Cloud Storage."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "a-token"  # noqa: S105 - of the tests


class ObjectServer(ThreadingHTTPServer):
    """What every such server has.

    Attributes:
        objects: The versions of each object, oldest first.
        requests: What was asked, as `METHOD path`.
        faults: Statuses to answer with, one for each request, in place of an answer.
        wanted: What must stand in `Authorization`; anything where it is empty.
        moved: Where GET is sent to, for a redirect.
        versioned: Whether versions are said to be kept.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, handler: type["Handler"]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.objects: dict[str, list[bytes]] = {}
        self.requests: list[str] = []
        self.faults: list[int] = []
        self.seen: list[str] = []
        self.wanted, self.moved, self.versioned = "", "", True
        self.lock = threading.RLock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @contextmanager
    def running(self) -> Iterator["ObjectServer"]:
        thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            self.server_close()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    """Reads a request whole, then answers it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ObjectServer

    def log_message(self, *_: object) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def _do(self) -> None:
        server, length = self.server, int(self.headers.get("Content-Length", 0))
        parts = urlsplit(self.path)
        self.key, self.query = unquote(parts.path).lstrip("/"), parse_qs(parts.query)
        server.requests.append(f"{self.command} {self.key}")
        server.seen.append(self.headers.get("Authorization", ""))
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True  # whoever sent it gave it up
        elif server.faults and (status := server.faults.pop(0)):
            self.reply(status)
        elif server.wanted and self.headers.get("Authorization") != server.wanted:
            self.reply(401, headers={"WWW-Authenticate": 'Bearer realm="x"'})
        elif server.moved and self.command in {"GET", "HEAD"}:
            self.reply(307, headers={"Location": f"{server.moved}/{self.key}"})
        else:
            with server.lock:
                self.answer(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _do  # noqa: N815 - their names

    def answer(self, body: bytes) -> None:
        raise NotImplementedError

    def reply(self, status: int, data: bytes = b"", headers: dict[str, str] | None = None) -> None:
        lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(data)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        head = "\r\n".join([*lines, "", ""]).encode()
        self.wfile.write(head + (b"" if self.command == "HEAD" else data))


class PutHandler(Handler):
    """PUT with a checksum and a condition, HEAD, GET."""

    def answer(self, body: bytes) -> None:
        kept = self.server.objects.get(self.key)
        if self.command == "PUT":
            if hashlib.sha256(body).hexdigest() != self.headers.get("X-Checksum-Sha256"):
                self.reply(409, b"another checksum than announced")
            elif kept and self.headers.get("If-None-Match") == "*":
                self.reply(412)
            else:
                self.server.objects.setdefault(self.key, []).append(body)
                self.reply(201)
        elif kept:
            self.reply(200, kept[-1])
        else:
            self.reply(404)


class CloudStorageHandler(Handler):
    """As much of the JSON interface as a mirror uses, with its generations."""

    def answer(self, body: bytes) -> None:
        parts = self.path.partition("?")[0].split("/")
        bucket = parts[parts.index("b") + 1]
        if bucket != "data":
            self.reply(404, b"{}")
        elif self.key.startswith("upload/"):
            self._upload(body)
        elif len(parts) <= 5:
            self.reply(200, json.dumps({"versioning": {"enabled": self.server.versioned}}).encode())
        elif len(parts) == 6:
            self._list()
        else:
            self._object(unquote(parts[6]))

    def _upload(self, body: bytes) -> None:
        name = self.query["name"][0]
        kept = self.server.objects.setdefault(name, [])
        if self.query.get("ifGenerationMatch") == ["0"] and kept:
            self.reply(412, b"{}")
            return
        kept.append(body)
        self._about(name, len(kept))

    def _about(self, name: str, generation: int) -> None:
        size = len(self.server.objects[name][generation - 1])
        fields = {"size": str(size), "generation": str(generation)}
        self.reply(200, json.dumps(fields).encode())

    def _object(self, name: str) -> None:
        kept = self.server.objects.get(name)
        if not kept:
            self.reply(404, b"{}")
            return
        generation = int(self.query.get("generation", [str(len(kept))])[0])
        if self.query.get("alt") == ["media"]:
            self.reply(200, kept[generation - 1])
        else:
            self._about(name, generation)

    def _list(self) -> None:
        prefix = self.query["prefix"][0]
        names = sorted(name for name in self.server.objects if name.startswith(prefix))
        start = int(self.query.get("pageToken", ["0"])[0])
        page: dict[str, object] = {"items": [{"name": one} for one in names[start : start + 2]]}
        if names[start + 2 :]:
            page["nextPageToken"] = str(start + 2)
        self.reply(200, json.dumps(page).encode())
