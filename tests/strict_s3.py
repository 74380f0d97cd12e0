"""A server that speaks enough of S3 to be strict about it, and misbehaves when it is told to.

It refuses what the real one refuses and others let pass: a body that is not what its
`x-amz-checksum-sha256` says, no checksum at all, a second object where `If-None-Match: *` was
sent, the deletion of a locked version. What it is told to do wrong, it does without a word.
"""

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # noqa: S105 - Amazon's own example

Kind = Literal[
    "alter",  # one byte of the answer is another
    "truncate",  # the answer is one byte shorter, and says so
    "drop",  # the connection ends in the middle of the answer
    "swap",  # another version's bytes than those asked for
    "stale",  # a list without what came last
    "missing",  # 404
    "error",  # 500 InternalError
    "slowdown",  # 503 SlowDown
    "slow",  # `seconds` of silence before the answer
    "close",  # the connection ends before any answer
]


@dataclass
class Fault:
    """Something that the server is to do wrong.

    Attributes:
        kind: What.
        match: Only for objects whose name contains this.
        methods: Only for these.
        times: How often; then it behaves again.
        seconds: How long it is silent.
        at: Which byte is altered, as a share of the answer.
    """

    kind: Kind
    match: str = ""
    methods: frozenset[str] = frozenset({"GET", "HEAD", "PUT", "POST", "LIST"})
    times: float = float("inf")
    seconds: float = 0.0
    at: float = 0.5


@dataclass
class Version:
    """One version of an object."""

    name: str
    data: bytes
    checksum: str
    mode: str = ""
    until: str = ""


@dataclass
class Upload:
    """A multipart upload that has not ended."""

    key: str
    headers: dict[str, str]
    parts: dict[int, bytes] = field(default_factory=dict)


