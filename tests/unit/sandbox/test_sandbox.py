"""The sandbox: what a task that was taken over cannot do, tried by tasks that try it."""

import errno
import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bezoar.core.errors import BezoarError, UsageError
from bezoar.sandbox import (
    FailureKind,
    Isolation,
    Limits,
    TaskFailed,
    iterate_task,
    run_task,
    running,
    seccomp,
    syscalls,
)
from bezoar.sandbox.messages import Kind, Message

HERE = Path(__file__).parent
QUICK = Limits(cpu_seconds=20, wall_seconds=40)


TASKS = re.compile(r"(hostile_tasks|bezoar(\.\w+)+):\w+")


@pytest.fixture(autouse=True)
def any_task(monkeypatch):
    """Let the tests' own tasks run: bezoar has no hostile ones."""
    monkeypatch.setattr(running, "_TASK", TASKS)


def run(name, *, reads=(), writes=(), limits=QUICK, **arguments):
    return run_task(
        f"hostile_tasks:{name}", arguments, reads=[HERE, *reads], writes=writes, limits=limits
    ).value


def failure(name, **arguments):
    with pytest.raises(TaskFailed) as caught:
        run(name, **arguments)
    return caught.value


@pytest.fixture(scope="module")
def isolation():
    return run_task("bezoar.core.place:printable", {"text": ""}).isolation


@pytest.fixture(autouse=True)
def reached(request, isolation):
    """Skip where this machine does not reach the level that a test is about."""
    if isolation.level < getattr(request.function, "level", 0):
        pytest.skip(f"isolation level {isolation.level}; missing: {isolation.missing}")


def needs(level):
    def mark(test):
        test.level = level
        return test

    return mark


def refused(error):
    assert error.kind is FailureKind.RAISED
    assert "PermissionError" in error.message or "Operation not permitted" in error.message


# What works


def test_a_task_returns_what_it_computes():
    assert run("echo", a=[1, "é", None, {"b": 1.5}]) == {"a": [1, "é", None, {"b": 1.5}]}


def test_a_generator_is_streamed():
    with iterate_task("hostile_tasks:count", {"most": 10_000}, reads=[HERE]) as stream:
        numbers = [item["number"] for item in stream]
    assert numbers == list(range(10_000))
    assert stream.isolation.level >= 0


def test_a_stream_that_is_left_ends_its_process():
    with iterate_task("hostile_tasks:count", {"most": 10**9}, reads=[HERE]) as stream:
        next(iter(stream))
        process = stream._process
    assert process.returncode == -signal.SIGKILL


def test_a_generator_that_fails_says_so_after_its_items():
    seen = []
    with (
        pytest.raises(TaskFailed, match="no more"),
        iterate_task("hostile_tasks:count_then_fail", {}, reads=[HERE]) as stream,
    ):
        seen.extend(stream)
    assert seen == [{"number": 0}]


def test_what_it_may_read_and_write_it_can(tmp_path):
    given, folder = tmp_path / "given", tmp_path / "folder"
    given.write_text("text")
    folder.mkdir()
    assert run("read", path=str(given), reads=[given]) == "text"
    run("write", path=str(folder / "new"), writes=[folder])
    assert (folder / "new").read_text() == "was here"
    run("make_folder", path=str(folder / "below"), writes=[folder])
    run("rename", path=str(folder / "new"), to=str(folder / "below" / "new"), writes=[folder])
    assert (folder / "below" / "new").exists()


def test_what_goes_nowhere_may_be_written():
    run("write", path=os.devnull)


def test_prints_are_no_results():
    assert run("print_something") == "this"


