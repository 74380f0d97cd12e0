"""`Bucket`: S3 by boto3, its errors said in sentences.

Every object is sent with its SHA-256, which S3 compares with what arrives. Of an object in parts
S3 only checks and keeps the digests of the parts: the digest of the whole is never S3's word.
"""

import base64
import hashlib
import math
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from threading import Lock, Semaphore
from typing import Any, Final, Literal, Protocol

from bezoar.core.errors import BezoarError
from bezoar.core.mirror import Stored

PART: Final = 8 << 20
"""Bytes of a part, and the most that is sent in one request."""

_MOST_PARTS: Final = 9_000  # S3 takes 10,000
_PARTS_AT_ONCE: Final = 4
_PARTS_IN_MEMORY: Final = 8
_PIECE: Final = 1 << 18
_CONNECT_S: Final = 10
_READ_S: Final = 60
_ATTEMPTS: Final = 6
_CONFLICTS: Final = 3
_ABSENT: Final = frozenset({"404", "NoSuchKey", "NoSuchVersion"})
_EXISTS: Final = frozenset({"412", "PreconditionFailed"})
_CONFLICT: Final = frozenset({"409", "ConditionalRequestConflict", "OperationAborted"})
_REFUSED: Final = frozenset(
    {"401", "403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"}
    | {"InvalidToken", "TokenRefreshRequired", "AccountProblem", "AllAccessDisabled"}
)

Mode = Literal["governance", "compliance"]


class Reader(Protocol):
    """Whatever the bytes of an object are read from."""

    def read(self, most: int = -1, /) -> bytes:
        """Return up to so many bytes, fewer only at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Retention:
    """How long nobody can delete or overwrite a version of an object.

    Attributes:
        days: How long.
        mode: governance: some people can lift it; compliance: nobody can, not the owner either.
    """

    days: int
    mode: Mode = "governance"

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of a request that stores an object."""
        until = datetime.now(UTC) + timedelta(days=self.days)
        return {"ObjectLockMode": self.mode.upper(), "ObjectLockRetainUntilDate": until}


