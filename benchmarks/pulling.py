"""How fast bezoar pulls with every byte verified, beside itself without, and beside others.

    .venv/bin/python benchmarks/pulling.py
    .venv/bin/python benchmarks/pulling.py --peers --folder /tmp/p   # dvc and the AWS CLI, too

One local server (`s3_files.py`) serves every tool the same files: 20,000 small ones, and one of
2 GiB. Nothing is cached by any tool when a case begins. Cases take turns; each number is the
smallest of its repeats, since other work on the machine only ever adds. Without verification:
an internal parameter, as the tests use it; there is no such setting.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hashing import MB, Case, environment, write_big, write_files

TESTS = Path(__file__).parents[1] / "tests"
SMALL = 20_000
GOAL = 0.85
HEAD = ("case", "CPU-s", "wall-s", "files/s", "MB/s", "MiB")
KEYS = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}

PREPARE = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[3]]
import fortify_scene
from bezoar.datasets.dbom import Dbom, describe
from bezoar.datasets.entry import DbomEntry, Origin, now
from bezoar.datasets.files import open_files
from bezoar.datasets.manifest import build_manifest, write_manifest
from bezoar.datasets.opening import open_dataset
from bezoar.flows.mirror import mirror
from bezoar.project import Project
root, plain = Path(sys.argv[1]), Path(sys.argv[2])
project = fortify_scene.project(root)
fortify_scene.with_key(project)
(root / "bezoar.toml").write_text(f"[mirror]\\nuri = 'file:{plain.parent}/bezoar'\\n")
project = Project(root)
for name in ("small", "big"):
    data = plain / name
    opened = open_dataset(data)
    samples, files = build_manifest(opened), build_manifest(open_files(data))
    folder = project.state / "manifests"
    content = describe(opened, data, samples, write_manifest(samples, folder), root)
    entry = DbomEntry(name=name, version="1", added_at=now(), origin=Origin(uris=("x",)),
                      content=content)
    Dbom(project).add(entry)
    scene = fortify_scene.Scene(project, entry, data, write_manifest(files, folder))
    fortify_scene.sign(scene, fortify_scene.vetted(scene))
    mirror(project, name, lambda done, total: None)
"""

