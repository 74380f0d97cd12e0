import pytest
from dataset_layouts import codes, four_files, labels, png, write_files, write_zip

from bezoar.core.severity import Severity
from bezoar.datasets.opening import open_dataset


def opened(root, table, files=None, name="labels.csv"):
    files = {f"{i}.png": png(i) for i in range(3)} if files is None else files
    return open_dataset(write_files(root, files | {name: table.encode()}))


@pytest.mark.parametrize(
    "table",
    [
        "path,label\n0.png,go\n1.png,stop\n2.png,go\n",
        "path,label\r\n0.png,go\r\n1.png,stop\r\n2.png,go",
        "\ufefffile_name,label\n0.png,go\n1.png,stop\n2.png,go\n",
        "Width;Filename;ClassId\n1;0.png;go\n1;1.png;stop\n2;2.png;go\n",
        "label\timage\ngo\t0.png\nstop\t1.png\ngo\t2.png\n",
        '"path","label"\n"0.png","go"\n"1.png"," stop "\n"./2.png",go\n\n',
        "path,label\n0.png,go\n0.png,go\n1.png,stop\n2.png,go\n",
    ],
)
def test_tables(tmp_path, table):
    dataset = opened(tmp_path, table)
    assert labels(dataset) == {"0.png": "go", "1.png": "stop", "2.png": "go"}
    assert not dataset.problems


def test_quoted_names_with_delimiters_and_line_ends(tmp_path):
    files = {"a,b.png": png(0), 'c"d.png': png(1), "e\nf.png": png(2)}
    dataset = opened(tmp_path, 'path,label\n"a,b.png",x\n"c""d.png",y\n"e\nf.png",z\n', files)
    assert labels(dataset) == {"a,b.png": "x", 'c"d.png': "y", "e\nf.png": "z"}
    assert not dataset.problems


def test_table_that_is_not_utf8(tmp_path):
    write_files(tmp_path, {"0.png": png(0), "labels.csv": b"path,label\n0.png,caf\xe9\n"})
    assert labels(open_dataset(tmp_path)) == {"0.png": "caf\\xe9"}


def test_row_without_file_and_file_without_row(tmp_path):
    dataset = opened(tmp_path, "path,label\n0.png,go\n../1.png,stop\n7.png,go\n2.png,go\n")
    assert codes(dataset) == ["BZ206", "BZ206", "BZ206", "BZ210"]
    places = [str(problem.place) for problem in dataset.problems]
    assert places[:3] == ["labels.csv:3", "labels.csv:4", "sample 1.png"]
    assert labels(dataset) == {"0.png": "go", "1.png": None, "2.png": "go"}


@pytest.mark.parametrize("row", ["1.png", "1.png,", ",stop"])
def test_short_rows(tmp_path, row):
    dataset = opened(tmp_path, f"path,label\n0.png,go\n{row}\n2.png,go\n")
    assert "labels.csv:3" in [str(problem.place) for problem in dataset.problems]
    assert len(dataset) == 3


@pytest.mark.parametrize("table", ["path,width\n0.png,3\n", "label\ngo\n"])
def test_half_a_table_is_a_word(tmp_path, table):
    dataset = opened(tmp_path, table)
    assert codes(dataset) == ["BZ208"]
    assert dataset.problems[0].severity == Severity.LOW


@pytest.mark.parametrize("table", ["", "a,b\n1,2\n", "\0\0", "\n"])
def test_other_tables_are_companions(tmp_path, table):
    assert not opened(tmp_path, table).problems


def test_field_longer_than_any(tmp_path):
    dataset = opened(tmp_path, f"path,label\n{'x' * 200_000},go\n")
    assert codes(dataset) == ["BZ208"]


def test_table_says_two_things(tmp_path):
    table = "path,label\n0.png,go\n1.png,stop\n2.png,go\n1.png,go\n"
    dataset = opened(tmp_path, table)
    assert codes(dataset) == ["BZ205"]
    assert str(dataset.problems[0].place) == "labels.csv:5"
    other = opened(tmp_path, "path,label\n1.png,go\n0.png,go\n1.png,stop\n2.png,go\n")
    assert labels(other) == labels(dataset)


def test_folder_and_table_agree(tmp_path):
    table = "path,label\ngo/0.png,go\ngo/1.png,GO\nstop/0.png,stop\nstop/1.png,stop\n"
    assert not opened(tmp_path, table, four_files()).problems


