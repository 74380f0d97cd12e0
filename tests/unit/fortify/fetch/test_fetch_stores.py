"""Stores and the Hub: what they announce, and bytes that are not that."""

import base64
import hashlib

import pytest
from fetch_scene import Web, left, ranged, sha256

from bezoar.adapters.web.errors import NotThereError, UnreachableError
from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.fortify.fetch.opening import Way, tokens
from bezoar.fortify.quarantine import Quarantine

COMMIT = "a1" * 20
GS = "https://storage.googleapis.com"
HUB = "https://huggingface.co"
DATA = bytes(range(256)) * 20
SMALL = b"label,name\n0,go\n"


@pytest.fixture
def web():
    with Web() as one:
        yield one


def md5(data):
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def blob(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def google(web, name, data, generation="17", **facts):
    """Synthetic; https://cloud.google.com/storage/docs/json_api/v1/objects#resource."""
    path = name.replace("/", "%2F")
    described = {"name": name, "size": str(len(data)), "md5Hash": md5(data)}
    described |= {"generation": generation, **facts}
    fields = "name,size,md5Hash,generation"
    web.answers[f"{GS}/storage/v1/b/bucket/o/{path}?fields={fields}"] = described
    media = f"{GS}/download/storage/v1/b/bucket/o/{path}?alt=media&generation={generation}"
    web.answers[media] = ranged(data, headers={"x-goog-generation": generation})
    return described


def hub(web, files, revision="main", commit=COMMIT, repository="org/signs"):
    """Synthetic; `dataset_info` and `list_repo_tree` of huggingface_hub."""
    api = f"{HUB}/api/datasets/{repository}"
    web.answers[f"{api}/revision/{revision}"] = {"sha": commit}
    rows = [{"type": "directory", "path": "data", "oid": "b" * 40, "size": 0}]
    for path, data in files.items():
        row = {"type": "file", "path": path, "size": len(data), "oid": blob(data)}
        if path.endswith(".parquet"):
            row["lfs"] = {"oid": sha256(data), "size": len(data), "pointerSize": 130}
        rows.append(row)
        web.answers[f"{HUB}/datasets/{repository}/resolve/{commit}/{path}"] = ranged(data)
    web.answers[f"{api}/tree/{commit}?recursive=true"] = rows
    return rows


def codes(fetched):
    return [(f.code, str(f.severity)) for f in fetched.findings]


def test_an_object_of_google_with_its_generation(web, tmp_path):
    google(web, "a/signs.zip", DATA)
    fetched = web.fetch("gs://bucket/a/signs.zip", tmp_path, version="1")
    record = fetched.record
    assert (record.sha256, record.revision) == (sha256(DATA), "17")
    assert record.files[0].uri == "gs://bucket/a/signs.zip#17"
    assert record.files[0].version == "17"
    assert str(record.files[0].announced).startswith("md5:")
    assert web.fetch("gs://bucket/a/signs.zip", tmp_path, version="1").again


def test_objects_of_google_page_by_page(web, tmp_path):
    one, two = google(web, "a/x.png", DATA), google(web, "a/b/y.png", SMALL, "18")
    listing = f"{GS}/storage/v1/b/bucket/o?prefix=a%2F"
    listing += "&fields=nextPageToken,items(name,size,md5Hash,generation)"
    web.answers[listing] = {"items": [one, {**one, "name": "a/"}], "nextPageToken": "t/1"}
    web.answers[f"{listing}&pageToken=t%2F1"] = {"items": [two]}
    fetched = web.fetch("gs://bucket/a/", tmp_path, version="1")
    assert [file.path for file in fetched.record.files] == ["b/y.png", "x.png"]
    assert fetched.record.folder
    assert fetched.record.sha256 is None


@pytest.mark.parametrize("facts", [{"size": "5000"}, {"size": "6000"}, {"md5Hash": md5(b"x")}])
def test_an_object_unlike_its_description_is_not_kept(web, tmp_path, facts):
    google(web, "signs.zip", DATA, **facts)
    fetched = web.fetch("gs://bucket/signs.zip", tmp_path, version="1")
    assert codes(fetched) == [("BZ338", "critical")]
    assert left(tmp_path) == []


@pytest.mark.parametrize("answer", [{}, [], {"name": "x"}, {"name": "x", "size": "-1"}, b"<xml/>"])
def test_a_description_that_is_none(web, tmp_path, answer):
    google(web, "signs.zip", DATA)
    web.answers[f"{GS}/storage/v1/b/bucket/o/signs.zip?fields=name,size,md5Hash,generation"] = (
        answer
    )
    with pytest.raises(UnreachableError):
        web.fetch("gs://bucket/signs.zip", tmp_path, version="1")


def test_a_blob_of_azure_with_its_signature_kept_out_of_the_record(web, tmp_path):
    secret = "sv=2024-11-04&sig=c2VjcmV0"  # noqa: S105 - nobody's
    base = "https://account.blob.core.windows.net/signs/a/signs.zip"
    web.answers[base] = web.answers[f"{base}?{secret}"] = ranged(
        DATA, headers={"x-ms-version-id": "2026-01-01T00:00:00Z"}
    )
    root = tmp_path / "quarantine"
    for number, credentials in enumerate((False, True)):
        environment = {"AZURE_STORAGE_SAS_TOKEN": f"?{secret}"}
        way = Way(web.downloads(), root, credentials, environment)
        text = "az://account/signs/a/signs.zip"
        fetched = web.fetch(text, tmp_path, version=f"{number}", way=way)
        assert fetched.record.files[0].version == "2026-01-01T00:00:00Z"
        assert ("sig=" in web.heard[-1][1]) is credentials
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"c2VjcmV0" not in path.read_bytes()


@pytest.mark.parametrize("text", ["az://account/signs", "az://evil.com#/c/b", "az://a/../b/c"])
def test_what_is_no_blob(web, tmp_path, text):
    with pytest.raises(UsageError, match="not a blob"):
        web.fetch(text, tmp_path)


@pytest.mark.parametrize("text", ["hf://datasets/org/signs", "hf://org/signs"])
def test_a_data_set_of_the_hub_by_the_commit_that_its_branch_led_to(web, tmp_path, text):
    hub(web, {"data/train.parquet": DATA, "README.md": SMALL})
    fetched = web.fetch(text, tmp_path)
    record = fetched.record
    assert fetched.spec == f"signs@{COMMIT[:12]}"
    assert (record.source, record.revision) == ("hf://datasets/org/signs", COMMIT)
    assert record.asked == "main"
    assert codes(fetched) == [("BZ337", "low")]
    announced = {file.path: file.announced.partition(":")[0] for file in record.files}
    assert announced == {"README.md": "git-blob-sha1", "data/train.parquet": "sha256"}
    assert record.digest.algorithm == "sha256sum"
    folder = Quarantine(tmp_path / "quarantine").fetched(fetched.spec)
    assert (folder / "data/train.parquet").read_bytes() == DATA


def test_a_commit_is_no_moving_name_and_is_fetched_once(web, tmp_path):
    hub(web, {"data/train.parquet": DATA}, revision=COMMIT)
    fetched = web.fetch(f"hf://datasets/org/signs@{COMMIT}", tmp_path)
    assert codes(fetched) == []
    web.heard.clear()
    assert web.fetch(f"hf://datasets/org/signs@{COMMIT}", tmp_path).again
    assert all("/resolve/" not in url for _, url, _ in web.heard)


def test_one_file_of_the_hub(web, tmp_path):
    hub(web, {"data/train.parquet": DATA, "data2/x.parquet": SMALL}, revision="v1.0")
    fetched = web.fetch("hf://datasets/org/signs@v1.0/data", tmp_path)
    assert [file.path for file in fetched.record.files] == ["data/train.parquet"]


@pytest.mark.parametrize("path", ["data/train.parquet", "README.md"])
def test_a_file_unlike_the_tree_of_the_hub_is_not_kept(web, tmp_path, path):
    files = {"data/train.parquet": DATA, "README.md": SMALL}
    hub(web, files)
    other = bytearray(files[path])
    other[3] ^= 1
    web.answers[f"{HUB}/datasets/org/signs/resolve/{COMMIT}/{path}"] = ranged(bytes(other))
    fetched = web.fetch("hf://datasets/org/signs", tmp_path)
    assert fetched.record is None
    assert ("BZ338", "critical") in codes(fetched)
    assert left(tmp_path) == []


@pytest.mark.parametrize("path", ["../../x.py", "/etc/cron.d/x", "a\\..\\x", "data"])
def test_a_hostile_path_of_the_hub_fetches_nothing(web, tmp_path, path):
    rows = hub(web, {"data/train.parquet": DATA})
    rows.append({"type": "file", "path": path, "size": 4, "oid": blob(b"data")})
    fetched = web.fetch("hf://datasets/org/signs", tmp_path, version="1")
    assert codes(fetched) == [("BZ339", "high")]
    assert left(tmp_path) == []


def test_the_pages_of_the_hub_stay_at_the_hub(web, tmp_path):
    rows = hub(web, {"a.parquet": DATA, "b.parquet": SMALL})
    first = f"{HUB}/api/datasets/org/signs/tree/{COMMIT}?recursive=true"
    following = f"{first}&cursor=2"
    link = {"Link": f'<{following}>; rel="next"', "Content-Type": "application/json"}

    def paged(request):
        request.send_response(200)
        body = json_of(rows[:2])
        for name, value in {**link, "Content-Length": str(len(body))}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    web.answers[first], web.answers[following] = paged, rows[2:]
    fetched = web.fetch("hf://datasets/org/signs", tmp_path)
    assert [file.path for file in fetched.record.files] == ["a.parquet", "b.parquet"]
    link["Link"] = '<https://other.example.org/x>; rel="next"'
    with pytest.raises(UnreachableError, match="continues its list at other"):
        web.fetch("hf://datasets/org/signs", tmp_path, version="2")


def json_of(value):
    import json  # noqa: PLC0415 - this one test

    return json.dumps(value).encode()


def test_a_token_goes_to_the_hub_and_not_to_where_it_redirects(web, tmp_path):
    hub(web, {"train.parquet": DATA})
    file = f"{HUB}/datasets/org/signs/resolve/{COMMIT}/train.parquet"
    web.answers[file] = (302, {"Location": "https://cdn.example.org/x?sig=y"}, b"")
    web.answers["https://cdn.example.org/x?sig=y"] = ranged(DATA)
    secret = tokens({"HF_TOKEN": "hf_secret", "GITHUB_TOKEN": "other"})
    way = Way(web.downloads(tokens=secret), tmp_path / "quarantine", credentials=True)
    fetched = web.fetch("hf://datasets/org/signs", tmp_path, way=way, credentials=True)
    assert fetched.record.credentials
    assert set(fetched.record.hosts) == {"huggingface.co", "cdn.example.org"}
    sent = {url: headers.get("Authorization") for _, url, headers in web.heard}
    assert sent.pop("https://cdn.example.org/x?sig=y") is None
    assert set(sent.values()) == {"Bearer hf_secret"}


def test_tokens_are_of_sources_alone():
    found = tokens({"HF_TOKEN": "a", "GITHUB_TOKEN": "b", "GOOGLE_OAUTH_ACCESS_TOKEN": "c"})
    assert found == {"huggingface.co": "Bearer a", "storage.googleapis.com": "Bearer c"}
    assert tokens({"GOOGLE_OAUTH_ACCESS_TOKEN": "c\r\nX: y"}) == {}


@pytest.mark.parametrize("text", ["hf://models/org/x", "hf://spaces/org/x", "hf://x", "hf://a b/c"])
def test_what_is_no_data_set(web, tmp_path, text):
    with pytest.raises(UsageError, match="not a data set"):
        web.fetch(text, tmp_path)


def test_a_data_set_that_is_not_there(web, tmp_path):
    with pytest.raises(NotThereError):
        web.fetch("hf://datasets/org/nothing", tmp_path)


def test_more_files_than_allowed_are_none(web, tmp_path):
    hub(web, {"a.parquet": DATA, "b.parquet": SMALL})
    with pytest.raises(BezoarError, match="has 2 files, more than 1"):
        web.fetch("hf://datasets/org/signs", tmp_path, most_files=1)


def test_a_tree_has_a_digest_that_sha256sum_can_show(web, tmp_path):
    hub(web, {"b.parquet": DATA, "a.md": SMALL}, revision=COMMIT)
    listing = f"{sha256(SMALL)}  a.md\n{sha256(DATA)}  b.parquet\n".encode()
    text = f"hf://datasets/org/signs@{COMMIT}"
    good = web.fetch(text, tmp_path, expected=Digest.of(listing))
    assert good.record.digest.value == Digest.of(listing).value
    bad = web.fetch(text, tmp_path, version="2", expected=Digest.of(b"x"))
    assert codes(bad) == [("BZ338", "critical")]
    assert not (tmp_path / "quarantine/signs@2").exists()


@pytest.fixture
def ended(web, tmp_path):
    """A tree of which one file has come, into version 1."""
    hub(web, {"a.parquet": DATA, "b.parquet": SMALL, "c.parquet": DATA[::-1]}, revision=COMMIT)
    second = f"{HUB}/datasets/org/signs/resolve/{COMMIT}/b.parquet"
    good = web.answers[second]
    web.answers[second] = (503, {}, b"")
    with pytest.raises(UnreachableError):
        web.fetch(f"hf://datasets/org/signs@{COMMIT}", tmp_path, version="1")
    web.answers[second] = good
    web.heard.clear()


@pytest.mark.usefixtures("ended")
def test_a_file_that_was_damaged_meanwhile_is_fetched_again(web, tmp_path):
    (tmp_path / "quarantine/.signs@1.part/fetched/a.parquet").write_bytes(b"poison")
    web.fetch(f"hf://datasets/org/signs@{COMMIT}", tmp_path, version="1")
    assert (tmp_path / "quarantine/signs@1/fetched/a.parquet").read_bytes() == DATA


@pytest.mark.usefixtures("ended")
def test_what_an_earlier_run_has_fetched_and_nobody_wants_does_not_stay(web, tmp_path):
    other = "b2" * 20
    hub(web, {"c.parquet": SMALL}, revision=other, commit=other)
    web.fetch(f"hf://datasets/org/signs@{other}", tmp_path, version="1")
    assert left(tmp_path / "quarantine") == ["signs@1/fetch.json", "signs@1/fetched/c.parquet"]


@pytest.mark.usefixtures("ended")
def test_a_tree_that_was_ended_goes_on_with_the_file_that_was_next(web, tmp_path):
    fetched = web.fetch(f"hf://datasets/org/signs@{COMMIT}", tmp_path, version="1")
    assert len(fetched.record.files) == 3
    brought = [url.rpartition("/")[2] for _, url, _ in web.heard if "/resolve/" in url]
    assert brought == ["b.parquet", "c.parquet"]
