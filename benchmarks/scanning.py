"""How well and how fast bezoar finds the lines that fetch data, beside grep, bandit and semgrep.

    .venv/bin/python benchmarks/scanning.py --corpus /tmp/corpus
    .venv/bin/python benchmarks/scanning.py --corpus /tmp/corpus --peers /tmp/peers

`--corpus` is a folder of repositories, each in a folder `OWNER+NAME`; `--labels` a file like
`../shared/scan/open.csv`. The Python peers get an environment each in the folder `--peers` (made
once). Each tool looks at each repository by itself for the accuracy, and at all of them in one run
for the time. Cases take turns; CPU seconds count every process that a case starts, and each number
is the smallest of its repeats, since other work on the machine only ever adds. A place counts as
found when something is reported within one line before to three lines after the label, as the
labels' own scorer has it.
"""

import argparse
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

# What pip installs is compiled. Where Python may not keep what it compiles, each start of a tool
# that is run from its sources would pay for it again.
AS_INSTALLED = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
MB = 1e6
MONOREPO_MB = 200
REQUIRED = {"primitive", "wrapper", "config", "action"}
BEFORE, AFTER = 1, 3
PEERS = {"bandit": "bandit==1.9.4", "semgrep": "semgrep==1.185.0"}
GOALS = {"recall": 0.96, "precision": 0.94, "source": 0.90, "pin": 0.97, "checksum": 0.95}
NO_DOCS = ("*.md", "*.rst", "*.txt", "*.html")
# What somebody types who looks for downloads for the first time.
OBVIOUS = (
    r"\b(wget|curl|gdown|aria2c)\b.*(https?|ftp)://|urlretrieve\(|urlopen\(|requests\.get\("
    r"|download=True|load_dataset\(|from_pretrained\(|torch\.hub\.|load_state_dict_from_url"
    r"|download_url|snapshot_download\(|hf_hub_download\(|kaggle (datasets|competitions) download"
    r"|nltk\.download|spacy download|fetch_openml|get_file\(|aws s3 cp|gsutil .*cp|dvc (pull|get)"
)
# One rule a line: languages, then the patterns, either of which is enough.
RULES = (
    (
        "python",
        "torchvision.datasets.$D(..., download=True, ...)",
        "$X.datasets.$D(..., download=True, ...)",
    ),
    ("python", "$X.$D(..., download=True, ...)", "$D(..., download=True, ...)"),
    ("python", "datasets.load_dataset(...)", "load_dataset(...)"),
    (
        "python",
        "$X.from_pretrained(...)",
    ),
    (
        "python",
        "torch.hub.load(...)",
        "torch.hub.load_state_dict_from_url(...)",
        "torch.hub.list(...)",
    ),
    ("python", "torch.hub.download_url_to_file(...)", "download_url(...)"),
    ("python", "urllib.request.urlretrieve(...)", "urlretrieve(...)"),
    ("python", "urllib.request.urlopen(...)", "urlopen(...)"),
    (
        "python",
        "requests.get(...)",
    ),
    ("python", "$M(..., weights=$W, ...)", "$M(..., pretrained=True, ...)"),
    ("python", "nltk.download(...)", "gdown.download(...)", "wget.download(...)"),
    ("python", "hf_hub_download(...)", "snapshot_download(...)", "tiktoken.get_encoding(...)"),
    ("python", "keras.utils.get_file(...)", "sklearn.datasets.fetch_openml(...)"),
    ("generic", r"regex:\b(?:wget|curl|aria2c)\s[^\n]*https?://"),
    ("generic", r"regex:\b(?:gdown|kaggle datasets download|spacy download|dvc pull|aws s3 cp)\b"),
)


@dataclass(frozen=True)
class Report:
    """One place that a tool named, and what it said of it; None where it says nothing."""

    path: str
    line: int
    uri: str | None = None
    pinned: bool | None = None
    checked: bool | None = None


