"""`bezoar verify` as a person uses it."""

import json
import os
import subprocess
import sys

import pytest
from dataset_layouts import (
    four_files,
    png,
    write_files,
    write_npz,
    write_parquet,
    write_tar,
    write_zip,
)

from bezoar.cli.app import run


def add(path, *more):
    call = ["dbom", "add", str(path), "--name", "signs", "--version", "1", "--origin", "x", *more]
    return run(call)


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "bezoar.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def root(project):
    root = write_files(project / "signs", four_files())
    assert add("./signs") == 0
    return root


@pytest.fixture
def verify(capsysbinary):
    def call(*arguments):
        capsysbinary.readouterr()
        code = run(["verify", *map(str, arguments)])
        out, err = capsysbinary.readouterr()
        assert b"Traceback" not in err
        return code, out.decode(), err.decode()

    return call


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("name", ["signs", "signs@1", "./signs", "signs/"])
def test_holds(verify, name):
    code, out, _ = verify(name)
    assert code == 0
    assert out.startswith("signs@1 holds: 4 samples in ")


def test_changed_byte_behind_a_restored_time_stamp(verify, root):
    path = root / "stop/1.png"
    times, data = path.stat(), bytearray(path.read_bytes())
    data[70] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    code, out, _ = verify("signs")
    assert code == 1
    assert out.startswith("signs@1 DOES NOT HOLD: 4 samples in ")
    assert "BZ151" in out
    assert "stop/1.png" in out
    assert "stop/0.png" not in out
    assert verify("signs", "--exit-zero")[0] == 0
    assert verify("signs", "--fail-on", "critical")[0] == 0


def test_all_that_can_differ_as_json(verify, root):
    write_files(root, {"go/0.png": png(50), "stop/new.png": png(51), "go/note.txt": b"?"})
    (root / "go/1.png").rename(root / "go/one.png")
    (root / "stop/0.png").rename(root / "go/0s.png")
    (root / "stop/1.png").unlink()
    (root / "stop/link.png").symlink_to("new.png")
    code, out, _ = verify("signs", "--format", "json")
    result = json.loads(out)
    assert code == 1
    assert {(f["code"], f["place"]["name"]) for f in result["findings"]} == {
        ("BZ151", "go/0.png"),
        ("BZ152", "go/0s.png"),
        ("BZ153", "stop/1.png"),
        ("BZ154", "stop/new.png"),
        ("BZ155", "go/one.png"),
        ("BZ209", "go/note.txt"),
        ("BZ211", "stop/link.png"),
    }
    assert result["dataset"] == "signs@1"
    assert result["samples"] == 4
    assert set(result["tally"]) == {"found", "passed", "not_applicable", "skipped", "failed"}


def test_a_quarantined_dataset_that_holds_says_so(verify, project):
    table = b"path,label\ngo/0.png,stop\ngo/1.png,go\nstop/0.png,stop\nstop/1.png,stop\n"
    write_files(project / "signs", four_files() | {"labels.csv": table})
    assert add("./signs") == 1
    code, out, _ = verify("signs")
    assert code == 1
    assert out.splitlines()[0].startswith("signs@1 holds: ")
    assert out.splitlines()[2].startswith("  status quarantined: BZ205 ")


@pytest.mark.parametrize("form", ["sarif", "junit"])
def test_other_formats(verify, root, form):
    (root / "go/0.png").unlink()
    code, out, _ = verify("signs", "--format", form)
    assert code == 1
    assert "go/0.png" in out


@pytest.mark.usefixtures("root")
def test_output_goes_to_a_file_whole_or_not_at_all(verify, project):
    code, out, _ = verify("signs", "--format", "json", "-o", "result.json")
    assert (code, out) == (0, "")
    assert json.loads((project / "result.json").read_text())["findings"] == []
    code, _, err = verify("signs", "-o", "nowhere/result.json")
    assert code == 3
    assert "cannot write" in err


def test_flipped_label_in_a_table(verify, project):
    files = {f"{i}.png": png(i) for i in range(3)}
    table = b"path;label\r\n0.png;go\r\n1.png;stop\r\n2.png;stop\r\n"
    write_files(project / "signs", files | {"labels.csv": table})
    assert add("./signs") == 0
    write_files(project / "signs", {"labels.csv": table.replace(b"1.png;stop", b"1.png;go")})
    code, out, _ = verify("signs", "--format", "json")
    (finding,) = json.loads(out)["findings"]
    assert code == 1
    assert (finding["code"], finding["place"]["name"]) == ("BZ152", "1.png")
    assert (finding["evidence"]["old"]["label"], finding["evidence"]["new"]["label"]) == (
        "stop",
        "go",
    )