def test_folder_and_table_disagree(tmp_path):
    table = "path,label\ngo/0.png,go\ngo/1.png,stop\nstop/0.png,stop\nstop/1.png,stop\n"
    dataset = opened(tmp_path, table, four_files())
    (problem,) = dataset.problems
    assert (problem.code, problem.place.name) == ("BZ205", "go/1.png")
    assert problem.evidence["line"] == 3
    assert labels(dataset)["go/1.png"] == "stop"


def test_folder_and_table_disagree_in_a_zip(tmp_path):
    table = b"path,label\ngo/0.png,go\ngo/1.png,stop\nstop/0.png,stop\nstop/1.png,stop\n"
    dataset = open_dataset(write_zip(tmp_path / "a.zip", four_files() | {"labels.csv": table}))
    assert codes(dataset) == ["BZ205"]


def test_zeros_before_a_number_are_no_disagreement(tmp_path):
    files = {"00014/a.png": png(0), "00005/a.png": png(1)}
    dataset = opened(tmp_path, "path,label\n00014/a.png,14\n00005/a.png,5\n", files)
    assert labels(dataset) == {"00014/a.png": "14", "00005/a.png": "5"}
    assert not dataset.problems


def test_numbers_longer_than_python_reads(tmp_path):
    table = f"path,label\n1/a.png,{'9' * 5000}\n2/a.png,2\n"
    dataset = opened(tmp_path, table, {"1/a.png": png(0), "2/a.png": png(0)})
    assert codes(dataset) == ["BZ205"]


def tracks(words):
    """Ten pictures in each folder, and a table that calls the folders by these words."""
    files = {f"{folder}/{i}.png": png(i) for folder in words for i in range(10)}
    rows = [f"{name},{words[name.partition('/')[0]]}" for name in files]
    return files, rows


def test_table_may_use_other_words_than_the_folders(tmp_path):
    files, rows = tracks({"go": "7", "stop": "14"})
    dataset = opened(tmp_path, "\n".join(["path,label", *rows]), files)
    assert set(labels(dataset).values()) == {"7", "14"}
    assert not dataset.problems


def test_one_row_in_other_words_disagrees(tmp_path):
    files, rows = tracks({"go": "7", "stop": "14"})
    rows[12] = rows[12].replace(",14", ",7")
    dataset = opened(tmp_path, "\n".join(["path,label", *rows]), files)
    assert [problem.place.name for problem in dataset.problems] == ["stop/2.png"]


def test_unlisted_sample_takes_its_folders_word(tmp_path):
    files, rows = tracks({"go": "7", "stop": "14"})
    dataset = opened(tmp_path, "\n".join(["path,label", *rows[:-1]]), files)
    assert codes(dataset) == ["BZ206"]
    assert set(labels(dataset).values()) == {"7", "14"}


def test_swapped_classes_are_no_translation(tmp_path):
    files, rows = tracks({"go": "stop", "stop": "go"})
    dataset = opened(tmp_path, "\n".join(["path,label", *rows]), files)
    assert codes(dataset) == ["BZ205"] * 20


def test_folders_that_are_mere_storage(tmp_path):
    files = {f"part{i % 2}/{i}.png": png(i) for i in range(8)}
    rows = [f"{name},{'go' if i < 4 else 'stop'}" for i, name in enumerate(sorted(files))]
    rows[0], rows[7] = rows[0].replace("go", "stop"), rows[7].replace("stop", "go")
    dataset = opened(tmp_path, "\n".join(["path,label", *rows]), files)
    assert set(labels(dataset).values()) == {"go", "stop"}
    assert not dataset.problems


def test_images_folder_beside_the_table(tmp_path):
    files = {f"images/{i}.png": png(i) for i in range(3)}
    dataset = opened(tmp_path, "filename,label\n0.png,go\n1.png,stop\n2.png,go\n", files)
    assert labels(dataset) == {"images/0.png": "go", "images/1.png": "stop", "images/2.png": "go"}
    assert not dataset.problems


def test_gtsrb_tables_in_each_class_folder(tmp_path):
    files = {"00000/0.ppm": png(0), "00014/0.ppm": png(1)}
    files["00000/GT-00000.csv"] = b"Filename;Width;ClassId\r\n0.ppm;29;0\r\n"
    files["00014/GT-00014.csv"] = b"Filename;Width;ClassId\r\n0.ppm;29;14\r\n"
    dataset = open_dataset(write_files(tmp_path, files))
    assert labels(dataset) == {"00000/0.ppm": "0", "00014/0.ppm": "14"}
    assert not dataset.problems
