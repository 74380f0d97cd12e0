"""Tasks that try what a parser that was taken over would try; run in the sandbox by its tests."""

import ctypes
import json
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path


def echo(**arguments):
    return arguments


def read(path):
    return Path(path).read_text()


def write(path):
    Path(path).write_text("was here")


def make_folder(path):
    Path(path).mkdir()


def rename(path, to):
    Path(path).rename(to)


def link(path, to):
    Path(path).symlink_to(to)


def hard_link(path, to):
    Path(path).hardlink_to(to)


def device(path):
    os.mkfifo(path)


def remove(path):
    Path(path).unlink()


def truncate(path):
    os.truncate(path, 0)


def chmod(path):
    Path(path).chmod(0o777)


def touch(path):
    os.utime(path, (0, 0))


def listing(path):
    return [entry.name for entry in Path(path).iterdir()]


def open_socket(family, kind):
    socket.socket(getattr(socket, family), getattr(socket, kind)).close()


def connect(port):
    socket.create_connection(("127.0.0.1", port), timeout=2).close()


def socket_by_number():
    """Ask the kernel itself, as machine code would."""
    libc = ctypes.CDLL(None, use_errno=True)
    number = {"x86_64": 41, "aarch64": 198}[os.uname().machine]
    if libc.syscall(number, socket.AF_INET, socket.SOCK_STREAM, 0) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def call(number, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, *map(ctypes.c_long, arguments)) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def system_call(number, arguments):
    call(number, *arguments)


def fork():
    while True:
        os.fork()


def execute():
    os.execv("/bin/true", ["/bin/true"])  # noqa: S606 - that is what must not work


def spawn():
    return os.posix_spawn("/bin/true", ["/bin/true"], {})


def kill(pid):
    os.kill(pid, signal.SIGKILL)


def start_threads():
    """A library that computes in threads still can, and they are locked in as well."""
    seen = []

    def tried():
        try:
            socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
        except OSError as error:
            seen.append(error.errno)

    threads = [threading.Thread(target=tried) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def thread_bomb():
    threading.stack_size(1 << 16)
    started = 0
    try:
        while started < 100_000:
            threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
            started += 1
    except RuntimeError:
        return started
    raise AssertionError("nobody counts")


def eat_memory():
    kept = []
    while True:
        kept.append(bytearray(1 << 26))


def spin():
    while True:
        pass


def spin_on(signal_number):
    signal.signal(signal_number, signal.SIG_IGN)
    while True:
        pass


def sleep():
    time.sleep(60)


def sleep_without_pipes():
    for descriptor in range(64):
        with suppress(OSError):
            os.close(descriptor)
    time.sleep(60)


def print_gigabytes():
    while True:
        sys.stdout.write("x" * (1 << 20))


def print_something():
    sys.stdout.write('a greeting\n{"value": "not this"}\n')
    sys.stdout.flush()
    return "this"


def large_result(size):
    return "x" * size


def write_much(path):
    with Path(path).open("wb") as file:
        file.writelines(bytes(1 << 20) for _ in range(64))


def open_many(path):
    return len([Path(path).open() for _ in range(1000)])


def crash():
    ctypes.string_at(0)


def leave(status):
    os._exit(status)


def raise_something(text):
    raise ValueError(text)


def odd_result():
    return {1, 2}


def infinite():
    return float("inf")


def environment():
    return dict(os.environ)


def count(most):
    for number in range(most):
        yield {"number": number}


def count_then_fail():
    yield {"number": 0}
    raise ValueError("no more")


def lie(lines):
    """Say lines in the place of an answer, as code that took the process over would."""
    for descriptor in range(3, 32):
        for line in lines:
            try:
                os.write(descriptor, line.encode("utf-8", "surrogateescape") + b"\n")
            except OSError:
                break
    os._exit(0)


def lie_deeply(depth):
    lie([json.dumps("x").replace("x", "[" * depth), '{"value": ' + "[" * depth + "]" * depth + "}"])
