"""A script that calls functions or scripts of others is told where it says what is fetched."""

import re
import time

import pytest

from bezoar.recon.scan.inventory import scan
from bezoar.recon.scan.tree import Folder

LIBRARY = """
download() {
  wget --quiet "$1" -O "$2"
}
fetch_part() { download "https://data.example.org/$1.zip" "$1.zip"; }
get_all() { wget https://data.example.org/all.zip; }
"""
SCRIPT = """#!/bin/bash
if [ "$1" == --remove-archive ]; then
  shift
fi
data=$1
url=$2
part=$3
if [ ! -f $data/$part ]; then
  full_url=$url/$part.tar.gz
  wget -P $data $full_url
fi
"""


def fetched(root, **files):
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_sh", ".sh")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return [(one.path, one.line, one.uri) for one in scan(Folder(str(root))).fetches]


def resolved(root, **files):
    """Return what is fetched without the lines that fetch what they are given."""
    return [one for one in fetched(root, **files) if not re.match(r"\{[1-9]\}", one[2])]


def test_the_line_that_fetches_what_it_is_given_is_told_beside_its_calls(tmp_path):
    get, run = 'wget "$1"\n', "./get.sh https://data.example.org/a.zip\n"
    assert fetched(tmp_path, get_sh=get, run_sh=run) == [
        ("get.sh", 1, "{1}"),
        ("run.sh", 1, "https://data.example.org/a.zip"),
    ]


def test_a_call_of_a_function_that_another_script_holds_is_told(tmp_path):
    run = "data=x\n. ./lib.sh\ndownload https://data.example.org/signs.zip x.zip\n"
    assert resolved(tmp_path, lib_sh=LIBRARY, run_sh=run) == [
        ("lib.sh", 5, "https://data.example.org/{1}.zip"),
        ("lib.sh", 6, "https://data.example.org/all.zip"),
        ("run.sh", 3, "https://data.example.org/signs.zip"),
    ]


def test_what_a_function_fetches_by_itself_is_told_where_it_is_written(tmp_path):
    run = "source lib.sh\nget_all\nfetch_part signs\n"
    assert resolved(tmp_path, lib_sh=LIBRARY, run_sh=run) == [
        ("lib.sh", 5, "https://data.example.org/{1}.zip"),
        ("lib.sh", 6, "https://data.example.org/all.zip"),
        ("run.sh", 3, "https://data.example.org/signs.zip"),
    ]


def test_a_function_that_nobody_calls_is_told_as_it_stands(tmp_path):
    library = 'download() { wget "$1" -O "$2"; }\n'
    found = fetched(tmp_path, lib_sh=library, run_sh=". ./lib.sh\necho download\n")
    assert found == [("lib.sh", 1, "{1}")]


def test_a_function_of_its_own_is_not_that_of_another_script(tmp_path):
    run = ". ./lib.sh\ndownload() { echo $1; }\ndownload https://data.example.org/signs.zip x\n"
    assert ("run.sh", 3) not in [
        place[:2] for place in fetched(tmp_path, lib_sh=LIBRARY, run_sh=run)
    ]


@pytest.mark.parametrize(
    "call",
    [
        "local/get.sh data https://data.example.org/12 dev",
        "./local/get.sh --remove-archive data https://data.example.org/12 dev",
        "bash -e local/get.sh data https://data.example.org/12 dev || exit 1",
        'sudo "$HERE"/local/get.sh data https://data.example.org/12 dev',
        "if true; then time local/get.sh data https://data.example.org/12 dev; fi",
    ],
)
def test_a_script_that_is_called_with_its_source_is_told_at_the_call(tmp_path, call):
    assert resolved(tmp_path, local__get_sh=SCRIPT, run_sh=f"set -e\n{call}\n") == [
        ("run.sh", 2, "https://data.example.org/12/dev.tar.gz")
    ]


def test_a_loop_of_calls_is_told_once_for_each_source(tmp_path):
    run = (
        "url=https://data.example.org/12\nfor part in a b; do\n  local/get.sh d $url $part\ndone\n"
    )
    assert resolved(tmp_path, egs__local__get_sh=SCRIPT, egs__run_sh=run) == [
        ("egs/run.sh", 3, "https://data.example.org/12/a.tar.gz"),
        ("egs/run.sh", 3, "https://data.example.org/12/b.tar.gz"),
    ]


def test_a_script_is_run_from_a_folder_above_its_own(tmp_path):
    call = "local/get.sh d https://data.example.org/12 dev\n"
    found = resolved(tmp_path, egs__local__get_sh=SCRIPT, egs__local__all_sh=call)
    assert found == [("egs/local/all.sh", 1, "https://data.example.org/12/dev.tar.gz")]


def test_a_call_without_arguments_leaves_the_definition(tmp_path):
    assert fetched(tmp_path, get_sh='wget "$1"\n', run_sh="./get.sh\n") == [("get.sh", 1, "{1}")]


def test_variables_of_a_called_script_stay_in_it(tmp_path):
    get = 'URL=https://data.example.org/a.zip\nwget "$1"\n'
    run = "./get.sh https://data.example.org/b.zip\nwget $URL\n"
    assert resolved(tmp_path, get_sh=get, run_sh=run) == [
        ("run.sh", 1, "https://data.example.org/b.zip"),
        ("run.sh", 2, "{URL}"),
    ]


def test_only_one_level_of_scripts_is_followed(tmp_path):
    c = "./b.sh https://x.edu/a.zip\n"
    assert fetched(tmp_path, a_sh='wget "$1"\n', b_sh='./a.sh "$1"\n', c_sh=c) == [
        ("a.sh", 1, "{1}")
    ]


def test_scripts_that_call_one_another_come_to_an_end(tmp_path):
    names = "abcdef"
    lines = "\n".join(f'./{name}.sh "$1" "$2"' for name in names) + '\nwget "$1"\n'
    began = time.process_time()
    found = fetched(tmp_path, **{f"{name}_sh": lines * 20 for name in names})
    assert {uri for _, _, uri in found} == {"{1}"}
    assert time.process_time() - began < 20


def test_a_long_script_is_no_wrapper(tmp_path):
    long = 'wget "$1"\n' + "echo\n" * 20_000
    found = fetched(tmp_path, get_sh=long, run_sh="./get.sh https://x.edu/a.zip\n")
    assert found == [("get.sh", 1, "{1}")]
