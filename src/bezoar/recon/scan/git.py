"""Git, asked about a repository that may be hostile: nothing that it configures is run."""

import os
import subprocess
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from bezoar.core.errors import BezoarError, UsageError

_TIMEOUT_S: Final = 120
# A repository's own configuration may name programs: a file-system monitor, hooks, a helper that
# fetches what is missing. Only commands that read objects are asked, and none of these is left.
_CAUTION: Final = (
    *("-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never"),
    *("-c", "safe.directory=*", "--no-optional-locks", "--literal-pathspecs", "--no-pager"),
)


class NoRepositoryError(UsageError):
    """A folder does not belong to a repository that git can read."""


def git(folder: Path, *arguments: str) -> bytes:
    """Run a git command that only reads, and return what it says.

    Raises:
        NoRepositoryError: If it fails.
        BezoarError: If git is not there, or does not come to an end.
    """
    try:
        done = subprocess.run(  # noqa: S603 - a list, and no argument is an option unless we say so
            _command(folder, *arguments),
            check=False,
            capture_output=True,
            timeout=_TIMEOUT_S,
            env=_environment(),
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        raise BezoarError("git is not installed", next="apt-get install git") from None
    except subprocess.TimeoutExpired:
        raise BezoarError(f"git did not end within {_TIMEOUT_S} s", next="git fsck") from None
    if done.returncode:
        why = done.stderr.decode("utf-8", "backslashreplace").strip().partition("\n")[0]
        raise NoRepositoryError(f"git {arguments[0]} failed: {why}", next=f"git -C {folder} status")
    return done.stdout


class Blobs:
    """The blobs of a repository, by their names; one process answers for all of them.

    It ends with the `with` block, and one more is started where something is read later on.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._end: weakref.finalize[..., Blobs] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._end is not None:
            self._end()
        self._process = self._end = None

    def read(self, name: str) -> bytes:
        """Return a blob whole.

        Raises:
            OSError: If it is not there.
        """
        process = self._process or self._started()
        assert process.stdin is not None  # noqa: S101 - asked for below
        assert process.stdout is not None  # noqa: S101 - the same
        process.stdin.write(name.encode() + b"\n")
        process.stdin.flush()
        head = process.stdout.readline().split()
        if len(head) != 3:  # noqa: PLR2004 - name, type, size; else it says `missing`
            raise OSError(f"git has no object {name}")
        data = process.stdout.read(int(head[2]) + 1)
        return data[:-1]

    def _started(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(  # noqa: S603 - as above
            _command(self._folder, "cat-file", "--batch"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        self._process, self._end = process, weakref.finalize(self, _ended, process)
        return process


def _ended(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    with process, suppress(OSError):
        process.wait()


def commit_of(folder: Path, revision: str) -> str:
    """Return the full name of a commit.

    Raises:
        UsageError: If there is none of that name.
    """
    asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    try:
        return git(folder, *asked).decode().strip()
    except NoRepositoryError:
        raise UsageError(
            f"git knows no commit {revision!r} here",
            next="git fetch --depth=1 origin BASE  # a shallow clone lacks what it compares with",
        ) from None


def top_of(folder: Path) -> Path:
    """Return the folder of the repository that a folder lies in."""
    return Path(os.fsdecode(git(folder, "rev-parse", "--show-toplevel").rstrip(b"\n")))


def _command(folder: Path, *arguments: str) -> list[str]:
    return ["git", *_CAUTION, "-C", str(folder), *arguments]


def _environment() -> dict[str, str]:
    """Return an environment without what a hook, or a person, made git believe."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C",
    }
