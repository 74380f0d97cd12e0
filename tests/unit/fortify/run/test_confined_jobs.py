"""Jobs that try to get out, at each level; each can fail, because outside they all succeed."""

import contextlib
import http.server
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bezoar.fortify.egress.attempts import Targets
from bezoar.fortify.egress.endpoints import Endpoint
from bezoar.fortify.run.launching import Job, Launch
from bezoar.fortify.run.level import Level
from bezoar.sandbox import landlock

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


@contextlib.contextmanager
def served():
    """Yield the port of a server that says hello."""

    class Hello(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("0.0.0.0", 0), Hello) as server:  # noqa: S104 - see below
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def outside():
    """Return `host port` of a server outside: on loopback, which a network of one's own has too."""
    with served() as port:
        yield f"127.0.0.1 {port}"


def scoped():
    with contextlib.suppress(OSError):
        return landlock.version() >= 6
    return False


SCOPED = scoped()


def launch(tmp_path, command, level=Level.NAMESPACE, **more):
    job = Job(tuple(command), tmp_path, most=level, timeout=1.0, **more)
    return Launch(job)


def reached(level):
    """Return the level that is reached where this one is asked for."""
    with Launch(Job(("true",), Path("/"), most=level, timeout=0.1)) as found:
        return found.level


def possible(level):
    """Say by other means than ours whether this machine has what a level needs."""
    if level is Level.SOCKETS:
        return "\nSeccomp:" in Path("/proc/self/status").read_text()
    user = [] if os.getuid() == 0 else ["-r"]
    command = ["unshare", *user, "-n", "-m", "-p", "-i", "--fork", "true"]
    found = shutil.which("unshare") is not None
    return found and subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.fixture(params=[Level.SOCKETS, Level.NAMESPACE], ids=["sockets", "namespace"])
def level(request):
    if not possible(request.param):
        pytest.skip(f"level {int(request.param)} is not to be had here")
    assert reached(request.param) is request.param
    return request.param


@pytest.fixture
def alone():
    if not possible(Level.NAMESPACE):
        pytest.skip("no network namespace is to be had here")


TCP = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), 3) as c:
    c.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
    print(c.recv(100))
"""
UDP = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as c:
    c.settimeout(3)
    c.sendto(b"hello", (sys.argv[1], int(sys.argv[3])))
    c.recv(10)
"""
CTYPES = """
import ctypes, struct, sys, socket
libc = ctypes.CDLL(None, use_errno=True)
s = libc.socket(2, 1, 0)
to = struct.pack("=H", 2) + struct.pack("!H", int(sys.argv[2])) + socket.inet_aton(sys.argv[1])
sys.exit(0 if s >= 0 and libc.connect(s, to + bytes(8), 16) == 0 else 1)
"""
SYSCALL = CTYPES.replace("libc.socket(2, 1, 0)", "libc.syscall(NR, 2, 1, 0)").replace(
    "NR", "41 if __import__('platform').machine() == 'x86_64' else 198"
)
NEW_NAMESPACE = (
    """
import ctypes
ctypes.CDLL(None).unshare(0x10000000 | 0x40000000)
"""
    + TCP
)
BASH = 'exec 3<>"/dev/tcp/$1/$2" && echo hello >&3'

ESCAPES = {
    "tcp": [sys.executable, "-c", TCP],
    "udp": [sys.executable, "-c", UDP],
    "the C library": [sys.executable, "-c", CTYPES],
    "a raw system call": [sys.executable, "-c", SYSCALL],
    "a child shell": ["bash", "-c", BASH, "bash"],
    "a child of a child": ["sh", "-c", f'sh -c \'{sys.executable} -c "$0" "$@"\' "$0" "$@"', TCP],
    "a namespace of its own": [sys.executable, "-c", NEW_NAMESPACE],
}


@pytest.fixture(scope="module")
def answering():
    """Return the port of what answers by UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    data, who = server.recvfrom(100)
                    server.sendto(data, who)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@pytest.mark.parametrize("way", ESCAPES.values(), ids=ESCAPES)
def test_no_way_leads_out(tmp_path, level, outside, answering, way):
    arguments = [*outside.split(), str(answering)]
    with launch(tmp_path, [*way, *arguments], level) as job:
        assert job.finish() != 0


OPEN = {name: way for name, way in ESCAPES.items() if name != "a namespace of its own"}


@pytest.mark.parametrize("way", OPEN.values(), ids=OPEN)
def test_without_confinement_each_way_leads_out(outside, answering, way):
    arguments = [*outside.split(), str(answering)]
    done = subprocess.run([*way, *arguments], check=False, capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr


PROXIED = """
import sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=5) as answer:
    sys.exit(0 if answer.read() == b"hello" else 1)