class Bucket:
    """A bucket, as far as storing and reading objects goes.

    Attributes:
        name: Its name.
    """

    def __init__(
        self,
        name: str,
        *,
        endpoint: str | None = None,
        region: str | None = None,
        connections: int = 16,
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            name: The bucket's name.
            endpoint: Where S3 is, if not where boto3 thinks.
            region: Where the bucket is, if not where boto3 thinks.
            connections: How many requests at once.

        Raises:
            BezoarError: If boto3 is not installed.
        """
        if find_spec("boto3") is None:
            raise BezoarError("S3 needs boto3, which is not installed", "pip install 'bezoar[s3]'")
        self.name = name
        self._endpoint, self._region, self._connections = endpoint, region, connections
        # Parts of several large objects share these few threads, and so their memory.
        self._room = Semaphore(_PARTS_IN_MEMORY)
        self._pool = ThreadPoolExecutor(_PARTS_AT_ONCE, thread_name_prefix="parts")
        self._opening = Lock()
        self._made: Any = None

    def head(self, key: str) -> Stored | None:
        """Return what is stored under a key; None where there is nothing.

        Raises:
            BezoarError: If S3 refuses, or does not answer.
        """
        with self._said("look at", key, absent=True):
            reply = self._client.head_object(Bucket=self.name, Key=key)
            return Stored(key, reply["ContentLength"], _version(reply))
        return None

    def get(self, key: str, version: str = "") -> Iterator[bytes]:
        """Yield an object's bytes.

        Raises:
            BezoarError: If there is none, or S3 refuses, does not answer, or stops half-way.
        """
        which = {"VersionId": version} if version else {}
        with self._said("read", key):
            body = self._client.get_object(Bucket=self.name, Key=key, **which)["Body"]
            with body:
                while piece := body.read(_PIECE):
                    yield piece

    def put(
        self,
        key: str,
        reader: Reader,
        size: int,
        sha256: bytes,
        retention: Retention | None = None,
        *,
        anew: bool = False,
    ) -> Stored | None:
        """Store an object; None where there is one already.

        Args:
            key: Its name.
            reader: Its bytes.
            size: How many.
            sha256: What the reader makes sure that they hash to.
            retention: How long it is locked.
            anew: Store it whatever is there.

        Raises:
            BezoarError: If S3 refuses, or does not answer.
        """
        lock = retention.arguments() if retention else {}
        condition = {} if anew else {"IfNoneMatch": "*"}
        if size > PART:
            return self._put_parts(key, reader, size, lock, condition)
        fields: dict[str, Any] = {"Bucket": self.name, "Key": key, "Body": reader.read()}
        fields |= {"ChecksumAlgorithm": "SHA256", "ChecksumSHA256": _base64(sha256)}
        reply = self._unless_there("put_object", key, fields | lock | condition)
        return None if reply is None else Stored(key, size, _version(reply))

    def retain(self, key: str, version: str, retention: Retention) -> None:
        """Lock a version of an object that is there for as long as a new one would be.

        Raises:
            BezoarError: If S3 refuses, or does not answer.
        """
        lock = retention.arguments()
        until = {
            "Mode": lock["ObjectLockMode"],
            "RetainUntilDate": lock["ObjectLockRetainUntilDate"],
        }
        which = {"VersionId": version} if version else {}
        with self._said("lock", key):
            self._client.put_object_retention(Bucket=self.name, Key=key, Retention=until, **which)

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the names that begin so.

        Raises:
            BezoarError: If S3 refuses, or does not answer.
        """
        with self._said("list", prefix):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.name, Prefix=prefix):
                yield from (found["Key"] for found in page.get("Contents", ()))

    def versioned(self) -> bool:
        """Tell whether the bucket keeps versions.

        Raises:
            BezoarError: If S3 refuses, or does not answer.
        """
        with self._said("ask about", "its versions"):
            reply = self._client.get_bucket_versioning(Bucket=self.name)
        return bool(reply.get("Status") == "Enabled")

    def locking(self) -> bool:
        """Tell whether the bucket knows Object Lock.

        Raises:
            BezoarError: If S3 refuses, or does not answer.
        """
        from botocore.exceptions import ClientError  # noqa: PLC0415 - heavy

        with self._said("ask about", "its locks"):
            try:
                reply = self._client.get_object_lock_configuration(Bucket=self.name)
            except ClientError as error:
                if _code(error) == "ObjectLockConfigurationNotFoundError":
                    return False
                raise
        return bool(reply["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled")

    @property
    def _client(self) -> Any:
        # Making one is not safe in several threads, using one is.
        with self._opening:
            self._made = self._made or self._connected()
            return self._made

    def _connected(self) -> Any:
        import boto3  # noqa: PLC0415 - heavy
        from botocore.config import Config  # noqa: PLC0415 - the same

        config = Config(
            connect_timeout=_CONNECT_S,
            read_timeout=_READ_S,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            max_pool_connections=self._connections + _PARTS_AT_ONCE,
            # Each object brings its SHA-256; nobody needs another sum beside it.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        with self._said("reach", "S3"):
            session = boto3.session.Session()
            client = session.client(
                "s3", endpoint_url=self._endpoint, region_name=self._region, config=config
            )
            client.meta.events.register("before-sign.s3.PutObject", _at_once)
            return client

    def _put_parts(
        self, key: str, reader: Reader, size: int, lock: dict[str, Any], condition: dict[str, Any]
    ) -> Stored | None:
        """Store a large object in parts; none of it is left where that does not end well."""
        where = {"Bucket": self.name, "Key": key}
        with self._said("write", key):
            begun = self._client.create_multipart_upload(
                **where, ChecksumAlgorithm="SHA256", **lock
            )
        upload = where | {"UploadId": begun["UploadId"]}
        try:
            parts = self._sent(key, reader, size, upload)
            fields = upload | {"MultipartUpload": {"Parts": parts}} | condition
            reply = self._unless_there("complete_multipart_upload", key, fields)
        except BaseException:
            self._abort(upload)
            raise
        if reply is None:
            self._abort(upload)
            return None
        return Stored(key, size, _version(reply))

    def _sent(
        self, key: str, reader: Reader, size: int, upload: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Send each part while the next is read; return what the last request has to name."""
        length = max(PART, math.ceil(size / _MOST_PARTS))
        begun: list[Future[dict[str, Any]]] = []
        try:
            while data := self._next(reader, length):
                begun.append(self._pool.submit(self._part, key, data, len(begun) + 1, upload))
                if len(begun) > _PARTS_IN_MEMORY:
                    # It has ended, or there were no room for this one; if it failed, so do all.
                    begun[-_PARTS_IN_MEMORY - 1].result()
        finally:
            # Whoever aborts the upload first waits for what is under way.
            ended = [(future.exception(), future) for future in begun]
        return [future.result() for _, future in ended]

    def _next(self, reader: Reader, length: int) -> bytes:
        self._room.acquire()
        data = b""
        try:
            data = reader.read(length)
        finally:
            if not data:
                self._room.release()
        return data

    def _part(self, key: str, data: bytes, number: int, upload: dict[str, Any]) -> dict[str, Any]:
        digest = _base64(hashlib.sha256(data).digest())
        try:
            with self._said("write", key):
                reply = self._client.upload_part(
                    **upload, PartNumber=number, Body=data, ChecksumSHA256=digest
                )
        finally:
            self._room.release()
        return {"PartNumber": number, "ETag": reply["ETag"], "ChecksumSHA256": digest}

    def _abort(self, upload: dict[str, Any]) -> None:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - heavy

        # The bucket's own rules sweep up what cannot be removed now.
        with suppress(BotoCoreError, ClientError):
            self._client.abort_multipart_upload(**upload)

    def _unless_there(self, operation: str, key: str, fields: dict[str, Any]) -> Any:
        """Return the reply to a conditional request; None where the object is there already.

        A store that knows no conditions is asked without: whoever asks has looked before.
        """
        from botocore.exceptions import ClientError  # noqa: PLC0415 - heavy

        with self._said("write", key):
            for attempt in range(_CONFLICTS):
                try:
                    return getattr(self._client, operation)(**fields)
                except ClientError as error:
                    if _code(error) in _EXISTS:
                        return None
                    if _code(error) == "NotImplemented" and fields.pop("IfNoneMatch", None):
                        continue
                    # Two at once: the other one may still fail.
                    if _code(error) not in _CONFLICT or attempt == _CONFLICTS - 1:
                        raise
        return None

    @contextmanager
    def _said(self, verb: str, key: str, *, absent: bool = False) -> Iterator[None]:
        """Turn boto3's errors into sentences; where `absent`, nothing there is no error."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - heavy
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - the same

        try:
            yield
        except ClientError as error:
            if not (absent and _code(error) in _ABSENT):
                raise self._answered(verb, key, error) from error
        except (BotoCoreError, HTTPError, OSError, ValueError) as error:
            raise self._unanswered(verb, key, error) from error

    def _answered(self, verb: str, key: str, error: Any) -> BezoarError:
        code, message = _code(error), str(error.response.get("Error", {}).get("Message", ""))
        where = f"s3://{self.name}: cannot {verb} {key}"
        if code == "NoSuchBucket":
            mending = (
                f"aws s3api create-bucket --bucket {self.name} --object-lock-enabled-for-bucket"
            )
            return BezoarError(f"there is no bucket {self.name} ({verb} {key})", mending)
        if code in _REFUSED:
            mending = "aws sts get-caller-identity"
            return BezoarError(f"{where}: S3 refuses these credentials ({code})", mending)
        mending = f"aws s3api head-bucket --bucket {self.name}"
        return BezoarError(f"{where}: {code} {message[:200]}".rstrip(), mending)

    def _unanswered(self, verb: str, key: str, error: Exception) -> BezoarError:
        kind = type(error).__name__
        where = f"s3://{self.name}: cannot {verb} {key}"
        if kind in {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"}:
            return BezoarError(f"{where}: there are no credentials for S3", "aws configure")
        mending = f"aws s3api head-bucket --bucket {self.name}"
        return BezoarError(f"{where}: {str(error)[:200] or kind}", mending)


def _at_once(request: Any, **_: Any) -> None:
    """Send a body with its head: to wait for leave costs each small object a way there and back."""
    del request.headers["Expect"]


def _version(reply: dict[str, Any]) -> str:
    version = reply.get("VersionId", "")
    return "" if version == "null" else str(version)


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