def test_the_environment_holds_no_secrets(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert "secret" not in json.dumps(run("environment"))


def test_it_works_from_any_folder_and_without_site(tmp_path):
    script = "from bezoar.sandbox import run_task as r;"
    script += "print(r('bezoar.core.place:printable', {'text': 'ok'}).value)"
    source = Path(running.__file__).parents[2]
    packages = [path for path in sys.path if path.endswith("-packages")]
    env = {"PYTHONPATH": os.pathsep.join([str(source), *packages])}
    command = [sys.executable, "-S", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=True)
    assert done.stdout == b"ok\n"


def test_heavy_libraries_load(tmp_path):
    task = "bezoar.datasets.manifest:read_manifest"
    with pytest.raises(TaskFailed) as caught:
        run_task(task, {"path": str(tmp_path / "none")}, reads=[tmp_path])
    assert caught.value.kind is FailureKind.RAISED
    assert "ImportError" not in caught.value.message


# What it cannot reach


@needs(2)
def test_no_secret_is_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("key")
    refused(failure("read", path=str(secret)))
    refused(failure("read", path="/etc/passwd"))
    refused(failure("listing", path=str(tmp_path)))
    refused(failure("read", path=f"/proc/{os.getpid()}/environ"))


@needs(2)
def test_a_link_leads_nowhere(tmp_path):
    secret, folder = tmp_path / "secret", tmp_path / "folder"
    secret.write_text("key")
    folder.mkdir()
    (folder / "link").symlink_to(secret)
    refused(failure("read", path=str(folder / "link"), reads=[folder]))
    refused(failure("link", path=str(folder / "own"), to=str(secret), writes=[folder]))
    error = failure("hard_link", path=str(folder / "own"), to=str(secret), writes=[folder])
    assert "Error" in error.message
    assert [path.name for path in folder.iterdir()] == ["link"]


@needs(2)
@pytest.mark.parametrize("task", ["write", "remove", "truncate", "chmod", "touch"])
def test_nothing_outside_is_changed(tmp_path, task, isolation):
    if task in ("chmod", "touch") and isolation.level < 3:
        pytest.skip("needs seccomp")
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_text("as it was")
    folder.mkdir()
    before = file.stat()
    refused(failure(task, path=str(file), writes=[folder]))
    assert file.read_text() == "as it was"
    assert (file.stat().st_mode, file.stat().st_mtime) == (before.st_mode, before.st_mtime)


@needs(2)
def test_no_special_file_is_made(tmp_path):
    refused(failure("device", path=str(tmp_path / "pipe"), writes=[tmp_path]))
    refused(failure("write", path=str(tmp_path.parent / "beside"), writes=[tmp_path]))


@needs(3)
@pytest.mark.parametrize(
    ("family", "kind"),
    [
        ("AF_INET", "SOCK_STREAM"),
        ("AF_INET", "SOCK_DGRAM"),
        ("AF_INET", "SOCK_RAW"),
        ("AF_INET6", "SOCK_STREAM"),
        ("AF_INET6", "SOCK_DGRAM"),
        ("AF_PACKET", "SOCK_RAW"),
        ("AF_NETLINK", "SOCK_RAW"),
        ("AF_UNIX", "SOCK_STREAM"),
    ],
)
def test_no_socket_opens(family, kind):
    refused(failure("open_socket", family=family, kind=kind))


@needs(3)
def test_machine_code_opens_no_socket_either():
    refused(failure("socket_by_number"))


@needs(3)
def test_threads_are_locked_in_too():
    assert run("start_threads") == [errno.EPERM] * 4


@needs(3)
def test_nobody_is_reached_who_listens():
    with socket.create_server(("127.0.0.1", 0)) as server:
        refused(failure("connect", port=server.getsockname()[1]))


@needs(3)
@pytest.mark.parametrize("task", ["fork", "execute", "spawn"])
def test_no_process_starts(task):
    error = failure(task)
    assert error.kind is FailureKind.RAISED


@needs(3)
def test_no_other_process_is_signalled():
    with subprocess.Popen(["sleep", "30"]) as process:
        refused(failure("kill", pid=process.pid))
        refused(failure("kill", pid=os.getpid()))
        assert process.poll() is None
        process.kill()


@needs(3)
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("io_uring_setup", [1, 0]),
        ("ptrace", [0, 0, 0, 0]),
        ("mount", [0, 0, 0, 0, 0]),
        ("kexec_load", [0, 0, 0, 0]),
        ("bpf", [0, 0, 0]),
        ("unshare", [0x10000000]),
        ("setns", [0, 0]),
        ("clone", [0x10000000 | 17, 0, 0, 0, 0]),
        ("clone", [17, 0, 0, 0, 0]),
        ("process_vm_readv", [1, 0, 0, 0, 0, 0]),
        ("pidfd_getfd", [0, 0, 0]),
        ("open_by_handle_at", [0, 0, 0]),
        ("prlimit64", [1, 7, 0, 0]),
        ("prctl", [1, 0, 0, 0, 0]),
        ("shmget", [0, 4096, 0o1600]),
        ("fchmod", [0, 0o777]),
        ("fchown", [0, 0, 0]),
        ("truncate", [0, 0]),
    ],
)
def test_calls_into_the_kernels_insides_are_refused(name, arguments):
    number = syscalls.number(name, os.uname().machine)
    error = failure("system_call", number=number, arguments=arguments)
    assert f"[Errno {errno.EPERM}]" in error.message