"""


@pytest.mark.usefixtures("alone")
def test_the_mirror_is_reached_through_the_gate_and_nothing_else(tmp_path):
    with served() as mirror, served() as other:
        endpoints = (Endpoint.of("127.0.0.1", mirror),)
        for port, code in ((mirror, 0), (other, 1)):
            command = [sys.executable, "-c", PROXIED, f"http://127.0.0.1:{port}/"]
            with launch(tmp_path, command, endpoints=endpoints) as job:
                assert job.finish() == code
                assert bool(job.gate.refused) is (port == other)


BY_MIRROR = """
import sys
from bezoar.fortify.mirror.lines import Lines, origin_of
line = Lines().take(origin_of(sys.argv[1]))
line.request("GET", "/")
sys.exit(0 if line.getresponse().read() == b"hello" else 1)
"""


@pytest.mark.usefixtures("alone")
def test_bezoar_itself_finds_the_mirror_from_inside(tmp_path):
    with served() as mirror:
        endpoints = (Endpoint.of("127.0.0.1", mirror),)
        command = [sys.executable, "-c", BY_MIRROR, f"http://127.0.0.1:{mirror}/"]
        with launch(tmp_path, command, endpoints=endpoints) as job:
            assert job.finish() == 0


@pytest.mark.usefixtures("alone")
def test_it_sees_no_other_process_and_has_no_privilege(tmp_path):
    script = (
        'test "$(ls /proc | grep -c "^[0-9]")" -lt 8 || exit 3;'
        "grep -q '^NoNewPrivs:.1' /proc/self/status || exit 4;"
        "mount -t tmpfs none /mnt 2>/dev/null && exit 5;"
        "umount /proc 2>/dev/null && exit 6;"
        "ip link set lo down 2>/dev/null && exit 7; exit 0"
    )
    with launch(tmp_path, ["sh", "-c", script]) as job:
        assert job.confinement.processes
        assert job.finish() == 0


SYSTEM = """
import sys
try:
    with open("/proc/sys/kernel/core_pattern", "r+") as file:
        before = file.read()
        file.write(before)
except OSError:
    sys.exit(0)
sys.exit(1)
"""


@pytest.mark.usefixtures("alone")
def test_it_does_not_set_what_the_kernel_starts(tmp_path):
    """For root, who may outside: the kernel starts that program outside of every namespace."""
    with launch(tmp_path, [sys.executable, "-c", SYSTEM]) as job:
        assert job.finish() == 0


MEMORY = """
import os, sys
os.close(os.open(f"/proc/{sys.argv[1]}/mem", os.O_RDWR))
"""
ABSTRACT = """
import socket, sys
with socket.socket(socket.AF_UNIX) as c:
    c.connect("\\0" + sys.argv[2])
"""


@pytest.mark.parametrize("script", [MEMORY, ABSTRACT], ids=["memory", "abstract socket"])
def test_other_processes_are_out_of_reach(tmp_path, level, script):
    """Both would lend it a socket; that it can be done outside is what the last lines show."""
    name = f"bezoar-test-{os.getpid()}"
    with (
        socket.socket(socket.AF_UNIX) as server,
        subprocess.Popen(["sleep", "60"]) as other,
    ):
        server.bind(f"\0{name}")
        server.listen()
        command = [sys.executable, "-c", script, str(other.pid), name]
        if level is Level.SOCKETS and not SCOPED and script == ABSTRACT:
            pytest.skip("this kernel's Landlock knows no scopes")
        with launch(tmp_path, command, level) as job:
            assert job.confinement.processes
            assert job.finish() != 0
        done = subprocess.run(command, check=False, capture_output=True)
        other.kill()
    assert done.returncode == 0, done.stderr


def test_what_it_measured_is_what_it_is(tmp_path, level):
    with launch(tmp_path, ["true"], level) as job:
        assert job.level is level
        assert job.confinement.sockets is (level is Level.NAMESPACE)


def test_its_own_process_knocks(tmp_path, level, outside):
    host = outside.replace(" ", ":")
    targets = Targets(hosts=(host,), mirror=(host,))
    with launch(tmp_path, ["true"], level, targets=targets) as job:
        assert job.confinement.probed.out == ()
    with launch(tmp_path, ["true"], Level.ENVIRONMENT, targets=targets) as job:
        assert [one.target for one in job.confinement.probed.out] == [host]
        assert job.level is Level.ENVIRONMENT


def test_what_is_not_let_begin_never_runs(tmp_path):
    with launch(tmp_path, ["touch", "ran"]):
        pass
    assert not (tmp_path / "ran").exists()


CODES = {"its own": ("exit 7", 7), "a signal": ("kill -TERM $$", 143), "none": ("exit 0", 0)}


@pytest.mark.parametrize("most", list(Level))
@pytest.mark.parametrize(("script", "code"), CODES.values(), ids=CODES)
def test_it_ends_as_the_job_ends(tmp_path, most, script, code):
    with launch(tmp_path, ["sh", "-c", script], most) as job:
        assert job.finish() == code


@pytest.mark.parametrize(("program", "code"), [("no-such-program", 127), ("/etc/hostname", 126)])
def test_what_cannot_be_started(tmp_path, program, code):
    with launch(tmp_path, [program]) as job:
        assert job.finish() == code


def test_its_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("BEZOAR_PASSPHRASE", "secret")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    monkeypatch.setenv("KEPT", "yes")
    with launch(tmp_path, ["sh", "-c", "env > env"], variables={"BEZOAR_RUN": "run-1"}) as job:
        assert job.finish() == 0
    found = set((tmp_path / "env").read_text().splitlines())
    assert {"KEPT=yes", "BEZOAR_RUN=run-1", "HF_HUB_OFFLINE=1"} <= found
    assert not any(line.startswith(("BEZOAR_PASSPHRASE", "SSH_AUTH_SOCK")) for line in found)


def test_input_and_output_are_its_own(tmp_path, capfd):
    with launch(tmp_path, ["sh", "-c", "echo out; echo err >&2"]) as job:
        assert job.finish() == 0
    assert capfd.readouterr() == ("out\n", "err\n")


STARTED = """
import sys
from pathlib import Path
from bezoar.fortify.run.launching import Job, Launch
from bezoar.fortify.run.level import Level
job = Job(tuple(sys.argv[3:]), Path(sys.argv[1]), most=Level(int(sys.argv[2])), timeout=0.1)
with Launch(job) as launch:
    sys.exit(launch.finish())
