"""What a shell script fetches."""

import pytest

from bezoar.core.source import Pin
from bezoar.recon.scan.fetch import Checksum, Context, Danger, Fetch, Kind
from bezoar.recon.scan.shell import may_fetch, read

COMMIT = "0123456789abcdef0123456789abcdef01234567"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def fetches(text: str, path: str = "get.sh") -> list[Fetch]:
    return list(read(text, path, Context()))


def uris(text: str, path: str = "get.sh") -> list[str]:
    return [fetch.uri for fetch in fetches(text, path)]


def one(text: str) -> Fetch:
    found = fetches(text)
    assert len(found) == 1, found
    return found[0]


# Each command, the loader, what comes in, and the source.
COMMANDS = [
    ("wget https://x.edu/a.csv", "wget", Kind.DATASET, "https://x.edu/a.csv"),
    ("wget -qO a.zip https://x.edu/1", "wget", Kind.ARCHIVE, "https://x.edu/1"),
    ("lhotse download musan -v d", "lhotse download", Kind.DATASET, "lhotse:musan"),
    ("wget -i urls.txt", "wget", Kind.OTHER, "{urls.txt}"),
    ("curl -sSLo d/a.tgz 'https://x.edu/a?b=1'", "curl", Kind.ARCHIVE, "https://x.edu/a?b=1"),
    ("curl https://x.edu/17 | tar xz", "curl", Kind.ARCHIVE, "https://x.edu/17"),
    ("curl https://x.edu/17 > x.csv", "curl", Kind.DATASET, "https://x.edu/17"),
    ("aria2c -x 16 https://x.edu/w.pt", "aria2c", Kind.MODEL, "https://x.edu/w.pt"),
    ("gdown 1a2B", "gdown", Kind.OTHER, "https://drive.google.com/uc?id=1a2B"),
    ("gdown --id 1a2B -O x", "gdown", Kind.OTHER, "https://drive.google.com/uc?id=1a2B"),
    ("rsync -av -e ssh me@host:/data/x .", "rsync", Kind.OTHER, "me@host:/data/x"),
    ("scp host:/data/x.csv .", "scp", Kind.DATASET, "host:/data/x.csv"),
    ("aws s3 cp s3://b/x . --recursive", "aws s3 cp", Kind.DATASET, "s3://b/x"),
    ("aws --profile p s3 sync s3://b/models .", "aws s3 sync", Kind.MODEL, "s3://b/models"),
    ("gsutil -m cp -r gs://b/x .", "gsutil cp", Kind.DATASET, "gs://b/x"),
    ("gcloud storage cp gs://b/x .", "gcloud storage cp", Kind.DATASET, "gs://b/x"),
    ("rclone copy remote:b/x ./d", "rclone copy", Kind.OTHER, "rclone:remote:b/x"),
    ("hdfs dfs -get /data/x .", "hdfs dfs -get", Kind.DATASET, "hdfs:/data/x"),
    ("dvc pull -r store raw", "dvc pull", Kind.OTHER, "dvc:raw"),
    ("kaggle datasets download -d o/n", "kaggle datasets download", Kind.DATASET, "kaggle:o/n"),
    ("hf download o/n", "hf download", Kind.MODEL, "hf:o/n"),
    ("python -m spacy download en", "spacy download", Kind.MODEL, "spacy:en"),
    ("uv run -m spacy download en", "spacy download", Kind.MODEL, "spacy:en"),
    ("python3 -u -m nltk.downloader punkt", "nltk.downloader", Kind.DATASET, "nltk:punkt"),
    ("ollama pull llama3:8b", "ollama pull", Kind.MODEL, "ollama:llama3"),
    ("git clone https://github.com/o/road-data", "git clone", Kind.DATASET, None),
    ("git lfs pull", "git lfs pull", Kind.DATASET, "git-lfs:"),
    ("wandb artifact get o/p/a:v3", "wandb artifact get", Kind.OTHER, "wandb:o/p/a"),
]