@dataclass
class Tool:
    """One tool.

    Attributes:
        name: For the table.
        command: What to run on a tree.
        read: Its output and the tree, as reports.
        ok: Exit codes that say that it ran.
    """

    name: str
    command: Callable[[Path], list[str]]
    read: Callable[[str, Path], Iterator[Report]]
    ok: tuple[int, ...] = (0,)
    cpu: float = float("inf")
    wall: float = float("inf")
    reports: dict[str, list[Report]] = field(default_factory=dict)

    def look(self, trees: list[Path]) -> None:
        """Look at every tree by itself."""
        for tree in trees:
            out = measured(self.command(tree), self.ok)[3]
            self.reports[tree.name] = list(self.read(out, tree))

    def race(self, folder: Path) -> None:
        """Look at all trees at once; keep the smaller times."""
        cpu, wall, _, _ = measured(self.command(folder), self.ok)
        self.cpu, self.wall = min(self.cpu, cpu), min(self.wall, wall)


def measured(command: list[str], ok: tuple[int, ...] = (0,)) -> tuple[float, float, float, str]:
    """Run a command; return CPU seconds of it and its children, wall seconds, peak MiB, stdout."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as complaint:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=tempfile.gettempdir(), stdout=out, stderr=complaint, env=AS_INSTALLED
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in ok:
            complaint.seek(0)
            sys.exit(f"{command} failed:\n{complaint.read().decode(errors='replace')}")
        out.seek(0)
        text = out.read().decode(errors="replace")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, text


def bezoar_command(tree: Path) -> list[str]:
    """Return a scan of a foreign tree."""
    words = ["scan", str(tree), "--foreign", "--format", "json", "--exit-zero"]
    return [sys.executable, "-m", "bezoar", *words]


def bezoar_reports(out: str, _: Path) -> Iterator[Report]:
    """Read bezoar's inventory."""
    for one in json.loads(out)["sources"]:
        pinned = one["pin"] in ("hash", "revision")
        yield Report(one["path"], one["line"], one["uri"], pinned, bool(one["checksum"]))


def grep_command(tree: Path) -> list[str]:
    """Return a search for what is obvious, documents left out."""
    left_out = [f"--exclude={pattern}" for pattern in NO_DOCS]
    return ["grep", "-rnIE", "--exclude-dir=.git", *left_out, OBVIOUS, str(tree)]


def grep_reports(out: str, tree: Path) -> Iterator[Report]:
    """Read `path:line:text`."""
    for match in re.finditer(r"^([^:\n]+):(\d+):", out, re.MULTILINE):
        yield Report(Path(match[1]).relative_to(tree).as_posix(), int(match[2]))


def bandit_reports(out: str, tree: Path) -> Iterator[Report]:
    """Read bandit's JSON."""
    for one in json.loads(out)["results"]:
        yield Report(Path(one["filename"]).relative_to(tree).as_posix(), one["line_number"])


def semgrep_reports(out: str, tree: Path) -> Iterator[Report]:
    """Read semgrep's JSON; two rules on one line are one report."""
    places = {(one["path"], one["start"]["line"]) for one in json.loads(out)["results"]}
    for path, line in sorted(places):
        yield Report(Path(path).relative_to(tree).as_posix(), line)


def semgrep_rules(path: Path) -> Path:
    """Write the local rules."""
    rules = []
    for number, (language, *patterns) in enumerate(RULES):
        either = [
            {"pattern-regex": one.removeprefix("regex:")}
            if one.startswith("regex:")
            else {"pattern": one}
            for one in patterns
        ]
        rules.append(
            {
                "id": f"fetch-{number}",
                "languages": [language],
                "message": "fetch",
                "severity": "WARNING",
                "pattern-either": either,
            }
        )
    path.write_text(json.dumps({"rules": rules}))  # JSON is YAML
    return path


def environment(folder: Path, package: str) -> Path:
    """Make a virtual environment with a package and return its `bin`."""
    if not (folder / "done").exists():
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", package]
        subprocess.run(pip, check=True)
        (folder / "done").touch()
    return folder / "bin"