"""


def started(tmp_path, most, script):
    path = os.pathsep.join(sys.path)
    return subprocess.Popen(
        [sys.executable, "-c", STARTED, str(tmp_path), str(int(most)), "sh", "-c", script],
        env={**os.environ, "PYTHONPATH": path},
    )


def wait_for(what, seconds=20):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)


def test_a_signal_reaches_the_job(tmp_path):
    script = "trap 'echo got > got; exit 5' TERM; echo > up; while :; do sleep 0.05; done"
    with started(tmp_path, Level.NAMESPACE, script) as process:
        wait_for((tmp_path / "up").exists)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 5
    assert (tmp_path / "got").exists()


@pytest.mark.skipif(shutil.which("setsid") is None, reason="no setsid here")
def test_a_key_at_the_terminal_interrupts_the_job_once(tmp_path):
    """The terminal sends the signal to bezoar and to the job; nobody sends it on."""
    script = (
        "trap 'echo got >> got' INT; echo > up; while [ ! -e stop ]; do sleep 0.05; done; exit 6"
    )
    ours, theirs = pty.openpty()
    path = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", STARTED, str(tmp_path), "3", "sh", "-c", script]
    with subprocess.Popen(
        ["setsid", "--ctty", "--wait", *command],
        env={**os.environ, "PYTHONPATH": path},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        wait_for((tmp_path / "up").exists)
        time.sleep(0.2)
        os.write(ours, b"\x03")
        wait_for((tmp_path / "got").exists)
        time.sleep(0.5)
        (tmp_path / "stop").touch()
        code = process.wait(20)
    os.close(ours)
    assert code == 6
    assert (tmp_path / "got").read_text() == "got\n"


FAMILY = """
import socket, sys
try:
    socket.socket(int(sys.argv[1]), int(sys.argv[2])).close()
except PermissionError:
    sys.exit(0)
except OSError:
    sys.exit(2)
sys.exit(1)
"""


@pytest.mark.parametrize("family", [40, 38, 31], ids=["virtual machine", "crypto", "bluetooth"])
def test_no_socket_of_a_family_that_no_namespace_holds(tmp_path, level, family):
    with launch(tmp_path, [sys.executable, "-c", FAMILY, str(family), "1"], level) as job:
        assert job.finish() == 0


def test_sockets_between_its_own_processes_work(tmp_path, level):
    script = "import socket; a, b = socket.socketpair(); a.send(b'x'); assert b.recv(1) == b'x'"
    with launch(tmp_path, [sys.executable, "-c", script], level) as job:
        assert job.finish() == 0


@pytest.mark.parametrize("most", list(Level))
def test_when_bezoar_is_killed_the_job_dies(tmp_path, most):
    """It writes on and on; when the file grows no more, it is dead."""
    script = "while :; do echo >> alive; sleep 0.02; done"
    with started(tmp_path, most, script) as process:
        alive = tmp_path / "alive"
        wait_for(alive.exists)
        process.kill()
        process.wait(20)
        time.sleep(0.3)
        size = alive.stat().st_size
        time.sleep(0.3)
        assert alive.stat().st_size == size


@pytest.mark.usefixtures("alone")
def test_what_a_job_leaves_behind_ends_with_it(tmp_path):
    script = "setsid sh -c 'while :; do echo >> left; sleep 0.02; done' & sleep 0.3"
    with launch(tmp_path, ["sh", "-c", script]) as job:
        assert job.finish() == 0
    size = (tmp_path / "left").stat().st_size
    assert size
    time.sleep(0.3)
    assert (tmp_path / "left").stat().st_size == size
