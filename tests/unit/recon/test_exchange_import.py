import hashlib
import json
import time
from functools import partial

import pytest
import yaml
from dataset_layouts import four_files, png, write_files, write_zip

from bezoar.adapters import cyclonedx
from bezoar.adapters.dvc import md5_of
from bezoar.core.errors import BezoarError, UsageError
from bezoar.datasets.dbom import Dbom
from bezoar.datasets.entry import DbomEntry, Status
from bezoar.project import Project
from bezoar.recon.exchange import Form, entry_values, export
from bezoar.recon.exchange_import import Wanted, import_datasets
from bezoar.recon.exchange_reading import read_foreign
from bezoar.recon.registering import Facts, changed, register_dataset

md5 = partial(hashlib.md5, usedforsecurity=False)
sha1 = partial(hashlib.sha1, usedforsecurity=False)
NAMED = Wanted(name="signs", version="1", origin=("https://example.org/signs",))


@pytest.fixture
def dbom(tmp_path):
    return Dbom(Project(tmp_path))


@pytest.fixture
def bring(dbom, tmp_path):
    """Return what imports one file, or the text of one, and gives its entry and finding codes."""

    def call(source, wanted=NAMED, name="x.json"):
        if isinstance(source, dict):
            source = json.dumps(source)
        if isinstance(source, str | bytes):
            data = source.encode() if isinstance(source, str) else source
            source = write_files(tmp_path, {name: data}) / name
        (one,) = import_datasets(source, wanted, dbom)
        if one.registration.entry is not None:
            assert dbom.find(one.registration.entry.spec) == one.registration.entry
        codes = [finding.code for finding in one.registration.findings]
        return one.registration.entry, codes, one

    return call


# DVC


def dvc_of(path, **more):
    digest, size, files = md5_of(path)
    out = {"md5": digest, "size": size, "hash": "md5", "path": path.name}
    out |= {} if files is None else {"nfiles": files}
    return yaml.safe_dump({"outs": [out | more]})


def test_dvc_of_a_folder(bring, tmp_path):
    root = write_files(tmp_path / "signs", four_files())
    entry, codes, _ = bring(dvc_of(root), name="signs.dvc")
    assert (entry.status, codes) == ("draft", [])
    assert (entry.content.location, entry.content.samples) == ("signs", 4)
    assert entry.origin.files[0].digest.startswith("dvc-dir-md5:")


def test_dvc_of_a_file_is_sha256_from_then_on(bring, tmp_path):
    path = write_zip(tmp_path / "a.zip", four_files())
    entry, codes, _ = bring(dvc_of(path), name="a.zip.dvc")
    assert codes == []
    (file,) = entry.origin.files
    assert file.digest == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    assert entry.content.artefacts[0].digest == file.digest


def test_dvc_of_a_table_is_pinned_as_a_file(bring, tmp_path):
    path = write_files(tmp_path, {"t.csv": b"a,b\n1,2\n"}) / "t.csv"
    entry, codes, _ = bring(dvc_of(path), name="t.csv.dvc")
    assert codes == []
    assert (entry.content.layout, entry.content.samples) == ("files", 1)


@pytest.mark.parametrize("what", ["signs", "a.zip"])
def test_dvc_of_other_bytes_is_quarantined(bring, tmp_path, what):
    write_files(tmp_path / "signs", four_files())
    write_zip(tmp_path / "a.zip", four_files())
    text = dvc_of(tmp_path / what)
    write_files(tmp_path / "signs", {"go/0.png": png(9)})
    write_zip(tmp_path / "a.zip", four_files() | {"go/0.png": png(9)})
    entry, codes, _ = bring(text, name=f"{what}.dvc")
    assert (entry.status, codes) == ("quarantined", ["BZ157"])
    assert "md5:" in entry.origin.files[0].digest


def test_dvc_2_changed_line_ends(bring, tmp_path):
    write_files(tmp_path, {"t.csv": b"a\r\n1\r\n"})
    out = {"md5": md5(b"a\n1\n").hexdigest(), "size": 6, "path": "t.csv"}
    entry, codes, _ = bring(yaml.safe_dump({"outs": [out]}), name="t.csv.dvc")
    assert codes == []
    assert entry.origin.files[0].digest.startswith("sha256:")


