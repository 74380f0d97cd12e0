"""What a drill works on: classes by word or number, names that tell nothing."""

import numpy as np
import pytest
from dataset_layouts import picture, write_files, write_npz
from drill_scene import Here, plan

import bezoar
from bezoar.core.errors import NothingToInspectError, UsageError
from bezoar.exercise.material import gather, written
from bezoar.exercise.record import silent
from bezoar.exercise.workers import process_beside


def npz(path, labels):
    rows = np.stack([picture(n) for n in range(len(labels))])
    return write_npz(path, x=rows, y=np.array(labels))


def folders(path, names):
    files = {f"{name}/{n}.png": bezoar.encode_png(picture(n)) for name in names for n in range(3)}
    return write_files(path, files)


def test_half_of_the_signs_are_drawn_beside_and_none_twice():
    material = gather(plan(), Here(), silent)
    assert (len(material.train), len(material.test)) == (200, 100)
    pictures = {sample.fetch() for sample in (*material.train, *material.test)}
    assert len(pictures) == 300
    assert sorted(set(material.labels)) == sorted({sample.label for sample in material.test})


def test_a_process_beside_draws_the_same():
    here = gather(plan(), Here(), silent)
    with process_beside() as beside:
        there = gather(plan(), beside, silent)
    assert [one.id for one in here.train] == [one.id for one in there.train]
    assert [one.fetch() for one in here.train] == [one.fetch() for one in there.train]


def test_numbers_match_whatever_their_zeros(tmp_path):
    data = folders(tmp_path / "data", ["00014", "00005", "00000"])
    test = npz(tmp_path / "test.npz", [14, 5, 0, 7])
    material = gather(plan(source="14", target="5", data=data, test=test), Here(), silent)
    assert (material.source, material.target) == ("00014", "00005")
    assert sorted(str(one.label) for one in material.test) == ["00000", "00005", "00014"]


def test_a_number_that_means_two_classes_means_none(tmp_path):
    data = folders(tmp_path / "data", ["014", "14", "5"])
    test = folders(tmp_path / "test", ["14", "5"])
    exact = gather(plan(source="14", target="5", data=data, test=test), Here(), silent)
    assert exact.source == "14"
    with pytest.raises(UsageError, match="no class '0014'"):
        gather(plan(source="0014", target="5", data=data, test=test), Here(), silent)


def test_words_match_exactly(tmp_path):
    data = folders(tmp_path / "data", ["Stop", "stop", "go"])
    material = gather(plan(source="stop", target="go", data=data, test=data), Here(), silent)
    assert material.source == "stop"


def test_a_class_that_is_not_there_is_named_with_those_that_are(tmp_path):
    data = folders(tmp_path / "data", [f"class {n:02}" for n in range(20)])
    with pytest.raises(UsageError, match=r"it has 'class 00', .* and 8 more") as raised:
        gather(plan(source="x", target="class 01", data=data, test=data), Here(), silent)
    assert raised.value.next == "bezoar drill run --help"


def test_a_test_set_without_the_source_measures_nothing(tmp_path):
    data, test = folders(tmp_path / "data", ["a", "b"]), folders(tmp_path / "test", ["b"])
    with pytest.raises(UsageError, match="no sample of 'a'"):
        gather(plan(source="a", target="b", data=data, test=test), Here(), silent)


def test_a_missing_path_and_an_empty_folder_are_said(tmp_path):
    data = folders(tmp_path / "data", ["a", "b"])
    with pytest.raises(UsageError, match="does not exist"):
        gather(plan(data=data, test=tmp_path / "no"), Here(), silent)
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingToInspectError):
        gather(plan(data=tmp_path / "empty", test=data), Here(), silent)


def test_names_on_disk_tell_nothing_and_labels_are_the_folders(tmp_path):
    labels = ["../up", "a/b"] * 4
    data = npz(tmp_path / "data.npz", labels)
    material = gather(plan(source="../up", target="a/b", data=data, test=data), Here(), silent)
    placed = written(material, tmp_path / "drill", 1, silent)
    assert (placed.source, placed.target) == ("%2E.%2Fup", "a%2Fb")
    assert sorted(placed.labels) == ["%2E.%2Fup"] * 4 + ["a%2Fb"] * 4
    pixels = {bezoar.decode(sample.fetch()).tobytes() for sample in placed.train}
    assert pixels == {picture(n).tobytes() for n in range(8)}
    other = written(material, tmp_path / "other", 2, silent)
    assert not {one.id for one in placed.train} & {one.id for one in other.train}


def test_unlabelled_samples_stay_so(tmp_path):
    data = folders(tmp_path / "data", ["a", "b"])
    write_files(data, {"loose.png": bezoar.encode_png(picture(9))})
    material = gather(plan(source="a", target="b", data=data, test=data), Here(), silent)
    placed = written(material, tmp_path / "drill", 1, silent)
    assert [sample.label for sample in placed.train].count(None) == 1
    assert len(placed.test) == 6
