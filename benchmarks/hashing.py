"""How fast bezoar hashes, beside the tools that people use for it, in one run.

    .venv/bin/python benchmarks/hashing.py
    .venv/bin/python benchmarks/hashing.py --peers --folder /tmp/h   # model_signing and dvc, too

Files lie in the page cache. Cases take turns; each number is the smallest of its repeats, since
other work on the machine only ever adds. CPU seconds count every process that a case starts;
`wall` needs as many idle cores as a case uses. `bezoar` is the one of this interpreter.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass, field
from pathlib import Path

MB = 1e6
BIG_MB = 2048
CORES = "2"
CLASSES = 20
SLOW_REPEATS = 3
HASHING = """
import os, sys
from pathlib import Path
from bezoar.datasets.hashing import FileHashes
from bezoar.datasets.opening import open_dataset
paths = open_dataset(sys.argv[1]).keys
def cpu():
    return sum(os.times()[:4])
import time
before, began = cpu(), time.perf_counter()
assert all(not one.error for one in FileHashes(Path(sys.argv[1]), paths).results())
print(cpu() - before, time.perf_counter() - began)
"""
SIGNING = """
import os, sys, time
from pathlib import Path
import model_signing
before, began = os.times(), time.perf_counter()
model_signing.hashing.Config().hash(Path(sys.argv[1]))
print(sum(os.times()[:4]) - sum(before[:4]), time.perf_counter() - began)
"""


GOALS = (
    ("bezoar hashing, small20k", "xargs -P2 sha256sum, small20k", 1.4),
    ("bezoar verify, small40k", "xargs -P2 sha256sum, small40k", 1.0),
    ("bezoar hashing, small20k", "model_signing hashing, small20k", 10),
    ("bezoar verify, small40k", "model_signing verify, small40k", 10),
    ("bezoar verify, small40k", "dvc add --no-commit, small40k", 4),
)


@dataclass
class Case:
    """One command, timed a few times.

    Attributes:
        name: What it is, for the table.
        command: Its words; run in `folder`.
        files: How many files it reads.
        size: How many bytes.
        reset: What to remove before each run.
        inside: It prints its own CPU and wall seconds, of the hashing alone.
    """

    name: str
    command: list[str]
    files: int
    size: int
    folder: Path
    reset: tuple[Path, ...] = ()
    inside: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    cpu: float = float("inf")
    wall: float = float("inf")
    rss: float = 0.0

    def run(self) -> None:
        """Run it once; keep what was smaller."""
        for path in self.reset:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(True)
        cpu, wall, rss, out = measured(self.command, self.folder, self.environment)
        if self.inside:
            cpu, wall = map(float, out.split())
        self.cpu, self.wall = min(self.cpu, cpu), min(self.wall, wall)
        self.rss = max(self.rss, rss)


def measured(
    command: list[str], folder: Path, environment: dict[str, str]
) -> tuple[float, float, float, str]:
    """Run a command; return CPU seconds of it and its children, wall seconds, peak MiB, stdout."""
    with tempfile.TemporaryFile() as out:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, stdout=out, env=os.environ | environment, stderr=subprocess.PIPE
        )
        complaint = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if status:
            sys.exit(f"{command} failed:\n{complaint.decode()}")
        out.seek(0)
        text = out.read(1000).decode(errors="replace")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, text


def write_files(folder: Path, count: int) -> int:
    """Write files of 5 to 20 KB in twenty class folders; return their bytes."""
    rng = random.Random(1)  # noqa: S311 - sizes of files
    pool, total = os.urandom(1 << 20), 0
    for number in range(count):
        size = rng.randrange(5000, 20001)
        start = rng.randrange(len(pool) - size)
        path = folder / f"{number % CLASSES:02}" / f"{number:06}.png"
        if number < CLASSES:
            path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(number.to_bytes(8, "big") + pool[start : start + size - 8])
        total += size
    return total


def write_big(folder: Path) -> int:
    """Write one file of 2 GiB; return its bytes."""
    path = folder / "one" / "big.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with path.open("wb") as file:
            for _ in range(BIG_MB):
                file.write(os.urandom(1 << 20))
    return BIG_MB << 20


def bezoar_cases(folder: Path, sizes: dict[str, tuple[int, int]]) -> list[Case]:
    """Register each set, then time the hashing alone and the whole of `bezoar verify`."""
    (folder / "bezoar.toml").touch()
    tool = [sys.executable, "-m", "bezoar"]
    cases = []
    for name, (files, size) in sizes.items():
        if not (folder / "dbom" / f"{name}@1.toml").exists():
            words = ["dbom", "add", f"./{name}", "--name", name, "--version", "1", "--origin", "x"]
            subprocess.run([*tool, *words], cwd=folder, check=True, capture_output=True)
        hashing = [sys.executable, "-c", HASHING, name]
        cases.append(Case(f"bezoar hashing, {name}", hashing, files, size, folder, inside=True))
        command = [*tool, "verify", name]
        cases.append(Case(f"bezoar verify, {name}", command, files, size, folder))
    return cases


def system_cases(folder: Path, sizes: dict[str, tuple[int, int]]) -> list[Case]:
    """Return coreutils' way, and OpenSSL's where there is one file."""
    cases = []
    for name, (files, size) in sizes.items():
        each = f"find {name} -type f -print0 | xargs -0 -P{CORES} -n500 sha256sum >/dev/null"
        cases.append(Case(f"xargs -P2 sha256sum, {name}", ["sh", "-c", each], files, size, folder))
    return cases


def environment(folder: Path, *packages: str) -> Path:
    """Make a virtual environment with these packages and return its `bin`."""
    if not (folder / "done").exists():
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", *packages]
        subprocess.run(pip, check=True)
        (folder / "done").touch()
    return folder / "bin"


def peer_cases(folder: Path, sizes: dict[str, tuple[int, int]]) -> list[Case]:
    """Return model_signing and dvc, each with what it needs."""
    # model-signing 1.1.1 imports pyOpenSSL without asking for it.
    signing = environment(folder / "envs" / "model_signing", "model-signing", "pyOpenSSL")
    dvc = environment(folder / "envs" / "dvc", "dvc") / "dvc"
    key, public = folder / "key.pem", folder / "public.pem"
    make = f"openssl ecparam -name prime256v1 -genkey -noout -out {key}"
    subprocess.run([*make.split()], check=True, capture_output=True)
    make = f"openssl ec -in {key} -pubout -out {public}"
    subprocess.run([*make.split()], check=True, capture_output=True)
    cases = []
    for name, (files, size) in sizes.items():
        signature = folder / f"{name}.sig"
        tool = str(signing / "model_signing")
        words = ["--private_key", str(key), "--signature", str(signature), name]
        subprocess.run([tool, "sign", "key", *words], cwd=folder, check=True, capture_output=True)
        words = ["--public_key", str(public), "--signature", str(signature), name]
        verify = [tool, "verify", "key", *words]
        cases.append(Case(f"model_signing verify, {name}", verify, files, size, folder))
        hashing = [str(signing / "python"), "-c", SIGNING, name]
        cases.append(
            Case(f"model_signing hashing, {name}", hashing, files, size, folder, inside=True)
        )
        cases.append(dvc_case(dvc, folder, name, files, size))
    return cases


def dvc_case(dvc: Path, folder: Path, name: str, files: int, size: int) -> Case:
    """Return `dvc add --no-commit` without what it remembers of the run before."""
    repository, state = folder / "dvc" / name, folder / "dvc" / f"{name}-state"
    if not repository.exists():
        repository.mkdir(parents=True)
        subprocess.run(["cp", "-al", str(folder / name), str(repository / "data")], check=True)
        subprocess.run([str(dvc), "init", "--no-scm", "-q"], cwd=repository, check=True)
    forget = (state, repository / "data.dvc", repository / ".dvc/tmp", repository / ".dvc/cache")
    command = [str(dvc), "add", "--no-commit", "--quiet", "data"]
    quiet = {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(state)}
    title = f"dvc add --no-commit, {name}"
    return Case(title, command, files, size, repository, forget, environment=quiet)


def openssl_speed() -> float:
    """Return what one core hashes at most, in MB per second."""
    command = ["openssl", "speed", "-seconds", "1", "-bytes", "16384", "sha256"]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(re.findall(r"([\d.]+)k\s*$", out)[0]) * 1000 / MB


def show(cases: list[Case], speed: float) -> None:
    """Print the table, then what was aimed at."""
    print(f"load {os.getloadavg()[0]:.1f}; openssl speed sha256, one core: {speed:,.0f} MB/s\n")
    head = ("case", "CPU s", "wall s", "files/CPU-s", "MB/CPU-s", "peak MiB")
    print("{:34} {:>7} {:>7} {:>12} {:>9} {:>9}".format(*head))
    for case in cases:
        rates = f"{case.files / case.cpu:12,.0f} {case.size / MB / case.cpu:9,.0f}"
        print(f"{case.name:34} {case.cpu:7.2f} {case.wall:7.2f} {rates} {case.rss:9.0f}")
    by_name = {case.name: case for case in cases}
    hashing, big = by_name["bezoar hashing, small20k"], by_name["bezoar hashing, big"]
    share = big.size / MB / big.cpu / speed
    print(f"\nhashing small files   {hashing.files / hashing.cpu:,.0f} per CPU second (50,000)")
    print(f"hashing 2 GiB         {share:.0%} of openssl speed (80 %)")
    print(f"memory                {max(c.rss for c in cases if 'bezoar' in c.name):.0f} MiB (150)")
    for ours, other, goal in GOALS:
        if other in by_name:
            one, peer = by_name[ours], by_name[other]
            ratios = f"{peer.cpu / one.cpu:5.1f} x CPU, {peer.wall / one.wall:5.1f} x wall"
            # SHA-256 alone, without opening a file: no tool that reads the bytes is faster.
            ceiling = peer.cpu / (one.size / MB / speed)
            print(f"{ratios} ({goal} x; at most {ceiling:.1f}): {ours} before {other}")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, help="for files and environments; kept")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--peers", action="store_true", help="install and time the Python peers")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.folder or Path(temporary)).absolute()
        small = {
            name: (count, write_files(folder / name, count))
            for name, count in (("small20k", 20_000), ("small40k", 40_000))
        }
        sizes = small | {"big": (1, write_big(folder / "big"))}
        cases = bezoar_cases(folder, sizes) + system_cases(folder, sizes)
        slow = peer_cases(folder, small) if given.peers else []
        speed = 0.0
        for turn in range(given.repeats):
            speed = max(speed, openssl_speed())
            # The slow ones say the same thing each time.
            for case in cases + (slow if turn < SLOW_REPEATS else []):
                case.run()
        show(cases + slow, speed)


if __name__ == "__main__":
    main()
