"""How soon bezoar, river, Evidently, NannyML and plain windows notice one attack, side by side.

    .venv/bin/python benchmarks/monitoring_peers.py --folder /tmp/monitoring [--runs 20]

The streams are those of `monitoring.py`, the same for everyone. Peers are installed below the
folder, each group in an environment of its own, and run with their defaults, their reporting of
use switched off: river watches the target alone, and each of 43 classes where false alarms are
counted; Evidently and NannyML compare windows with 50,000 clean predictions. Rates are predictions
per CPU second on the clean stream.
"""

import argparse
import json
import os
import subprocess
import venv
from pathlib import Path
from time import process_time

import numpy as np
from monitoring import CLEAN, FIRST_SEED, RARE, alarms, attacked, before_and_after, exact, shares

from bezoar.limit.monitor import Monitor

QUIET = {"DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1"}
STREAMING = """
import json, sys, time
import numpy as np
data = np.load(sys.argv[1])
clean, runs = data["clean"], data["runs"]
from river.drift import ADWIN, PageHinkley
def first(make, stream):
    one = make()
    for i, value in enumerate(stream):
        one.update(int(value))
        if one.drift_detected:
            return i
    return None
out = {}
for name, make in {
    "river ADWIN": ADWIN,
    "river ADWIN, 1e-6 / 43": lambda: ADWIN(delta=1e-6 / 43),
    "river Page-Hinkley": lambda: PageHinkley(mode="up"),
}.items():
    found = [first(make, run == 0) for run in runs]
    began = time.process_time()
    nothing = sum(first(make, clean == k) is not None for k in range(43))
    out[name] = [found, nothing, len(clean) / (time.process_time() - began)]
print(json.dumps(out))
"""
WINDOWS = """
import json, sys, time
import numpy as np
data = np.load(sys.argv[1])
clean, runs = data["clean"], data["runs"]
out = {}
def rows(name, drift):
    for width in (1000, 5000):
        def noticed(stream):
            found = drift(stream, width)
            return (found.index(True) + 1) * width - 1 if True in found else None
        began = time.process_time()
        nothing = sum(drift(clean, width))
        rate = len(clean) / (time.process_time() - began)
        out[f"{name}, windows of {width}"] = [[noticed(run) for run in runs], nothing, rate]
"""
EVIDENTLY = """
import pandas as pd
from evidently import Dataset, DataDefinition, Report
from evidently.metrics import ValueDrift
about = DataDefinition(categorical_columns=["class"])
def table(values):
    return Dataset.from_pandas(pd.DataFrame({"class": values.astype(str)}), data_definition=about)
reference = table(data["reference"])
def drifted(values):
    result = Report([ValueDrift(column="class")]).run(table(values), reference).dict()
    return float(result["metrics"][0]["value"]) >= 0.1
def drift(stream, width):
    ends = range(width, len(stream) + 1, width)
    return [drifted(stream[end - width : end]) for end in ends]
rows("Evidently", drift)
print(json.dumps(out))
"""
NANNYML = """
import pandas as pd
from nannyml import UnivariateDriftCalculator
def table(values):
    return pd.DataFrame({"class": pd.Series(values.astype(str)).astype(object)})
def fitted(width):
    made = UnivariateDriftCalculator(
        column_names=["class"], treat_as_categorical=["class"], chunk_size=width
    )
    return made.fit(table(data["reference"]))
calculators = {width: fitted(width) for width in (1000, 5000)}
def drift(stream, width):
    found = calculators[width].calculate(table(stream)).filter(period="analysis").to_df()
    return [bool(one) for one in found[("class", "jensen_shannon", "alert")]]
rows("NannyML", drift)
print(json.dumps(out))
"""
PEERS = {
    "river": (("river==0.26.1",), STREAMING),
    "evidently": (("evidently==0.7.23", "pandas<3"), WINDOWS + EVIDENTLY),
    "nannyml": (("nannyml==0.13.1", "statsmodels"), WINDOWS + NANNYML),
}


def told(folder: Path, name: str, streams: Path) -> dict[str, list]:
    """Return what a peer finds, by the name of each of its rules."""
    packages, program = PEERS[name]
    python = folder / name / "bin" / "python"
    if not python.exists():
        venv.create(folder / name, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
    call = [python, "-W", "ignore", "-c", program, streams]
    environment = os.environ | QUIET
    done = subprocess.run(call, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1])


def compare(folder: Path, runs: int) -> None:
    """Print a row for each rule and ratio."""
    rng = np.random.default_rng(FIRST_SEED + 5)
    p = shares()
    clean = attacked(p, 0, np.zeros(100_000), rng)[0]
    reference = attacked(p, 0, np.zeros(50_000), rng)[0]
    for ratio, size in ((2, 40_000), (5, 20_000), (10, 10_000)):
        drawn = [attacked(p, 0, before_and_after(ratio, RARE, size), rng) for _ in range(runs)]
        streams = np.stack([one for one, _ in drawn])
        file = folder / "streams.npz"
        np.savez(file, clean=clean, reference=reference, runs=streams)
        rows = {name: row for peer in PEERS for name, row in told(folder, peer, file).items()}
        rows["bezoar"] = ours(p, streams, clean)
        for width in (1000, 5000):
            rows[f"5 sigma, windows of {width}"] = windows(p, streams, clean, width)
        for name, row in rows.items():
            tell(f"x{ratio:2} {name}", *row)


def tell(name: str, found: list[int | None], nothing: int, rate: float) -> None:
    """Print one row."""
    late = [at - CLEAN if at is not None and at >= CLEAN else np.inf for at in found]
    early = sum(at is not None and at < CLEAN for at in found)
    print(
        f"  {name:30} median {np.median(late):8,.0f}  missed {np.isinf(late).mean():4.0%}"
        f"  too early {early}  false alarms in 100,000: {nothing}  {rate / 1e3:9,.0f}k/s",
        flush=True,
    )


def ours(p: np.ndarray, streams: np.ndarray, clean: np.ndarray) -> list:
    """Return first alerts on the target, false alarms, and predictions per CPU second."""
    known = exact(p)
    found = []
    for stream in streams:
        turns = [t for t in Monitor(known).observe_codes(stream) if t.began and t.class_ == "00"]
        found.append(turns[0].alert.index if turns else None)
    began = process_time()
    nothing = alarms(Monitor(known).observe_codes(clean))
    return [found, nothing, len(clean) / (process_time() - began)]


def windows(p: np.ndarray, streams: np.ndarray, clean: np.ndarray, width: int) -> list:
    """Return the same of a rule that counts the target in the last `width` predictions."""
    line = width * p + 5 * np.sqrt(width * p * (1 - p))

    def first(stream: np.ndarray, which: int) -> int | None:
        sums = np.convolve(stream == which, np.ones(width), "valid")
        over = np.flatnonzero(sums > line[which])
        return int(over[0]) + width - 1 if len(over) else None

    began = process_time()
    nothing = sum(first(clean, which) is not None for which in range(len(p)))
    rate = len(clean) / (process_time() - began)
    return [[first(stream, 0) for stream in streams], nothing, rate]


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=20, help="attacks of each size")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/monitoring"))  # noqa: S108
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    compare(arguments.folder, arguments.runs)


if __name__ == "__main__":
    main()