@pytest.mark.parametrize(("command", "loader", "kind", "uri"), COMMANDS)
def test_a_command_names_its_source(command, loader, kind, uri):
    fetch = one(command)
    assert (fetch.loader, fetch.kind) == (loader, kind)
    assert fetch.uri == (uri or command.split()[-1])
    assert may_fetch(command.encode())


@pytest.mark.parametrize(
    "command",
    [
        "curl -sSL https://get.docker.com | sh",
        "curl -fsSL https://x.edu/tool | bash -s -- -y",
        "wget https://x.edu/tool_1.0_amd64.deb",
        "curl -X POST https://x.edu/data.csv",
        "curl -d @x https://x.edu/data.csv",
        "curl http://localhost:8080/health",
        "curl https://x.edu/status",
        "wget -q --spider https://x.edu/a.csv",
        "aws s3 cp out.csv s3://b/out.csv",
        "aws s3 cp s3://b/out.csv s3://b/c.csv",
        "rsync -av ./x host:/data",
        "gsutil cp x gs://b/x",
        "git clone https://github.com/o/code",
        "git clone https://github.com/huggingface/datasets",
        "pip install https://x.edu/a.whl",
        "echo wget https://x.edu/a.csv",
        "# wget https://x.edu/a.csv",
        "docker pull nvidia/cuda:12.0",
        "python -m pip download torch",
    ],
)
def test_programs_uploads_and_interfaces_are_no_fetch(command):
    assert fetches(command) == []


@pytest.mark.parametrize(
    "prefix",
    [
        "sudo -u me",
        "time",
        "nohup",
        "env A=b",
        "A=b",
        "timeout 10",
        "if !",
        "cd x &&",
        "nice -n 3",
        "srun -N 1",
        "poetry run",
        "conda run -n e",
        "docker exec c",
        "(",
        "true ||",
        "xargs -n 1",
    ],
)
def test_what_stands_before_a_command_is_taken_off(prefix):
    assert uris(f"{prefix} wget https://x.edu/a.csv") == ["https://x.edu/a.csv"]


@pytest.mark.parametrize(
    "text",
    [
        "bash -c 'wget https://x.edu/a.csv'",
        "ssh -p 22 host 'wget https://x.edu/a.csv'",
        'eval "wget https://x.edu/a.csv"',
        "X=$(wget -O a.csv https://x.edu/a.csv)",
        "echo `wget https://x.edu/a.csv`",
        'echo "$(cd y; wget https://x.edu/a.csv)"',
        "bash <<EOF\nwget https://x.edu/a.csv\nEOF",
        "find . -exec wget https://x.edu/a.csv \\;",
        "echo https://x.edu/a.csv | xargs wget",
        "wget \\\n  -q \\\n  https://x.edu/a.csv",
        'W="wget -q"\n$W https://x.edu/a.csv',
    ],
)
def test_a_script_within_a_script_is_read(text):
    assert uris(text) == ["https://x.edu/a.csv"]