class StrictS3:
    """One bucket of a server that is strict.

    Attributes:
        bucket: Its name.
        versioned: Whether it keeps versions.
        locking: Whether it knows Object Lock.
        conditions: Whether it knows `If-None-Match`, as old servers do not.
        objects: All versions of each object, oldest first.
        faults: What it is to do wrong.
        requests: What was asked, as `METHOD key`, LIST for a list.
        url: Where it answers.
    """

    def __init__(
        self,
        bucket: str = "data",
        *,
        versioned: bool = True,
        locking: bool = False,
        conditions: bool = True,
    ) -> None:
        self.bucket, self.versioned, self.locking = bucket, versioned, locking
        self.conditions = conditions
        self.objects: dict[str, list[Version]] = {}
        self.uploads: dict[str, Upload] = {}
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.lock = threading.RLock()
        self.url = ""
        self._count = 0

    def misbehave(self, kind: Kind, match: str = "", **fields: object) -> Fault:
        """Do something wrong from now on, and return what can be changed about it."""
        fault = Fault(kind, match, **fields)  # type: ignore[arg-type]
        self.faults.append(fault)
        return fault

    def behave(self) -> None:
        """Do nothing wrong any more."""
        self.faults.clear()

    def overwrite(self, key: str, data: bytes) -> str:
        """Do what whoever may write can do: store other bytes under a name."""
        return self.store(key, data, {}).name

    def data(self, key: str) -> bytes:
        """Return the newest version's bytes."""
        return self.objects[key][-1].data

    def fault(self, method: str, key: str) -> Fault | None:
        """Return what is to go wrong with a request, counting it."""
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and method in fault.methods and fault.match in key:
                    fault.times -= 1
                    return fault
        return None

    def store(self, key: str, data: bytes, headers: dict[str, str]) -> Version:
        """Store a new version of an object."""
        with self.lock:
            self._count += 1
            name = f"v{self._count:06}" if self.versioned else ""
            version = Version(
                name,
                data,
                headers.get("x-amz-checksum-sha256", ""),
                headers.get("x-amz-object-lock-mode", ""),
                headers.get("x-amz-object-lock-retain-until-date", ""),
            )
            kept = self.objects.setdefault(key, [])
            if not self.versioned:
                kept.clear()
            kept.append(version)
            return version

    @contextmanager
    def running(self) -> Iterator["StrictS3"]:
        """Serve on a free port until the block ends."""
        server = _Server(("127.0.0.1", 0), _Handler)
        server.s3 = self
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    @property
    def environment(self) -> dict[str, str]:
        """The environment of whoever is to use it."""
        return {
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    s3: StrictS3


class _RefusedError(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_HEAD(self) -> None:
        self._answer(self._get)

    def do_PUT(self) -> None:
        self._answer(self._put)

    def do_POST(self) -> None:
        self._answer(self._post)

    def do_DELETE(self) -> None:
        self._answer(self._delete)

    def _answer(self, what) -> None:
        parts = urlsplit(self.path)
        bucket, _, self.key = unquote(parts.path).lstrip("/").partition("/")
        self.query = {
            name: values[0]
            for name, values in parse_qs(parts.query, keep_blank_values=True).items()
        }
        self.lower = {name.lower(): value for name, value in self.headers.items()}
        method = "LIST" if "list-type" in self.query else self.command
        where = self.query.get("prefix", "") if method == "LIST" else self.key
        self.s3 = self.server.s3
        self.s3.requests.append(f"{method} {where}")
        self.wrong = self.s3.fault(method, where)
        try:
            body = self.rfile.read(int(self.lower.get("content-length", 0)))
            if not self._misbehaved():
                self._authorised()
                self._in_bucket(bucket)
                what(body)
        except _RefusedError as refused:
            self._error(refused.status, refused.code)

    def _misbehaved(self) -> bool:
        """Do what goes wrong before anything else; tell whether that was all."""
        if self.wrong is None:
            return False
        match self.wrong.kind:
            case "error":
                raise _RefusedError(500, "InternalError")
            case "slowdown":
                raise _RefusedError(503, "SlowDown")
            case "missing":
                raise _RefusedError(404, "NoSuchKey")
            case "slow":
                time.sleep(self.wrong.seconds)
            case "close":
                self.close_connection = True
                self.connection.close()
                return True
        return False

    def _in_bucket(self, bucket: str) -> None:
        if bucket != self.s3.bucket:
            raise _RefusedError(404, "NoSuchBucket")

    def _authorised(self) -> None:
        """Check the signature of the request, as far as its string to sign tells it."""
        sent = self.lower.get("authorization", "")
        if f"Credential={ACCESS_KEY}/" not in sent:
            raise _RefusedError(403, "InvalidAccessKeyId")
        if not hmac.compare_digest(sent.rpartition("Signature=")[2], self._signature(sent)):
            raise _RefusedError(403, "SignatureDoesNotMatch")

    def _signature(self, sent: str) -> str:
        fields = dict(part.split("=", 1) for part in sent.partition(" ")[2].split(", "))
        scope, names = fields["Credential"].partition("/")[2], fields["SignedHeaders"].split(";")
        path, _, query = self.path.partition("?")
        pairs = sorted(pair if "=" in pair else f"{pair}=" for pair in query.split("&") if pair)
        lines = [self.command, path, "&".join(pairs)]
        lines += [f"{name}:{' '.join(self.lower.get(name, '').split())}" for name in names]
        lines += ["", ";".join(names), self.lower["x-amz-content-sha256"]]
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", self.lower["x-amz-date"], scope, digest])
        key = f"AWS4{SECRET_KEY}".encode()
        for part in [*scope.split("/"), text]:
            key = hmac.digest(key, part.encode(), "sha256")
        return key.hex()

    def _get(self, _body: bytes) -> None:
        if not self.key:
            self._about_bucket()
            return
        with self.s3.lock:
            kept = list(self.s3.objects.get(self.key, ()))
        if not kept:
            raise _RefusedError(404, "NoSuchKey")
        asked = self.query.get("versionId")
        found = [one for one in kept if one.name == asked] if asked else kept[-1:]
        if not found:
            raise _RefusedError(404, "NoSuchVersion")
        version = found[0]
        if self.wrong and self.wrong.kind == "swap":
            version = next(
                one for one in [*reversed(kept), *self._anything()] if one is not version
            )
        self._object(version)

    def _anything(self) -> list[Version]:
        """Return other objects, for want of other versions of the one asked for."""
        with self.s3.lock:
            return [kept[-1] for key, kept in self.s3.objects.items() if key != self.key and kept]

    def _object(self, version: Version) -> None:
        data = version.data
        if self.wrong and self.wrong.kind == "alter" and data:
            at = min(int(len(data) * self.wrong.at), len(data) - 1)
            data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        if self.wrong and self.wrong.kind == "truncate":
            data = data[:-1]
        headers = {"ETag": f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'}
        if version.name:
            headers["x-amz-version-id"] = version.name
        if version.checksum and "x-amz-checksum-mode" in self.lower and data == version.data:
            headers["x-amz-checksum-sha256"] = version.checksum
        if version.mode:
            headers["x-amz-object-lock-mode"] = version.mode
            headers["x-amz-object-lock-retain-until-date"] = version.until
        self._reply(200, data, headers)

    def _about_bucket(self) -> None:
        if "list-type" in self.query:
            self._list()
        elif "versioning" in self.query:
            status = "<Status>Enabled</Status>" if self.s3.versioned else ""
            self._xml(f"<VersioningConfiguration>{status}</VersioningConfiguration>")
        elif "object-lock" in self.query:
            if not self.s3.locking:
                raise _RefusedError(404, "ObjectLockConfigurationNotFoundError")
            enabled = "<ObjectLockEnabled>Enabled</ObjectLockEnabled>"
            self._xml(f"<ObjectLockConfiguration>{enabled}</ObjectLockConfiguration>")
        else:
            self._reply(200)

    def _list(self) -> None:
        prefix, after = self.query.get("prefix", ""), self.query.get("continuation-token", "")
        with self.s3.lock:
            keys = list(self.s3.objects)
        if self.wrong and self.wrong.kind == "stale":
            keys = keys[: len(keys) // 2]
        keys = sorted(key for key in keys if key.startswith(prefix) and key > after)
        page, more = keys[:1000], keys[1000:]
        rows = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in page)
        if more:
            rows += f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>"
        cut = f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>"
        self._xml(f"<ListBucketResult>{cut}{rows}</ListBucketResult>")

    def _put(self, body: bytes) -> None:
        if "retention" in self.query:
            self._retain(body)
            return
        if "content-length" not in self.lower:
            raise _RefusedError(411, "MissingContentLength")
        checksum = self.lower.get("x-amz-checksum-sha256")
        if checksum is None:
            raise _RefusedError(400, "InvalidRequest")
        if base64.b64encode(hashlib.sha256(body).digest()).decode() != checksum:
            raise _RefusedError(400, "BadDigest")
        if "uploadId" in self.query:
            upload = self._upload()
            upload.parts[int(self.query["partNumber"])] = body
            self._reply(200, headers={"ETag": f'"{checksum}"', "x-amz-checksum-sha256": checksum})
            return
        self._stored(body, self.lower, checksum)

    def _retain(self, body: bytes) -> None:
        kept = self.s3.objects.get(self.key, [])
        asked = self.query.get("versionId", kept[-1].name if kept else "")
        for version in kept:
            if version.name == asked and self.s3.locking:
                fields = {one.tag.rpartition("}")[2]: one.text or "" for one in ET.fromstring(body)}  # noqa: S314 - the test's own client wrote it
                version.mode, version.until = fields["Mode"], fields["RetainUntilDate"]
                self._reply(200)
                return
        raise _RefusedError(404, "NoSuchVersion")

    def _stored(self, data: bytes, headers: dict[str, str], checksum: str) -> None:
        if headers.get("x-amz-object-lock-mode") and not self.s3.locking:
            raise _RefusedError(400, "InvalidRequest")
        if "if-none-match" in self.lower and not self.s3.conditions:
            raise _RefusedError(501, "NotImplemented")
        with self.s3.lock:
            if self.lower.get("if-none-match") == "*" and self.key in self.s3.objects:
                raise _RefusedError(412, "PreconditionFailed")
            version = self.s3.store(self.key, data, headers | {"x-amz-checksum-sha256": checksum})
        more = {"x-amz-version-id": version.name} if version.name else {}
        if self.command == "POST":
            self._xml("<CompleteMultipartUploadResult></CompleteMultipartUploadResult>", more)
        else:
            self._reply(200, headers={"ETag": '"x"', "x-amz-checksum-sha256": checksum} | more)

    def _upload(self) -> Upload:
        upload = self.s3.uploads.get(self.query["uploadId"])
        if upload is None or upload.key != self.key:
            raise _RefusedError(404, "NoSuchUpload")
        return upload

    def _post(self, body: bytes) -> None:
        if "uploads" in self.query:
            with self.s3.lock:
                name = f"upload-{len(self.s3.uploads)}"
                self.s3.uploads[name] = Upload(self.key, self.lower)
            started = f"<UploadId>{name}</UploadId>"
            self._xml(f"<InitiateMultipartUploadResult>{started}</InitiateMultipartUploadResult>")
            return
        upload = self._upload()
        digests = []
        for part in ET.fromstring(body):  # noqa: S314 - what the test's own client wrote
            fields = {one.tag.rpartition("}")[2]: one.text or "" for one in part}
            digest = hashlib.sha256(upload.parts[int(fields["PartNumber"])]).digest()
            if base64.b64encode(digest).decode() != fields.get("ChecksumSHA256"):
                raise _RefusedError(400, "InvalidPart")
            digests.append(digest)
        whole = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode()
        data = b"".join(upload.parts[number] for number in sorted(upload.parts))
        # It is gone before the client hears that it is done.
        self.s3.uploads.pop(self.query["uploadId"])
        try:
            self._stored(data, upload.headers, f"{whole}-{len(digests)}")
        except _RefusedError:
            self.s3.uploads[self.query["uploadId"]] = upload
            raise

    def _delete(self, _body: bytes) -> None:
        if "uploadId" in self.query:
            self._upload()
            self.s3.uploads.pop(self.query["uploadId"])
        else:
            with self.s3.lock:
                kept = self.s3.objects.get(self.key, [])
                asked = self.query.get("versionId", "")
                if any(one.until and (not asked or one.name == asked) for one in kept):
                    raise _RefusedError(403, "AccessDenied")
                kept[:] = [one for one in kept if asked and one.name != asked]
                if not kept:
                    self.s3.objects.pop(self.key, None)
        self._reply(204)

    def _xml(self, text: str, headers: dict[str, str] | None = None) -> None:
        self._reply(200, f'<?xml version="1.0"?>\n{text}'.encode(), headers)

    def _error(self, status: int, code: str) -> None:
        message = f"<Error><Code>{code}</Code><Message>{code} it is</Message></Error>"
        self._reply(status, f'<?xml version="1.0"?>\n{message}'.encode())

    def _reply(self, status: int, data: bytes = b"", headers: dict[str, str] | None = None) -> None:
        lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(data)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        head = "\r\n".join([*lines, "", ""]).encode()
        body = b"" if self.command == "HEAD" or status == 204 else data
        if self.wrong and self.wrong.kind == "drop":
            body, self.close_connection = body[: len(body) // 2], True
        self.wfile.write(head + body)
        if self.close_connection:
            self.wfile.flush()
            self.connection.close()