PULL = """
import os, sys, time
from pathlib import Path
sys.path[:0] = [sys.argv[2]]
from pull_scene import Unverified
from bezoar.flows.pulling import pull_version
from bezoar.fortify.pull.verifying import Verification
from bezoar.project import Project
checks = Verification() if sys.argv[3] == "verified" else Unverified()
before, began = os.times(), time.perf_counter()
pull_version(Project(Path.cwd()), sys.argv[1], to=Path("out"), verification=checks)
print(sum(os.times()[:4]) - sum(before[:4]), time.perf_counter() - began)
"""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Start the server on a folder of buckets and yield its address."""
    script = str(Path(__file__).with_name("s3_files.py"))
    words = [sys.executable, script, str(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def bezoar_cases(folder: Path, address: str, sizes: dict[str, tuple[int, int]]) -> list[Case]:
    """Approve and publish each set once, then pull it, verified and not."""
    root, home = folder / "project", folder / "home"
    own = {"BEZOAR_HOME": str(home)}
    if not (root / "dbom").exists():
        words = [sys.executable, "-c", PREPARE, str(root), str(folder / "s3/plain"), str(TESTS)]
        subprocess.run(words, check=True, env=os.environ | own)
    (root / "bezoar.toml").write_text(
        f"[mirror]\nuri = 's3://bezoar'\nendpoint = '{address}'\nregion = 'us-east-1'\n"
    )
    part = root / ".bezoar-out.part"
    forget = (root / "out", part, home / "cache", root / ".bezoar/manifests")
    return [
        Case(
            f"bezoar pull {checks}, {name}",
            [sys.executable, "-c", PULL, name, str(TESTS), checks],
            files,
            size,
            root,
            forget,
            inside=True,
            environment=own | KEYS,
        )
        for name, (files, size) in sizes.items()
        for checks in ("verified", "unverified")
    ]


def aws_cases(folder: Path, address: str, sizes: dict[str, tuple[int, int]]) -> list[Case]:
    """Return `aws s3 sync`, followed by `sha256sum -c`."""
    aws = environment(folder / "envs/aws", "awscli") / "aws"
    cases = []
    for name, (files, size) in sizes.items():
        sums = folder / f"{name}.sha256"
        if not sums.exists():
            sums.write_text("".join(_sums(folder / "s3/plain" / name)))
        sync = f"{aws} s3 sync s3://plain/{name} out --endpoint-url {address} --only-show-errors"
        command = ["sh", "-c", f"{sync} && cd out && sha256sum -c --quiet {sums}"]
        work = folder / "aws"
        work.mkdir(exist_ok=True)
        title = f"aws s3 sync, sha256sum -c, {name}"
        cases.append(Case(title, command, files, size, work, (work / "out",), environment=KEYS))
    return cases


def _sums(folder: Path) -> Iterator[str]:
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        yield f"{digest}  {path.relative_to(folder)}\n"


def dvc_cases(folder: Path, address: str, sizes: dict[str, tuple[int, int]]) -> list[Case]:
    """Return `dvc pull` from a remote that is set to verify."""
    dvc = environment(folder / "envs/dvc", "dvc[s3]") / "dvc"
    cases = []
    for name, (files, size) in sizes.items():
        work, state = folder / "dvc" / name, folder / "dvc" / f"{name}-state"
        own = {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(state)} | KEYS
        if not work.exists():
            work.mkdir(parents=True)
            subprocess.run(
                ["cp", "-al", str(folder / "s3/plain" / name), "data"], cwd=work, check=True
            )
            store = folder / "s3/dvc" / name
            for words in (
                ["init", "--no-scm", "-q"],
                ["add", "-q", "data"],
                ["remote", "add", "here", str(store)],
                ["push", "-q", "-r", "here"],
                ["remote", "add", "-d", "there", f"s3://dvc/{name}"],
                ["remote", "modify", "there", "verify", "true"],
            ):
                subprocess.run([str(dvc), *words], cwd=work, check=True, env=os.environ | own)
        words = ["remote", "modify", "there", "endpointurl", address]
        subprocess.run([str(dvc), *words], cwd=work, check=True, env=os.environ | own)
        forget = (work / "data", work / ".dvc/cache", work / ".dvc/tmp", state)
        command = [str(dvc), "pull", "-q"]
        title = f"dvc pull, verify true, {name}"
        cases.append(Case(title, command, files, size, work, forget, environment=own))
    return cases


def show(cases: list[Case]) -> None:
    """Print the table, then the ratios that matter."""
    print(f"load {os.getloadavg()[0]:.1f}\n")
    print("{:36} {:>8} {:>8} {:>9} {:>7} {:>9}".format(*HEAD))
    for case in cases:
        rates = f"{case.files / case.wall:9,.0f} {case.size / MB / case.wall:7,.0f}"
        print(f"{case.name:36} {case.cpu:8.2f} {case.wall:8.2f} {rates} {case.rss:9.0f}")
    wall = {case.name: case.wall for case in cases}
    for name in ("small", "big"):
        own = wall[f"bezoar pull verified, {name}"]
        share = wall[f"bezoar pull unverified, {name}"] / own
        print(f"\n{name}: {share:.0%} of the speed without verification ({GOAL:.0%} wanted)")
        for other in ("dvc pull, verify true", "aws s3 sync, sha256sum -c"):
            if title := wall.get(f"{other}, {name}"):
                print(f"{name}: {title / own:.1f} x as fast as {other}")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, help="for files and environments; kept")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--peers", action="store_true", help="install and time dvc and awscli")
    parser.add_argument("--files", type=int, default=SMALL, help="how many small ones")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.folder or Path(temporary)).absolute()
        plain = folder / "s3/plain"
        sizes = {
            "small": (given.files, write_files(plain / "small", given.files)),
            "big": (1, write_big(plain / "big")),
        }
        with serving(folder / "s3") as address:
            cases = bezoar_cases(folder, address, sizes)
            if given.peers:
                cases += dvc_cases(folder, address, sizes) + aws_cases(folder, address, sizes)
            for turn in range(given.repeats):
                # The slow ones say the same thing each time.
                for case in cases:
                    if turn == 0 or case.name.startswith("bezoar"):
                        case.run()
                        print(f"{case.name}: {case.wall:.1f} s", file=sys.stderr, flush=True)
                    if case.reset and case.reset[0].is_dir():
                        shutil.rmtree(case.reset[0])
        show(cases)


if __name__ == "__main__":
    main()
