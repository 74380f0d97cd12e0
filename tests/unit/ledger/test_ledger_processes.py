"""Real processes that append at once, and that are killed while they do."""

import os
import signal
import subprocess
import sys
import time

import pytest

from bezoar.ledger import open_ledger

APPEND = """
import sys
from bezoar.ledger import open_ledger
where, writer, count = sys.argv[1:]
with open_ledger(where, writer=writer) as ledger:
    for number in range(int(count)):
        print(ledger.append("a", f"{writer}-{number}", {"pad": "x" * 2000}).number, flush=True)
"""


def appending(where, writer, count):
    command = [sys.executable, "-c", APPEND, str(where), writer, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'ledger.sqlite'}"


def test_processes_that_share_a_chain_lose_nothing(url):
    count = 40
    processes = [appending(url, "laptop", count) for _ in range(4)]
    numbers = []
    for process in processes:
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        numbers += [int(line) for line in out.split()]
    assert sorted(numbers) == list(range(1, 4 * count + 1))
    with open_ledger(url) as ledger:
        assert [event.number for event in ledger.events()] == sorted(numbers)
        assert ledger.verify() == []


def test_processes_with_chains_of_their_own_lose_nothing(url):
    processes = [appending(url, f"writer-{n}", 20) for n in range(3)]
    for process in processes:
        process.communicate(timeout=120)
        assert process.returncode == 0
    with open_ledger(url) as ledger:
        assert ledger.writers() == ["writer-0", "writer-1", "writer-2"]
        assert len(list(ledger.events())) == 60
        assert ledger.verify() == []


@pytest.mark.parametrize("wait_s", [0.0, 0.003, 0.011, 0.029])
def test_a_killed_writer_leaves_a_chain_that_verifies(url, wait_s):
    process = appending(url, "laptop", 1_000_000)
    acknowledged = int(process.stdout.readline())
    time.sleep(wait_s)
    os.kill(process.pid, signal.SIGKILL)
    rest, _ = process.communicate(timeout=60)
    # The last line may be cut: a whole one says that its event was stored.
    acknowledged = max([acknowledged, *(int(line) for line in rest.split("\n")[:-1])])
    with open_ledger(url, writer="laptop") as ledger:
        stored = [event.number for event in ledger.events()]
        assert stored == list(range(1, len(stored) + 1))
        assert len(stored) >= acknowledged
        assert ledger.verify() == []
        assert ledger.append("after", "the kill").number == len(stored) + 1
        assert ledger.verify() == []
