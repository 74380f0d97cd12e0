"""A file of the web on its way into quarantine: cut, exchanged, endless, or another one."""

import errno
import os
from pathlib import Path

import pytest
from fetch_scene import URL, Web, left, ranged, raw, sha256

from bezoar.adapters.web.errors import CutOffError, NotThereError, UnreachableError
from bezoar.core.digest import Digest
from bezoar.core.errors import BezoarError, UsageError
from bezoar.fortify.fetch import receiving
from bezoar.fortify.fetch.opening import Way, open_source
from bezoar.fortify.quarantine import Quarantine

DATA = bytes(range(256)) * 400


@pytest.fixture
def web():
    with Web() as one:
        yield one


@pytest.fixture
def root(tmp_path):
    return tmp_path


def codes(fetched):
    return [(f.code, str(f.severity)) for f in fetched.findings]


def digest(data):
    return Digest.of(data)


def test_it_lies_in_quarantine_whole_with_its_record(web, root):
    web.answers[URL] = ranged(DATA)
    fetched = web.fetch(URL, root, version="1")
    assert (fetched.spec, fetched.again, codes(fetched)) == ("signs@1", False, [])
    quarantine = Quarantine(root / "quarantine")
    assert left(quarantine.root) == ["signs@1/fetch.json", "signs@1/fetched/signs.zip"]
    assert (quarantine.fetched("signs@1") / "signs.zip").read_bytes() == DATA
    record = quarantine.record("signs@1")
    assert record == fetched.record
    assert (record.source, record.sha256, record.size) == (URL, sha256(DATA), len(DATA))
    assert (record.files[0].mark, record.hosts) == ('"one"', ("data.example.org",))


def test_without_a_version_it_is_the_day(web, root):
    web.answers[URL] = ranged(DATA)
    fetched = web.fetch(URL, root)
    assert fetched.spec == f"signs@{fetched.record.retrieved_at.date().isoformat()}"


def test_the_expected_digest_holds(web, root):
    web.answers[URL] = ranged(DATA)
    fetched = web.fetch(URL, root, version="1", expected=digest(DATA))
    assert fetched.record.sha256 == sha256(DATA)


def test_another_digest_leaves_nothing_behind(web, root):
    web.answers[URL] = ranged(DATA)
    fetched = web.fetch(URL, root, version="1", expected=digest(b"other"))
    assert fetched.record is None
    assert codes(fetched) == [("BZ338", "critical")]
    assert fetched.findings[0].evidence == {"expected": sha256(b"other"), "found": sha256(DATA)}
    assert left(root) == []
    assert list((root / "quarantine").iterdir()) == []


