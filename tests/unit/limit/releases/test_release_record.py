"""Records, statements and pointers of releases: one spelling, and whatever lies there is read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bezoar.core.digest import Digest
from bezoar.core.policy import Decision, Verdict
from bezoar.core.release import Release
from bezoar.limit.releases.pointer import Pointer, parse_pointer
from bezoar.limit.releases.record import ModelFile, ReleaseRecord, model_digest, parse_record
from bezoar.limit.releases.statement import Gated, parse_gated

ADMIT = Verdict(Decision.ADMIT)
NO = Verdict(Decision.QUARANTINE, ("BZ424 Release trained on: 1 finding, high",))


def file(path: str, data: bytes = b"x") -> ModelFile:
    return ModelFile(path=path, size=len(data), sha256=str(Digest.of(data)))


def record(version: str = "1", *files: ModelFile) -> ReleaseRecord:
    files = files or (file("model.onnx", version.encode()),)
    return ReleaseRecord(
        name="signs",
        version=version,
        model=str(model_digest(files)),
        files=files,
        time="2026-11-25T00:00:00Z",
    )


def test_a_record_is_read_back_as_it_was_written():
    one = record("1", file("a.onnx"), file("b/c.txt", b"yy"))
    assert parse_record(one.content()) == one
    assert one.model.startswith("merkle-sha256-v1:")
    assert record("1").model == str(Digest.of(b"1"))


@pytest.mark.parametrize(
    "path", ["../x", "/x", "a//b", "a/../b", ".", "a\\b", "a\nb", "a\x1b[2Jb", ""]
)
def test_no_file_of_a_release_leaves_its_folder(path):
    with pytest.raises(ValueError, match=r"path|at least"):
        file(path)


@pytest.mark.parametrize(
    "change",
    [
        {"model": str(Digest.of(b"other"))},
        {"files": []},
        {"name": "../signs"},
        {"version": "a/b"},
        {"more": 1},
        {"data": [{"dataset": "signs@1", "root": "sha256:zz"}]},
        {"card": "md5:00"},
    ],
)
def test_a_record_that_somebody_edited_is_refused(change):
    fields = json.loads(record().content()) | change
    with pytest.raises(ValueError, match=r"\w"):
        parse_record(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode())


@given(st.binary(max_size=200))
def test_whatever_lies_there_is_an_error_and_no_crash(data):
    for parse in (parse_record, parse_pointer, parse_gated):
        with pytest.raises(ValueError, match=r"\w"):
            parse(data)


def test_a_statement_is_about_one_record_alone():
    gated = Gated.of(record("1"), ADMIT, keyring=1, time="2026-11-25T00:00:00Z")
    assert parse_gated(gated.payload()) == gated
    assert gated.unlike(record("1")) == ""
    assert "about signs@1" in gated.unlike(record("2"))
    other = record("1", file("model.onnx", b"exchanged"))
    assert "other bytes" in gated.unlike(other)


def test_what_was_not_admitted_goes_with_each_code_overridden():
    gated = Gated.of(record(), NO, keyring=1, time="2026-11-25T00:00:00Z")
    assert gated.lacking
    fields = gated.model_dump()
    assert not Gated.model_validate(fields | {"override": ("BZ424",), "reason": "known"}).lacking
    assert Gated.model_validate(fields | {"override": ("BZ421",), "reason": "known"}).lacking
    for wrong in ({"override": ("BZ424",)}, {"reason": "only a reason"}):
        with pytest.raises(ValueError, match="override"):
            Gated.model_validate(fields | wrong)


def walked(moves: list[int]) -> Pointer:
    """Promote (a positive number: that version) or roll back (0)."""
    pointer = Pointer(name="signs")
    for move in moves:
        history = pointer.history()
        digest = Digest.of(str(move).encode())
        try:
            if move:
                history = pointer.history([Release(digest, (), None, ADMIT)]).promote(digest)
            else:
                history = history.rollback()
        except ValueError:
            continue
        pointer = pointer.after(history, {str(digest): str(move)})
    return pointer


@given(st.lists(st.integers(0, 4), max_size=12))
def test_a_pointer_is_read_back_and_rollback_then_forward_is_identity(moves):
    pointer = walked(moves)
    assert parse_pointer(pointer.content()) == pointer
    before = pointer.before()
    assert pointer.champion not in before
    assert len({one.version for one in before}) == len(before)
    if pointer.live > 1:
        there = pointer.after(pointer.history().rollback())
        back = there.after(there.history().forward())
        assert (back.steps, back.live) == (pointer.steps, pointer.live)
        assert back.number == pointer.number + 2


def test_the_previous_release_is_another_than_the_champion():
    pointer = walked([1, 2, 1])
    assert (pointer.champion.version, pointer.previous.version) == ("1", "2")
    assert [one.version for one in walked([1, 2, 3]).before()] == ["2", "1"]