FOLDED = {
    "U=https://x.edu\nwget $U/a.csv": ["https://x.edu/a.csv"],
    "export U='https://x.edu'; wget \"${U}/a.csv\"": ["https://x.edu/a.csv"],
    "wget ${1:-https://x.edu/a.csv}": ["https://x.edu/a.csv"],
    "wget https://x.edu/$1.csv": ["https://x.edu/{1}.csv"],
    "wget https://x.edu/$(date).csv": ["https://x.edu/{date}.csv"],
    "wget https://x.edu/${{ matrix.set }}.csv": ["https://x.edu/{matrix.set}.csv"],
    "for f in a b; do wget https://x.edu/$f.csv; done": [
        "https://x.edu/a.csv",
        "https://x.edu/b.csv",
    ],
    "for f in $(ls); do wget https://x.edu/$f.csv; done": ["https://x.edu/{f}.csv"],
    'A=(a b)\nfor f in "${A[@]}"; do wget https://x.edu/$f.csv; done': [
        "https://x.edu/a.csv",
        "https://x.edu/b.csv",
    ],
    "declare -A M=([k]=a [l]=b)\nwget https://x.edu/${M[l]}.csv": ["https://x.edu/b.csv"],
    "wget https://x.edu/{a,b}.csv": ["https://x.edu/a.csv", "https://x.edu/b.csv"],
    "wget https://x.edu/{01..03}.csv": [f"https://x.edu/0{n}.csv" for n in (1, 2, 3)],
    "curl -O 'https://x.edu/[1-2].csv'": ["https://x.edu/1.csv", "https://x.edu/2.csv"],
    "U=https://x.edu/a.csv.gz\nwget ${U%.gz}": ["https://x.edu/a.csv"],
    "U=https://x.edu/a.csv\nwget https://y.edu/${U##*/}": ["https://y.edu/a.csv"],
    "if x; then U=a; else U=b; fi\nwget https://x.edu/$U.csv": [
        "https://x.edu/a.csv",
        "https://x.edu/b.csv",
    ],
    'if [ -z "$U" ]; then U=https://x.edu/a.csv; fi\nwget $U': ["https://x.edu/a.csv"],
    "case $1 in a) U=1;; *) U=2;; esac\nwget https://x.edu/$U.csv": [
        "https://x.edu/1.csv",
        "https://x.edu/2.csv",
    ],
    "while read u; do wget $u; done < urls.txt": ["{u}"],
    "U=https://x.edu\nU+=/a.csv\nwget $U": ["https://x.edu/a.csv"],
    "wget https://x.edu/$(basename /d/a.csv)": ["https://x.edu/a.csv"],
    "wget {url}": ["{url}"],
}


@pytest.mark.parametrize(("text", "expected"), FOLDED.items())
def test_a_source_is_folded_and_never_guessed(text, expected):
    assert uris(text) == expected


def test_what_decides_is_named():
    assert one("wget https://x.edu/$SET/$1.csv").decided_by == ("SET", "1")


def test_a_function_is_told_once_and_at_each_call():
    text = "get() {\n wget https://x.edu/$1\n}\nget a.csv\nget b.csv\n"
    assert sorted((fetch.line, fetch.uri) for fetch in fetches(text)) == [
        (2, "https://x.edu/{1}"),
        (4, "https://x.edu/a.csv"),
        (5, "https://x.edu/b.csv"),
    ]


def test_a_function_that_only_brings_programs_is_not_told():
    assert uris("get() { wget $1; }\nget https://x.edu/a.deb\n") == []


def test_lines_are_those_of_the_command():
    text = "apt-get update && \\\n  wget \\\n   https://x.edu/a.csv\n"
    assert [(fetch.line, fetch.end_line) for fetch in fetches(text)] == [(2, 3)]


@pytest.mark.parametrize(
    "check",
    [
        f'echo "{DIGEST}  a.zip" | sha256sum -c -',
        f"sha256sum -c <<< '{DIGEST}  a.zip'",
        f"shasum -a 256 -c <<EOF\n{DIGEST} *a.zip\nEOF",
        "md5sum -c sums.txt",
        f'[ "$(sha256sum a.zip)" = "{DIGEST}  a.zip" ]',
    ],
)
def test_a_digest_that_is_compared_is_a_pin(check):
    fetch = one(f"wget https://x.edu/a.zip\n{check}\n")
    assert (fetch.pin, fetch.checksum) == (Pin.HASH, Checksum.CALL)


