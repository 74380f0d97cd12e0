"""A script that runs another one in its own place has its variables."""

import pytest

from bezoar.recon.scan.inventory import scan
from bezoar.recon.scan.tree import Folder

CONFIG = "URL=https://data.example.org/signs.zip\nwget https://data.example.org/other.zip\n"


def fetched(root, **files):
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_sh", ".sh")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return [(one.path, one.line, one.uri) for one in scan(Folder(str(root))).fetches]


@pytest.mark.parametrize(
    "line",
    [
        ". ./config.sh",
        "source config.sh",
        'source "$(dirname "$0")/config.sh"',
        ". ${HERE}/config.sh",
        "[ -f config.sh ] && . ./config.sh",
        "if true; then . ./config.sh; fi",
    ],
)
def test_its_variables_are_known(tmp_path, line):
    found = fetched(tmp_path, config_sh=CONFIG, get_sh=f"{line}\nwget $URL\n")
    assert found == [
        ("config.sh", 2, "https://data.example.org/other.zip"),
        ("get.sh", 2, "https://data.example.org/signs.zip"),
    ]


def test_a_script_is_looked_for_in_the_tree_as_well(tmp_path):
    found = fetched(tmp_path, config_sh=CONFIG, scripts__get_sh=". config.sh\nwget $URL\n")
    assert found[1] == ("scripts/get.sh", 2, "https://data.example.org/signs.zip")


def test_what_nobody_finds_stays_unknown(tmp_path):
    assert fetched(tmp_path, get_sh=". ./config.sh\nwget $URL\n") == [("get.sh", 2, "{URL}")]
    outside = fetched(tmp_path, get_sh=". ../../etc/config.sh\nwget $URL\n")
    assert outside == [("get.sh", 2, "{URL}")]


def test_scripts_that_source_one_another_come_to_an_end(tmp_path):
    lines = "\n".join(f". ./{name}.sh" for name in "abcdefghijklmnopqrstuvwxyz")
    files = {f"{name}_sh": f"{lines}\nwget $URL\n" for name in "abcdefghijklmnopqrstuvwxyz"}
    assert {uri for _, _, uri in fetched(tmp_path, **files)} == {"{URL}"}
