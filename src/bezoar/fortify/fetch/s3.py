"""Objects in S3, or in a store that speaks like it.

boto3 lists and signs; the bytes come as those of any other address do, from an address that boto3
has signed or, for anybody's access, not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from bezoar.adapters.web.download import Download, Downloads
from bezoar.adapters.web.errors import NotThereError, UnreachableError
from bezoar.adapters.web.guard import addresses_of
from bezoar.adapters.web.reach import host_of
from bezoar.core.errors import BezoarError, UsageError
from bezoar.fortify.fetch.names import harmless
from bezoar.fortify.fetch.source import Plan, RemoteFile
from bezoar.fortify.fetch.web import streamed

_SIGNED_S: Final = 3_600
_ABSENT: Final = frozenset({"404", "NoSuchKey", "403", "AccessDenied", "NotFound"})


@dataclass(frozen=True)
class S3Source:
    """`s3://BUCKET/KEY`, or all objects below `s3://BUCKET/PREFIX/`.

    Attributes:
        bucket: Its name.
        key: The object's name, or a prefix.
        downloads: Who asks for the bytes.
        credentials: The person's own are used; else it is asked as anybody would.
    """

    bucket: str
    key: str
    downloads: Downloads
    credentials: bool = False

    def plan(self) -> Plan:
        """Ask for one object, or list what lies below; see `Source`."""
        source = f"s3://{self.bucket}/{self.key}"
        host = host_of(self._client.meta.endpoint_url)
        if self.key and not self.key.endswith("/") and (one := self._one()):
            version = one.get("VersionId")
            file = self._file(one | {"Key": self.key}, harmless(self.key))
            return Plan(source, (file,), revision=version, hosts=(host,))
        prefix = f"{self.key.rstrip('/')}/" if self.key else ""
        files = tuple(self._file(one, one["Key"][len(prefix) :]) for one in self._listed(prefix))
        if not files:
            # S3 tells nobody which of the two it is, unless they may list the bucket.
            status = 404 if self.credentials else 403
            raise NotThereError(f"there is nothing at {source}, or not for everybody", status)
        return Plan(source, files, folder=True, hosts=(host,))

    def file_at(self, key: str, path: str) -> RemoteFile:
        """Return an object below the prefix; see `Source`."""
        name = f"{self.key.rstrip('/')}/{key}".lstrip("/") if key else self.key
        return RemoteFile(path, name, f"s3://{self.bucket}/{name}")

    @contextmanager
    def opened(self, file: RemoteFile, start: int = 0, mark: str = "") -> Iterator[Download]:
        """Open an object at an address that is signed for it; see `Source`."""
        with _told(self.bucket):
            url = self._client.generate_presigned_url(
                "get_object", {"Bucket": self.bucket, "Key": file.at}, ExpiresIn=_SIGNED_S
            )
        with streamed(self.downloads, replace(file, at=url), start, mark) as stream:
            yield stream

    @cached_property
    def _client(self) -> Any:
        """The client for the bucket's region, at an address that may be asked."""
        client = self._made(None)
        endpoint = client.meta.endpoint_url
        parts, host = self.downloads.reach.checked(endpoint)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        addresses_of(host, port, named=self.downloads.reach.is_private(endpoint))
        with _told(self.bucket):
            region = _region(client, self.bucket)
            return self._made(region) if region else client

    def _made(self, region: str | None) -> Any:
        try:
            import boto3  # noqa: PLC0415 - an extra
            from botocore import UNSIGNED  # noqa: PLC0415 - the same
            from botocore.config import Config  # noqa: PLC0415 - the same
        except ImportError:
            raise BezoarError("s3:// needs boto3", next="pip install 'bezoar[s3]'") from None
        options = {"connect_timeout": 20, "read_timeout": 30, "retries": {"max_attempts": 3}}
        signature = "s3v4" if self.credentials else UNSIGNED
        with _told(self.bucket):
            return boto3.Session().client(
                "s3",
                region_name=region or (None if self.credentials else "us-east-1"),
                config=Config(signature_version=signature, **options),
            )

    def _one(self) -> dict[str, Any] | None:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - as above

        with _told(self.bucket):
            try:
                found: dict[str, Any] = self._client.head_object(Bucket=self.bucket, Key=self.key)
            except ClientError as error:
                if error.response["Error"]["Code"] in _ABSENT:
                    return None
                raise
        return found

    def _listed(self, prefix: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("list_objects_v2")
        with _told(self.bucket):
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                for one in page.get("Contents", ()):
                    if not one["Key"].endswith("/"):
                        yield one

    def _file(self, one: dict[str, Any], path: str) -> RemoteFile:
        at = self.file_at("", path)
        size = one.get("Size", one.get("ContentLength"))
        uri = f"s3://{self.bucket}/{one['Key']}"
        return replace(at, at=one["Key"], uri=uri, size=size, mark=one["ETag"])


def _region(client: Any, bucket: str) -> str | None:
    """Return where a bucket lies; S3 says so to everybody, whatever else it refuses."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - as above

    answer: dict[str, Any] = {}
    try:
        answer = client.head_bucket(Bucket=bucket)
    except ClientError as error:
        answer = dict(error.response)
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = headers.get("x-amz-bucket-region")
    return region if isinstance(region, str) else None


@contextmanager
def _told(bucket: str) -> Iterator[None]:
    """Tell each way in which boto3 fails."""
    from botocore.exceptions import (  # noqa: PLC0415 - as above
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        ParamValidationError,
    )

    try:
        yield
    except NoCredentialsError:
        raise UsageError(
            "there are no credentials of AWS to send", next="aws configure, or leave --credentials"
        ) from None
    except ParamValidationError:
        raise UsageError(f"not a bucket: {bucket!r}", "bezoar fetch --help") from None
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "an error"))[:60]
        raise UnreachableError(f"the bucket {bucket} answers {code}") from None
    except BotoCoreError as error:
        raise UnreachableError(f"the bucket {bucket}: {error}") from None