@pytest.mark.parametrize(
    "text",
    [
        f'wget https://x.edu/a.zip\necho "{DIGEST}  b.zip" | sha256sum -c -',
        "wget https://x.edu/a.zip\nsha256sum a.zip",
        "wget https://x.edu/a.zip https://x.edu/a.zip.sha256\nsha256sum -c a.zip.sha256",
    ],
)
def test_a_digest_of_another_file_or_from_the_same_hand_is_none(text):
    assert [(fetch.pin, fetch.checksum) for fetch in fetches(text)] == [(Pin.NONE, Checksum.NONE)]


@pytest.mark.parametrize(
    ("text", "pin"),
    [
        (f"hf download o/n --revision {COMMIT}", Pin.REVISION),
        ("hf download o/n --revision main", Pin.TAG),
        ("hf download o/n --revision $REV", Pin.DYNAMIC),
        ("hf download o/n", Pin.NONE),
        (f"wget https://huggingface.co/o/n/resolve/{COMMIT}/x.bin", Pin.REVISION),
        ("wget https://huggingface.co/o/n/resolve/main/x.bin", Pin.TAG),
        (f"git clone https://x.edu/o/a-data && cd a-data && git checkout {COMMIT}", Pin.REVISION),
        ("git clone -b v1 https://x.edu/o/a-data", Pin.TAG),
        (f"docker pull o/some-data@sha256:{DIGEST}", Pin.HASH),
        ("docker pull o/some-data:v1", Pin.TAG),
        (f"aria2c --checksum=sha-256={DIGEST} https://x.edu/a.csv", Pin.HASH),
        ("git lfs pull", Pin.HASH),
    ],
)
def test_only_a_commit_or_a_digest_pins(text, pin):
    assert one(text).pin is pin


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("wget http://x.edu/a.csv", Danger.PLAIN_HTTP),
        ("wget --no-check-certificate https://x.edu/a.csv", Danger.UNVERIFIED_TLS),
        ("curl -skLO https://x.edu/a.csv", Danger.UNVERIFIED_TLS),
        ("wget https://me:secret@x.edu/a.csv", Danger.SECRET_IN_URI),
        ("vllm serve o/n --trust-remote-code", Danger.REMOTE_CODE),
    ],
)
def test_what_makes_a_fetch_worse_is_told(text, danger):
    assert one(text).dangers == {danger}


def test_windows_scripts_are_read():
    batch = "@echo off\nset U=https://x.edu\ncurl -o a.csv %U%/a.csv\n"
    power = "$u = 'https://x.edu/a.csv'\nInvoke-WebRequest -Uri $u -OutFile a.csv\n"
    client = '(New-Object Net.WebClient).DownloadFile("https://x.edu/a.csv", "a.csv")\n'
    assert uris(batch, "a.bat") == ["https://x.edu/a.csv"]
    assert uris(power, "a.ps1") == ["https://x.edu/a.csv"]
    assert uris(client, "a.ps1") == ["https://x.edu/a.csv"]


def test_a_file_without_such_a_program_is_not_read():
    assert not may_fetch(b"#!/bin/sh\necho hello\nmake\n")


@pytest.mark.parametrize(
    "text",
    [
        'copy-feats "scp:feats.scp" ark:-',
        "compute ark,scp:a.ark,a.scp",
        "# wget https://x.edu/a.csv",
        "\t # by hand: curl -O https://x.edu/a.csv",
        "if [ git=2.4 ]; then git status; fi",
    ],
)
def test_a_name_in_a_comment_a_key_or_a_path_calls_no_program(text):
    assert not may_fetch(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        'GET=${GET:-wget}\n$GET "$1"',
        '["curl", "-O", "https://x.edu/a.csv"]',
        "x=$(/usr/bin/wget -qO- https://x.edu/a.csv)",
        "iwr https://x.edu/a.csv -OutFile a.csv",
        "Invoke-WebRequest https://x.edu/a.csv",
        "python3.11 -c 'import wget'",
        "git -c x=y \\\n  clone https://x.edu/a",
    ],
)
def test_a_program_is_seen_however_its_call_is_written(text):
    assert may_fetch(text.encode())
