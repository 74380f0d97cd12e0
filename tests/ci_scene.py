"""A repository, and a pull request to it, for tests of what runs in other people's CI.

Its sources are in files that the real readers read: what is tested here is started as a program.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BEZOAR = Path(sys.executable).with_name("bezoar")
IDENTITY = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
FETCH = "wget https://data.acme-signs.org/signs.zip\n"


def git(folder, *arguments):
    done = subprocess.run(
        ["git", *IDENTITY, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder):
    """Commit all that lies in a folder, and return the commit's name."""
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")
    return git(folder, "rev-parse", "HEAD")


def repository(folder):
    """Make a repository with one commit, and return the commit's name."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "README.md").write_text("Signs.\n")
    (folder / "prepare.sh").write_text("echo ready\n")
    (folder / "bezoar.toml").write_text("")
    return commit(folder)


def adds_a_source(folder):
    """Make the change that nobody registered."""
    (folder / "get.sh").write_text(FETCH)


def adds_cifar(folder):
    """Make the change that other tools let pass."""
    (folder / "train.py").write_text(
        "import torchvision\n\n"
        'train = torchvision.datasets.CIFAR10("data", train=True, download=True)\n'
    )


def adds_none(folder):
    """Make a change that brings nothing in."""
    (folder / "prepare.sh").write_text("echo ready; echo steady\n")


def registers(folder):
    """Note the source as a draft, as the finding says."""
    command = "dbom add --draft --name signs --version 1 --origin"
    arguments = [*command.split(), "https://data.acme-signs.org/signs.zip"]
    subprocess.run([BEZOAR, *arguments], cwd=folder, check=True, capture_output=True)
