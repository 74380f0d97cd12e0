"""A local server that speaks enough of S3 to read from: every tool is served by the same one.

    python benchmarks/s3_files.py FOLDER        # prints its address; each folder is a bucket

Nobody has to sign a request. Bytes go from the page cache to the socket by `sendfile`.
"""

import os
import sys
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

PAGE = 1000
_SPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


class Server(ThreadingHTTPServer):
    """Serves the folders below a folder."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.listed: dict[str, list[str]] = {}

    def handle_error(self, *_: object) -> None:
        """Say nothing where a client has hung up, as some do in the middle of a large file."""

    def keys(self, bucket: str) -> list[str]:
        """Return the names of a bucket's objects, sorted; what is listed once is kept."""
        if bucket not in self.listed:
            root = self.folder / bucket
            names = (Path(top, name) for top, _, files in os.walk(root) for name in files)
            self.listed[bucket] = sorted(path.relative_to(root).as_posix() for path in names)
        return self.listed[bucket]


class Handler(BaseHTTPRequestHandler):
    """Answers GET, HEAD and the list of a bucket."""

    protocol_version = "HTTP/1.1"
    # Else each body waits 40 ms for the other side's delayed acknowledgement of the headers.
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Say how long an object is."""
        self._object(body=False)

    def do_GET(self) -> None:
        """Send an object, a part of it, or a list."""
        url = urlsplit(self.path)
        bucket, _, key = unquote(url.path).lstrip("/").partition("/")
        if key:
            self._object(body=True)
        else:
            self._list(bucket, parse_qs(url.query, keep_blank_values=True))

    def _object(self, *, body: bool) -> None:
        path = self.server.folder / unquote(urlsplit(self.path).path).lstrip("/")
        try:
            file = path.open("rb")
        except OSError:
            self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        with file:
            status = os.fstat(file.fileno())
            start, end = self._range(status.st_size)
            partial = (start, end) != (0, status.st_size)
            self.send_response(206 if partial else 200)
            self.send_header("Content-Length", str(end - start))
            self.send_header("ETag", f'"{status.st_mtime_ns:x}{status.st_size:x}"')
            self.send_header("Last-Modified", formatdate(status.st_mtime, usegmt=True))
            self.send_header("Accept-Ranges", "bytes")
            if partial:
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{status.st_size}")
            self.end_headers()
            if body:
                self.wfile.flush()
                self.connection.sendfile(file, start, end - start)

    def _range(self, size: int) -> tuple[int, int]:
        asked = self.headers.get("Range", "")
        if not asked.startswith("bytes="):
            return 0, size
        start, _, last = asked.removeprefix("bytes=").partition("-")
        return int(start or 0), min(int(last) + 1, size) if last else size

    def _list(self, bucket: str, query: dict[str, list[str]]) -> None:
        prefix = query.get("prefix", [""])[0]
        after = query.get("continuation-token", query.get("start-after", [""]))[0]
        keys = [key for key in self.server.keys(bucket) if key.startswith(prefix) and key > after]
        shown, rest = keys[:PAGE], keys[PAGE:]
        items = "".join(self._item(bucket, key) for key in shown)
        more = f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>" if rest else ""
        text = (
            f"<ListBucketResult {_SPACE}><Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix>"
            f"<KeyCount>{len(shown)}</KeyCount><MaxKeys>{PAGE}</MaxKeys>"
            f"<IsTruncated>{str(bool(rest)).lower()}</IsTruncated>{more}{items}</ListBucketResult>"
        )
        self._send(200, text.encode())

    def _item(self, bucket: str, key: str) -> str:
        size = (self.server.folder / bucket / key).stat().st_size
        when = "<LastModified>2026-01-01T00:00:00.000Z</LastModified>"
        return f"<Contents><Key>{escape(key)}</Key>{when}<Size>{size}</Size></Contents>"

    def _send(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


if __name__ == "__main__":
    server = Server(Path(sys.argv[1]))
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