@pytest.mark.parametrize("most", [1, 1000, len(DATA) // 2, len(DATA) - 1])
def test_a_line_that_is_cut_is_continued(web, root, most):
    web.answers[URL] = ranged(DATA, most=max(most, 4_000))
    fetched = web.fetch(URL, root, version="1")
    assert fetched.record.sha256 == sha256(DATA)
    assert web.ranges[:2] == ["", f"bytes={max(most, 4_000)}-"]


def test_what_an_ended_run_has_left_is_hashed_again_and_continued(web, root):
    half = len(DATA) // 2
    web.answers[URL] = cut_once(half)
    with pytest.raises(UnreachableError):
        web.fetch(URL, root, version="1")
    assert left(root / "quarantine") == [
        ".signs@1.part/incoming.json",
        ".signs@1.part/incoming.part",
        ".signs@1.part/source.json",
    ]
    web.answers[URL] = ranged(DATA)
    web.heard.clear()
    assert web.fetch(URL, root, version="1").record.sha256 == sha256(DATA)
    assert web.ranges == [f"bytes={half}-"]
    assert left(root / "quarantine") == ["signs@1/fetch.json", "signs@1/fetched/signs.zip"]


def cut_once(length):
    """Give a part, then nothing that helps."""
    first = ranged(DATA, most=length)
    asked = []

    def answer(request):
        asked.append(request)
        if len(asked) == 1:
            first(request)
        else:
            request.send_error(503)

    return answer


def test_a_damaged_part_is_not_taken_for_whole(web, root):
    """What is continued is hashed from its first byte on, so that the digest is of all of it."""
    web.answers[URL] = cut_once(len(DATA) // 2)
    with pytest.raises(UnreachableError):
        web.fetch(URL, root, version="1")
    part = root / "quarantine/.signs@1.part/incoming.part"
    data = bytearray(part.read_bytes())
    data[7] ^= 1
    part.write_bytes(data)
    web.answers[URL] = ranged(DATA)
    fetched = web.fetch(URL, root, version="1", expected=digest(DATA))
    assert codes(fetched) == [("BZ338", "critical")]
    assert left(root) == []


def test_bytes_that_may_not_be_on_the_disk_do_not_count(web, root):
    web.answers[URL] = cut_once(len(DATA) // 2)
    with pytest.raises(UnreachableError):
        web.fetch(URL, root, version="1")
    part = root / "quarantine/.signs@1.part/incoming.part"
    part.write_bytes(part.read_bytes() + b"\0" * 5_000)  # what a power cut leaves
    web.answers[URL] = ranged(DATA)
    assert web.fetch(URL, root, version="1").record.sha256 == sha256(DATA)


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b'{"uri": 1}', b'{"synced": 9}', b"\xff"])
def test_a_damaged_note_begins_anew(web, root, note):
    web.answers[URL] = cut_once(len(DATA) // 2)
    with pytest.raises(UnreachableError):
        web.fetch(URL, root, version="1")
    (root / "quarantine/.signs@1.part/incoming.json").write_bytes(note)
    web.answers[URL] = ranged(DATA)
    assert web.fetch(URL, root, version="1").record.sha256 == sha256(DATA)


def test_other_bytes_are_never_joined_to_the_first_half(web, root):
    other = bytes(reversed(DATA))
    web.answers[URL] = cut_once(len(DATA) // 2)
    with pytest.raises(UnreachableError):
        web.fetch(URL, root, version="1")
    web.answers[URL] = ranged(other, tag='"two"')
    assert web.fetch(URL, root, version="1").record.sha256 == sha256(other)


def test_nothing_of_a_longer_file_stays_behind_a_shorter_one(web, root):
    web.answers[URL] = cut_once(len(DATA) // 2)
    with pytest.raises(UnreachableError):
        web.fetch(URL, root, version="1")
    web.answers[URL] = ranged(b"short", tag='"two"')
    assert web.fetch(URL, root, version="1").record.sha256 == sha256(b"short")
    assert (root / "quarantine/signs@1/fetched/signs.zip").read_bytes() == b"short"


def test_a_host_that_gives_the_rest_of_other_bytes_begins_anew(web, root):
    """It ignores `If-Range`: its answer to a question for the rest has another entity tag."""
    other = bytes(reversed(DATA))
    web.answers[URL] = cut_once(len(DATA) // 2)
    with pytest.raises(UnreachableError):
        web.fetch(URL, root, version="1")

    def careless(request):
        if "Range" in request.headers:
            request.headers.replace_header("If-Range", '"two"')
        ranged(other, tag='"two"')(request)

    web.answers[URL] = careless
    assert web.fetch(URL, root, version="1").record.sha256 == sha256(other)


def test_a_host_that_never_gives_a_part_starts_over(web, root):
    web.answers[URL] = cut_once(len(DATA) // 2)
    with pytest.raises(UnreachableError):
        web.fetch(URL, root, version="1")
    web.answers[URL] = ranged(DATA, ignore=True)
    assert web.fetch(URL, root, version="1").record.sha256 == sha256(DATA)


def test_a_line_that_is_always_cut_at_one_place_is_given_up(web, root):
    web.answers[URL] = ranged(DATA, most=5_000, ignore=True)
    with pytest.raises(CutOffError):
        web.fetch(URL, root, version="1")
    assert len(web.heard) <= 3


def test_a_line_that_gives_a_byte_at_a_time_is_given_up(web, root, monkeypatch):
    monkeypatch.setattr(receiving, "_MOST_CUTS", 7)
    web.answers[URL] = ranged(DATA, most=1)
    with pytest.raises(CutOffError, match="7 times"):
        web.fetch(URL, root, version="1")


def test_a_part_that_is_whole_is_confirmed_by_one_byte(web, root, monkeypatch):
    """The run was ended after the last byte and before the file got its name."""
    web.answers[URL] = ranged(DATA)
    with monkeypatch.context() as patch:
        patch.setattr(receiving._Arrival, "_whole", ended)
        with pytest.raises(RuntimeError):
            web.fetch(URL, root, version="1")
    web.heard.clear()
    assert web.fetch(URL, root, version="1").record.sha256 == sha256(DATA)
    assert web.ranges == [f"bytes={len(DATA) - 1}-"]


def test_interrupted_in_the_middle_of_writing_what_has_come_still_counts(web, root, monkeypatch):
    """Ctrl-C between a piece's arrival and its place on the disk."""
    web.answers[URL] = ranged(DATA)
    real = receiving._Arrival._write

    class Interrupted:
        def __init__(self, place):
            self.place = place

        def write(self, piece):
            if self.place.tell():
                raise KeyboardInterrupt
            return self.place.write(piece[:4096])

        def __getattr__(self, name):
            return getattr(self.place, name)

    def write(arrival, piece):
        arrival._place = Interrupted(arrival._place)
        for start in range(0, len(piece), 4096):
            real(arrival, piece[start : start + 4096])

    with monkeypatch.context() as patch:
        patch.setattr(receiving._Arrival, "_write", write)
        with pytest.raises(KeyboardInterrupt):
            web.fetch(URL, root, version="1")
    web.heard.clear()
    assert web.fetch(URL, root, version="1").record.sha256 == sha256(DATA)
    assert web.ranges == ["bytes=4096-"]


def ended(*_):
    raise RuntimeError("kill")


def test_endless_bytes_end(web, root):
    def pour(request):
        request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
        try:
            while True:
                request.wfile.write(b"x" * 65_536)
        except OSError:
            return

    web.answers[URL] = pour
    with pytest.raises(BezoarError, match="more than 1,000,000 bytes come"):
        web.fetch(URL, root, version="1", most_bytes=1_000_000)
    assert left(root) == []


def test_what_is_announced_to_be_too_much_does_not_come(web, root):
    web.answers[URL] = (200, {"Content-Length": "99999999999999"}, b"x")
    with pytest.raises(BezoarError, match="more than 1,000,000 bytes come"):
        web.fetch(URL, root, version="1", most_bytes=1_000_000)


def test_a_file_whose_end_is_not_announced_says_so(web, root):
    web.answers[URL] = raw(b"HTTP/1.0 200 OK\r\n\r\n", b"data")
    assert codes(web.fetch(URL, root, version="1")) == [("BZ338", "low")]
    expected = digest(b"data")
    assert codes(web.fetch(URL, root, version="2", expected=expected)) == []


def test_an_empty_file_is_a_file(web, root):
    web.answers[URL] = ranged(b"")
    assert web.fetch(URL, root, version="1").record.size == 0


def test_what_is_not_there_leaves_nothing_behind(web, root):
    with pytest.raises(NotThereError):
        web.fetch(URL, root, version="1")
    assert left(root) == []
    assert list((root / "quarantine").iterdir()) == []


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="gtsrb.zip"', "gtsrb.zip"),
        ("attachment; filename=../../../etc/passwd", "passwd"),
        ('attachment; filename="..\\..\\evil.exe"', "evil.exe"),
        ("attachment; filename*=UTF-8''%2e%2e%2fx%0a.zip", "x_.zip"),
        ('attachment; filename=".bashrc"', "bashrc"),
        ('attachment; filename="con.zip"', "_con.zip"),
        ('attachment; filename=""', "signs.zip"),
        ("attachment; filename=" + "a" * 5_000, None),
        ("\x00\xff", "signs.zip"),
        ('attachment; filename=".."', "data"),
    ],
)
def test_a_name_from_a_header_is_harmless(web, root, disposition, name):
    web.answers[URL] = ranged(b"data", headers={"Content-Disposition": disposition})
    fetched = web.fetch(URL, root, version="1")
    path = fetched.record.files[0].path
    assert path == name or (name is None and len(path) <= 200)
    assert left(root) == ["quarantine/signs@1/fetch.json", f"quarantine/signs@1/fetched/{path}"]


def test_fetching_again_what_is_there_says_so_and_brings_nothing(web, root):
    web.answers[URL] = ranged(DATA)
    first = web.fetch(URL, root, version="1")
    second = web.fetch(URL, root, version="1")
    assert second.again
    assert second.record == first.record
    assert web.heard[1][2]["If-None-Match"] == '"one"'
    assert left(root / "quarantine") == ["signs@1/fetch.json", "signs@1/fetched/signs.zip"]


def test_fetching_again_without_marks_compares_the_bytes(web, root):
    web.answers[URL] = DATA
    first = web.fetch(URL, root, version="1")
    second = web.fetch(URL, root, version="1")
    assert (second.again, second.record) == (True, first.record)
    assert left(root / "quarantine") == ["signs@1/fetch.json", "signs@1/fetched/signs.zip"]


def test_a_version_never_changes_its_bytes(web, root):
    web.answers[URL] = ranged(DATA)
    web.fetch(URL, root, version="1")
    web.answers[URL] = ranged(b"other", tag='"two"')
    with pytest.raises(UsageError, match="with other bytes: a version never changes"):
        web.fetch(URL, root, version="1")
    assert (root / "quarantine/signs@1/fetched/signs.zip").read_bytes() == DATA
    assert left(root / "quarantine") == ["signs@1/fetch.json", "signs@1/fetched/signs.zip"]


def test_an_address_that_gives_other_bytes_now_is_told(web, root):
    web.answers[URL] = ranged(DATA)
    web.fetch(URL, root, version="1")
    assert codes(web.fetch(URL, root, version="1b")) == []
    web.answers[URL] = ranged(b"other", tag='"two"')
    assert codes(web.fetch(URL, root, version="2")) == [("BZ337", "low")]


def test_a_version_never_changes_its_source(web, root):
    web.answers[URL] = web.answers[f"{URL}x"] = ranged(DATA)
    web.fetch(URL, root, version="1")
    with pytest.raises(UsageError, match=r"from https://data\.example\.org/signs\.zip"):
        web.fetch(f"{URL}x", root, version="1")
    assert len(web.heard) == 1


def test_what_was_exchanged_in_quarantine_is_noticed(web, root):
    web.answers[URL] = ranged(DATA)
    web.fetch(URL, root, version="1")
    (root / "quarantine/signs@1/fetched/signs.zip").write_bytes(b"poison")
    with pytest.raises(BezoarError, match="is not what was fetched"):
        web.fetch(URL, root, version="1")


def test_a_secret_in_an_address_is_sent_and_not_written(web, root):
    secret = "hunter2hunter2"  # noqa: S105 - nobody's
    url = f"{URL}?id=7&sig={secret}"
    web.answers[url] = ranged(DATA)
    fetched = web.fetch(url, root, version="1")
    assert fetched.record.source == f"{URL}?id=7&sig=***"
    for path in root.rglob("*"):
        assert path.is_dir() or secret.encode() not in path.read_bytes()


def test_a_disk_that_is_full_is_told(web, root, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    web.answers[URL] = ranged(DATA)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(BezoarError, match="No space left on device"):
            web.fetch(URL, root, version="1")
    assert web.fetch(URL, root, version="1").record.sha256 == sha256(DATA)


def test_a_draft_of_a_note_that_an_ended_run_left_does_not_stay(web, root):
    web.answers[URL] = cut_once(len(DATA) // 2)
    with pytest.raises(UnreachableError):
        web.fetch(URL, root, version="1")
    (root / "quarantine/.signs@1.part/.incoming.json.77.part").write_bytes(b"half")
    web.answers[URL] = ranged(DATA)
    web.fetch(URL, root, version="1")
    assert left(root / "quarantine") == ["signs@1/fetch.json", "signs@1/fetched/signs.zip"]


def test_two_fetches_at_once_do_not_mix(web, root):
    def meanwhile(request):
        with pytest.raises(BezoarError, match="by another process"):
            web.fetch(URL, root, version="1")
        ranged(DATA)(request)

    web.answers[URL] = meanwhile
    assert web.fetch(URL, root, version="1").record.sha256 == sha256(DATA)


def test_http_is_refused_where_nobody_allowed_it(web, root):
    way = Way(web.downloads(), root)
    with (
        pytest.raises(UsageError, match="is not encrypted"),
        open_source("http://data.example.org/x", way),
    ):
        pass


@pytest.mark.parametrize(
    "text", ["ftp://example.org/x", "ext::sh -c id", "gopher://x/", "./nothing-here", "data:,x"]
)
def test_what_is_no_source(web, root, text):
    with pytest.raises(UsageError), open_source(text, Way(web.downloads(), root)):
        pass


class Ended(BaseException):
    """The process is no more."""


def ended_at(monkeypatch, step):
    """From a step on nothing that reaches the disk happens any more."""
    taken = [0]

    def ending(real):
        def call(*arguments, **options):
            taken[0] += 1
            if taken[0] >= step:
                raise Ended
            return real(*arguments, **options)

        return call

    for name in ("fsync", "open", "write"):
        monkeypatch.setattr(os, name, ending(getattr(os, name)))
    for name in ("replace", "rename", "unlink", "mkdir", "open", "write_text"):
        monkeypatch.setattr(Path, name, ending(getattr(Path, name)))
    return taken


def test_ended_at_each_step_the_next_run_finishes(web, root, monkeypatch):
    web.answers[URL] = ranged(DATA)
    whole, step = False, 0
    while not whole:
        step += 1
        place = root / f"{step}"
        with monkeypatch.context() as patch:
            ended_at(patch, step)
            try:
                web.fetch(URL, place, version="1")
                whole = True
            except Ended:
                pass
        settled = place / "quarantine/signs@1"
        if settled.exists():
            assert (settled / "fetched/signs.zip").read_bytes() == DATA
            assert (settled / "fetch.json").exists()
        record = web.fetch(URL, place, version="1").record
        assert record.sha256 == sha256(DATA)
        assert left(place / "quarantine") == ["signs@1/fetch.json", "signs@1/fetched/signs.zip"]
    assert step > 15
