"""Inputs that are kept: few, small, by name, and gone when nothing needs them."""

import base64

import numpy as np
import pytest

from bezoar.limit.kept_inputs import LONGEST_NAME, MOST_BYTES, KeptInputs


def data(content):
    return "data:image/png;base64," + base64.b64encode(content).decode()


def offered(kept, classes, values):
    sent = kept.read(np.array(classes), values)
    kept.write(sent)
    kept.add(sent)
    return sent


def files(folder):
    return sorted(path.read_bytes() for path in folder.iterdir()) if folder.exists() else []


def test_the_last_inputs_of_each_class_are_kept_and_an_alarm_pins_them(tmp_path):
    kept = KeptInputs(tmp_path / "inputs", 2, 10)
    for number in range(50):
        offered(kept, [0, 1, 1], [f"s3://signs/{number}.png", data(b"%d" % number), None])
    assert files(tmp_path / "inputs") == [b"48", b"49"]
    assert kept.pin(0) == ("s3://signs/48.png", "s3://signs/49.png")
    pinned = kept.pin(1)
    for number in range(50, 90):
        offered(kept, [1], [data(b"%d" % number)])
    assert files(tmp_path / "inputs") == [b"48", b"49", b"88", b"89"]
    assert [kept.content(name) for name in pinned] == [b"48", b"49"]
    assert kept.content("s3://signs/48.png") is None
    assert kept.content("sha256:" + 64 * "0") is None


def test_alarms_do_not_pin_for_ever(tmp_path):
    kept = KeptInputs(tmp_path / "inputs", 20, 3)
    for number in range(2_000):
        offered(kept, [0], [data(b"%d" % number)])
        kept.pin(0)
    assert len(kept) <= 1_020
    assert len(files(tmp_path / "inputs")) == len(kept)


@pytest.mark.parametrize(
    "value",
    [
        1,
        ["x"],
        "",
        "x" * (LONGEST_NAME + 1),
        "a\nb",
        "\x1b[2J",
        "sha256:" + 64 * "0",
        "data:,plain",
        "data:image/png;base64,!!!",
        "data:image/png;base64",
        data(b"x" * (MOST_BYTES + 1)),
        "data:;base64," + "A" * (1 << 23),
    ],
)
def test_what_cannot_be_kept_is_refused_and_counted(tmp_path, value):
    kept = KeptInputs(tmp_path / "inputs", 2, 10)
    offered(kept, [0, 0, -1], ["good", value, "of no class"])
    assert kept.refused.total() == 1
    assert kept.pin(0) == ("good",)
    assert files(tmp_path / "inputs") == []


def test_many_classes_share_what_there_is(tmp_path):
    assert KeptInputs(tmp_path, 20, 1_000).most == 4
    assert KeptInputs(tmp_path, 20, 10_000).most == 1


def test_one_input_of_two_classes_lies_there_once(tmp_path):
    kept = KeptInputs(tmp_path / "inputs", 1, 10)
    offered(kept, [0, 1], [data(b"x"), data(b"x")])
    offered(kept, [0], ["another"])
    assert files(tmp_path / "inputs") == [b"x"]
    offered(kept, [1], ["another"])
    assert files(tmp_path / "inputs") == []


def test_a_disk_that_takes_none_costs_the_input_alone(tmp_path):
    (tmp_path / "inputs").write_text("no folder")
    kept = KeptInputs(tmp_path / "inputs", 1, 10)
    offered(kept, [0], [data(b"x")])
    assert kept.refused == {"not written": 1}
    (name,) = kept.pin(0)
    assert kept.content(name) is None


def test_what_a_crash_left_is_swept(tmp_path):
    kept = KeptInputs(tmp_path / "inputs", 1, 10)
    offered(kept, [0], [data(b"x")])
    (tmp_path / "inputs" / "left.part").write_text("half")
    again = KeptInputs(tmp_path / "inputs", 1, 10)
    again.restore(kept.as_json())
    again.sweep()
    assert files(tmp_path / "inputs") == [b"x"]
    KeptInputs(tmp_path / "inputs", 1, 10).sweep()
    assert files(tmp_path / "inputs") == []
