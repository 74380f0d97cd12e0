"""The folder that a copy is made in, and who else may be making it."""

from bezoar.fortify.pull import part


def test_a_copy_that_another_one_made_between_look_and_lock_is_taken(tmp_path, monkeypatch):
    target, real = tmp_path / "copy", part._locked

    def late(folder):
        target.mkdir()
        (target / "signs.zip").write_bytes(b"whole")
        return real(folder)

    monkeypatch.setattr(part, "_locked", late)
    with part.open_part(target) as found:
        assert found is None
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]
