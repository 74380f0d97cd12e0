"""A web of its own on 127.0.0.1: synthetic answers of hosts, each after its published reference.

No answer here was recorded; each is written from the reference that stands beside it.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bezoar.adapters.web.client import Client

COMMIT = "a1" * 20
OLDER = "b2" * 20
HUB = "https://huggingface.co/api"
GITHUB = "https://api.github.com/repos/org/signs"
HOSTS = (
    "huggingface.co",
    "api.github.com",
    "www.kaggle.com",
    "zenodo.org",
    "www.openml.org",
    "registry-1.docker.io",
    "auth.docker.io",
    "hub.docker.com",
    "ghcr.io",
    "data.example.org",
    "other.example.org",
)


class World:
    """Answers by address; what has none is a 404.

    Attributes:
        answers: By address: a JSON value, bytes, or (status, headers, body).
        heard: What was asked: method, address, headers.
    """

    def __init__(self):
        self.answers, self.heard = {}, []

    def client(self, **options):
        port = self.server.server_address[1]
        local = {host: f"http://127.0.0.1:{port}/{host}" for host in HOSTS}
        return Client(local=local, **options)

    def __enter__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()


def handler(world):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            url = "https:/" + self.path
            world.heard.append((self.command, url, dict(self.headers)))
            answer = world.answers.get(url, (404, {}, b"{}"))
            if callable(answer):
                answer(self)
                return
            status, headers, body = answer if isinstance(answer, tuple) else (200, {}, answer)
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

        def log_message(self, *_):
            pass

    return Handler


def hub():
    """Synthetic; https://huggingface.co/.well-known/openapi.json, `DatasetInfo` of hf_api.py."""
    return {
        f"{HUB}/datasets/org/signs": {
            "id": "org/signs",
            "author": "org",
            "sha": COMMIT,
            "lastModified": "2026-06-01T10:00:00.000Z",
            "private": False,
            "gated": False,
            "disabled": False,
            "downloads": 250_000,
            "likes": 40,
            "cardData": {"license": "cc-by-4.0"},
            "tags": ["license:cc-by-4.0"],
        },
        # `Organization` of the same file
        f"{HUB}/organizations/org/overview": {
            "name": "org",
            "fullname": "Org",
            "isVerified": True,
            "numUsers": 12,
            "createdAt": "2021-01-01T00:00:00.000Z",
        },
        # `RepoFile` of the same file, with `expand=true`
        f"{HUB}/datasets/org/signs/tree/{COMMIT}?recursive=true&expand=true": [
            {
                "type": "file",
                "path": "train.parquet",
                "size": 9,
                "oid": "c" * 40,
                "lfs": {"oid": "d" * 64, "size": 9, "pointerSize": 130},
                "securityFileStatus": {"status": "safe", "avScan": None, "pickleImportScan": None},
            }
        ],
    }


def github():
    """Synthetic; https://docs.github.com/en/rest/repos/repos#get-a-repository."""
    return {
        GITHUB: {
            "full_name": "org/signs",
            "owner": {"login": "org", "type": "Organization"},
            "default_branch": "main",
            "pushed_at": "2026-06-01T10:00:00Z",
            "stargazers_count": 2_000,
            "archived": False,
            "disabled": False,
            "license": {"spdx_id": "MIT"},
        },
        # https://docs.github.com/en/rest/users/users#get-a-user
        "https://api.github.com/users/org": {"login": "org", "created_at": "2019-01-01T00:00:00Z"},
        # https://docs.github.com/en/rest/branches/branches#get-a-branch
        f"{GITHUB}/branches/main": {"name": "main", "protected": True},
        # https://docs.github.com/en/rest/repos/rules#get-rules-for-a-branch
        f"{GITHUB}/rules/branches/main": [
            {"type": "pull_request", "parameters": {"required_approving_review_count": 2}},
            {"type": "non_fast_forward"},
        ],
        # https://docs.github.com/en/rest/repos/repos#list-repository-contributors
        f"{GITHUB}/contributors?per_page=100": [
            {"login": name, "type": "User", "contributions": 9} for name in "abcd"
        ],
    }


def kaggle():
    """Synthetic; `DatasetsView` of https://www.kaggle.com/docs/api."""
    return {
        "https://www.kaggle.com/api/v1/datasets/view/org/signs": {
            "ref": "org/signs",
            "ownerName": "Org",
            "ownerRef": "org",
            "creatorName": "A",
            "lastUpdated": "2026-06-01T10:00:00.123Z",
            "downloadCount": 60_000,
            "licenseName": "CC0-1.0",
            "currentVersionNumber": 3,
            "isPrivate": False,
            "versions": [{"versionNumber": 3, "creatorRef": "a"}, {"creatorRef": "b"}],
        }
    }


def zenodo():
    """Synthetic; https://developers.zenodo.org/#records."""
    record = {
        "id": 1234,
        "conceptrecid": "1200",
        "doi": "10.5281/zenodo.1234",
        "updated": "2026-06-01T10:00:00.000000+00:00",
        "owners": [{"id": "7"}],
        "files": [{"key": "signs.zip", "size": 10, "checksum": "md5:" + "0" * 32}],
        "stats": {"downloads": 20_000},
        "metadata": {
            "license": {"id": "cc-by-4.0"},
            "access_right": "open",
            "communities": [{"id": "signs"}],
        },
    }
    newest = record | {"id": 1300, "doi": "10.5281/zenodo.1300"}
    return {
        "https://zenodo.org/api/records/1234": record,
        "https://zenodo.org/api/records/1200": newest,
        "https://zenodo.org/api/records/1234/versions/latest": newest,
    }


def openml():
    """Synthetic; https://www.openml.org/apis, the fields of `oml:data_set_description`."""
    return {
        "https://www.openml.org/api/v1/json/data/61": {
            "data_set_description": {
                "id": "61",
                "name": "iris",
                "version": "1",
                "licence": "Public",
                "status": "active",
                "upload_date": "2014-04-06T23:23:39",
                "md5_checksum": "0" * 32,
            }
        },
        "https://www.openml.org/api/v1/json/data/list/data_name/iris": {
            "data": {"dataset": [{"did": 61, "version": 1}, {"did": 969, "version": 3}]}
        },
    }


MANIFEST = b'{"schemaVersion": 2, "layers": []}'


def registry():
    """Synthetic; distribution-spec "Pulling manifests", Docker Hub's token and repository pages."""
    base = "https://registry-1.docker.io/v2/org/signs/manifests"
    challenge = (
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",'
        'scope="repository:org/signs:pull"'
    )

    def guarded(request):
        known = request.headers.get("Authorization") == "Bearer anonymous"
        request.send_response(200 if known else 401)
        if not known:
            request.send_header("WWW-Authenticate", challenge)
        request.send_header("Content-Length", str(len(MANIFEST)))
        request.end_headers()
        request.wfile.write(MANIFEST)

    return {
        f"{base}/v1": guarded,
        f"{base}/latest": guarded,
        "https://auth.docker.io/token?scope=repository%3Aorg%2Fsigns%3Apull"
        "&service=registry.docker.io": {"token": "anonymous"},
        # https://docs.docker.com/reference/api/hub/latest/
        "https://hub.docker.com/v2/namespaces/org/repositories/signs": {
            "namespace": "org",
            "name": "signs",
            "is_private": False,
            "pull_count": 2_000_000,
            "star_count": 3,
            "collaborator_count": 0,
            "last_updated": "2026-06-01T10:00:00.000000Z",
        },
        "https://hub.docker.com/v2/users/org": {"date_joined": "2016-01-01T00:00:00Z"},
    }