def arrays(labels, path):
    write_npz(path, x=[[[i]] for i in range(3)], y=labels, name=list("abc"))


def rows(labels, path):
    write_parquet(
        path,
        [
            {"image": {"bytes": png(i), "path": "abc"[i]}, "label": label}
            for i, label in enumerate(labels)
        ],
    )


@pytest.mark.parametrize(("name", "write"), [("a.npz", arrays), ("a.parquet", rows)])
def test_flipped_label_in_a_table_of_samples(verify, project, name, write):
    write([1, 2, 2], project / name)
    assert add(name) == 0
    assert verify(name)[0] == 0
    write([1, 2, 1], project / name)
    code, out, _ = verify("signs")
    assert code == 1
    assert "BZ152" in out
    assert "sample c" in out


@pytest.mark.parametrize(("name", "write"), [("a.zip", write_zip), ("a.tar.gz", write_tar)])
def test_archives(verify, project, name, write):
    write(project / name, four_files())
    assert add(name) == 0
    assert verify("signs")[0] == 0
    write(project / name, four_files() | {"go/0.png": png(77)})
    code, out, _ = verify("signs")
    assert code == 1
    assert "go/0.png" in out
    (project / name).write_bytes((project / name).read_bytes()[:200])
    code, out, _ = verify("signs")
    assert code == 1
    assert "BZ208" in out
    assert "BZ153" in out


def test_data_at_another_place(verify, root, project):
    root.rename(project / "moved")
    code, _, err = verify("signs")
    assert code == 2
    assert "try: bezoar verify signs --at PATH" in err
    assert verify("signs", "--at", "moved")[0] == 0


@pytest.mark.usefixtures("root")
def test_damaged_and_absent_manifest(verify, project):
    (path,) = (project / ".bezoar" / "manifests").iterdir()
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    code, out, _ = verify("signs")
    assert code == 1
    assert "BZ156" in out
    path.unlink()
    code, out, _ = verify("signs")
    assert code == 0
    assert "made anew" in out
    assert path.read_bytes() == data


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("sings", 2, "did you mean signs"),
        ("signs@2", 2, "did you mean signs@1"),
        ("Signs", 2, "not a dataset's name"),
        ("./nowhere", 2, "not in the DBOM"),
        ("../signs", 2, "not in the DBOM"),
    ],
)
def test_what_is_not_there(verify, name, code, says):
    got, out, err = verify(name)
    assert (got, out) == (code, "")
    assert says in err
    assert "try: bezoar " in err


def test_nothing_left(verify, root):
    for path in root.rglob("*.png"):
        path.unlink()
    code, _, err = verify("signs")
    assert code == 4
    assert "no image" in err


def test_many_files_in_a_process_of_its_own(project):
    files = {f"{i % 4}/{i}.png": i.to_bytes(4, "big") * 300 for i in range(2500)}
    write_files(project / "signs", files)
    bezoar = [sys.executable, "-W", "error", "-m", "bezoar"]
    words = ["dbom", "add", "./signs", "--name", "signs", "--version", "1", "--origin", "x"]
    subprocess.run([*bezoar, *words], check=True, capture_output=True)
    done = subprocess.run([*bezoar, "verify", "signs"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    (project / "signs/3/3.png").write_bytes(files["3/3.png"][:-1] + b"x")
    done = subprocess.run([*bezoar, "verify", "signs"], capture_output=True, check=False)
    assert done.returncode == 1
    assert b"sample 3/3.png" in done.stdout


LEAN = """
import sys
from bezoar.cli.app import run
code = run(["verify", "signs"])
heavy = {"torch", "sklearn", "scipy", "polars", "PIL", "pandas", "rich", "jinja2", "matplotlib"}
print(code, sorted(heavy & set(sys.modules)))
"""


@pytest.mark.usefixtures("root")
def test_verify_imports_little():
    done = subprocess.run([sys.executable, "-c", LEAN], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"
