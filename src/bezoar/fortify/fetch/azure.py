"""A blob in Azure Storage.

Reference: https://learn.microsoft.com/rest/api/storageservices/get-blob
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from bezoar.adapters.web.download import Download, Downloads
from bezoar.core.errors import UsageError
from bezoar.fortify.fetch.names import harmless
from bezoar.fortify.fetch.source import Plan, RemoteFile
from bezoar.fortify.fetch.web import streamed

_ACCOUNT: Final = re.compile(r"[a-z0-9]{3,24}")
_CONTAINER: Final = re.compile(r"[a-z0-9$][a-z0-9-]{2,62}")


@dataclass(frozen=True, slots=True)
class AzureSource:
    """`az://ACCOUNT/CONTAINER/BLOB`.

    Attributes:
        account: The storage account.
        key: Container and name of the blob.
        downloads: Who asks.
        signature: A shared access signature, the query of an address; empty for anybody's access.
    """

    account: str
    key: str
    downloads: Downloads
    signature: str = ""

    def __post_init__(self) -> None:
        container, _, blob = self.key.partition("/")
        if not (_ACCOUNT.fullmatch(self.account) and _CONTAINER.fullmatch(container) and blob):
            raise UsageError(
                f"not a blob: az://{self.account}/{self.key}",
                next="bezoar fetch az://ACCOUNT/CONTAINER/BLOB --name NAME",
            )

    def plan(self) -> Plan:
        """Return the one blob; see `Source`."""
        return Plan(f"az://{self.account}/{self.key}", (self.file_at("", harmless(self.key)),))

    def file_at(self, key: str, path: str) -> RemoteFile:
        """Return a blob below this one; see `Source`."""
        name = f"{self.key.rstrip('/')}/{key}" if key else self.key
        url = f"https://{self.account}.blob.core.windows.net/{quote(name)}"
        query = f"?{self.signature.lstrip('?')}" if self.signature else ""
        return RemoteFile(path, url + query, f"az://{self.account}/{name}")

    @contextmanager
    def opened(self, file: RemoteFile, start: int = 0, mark: str = "") -> Iterator[Download]:
        """Open the blob; see `Source`."""
        with streamed(self.downloads, file, start, mark) as stream:
            yield stream