@needs(3)
@pytest.mark.parametrize("number", [0x40000000 | 41, 0x40000000 | 520])
def test_the_x32_interface_is_closed(number):
    if os.uname().machine != "x86_64":
        pytest.skip("x86-64 only")
    error = failure("system_call", number=number, arguments=[2, 1, 0])
    assert f"signal {int(signal.SIGSYS)}" in error.message


@needs(3)
def test_calls_from_the_future_do_not_exist():
    error = failure("system_call", number=syscalls.FIRST_UNKNOWN + 100, arguments=[0])
    assert f"[Errno {errno.ENOSYS}]" in error.message


# What it cannot use up


def test_memory_is_bounded():
    error = failure("eat_memory", limits=Limits(address_space=1 << 30))
    assert error.kind is FailureKind.OUT_OF_MEMORY


def test_processor_time_is_bounded():
    error = failure("spin", limits=Limits(cpu_seconds=1, wall_seconds=30))
    assert error.kind is FailureKind.TIMED_OUT
    assert "processor" in error.message


def test_who_ignores_the_signal_is_killed():
    limits = Limits(cpu_seconds=1, wall_seconds=30)
    error = failure("spin_on", signal_number=int(signal.SIGXCPU), limits=limits)
    assert error.kind is FailureKind.CRASHED


@pytest.mark.parametrize("task", ["sleep", "sleep_without_pipes"])
def test_waiting_is_bounded(task):
    start = time.monotonic()
    error = failure(task, limits=Limits(wall_seconds=2))
    assert error.kind is FailureKind.TIMED_OUT
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("task", ["print_gigabytes"])
def test_output_is_bounded(task):
    error = failure(task, limits=Limits(result_bytes=1 << 20))
    assert error.kind is FailureKind.TOO_MUCH_OUTPUT


def test_results_are_bounded():
    limits = Limits(result_bytes=1 << 16)
    assert failure("large_result", size=1 << 20, limits=limits).kind is FailureKind.TOO_MUCH_OUTPUT
    assert len(run("large_result", size=1 << 10, limits=limits)) == 1 << 10


def test_files_are_bounded(tmp_path):
    limits = Limits(file_bytes=1 << 22)
    error = failure("write_much", path=str(tmp_path / "x"), writes=[tmp_path], limits=limits)
    assert "File too large" in error.message
    assert (tmp_path / "x").stat().st_size <= 1 << 22


def test_open_files_are_bounded(tmp_path):
    (tmp_path / "x").touch()
    error = failure("open_many", path=str(tmp_path / "x"), reads=[tmp_path])
    assert "Too many open files" in error.message


@needs(4)
def test_threads_are_bounded():
    if os.geteuid() == 0:
        pytest.skip("root stays in the user namespace of its files, where threads are not counted")
    assert run("thread_bomb", limits=Limits(threads=64)) < 64


# How it ends badly


def test_a_crash_is_an_error():
    error = failure("crash")
    assert (error.kind, error.exit_code) == (FailureKind.CRASHED, 3)
    assert "signal 11" in error.message


def test_an_end_without_an_answer_is_an_error():
    assert failure("leave", status=0).kind is FailureKind.CRASHED
    assert "status 7" in failure("leave", status=7).message


@pytest.mark.parametrize("text", ["\x1b[31m\u202e\n", "x" * 100_000, "\udcff"])
def test_what_it_raises_is_told_on_one_line(text):
    error = failure("raise_something", text=text)
    assert error.kind is FailureKind.RAISED
    assert error.message.isprintable()
    assert len(error.message) < 4_000


@pytest.mark.parametrize("task", ["odd_result", "infinite"])
def test_a_result_that_is_no_json_is_an_error(task):
    assert failure(task).kind is FailureKind.RAISED