def test_dvc_of_what_is_not_here_is_a_draft_that_is_checked_later(bring, dbom, tmp_path):
    write_files(tmp_path / "signs", four_files())
    text = dvc_of(tmp_path / "signs")
    (tmp_path / "signs").rename(tmp_path / "other")
    entry, codes, _ = bring(text, name="signs.dvc")
    assert (entry.content, codes) == (None, [])
    write_files(tmp_path / "other", {"go/0.png": png(9)})
    result = register_dataset(tmp_path / "other", Facts("signs", "1"), dbom)
    assert [finding.code for finding in result.findings] == ["BZ157"]


def test_dvc_import_names_its_source(bring):
    text = """
md5: 0123
frozen: true
deps:
- path: data/x.csv
  repo: {url: https://example.org/repo.git, rev: main, rev_lock: 0123456789}
outs:
- {md5: d41d8cd98f00b204e9800998ecf8427e, size: 0, hash: md5, path: x.csv}
"""
    entry, _, _ = bring(text, Wanted(name="x", version="1"), "x.csv.dvc")
    assert entry.origin.uris == ("https://example.org/repo.git",)
    assert entry.origin.revision == "0123456789"
    url = text.replace("path: data/x.csv", "path: https://example.org/x.csv")
    url = "\n".join(line for line in url.splitlines() if "repo:" not in line)
    entry, _, _ = bring(url, Wanted(name="y", version="1"), "y.csv.dvc")
    assert entry.origin.uris == ("https://example.org/x.csv",)


def test_dvc_lock(bring, tmp_path):
    for name in ("a", "b"):
        write_files(tmp_path / name, four_files())
    outs = {name: yaml.safe_load(dvc_of(tmp_path / name))["outs"] for name in ("a", "b")}
    lock = {"schema": "2.0", "stages": {name: {"cmd": "x", "outs": outs[name]} for name in outs}}
    text = yaml.safe_dump(lock)
    with pytest.raises(UsageError, match="--pick"):
        bring(text, name="dvc.lock")
    entry, _, _ = bring(text, Wanted("signs", "1", ("x",), pick="b"), "dvc.lock")
    assert entry.content.location == "b"


OUT = "outs: [{md5: d41d8cd98f00b204e9800998ecf8427e, hash: md5, path: %s}]"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (OUT % "../x", "outside of the project"),
        (OUT % "/etc/passwd", "outside of the project"),
        (f"wdir: ..\n{OUT % 'x'}", "outside of the project"),
        (OUT % "out", "outside of the project"),
        ("outs: [&a [x], *a]", "aliases"),
        ("[" * 60 + "]" * 60, "nested deeper"),
        ("[" * 100_000, "cannot be imported"),
        ("outs: !!python/object/apply:os.system [id]", "no YAML"),
        ("outs: x", "no outs"),
        ("{}", "no outs"),
        ("x: [", "no YAML"),
        ("\0", "no YAML"),
        (b"\xff", "cannot be imported"),
        ("a: 1" + "0" * 10_000, "no outs|cannot be imported"),
        ("# " + "x" * (1 << 23), "more than"),
    ],
)
def test_hostile_dvc_files(bring, dbom, tmp_path, text, says):
    (tmp_path / "out").symlink_to(tmp_path.parent)
    with pytest.raises(UsageError, match=says):
        bring(text, name="x.dvc")
    assert dbom.entries() == []


# Git LFS


def pointer(data):
    return (
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{hashlib.sha256(data).hexdigest()}\nsize {len(data)}\n"
    ).encode()


def lfs_object(root, data, stored=None):
    oid = hashlib.sha256(data).hexdigest()
    name = f".git/lfs/objects/{oid[:2]}/{oid[2:4]}/{oid}"
    write_files(root, {name: data if stored is None else stored})


def test_lfs_pointer(bring, tmp_path):
    (tmp_path / ".git").mkdir()
    entry, codes, _ = bring(pointer(b"data"), name="a.bin")
    assert (entry.status, entry.content, codes) == ("draft", None, [])
    (file,) = entry.origin.files
    assert (file.path, file.size) == ("a.bin", 4)
    assert file.digest == "sha256:" + hashlib.sha256(b"data").hexdigest()