def peers(folder: Path) -> list[Tool]:
    """Return bandit with its one rule for this, and semgrep with rules of our own on one core."""
    bandit = str(environment(folder / "bandit", PEERS["bandit"]) / "bandit")
    semgrep = str(environment(folder / "semgrep", PEERS["semgrep"]) / "semgrep")
    rules = str(semgrep_rules(folder / "rules.yaml"))
    quiet = ["--metrics=off", "--disable-version-check", "--quiet", "--no-git-ignore"]
    quiet += ["--x-ignore-semgrepignore-files"]  # by itself it passes every test over

    def scan(tree: Path) -> list[str]:
        words = ["scan", "--json", "--jobs=1", "--timeout=0", "--config", rules, *quiet]
        return [semgrep, *words, "--exclude=*.md", "--exclude=*.rst", str(tree)]

    def check(tree: Path) -> list[str]:
        return [bandit, "-r", "-q", "-f", "json", "-t", "B615", str(tree)]

    return [
        Tool("bandit B615", check, bandit_reports, ok=(0, 1)),
        Tool("semgrep, 15 local rules", scan, semgrep_reports),
    ]


def figures(reports: dict[str, list[Report]], labels: dict[str, list[dict]]) -> dict[str, float]:
    """Score reports against labels."""
    count: dict[str, int] = defaultdict(int)
    for repository, rows in labels.items():
        at = defaultdict(list)
        for report in reports.get(repository, ()):
            at[report.path].append(report)
        for row in rows:
            if row["role"] in REQUIRED:
                near = [one for one in at[row["path"]] if is_near(row, one)]
                judge_one(row, near, count)
        by_path = defaultdict(list)
        for row in rows:
            by_path[row["path"]].append(row)
        for path, found in at.items():
            count["reported"] += len(found)
            count["extra"] += sum(not any(is_near(r, one) for r in by_path[path]) for one in found)
    recall = count["found"] / max(count["required"], 1)
    precision = 1 - count["extra"] / max(count["reported"], 1)
    f1 = 2 * recall * precision / max(recall + precision, 1e-9)
    rates = {
        what: count[f"{what} right"] / count[f"{what} asked"]
        for what in ("source", "pin", "checksum")
        if count[f"{what} asked"]
    }
    return {"recall": recall, "precision": precision, "f1": f1, **rates}


def is_near(row: dict, report: Report) -> bool:
    """Say whether a report speaks of a label's place."""
    return int(row["line"]) - BEFORE <= report.line <= int(row["line"]) + AFTER


def judge_one(row: dict, near: list[Report], count: dict[str, int]) -> None:
    """Count what was said of one label."""
    count["required"] += 1
    count["found"] += bool(near)
    if not near or near[0].pinned is None:
        return
    if row["role"] != "action":
        count["pin asked"] += 1
        count["pin right"] += any(one.pinned for one in near) == (row["pinned"] == "yes")
    if row["checksum"] in ("yes", "no"):
        count["checksum asked"] += 1
        count["checksum right"] += any(one.checked for one in near) == (row["checksum"] == "yes")
    literal = row["source"].split(":", 1)[-1]
    if literal and "{" not in row["source"]:
        tail = literal.rstrip("/").split("/")[-1].split("@")[0].lower()
        count["source asked"] += 1
        count["source right"] += any(tail in (one.uri or "").lower() for one in near)


def size_of(tree: Path) -> tuple[int, int]:
    """Return how many files a tree has, and how many bytes."""
    sizes = [path.stat().st_size for path in tree.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)