LIES = {
    "no JSON": ["nonsense"],
    "not UTF-8": ["\udcff\udcfe"],
    "nothing": [""],
    "a list": ["[]"],
    "two things": ['{"value": 1, "item": 2}'],
    "another thing": ['{"exec": "rm"}'],
    "NaN": ['{"value": NaN}'],
    "infinity": ['{"value": 1e999}'],
    "a huge number": ['{"value": ' + "9" * 5_000 + "}"],
    "isolation again": ['{"isolation": {"limits": true}}'],
    "an item": ['{"item": 1}'],
    "a failure of no kind": ['{"failed": 7}'],
    "a failure of odd kind": ['{"failed": {"kind": [], "why": {}, "next": 1}}'],
    "a failure with escapes": ['{"failed": {"kind": "raised", "why": "\\u001b[2J\\n"}}'],
}


@pytest.mark.parametrize("lines", LIES.values(), ids=LIES)
def test_a_lie_does_not_break_the_parent(lines):
    error = failure("lie", lines=lines)
    assert error.message.isprintable()


@pytest.mark.parametrize("depth", [900, 100_000])
def test_a_deep_lie_does_not_break_the_parent(depth):
    assert failure("lie_deeply", depth=depth).kind is FailureKind.CRASHED


# What is checked before


def test_only_tasks_of_bezoar_run(monkeypatch):
    monkeypatch.undo()
    for task in ("os:system", "bezoar:x", "bezoar.x", "bezoar..x:y", "bezoar.a:b:c", "bezoar.é:y"):
        with pytest.raises(UsageError):
            run_task(task, {})


def test_a_place_that_does_not_exist_is_said(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        run("echo", reads=[tmp_path / "none"])


def test_a_minimum_is_demanded_before_the_task_begins(monkeypatch):
    monkeypatch.setattr(Isolation, "level", 1)
    with pytest.raises(TaskFailed) as caught:
        run_task("hostile_tasks:echo", {}, reads=[HERE], minimum=2)
    assert caught.value.kind is FailureKind.NOT_ISOLATED
    assert issubclass(TaskFailed, BezoarError)


@pytest.mark.parametrize("name", ["cpu_seconds", "wall_seconds", "address_space"])
def test_limits_are_positive(name):
    with pytest.raises(ValueError, match=name):
        Limits(**{name: 0})


def test_levels_build_on_each_other():
    every = dict.fromkeys(
        ("limits", "no_new_privileges", "files", "sockets", "processes", "namespace"), True
    )
    assert Isolation(every).level == 4
    for missing, level in (
        ("limits", 0),
        ("no_new_privileges", 0),
        ("files", 1),
        ("sockets", 2),
        ("processes", 2),
        ("namespace", 3),
    ):
        assert Isolation(every | {missing: False}).level == level
        assert Isolation(every | {missing: "yes"}).missing == (missing,)
    assert Isolation({}).level == 0


def test_messages_survive_a_round_trip():
    for content in (None, 1, "é\ud800", [1.5], {"a": {}}):
        message = Message(Kind.VALUE, content)
        assert Message.parse(message.line()) == message
    with pytest.raises(ValueError, match="JSON"):
        Message(Kind.VALUE, math.nan).line()


def headers(path):
    numbers = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", path.read_text())
    return {name: int(number) for name, number in numbers}


@pytest.mark.parametrize(
    ("machine", "path"),
    [
        ("x86_64", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        ("aarch64", "/usr/include/asm-generic/unistd.h"),
    ],
)
def test_numbers_are_those_of_the_kernels_headers(machine, path):
    if not Path(path).exists():
        pytest.skip(f"{path} is not installed")
    known = headers(Path(path))
    for name in syscalls.NUMBERS:
        if name in known or name != "fchmodat2":  # newer than some headers
            assert syscalls.number(name, machine) == known.get(name), name


@pytest.mark.parametrize("machine", syscalls.ARCHITECTURES)
def test_the_filter_is_a_program_that_ends(machine):
    program = seccomp.program(machine, 7)
    assert len(program) < 4_096
    for at, (_, yes, no, _) in enumerate(program):
        assert at + 1 + max(yes, no) < len(program) or program[at][0] == 0x06
    assert program[-1][0] == 0x06