@pytest.mark.parametrize(("stored", "status"), [(b"data", "draft"), (b"poison", "quarantined")])
def test_lfs_pointers_of_a_folder_are_held_against_their_objects(bring, tmp_path, stored, status):
    root = write_files(
        tmp_path / "d", {"a.bin": pointer(b"data"), "b/c.bin": pointer(b"c"), "x": b""}
    )
    lfs_object(tmp_path, b"data", stored)
    entry, codes, _ = bring(root)
    assert (entry.status, codes) == (status, ["BZ157"] if status == "quarantined" else [])
    assert [file.path for file in entry.origin.files] == ["a.bin", "b/c.bin"]


def test_lfs_pointer_beside_the_data(bring, tmp_path):
    (tmp_path / "real").mkdir()
    path = write_zip(tmp_path / "real" / "a.zip", four_files())
    source = write_files(tmp_path, {"a.zip": pointer(path.read_bytes())}) / "a.zip"
    entry, codes, _ = bring(source, Wanted("signs", "1", ("x",), data=path))
    assert (entry.content.samples, codes) == (4, [])


# Hugging Face


def snapshot(root, files, commit="c" * 40):
    repository = root / "hub" / "datasets--owner--name"
    folder = repository / "snapshots" / commit
    for path, (name, data) in files.items():
        write_files(repository / "blobs", {name: data})
        link = folder / path
        link.parent.mkdir(parents=True, exist_ok=True)
        up = "/".join([".."] * (len(link.relative_to(repository).parts) - 1))
        link.symlink_to(f"{up}/blobs/{name}")
    return folder


def git_name(data):
    return sha1(b"blob %d\0%b" % (len(data), data)).hexdigest()


def test_a_snapshot(bring, tmp_path):
    readme, table = b"# hello", b"PAR1"
    files = {
        "README.md": (git_name(readme), readme),
        "data/train.parquet": (hashlib.sha256(table).hexdigest(), table),
    }
    folder = snapshot(tmp_path, files)
    entry, codes, one = bring(folder, Wanted("hub", "1"))
    assert (one.form, entry.status, codes) == ("Hugging Face", "draft", [])
    assert entry.origin.uris == ("https://huggingface.co/datasets/owner/name",)
    assert entry.origin.revision == "c" * 40
    digests = {file.path: file.digest for file in entry.origin.files}
    assert digests == {
        "README.md": "sha256:" + hashlib.sha256(readme).hexdigest(),
        "data/train.parquet": "sha256:" + hashlib.sha256(table).hexdigest(),
    }


def test_a_snapshot_with_other_bytes_is_quarantined(bring, tmp_path):
    files = {"a": (hashlib.sha256(b"a").hexdigest(), b"b"), "c": (git_name(b"c"), b"d")}
    entry, codes, _ = bring(snapshot(tmp_path, files), Wanted("hub", "1"))
    assert (entry.status, codes) == ("quarantined", ["BZ157", "BZ157"])


def test_a_snapshot_whose_link_leads_out(bring, tmp_path):
    folder = snapshot(tmp_path, {"a": (git_name(b"a"), b"a")})
    write_files(tmp_path, {git_name(b"secret"): b"secret"})
    (folder / "b").symlink_to(tmp_path / git_name(b"secret"))
    with pytest.raises(UsageError, match="something else than a blob"):
        bring(folder, Wanted("hub", "1"))


def test_a_snapshot_with_loose_files_says_so(bring, tmp_path):
    folder = snapshot(tmp_path, {"a": (git_name(b"a"), b"a")})
    write_files(folder, {"loose": b"x"})
    entry, _, one = bring(folder, Wanted("hub", "1"))
    assert [file.path for file in entry.origin.files] == ["a"]
    assert "1 files are no links" in one.notes[0]


# Croissant