def copies(trees: list[Path], folder: Path, count: int) -> Path:
    """Lay so many copies of all trees into one."""
    for number in range(count):
        for tree in trees:
            place = folder / f"{number:03}" / tree.name
            shutil.copytree(tree, place, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    return folder


def show_scores(tools: list[Tool], labels: dict[str, list[dict]], size: int) -> None:
    """Print the table of tools and the ratios."""
    columns = ("recall", "precision", "f1", "source", "pin", "checksum")
    print("{:26}".format("tool") + "".join(f"{c:>10}" for c in columns) + "   CPU s  MB/CPU-s")
    for tool in tools:
        scored = figures(tool.reports, labels)
        cells = "".join(f"{scored[c]:10.3f}" if c in scored else f"{'-':>10}" for c in columns)
        print(f"{tool.name:26}{cells} {tool.cpu:7.2f} {size / MB / tool.cpu:9.1f}")
    ours, scored = tools[0], figures(tools[0].reports, labels)
    for tool in tools[1:]:
        theirs = figures(tool.reports, labels)
        print(
            f"bezoar beside {tool.name}: {tool.cpu / ours.cpu:.2f} x its CPU time,"
            f" {scored['recall'] / max(theirs['recall'], 1e-9):.2f} x recall,"
            f" {scored['f1'] / max(theirs['f1'], 1e-9):.2f} x F1"
        )
    aims = ", ".join(f"{k} {scored.get(k, 0):.3f} ({v})" for k, v in GOALS.items())
    print(f"aimed at: {aims}; semgrep's CPU time 25 x")


def show_growth(trees: list[Path], repeats: int) -> None:
    """Print CPU time for one, two and four copies, and the peak memory on a monorepo."""
    print(
        "\n{:22} {:>8} {:>8} {:>8} {:>9} {:>9}".format(
            "", "files", "MB", "CPU s", "MB/CPU-s", "MiB"
        )
    )
    one = sum(size_of(tree)[1] for tree in trees)
    many = max(int(MONOREPO_MB * MB // one) + 1, 5)
    for count in (1, 2, 4, many):
        with tempfile.TemporaryDirectory() as temporary:
            folder = copies(trees, Path(temporary), count)
            files, size = size_of(folder)
            times = repeats if count < many else 1
            runs = [measured(bezoar_command(folder)) for _ in range(times)]
            cpu, rss = min(run[0] for run in runs), max(run[2] for run in runs)
            rate = size / MB / cpu
            row = f"{files:8,} {size / MB:8.1f} {cpu:8.2f} {rate:9.1f} {rss:9.0f}"
            print(f"{count:3} copies{'':12} {row}")
    print("aimed at: 15 MB per CPU second, the same at each size, 300 MiB for the monorepo")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=Path("../shared/scan/corpus"))
    parser.add_argument("--labels", type=Path, default=Path("../shared/scan/open.csv"))
    parser.add_argument("--peers", type=Path, help="install and run bandit and semgrep in here")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    for path in (given.corpus, given.labels):
        if not path.exists():
            sys.exit(
                f"{path} is not there: nothing is measured. Name it with --corpus or --labels."
            )
    labels = defaultdict(list)
    for row in csv.DictReader(given.labels.read_text().splitlines()):
        labels[row["repo"].replace("/", "+")].append(row)
    corpus = given.corpus.resolve()
    trees = sorted(corpus / name for name in labels if (corpus / name).is_dir())
    missing = sorted(set(labels) - {tree.name for tree in trees})
    if missing:
        print(f"not in the corpus, left out: {', '.join(missing)}")
    labels = {tree.name: labels[tree.name] for tree in trees}
    if not trees:
        sys.exit(f"{corpus} holds none of the labelled repositories: nothing is measured.")
    tools = [
        Tool("bezoar scan", bezoar_command, bezoar_reports),
        Tool("grep, obvious patterns", grep_command, grep_reports, ok=(0, 1)),
    ]
    slow = peers(given.peers.absolute()) if given.peers else []
    for tool in tools + slow:
        tool.look(trees)
    with tempfile.TemporaryDirectory() as temporary:
        folder = copies(trees, Path(temporary), 1)
        for turn in range(given.repeats):
            for tool in tools + (slow if turn == 0 else []):
                tool.race(folder)
    files, size = map(sum, zip(*map(size_of, trees), strict=True))
    load = os.getloadavg()[0]
    print(f"{len(trees)} repositories, {files:,} files, {size / MB:.1f} MB; load {load:.1f}\n")
    show_scores(tools + slow, labels, size)
    show_growth(trees, given.repeats)


if __name__ == "__main__":
    main()