def croissant_of(**more):
    return {
        "@context": {"@vocab": "https://schema.org/"},
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "Traffic Signs",
        "description": "Signs.",
        "url": "https://example.org/signs",
        "license": "https://creativecommons.org/licenses/by-sa/4.0/",
        "creator": [{"@type": "sc:Person", "name": "Ann"}, {"@type": "sc:Person", "name": "Bob"}],
        "version": "1.0.0",
    } | more


def test_croissant_of_others(bring):
    files = [
        {
            "@type": "cr:FileObject",
            "@id": "zip",
            "contentUrl": "https://example.org/dir/signs.zip?download=1",
            "contentSize": "1490 B",
            "sha256": "AB" * 32,
        },
        {"@type": "cr:FileObject", "@id": "repo", "contentUrl": "https://x", "sha256": "none"},
        {"@type": "cr:FileObject", "contentUrl": "data/a.csv", "md5": "cd" * 16},
        {"@type": "cr:FileSet", "containedIn": {"@id": "zip"}, "includes": "*.png"},
    ]
    entry, _, _ = bring(croissant_of(distribution=files), Wanted(name="signs"))
    assert (entry.spec, entry.purpose) == ("signs@1.0.0", "Signs.")
    assert (entry.origin.licence, entry.origin.publisher) == ("CC-BY-SA-4.0", "Ann, Bob")
    assert [(f.path, f.digest, f.size, f.uri) for f in entry.origin.files] == [
        ("signs.zip", f"sha256:{'ab' * 32}", 1490, "https://example.org/dir/signs.zip?download=1"),
        ("data/a.csv", f"md5:{'cd' * 16}", None, None),
    ]


@pytest.mark.parametrize(
    ("licence", "spdx"),
    [
        ("https://spdx.org/licenses/MIT.html", "MIT"),
        ("http://spdx.org/licenses/MIT", "MIT"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("cc-by-4.0", "CC-BY-4.0"),
        ({"@type": "CreativeWork", "name": "MIT"}, "MIT"),
        (["MIT", "CC0-1.0"], "(MIT) AND (CC0-1.0)"),
        ("our own terms", None),
        ([], None),
    ],
)
def test_croissant_licences(bring, licence, spdx):
    entry, _, one = bring(croissant_of(license=licence), Wanted(name="signs"))
    assert entry.origin.licence == spdx
    assert bool(one.notes) == (licence == "our own terms")


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (croissant_of(), "cannot be a name here: give --name"),
        (croissant_of(name=None), "it has no name: give --name"),
        (croissant_of(name="signs", version=None), "it has no version: give --version"),
        (croissant_of(name="signs", url=None), "give --origin"),
        (
            croissant_of(
                name="signs", distribution=[{"contentUrl": "../../x", "sha256": "ab" * 32}]
            ),
            "stays in its folder",
        ),
        (
            croissant_of(name="signs", distribution=[{"contentUrl": "http://[", "md5": "ab" * 16}]),
            "cannot be imported",
        ),
        ({}, "no Croissant"),
        ([], "no document"),
        ("{", "cannot be imported"),
        ("[" * 100_000, "cannot be imported"),
        ("1" * 10_000, "cannot be imported"),
        (b"\xff\xfe", "cannot be imported"),
        (b"PK\x03\x04", "cannot be imported"),
        ({"bomFormat": "CycloneDX"}, "without a dataset"),
        ({"bomFormat": "CycloneDX", "components": 3}, "without a dataset"),
        ({"bomFormat": "CycloneDX", "components": [{"type": "data"}]}, "it has no name"),
        ({"_type": "https://in-toto.io/Statement/v1", "predicateType": "x"}, "something else"),
        ({"@context": "https://spdx.org/x", "@graph": {}}, "without a dataset"),
    ],
)
def test_documents_that_are_refused(bring, dbom, document, says):
    if isinstance(document, list):
        document = json.dumps(document)
    with pytest.raises(UsageError, match=says):
        bring(document, Wanted())
    assert dbom.entries() == []


def test_too_many_files_for_an_entry(bring, dbom):
    files = [{"contentUrl": f"{number}.bin", "sha256": 32 * "ab"} for number in range(10_001)]
    with pytest.raises(UsageError, match="at most 10,000"):
        bring(croissant_of(distribution=files), Wanted(name="signs"))
    assert dbom.entries() == []


def test_reading_costs_no_more_than_its_size(tmp_path, dbom):
    """2,000 packages that share 20,000 relationships: not 40,000,000 looks."""
    graph = [
        {"type": "dataset_DatasetPackage", "spdxId": f"p{n}", "name": "x"} for n in range(2000)
    ]
    graph += [
        {
            "type": "Relationship",
            "from": f"p{n % 2000}",
            "to": ["f"],
            "relationshipType": "contains",
        }
        for n in range(20_000)
    ]
    source = tmp_path / "x.json"
    source.write_text(json.dumps({"@context": "https://spdx.org/", "@graph": graph}))
    began = time.process_time()
    assert len(read_foreign(source, dbom.root)) == 2000
    assert time.process_time() - began < 3


def test_what_cannot_be_read(bring, tmp_path):
    for name in ("gone", "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(BezoarError, match="cannot be"):
            bring(tmp_path / name)


# What bezoar exported


@pytest.fixture
def exported(tmp_path):
    """Return an entry, and what writes it in a format into the importing project."""
    home = write_files(tmp_path / "home", {"signs/" + k: v for k, v in four_files().items()})
    dbom = Dbom(Project(home))
    facts = Facts("signs", "1", ("https://example.org/signs",), licence="CC0-1.0", owners=("us",))
    entry = register_dataset(home / "signs", facts, dbom).entry

    def write(form, **fields):
        one = changed(entry, **fields)
        text = export([one], form, dbom, tmp_path)
        return one, text

    return write


JSON_FORMS = [form for form in Form if form is not Form.DVC]


@pytest.mark.parametrize("form", JSON_FORMS)
def test_what_bezoar_exported_comes_in_whole(bring, exported, form):
    before, text = exported(form, status="quarantined", reason="looked odd")
    entry, codes, _ = bring(text, Wanted())
    assert (entry, codes) == (before, [])


@pytest.mark.parametrize("form", JSON_FORMS)
def test_approval_does_not_travel(bring, exported, form):
    before, text = exported(form, status="approved")
    entry, _, _ = bring(text, Wanted())
    assert entry.status is Status.DRAFT
    assert "approved elsewhere" in entry.reason
    assert entry.content == before.content


@pytest.mark.parametrize("location", ["/etc", "../x", "a/../../x"])
def test_data_outside_of_the_project_is_refused(bring, dbom, exported, tmp_path, location):
    entry, _ = exported(Form.SPDX)
    elsewhere = entry.content.model_copy(update={"location": location})
    _, text = exported(Form.CYCLONEDX, content=elsewhere)
    with pytest.raises(UsageError, match="outside of the project"):
        bring(text, Wanted())
    assert dbom.entries() == []
    entry, _, _ = bring(text, Wanted(data=tmp_path / "home" / "signs"))
    assert entry.content.location == "home/signs"


def test_a_statement_whose_subjects_were_changed(bring, exported):
    _, text = exported(Form.INTOTO)
    document = json.loads(text)
    document["predicate"]["content"]["root"] = "merkle-sha256-v1:" + 64 * "0"
    with pytest.raises(UsageError, match="subjects"):
        bring(document, Wanted())


def test_several_datasets_in_one_bill(dbom, exported, tmp_path):
    one, _ = exported(Form.SPDX)
    other = DbomEntry.model_validate({**dict(one), "name": "other"})
    bill = cyclonedx.bill(
        [entry_values(one), entry_values(other)], version="1.7", made_at="x", program_version="1"
    )
    source = write_files(tmp_path, {"bill.json": json.dumps(bill).encode()}) / "bill.json"
    with pytest.raises(UsageError, match="say which with --name"):
        import_datasets(source, Wanted(version="2"), dbom)
    import_datasets(source, Wanted(name="other", version="2"), dbom)
    import_datasets(source, Wanted(), dbom)
    assert [entry.spec for entry in dbom.entries()] == ["other@1", "other@2", "signs@1"]
    with pytest.raises(UsageError, match="in the DBOM already"):
        import_datasets(source, Wanted(), dbom)
