"""The emitted nftables policy between two networks: before it every way is open, after it one is.

A user namespace holds two network namespaces with a cable between them; what is served in the one
is asked for from the other, by IPv4 and IPv6.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from bezoar.fortify.egress.emit import emit
from bezoar.fortify.egress.emit.wanted import Wanted
from bezoar.fortify.egress.endpoints import destinations
from bezoar.project.settings import MirrorSettings

MIRROR, ELSEWHERE = ("10.77.0.2", "fd77::2"), ("10.77.0.3", "fd77::3")
PORT, OTHER_PORT, UDP_PORT = 8443, 8080, 9999
SOMEBODY = "12345"

SERVE = """
import select, socket, sys
tcp = [socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
       for port in map(int, sys.argv[1:3])]
udp = []
for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
    one = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    one.bind((host, int(sys.argv[3])))
    udp.append(one)
print("up", flush=True)
while True:
    for one in select.select(tcp + udp, [], [])[0]:
        if one in udp:
            data, who = one.recvfrom(100)
            one.sendto(data, who)
        else:
            client, _ = one.accept()
            with client:
                client.recv(1000)
                client.sendall(b"HTTP/1.0 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
"""

PYTHON_TCP = """
import socket, sys
wait_s = float(sys.argv[3]) if sys.argv[3:] else 2
with socket.create_connection((sys.argv[1], int(sys.argv[2])), wait_s) as c:
    c.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
    sys.exit(0 if c.recv(10) else 1)
"""

PYTHON_UDP = """
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM) as c:
    c.settimeout(1)
    c.sendto(b"hello", (sys.argv[1], int(sys.argv[2])))
    c.recv(10)
"""

STATIC = """
#include <netdb.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/socket.h>
int main(int count, char **words) {
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(atoi(words[2]))};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(atoi(words[2]))};
    int is_six = strchr(words[1], ':') != 0;
    inet_pton(AF_INET, words[1], &four.sin_addr);
    inet_pton(AF_INET6, words[1], &six.sin6_addr);
    int one = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    alarm(3);
    return is_six ? connect(one, (void *)&six, sizeof six) != 0
                  : connect(one, (void *)&four, sizeof four) != 0;
}
"""


def inside(pid, *command, timeout=20):
    """Run a command in a process's namespaces; return its exit code."""
    enter = ["nsenter", "-t", str(pid), "-n"]
    if os.getuid() != 0:
        enter = ["nsenter", "-t", str(pid), "-U", "-n", "--preserve-credentials"]
    done = subprocess.run([*enter, *command], check=False, capture_output=True, timeout=timeout)
    return done.returncode


@pytest.fixture(scope="module")
def networks():
    """Return the numbers of two processes: one in the job's network, one in the outside's."""
    for program in ("unshare", "nsenter", "nft", "ip", "curl"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program} here")
    user = [] if os.getuid() == 0 else ["-r"]
    job = subprocess.Popen(["unshare", *user, "-n", "sleep", "600"])
    outside = None
    try:
        time.sleep(0.3)
        if job.poll() is not None:
            pytest.skip("no network namespaces here")
        enter = ["nsenter", "-t", str(job.pid), *(["-U", "--preserve-credentials"] if user else [])]
        outside = subprocess.Popen([*enter, "unshare", "-n", "sleep", "600"])
        wait_for(lambda: Path(f"/proc/{outside.pid}/ns/net").readlink() not in seen(job.pid))
        cable = ["ip", "link", "add", "inside0", "type", "veth", "peer", "name", "outside0"]
        if inside(job.pid, *cable, "netns", str(outside.pid)):
            pytest.skip("no cable (veth) here")
        addresses(job.pid, "inside0", ("10.77.0.1", "fd77::1"))
        addresses(outside.pid, "outside0", (*MIRROR, *ELSEWHERE))
        yield job.pid, outside.pid
    finally:
        for process in (outside, job):
            if process is not None:
                process.kill()
                process.wait()


def seen(pid):
    return {Path(f"/proc/{one}/ns/net").readlink() for one in (pid, "self")}


def addresses(pid, link, hosts):
    for name in ("lo", link):
        assert inside(pid, "ip", "link", "set", name, "up") == 0
    for host in hosts:
        bits, more = ("64", ["nodad"]) if ":" in host else ("24", [])
        assert inside(pid, "ip", "addr", "add", f"{host}/{bits}", "dev", link, *more) == 0


def wait_for(what):
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def job(networks):
    """Return the process in the job's network; the outside serves."""
    inner, outer = networks
    enter = ["nsenter", "-t", str(outer), "-n"]
    if os.getuid() != 0:
        enter = ["nsenter", "-t", str(outer), "-U", "-n", "--preserve-credentials"]
    ports = map(str, (PORT, OTHER_PORT, UDP_PORT))
    command = [*enter, sys.executable, "-c", SERVE, *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout.readline() == b"up\n"
        yield inner
        server.kill()


@pytest.fixture(scope="module")
def static():
    if shutil.which("cc") is None:
        pytest.skip("no C compiler here")
    # Not below pytest's own folder: another user could not look into that.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "connect.c").write_text(STATIC)
        build = ["cc", "-static", "-o", folder / "connect", folder / "connect.c"]
        if subprocess.run(build, check=False, capture_output=True).returncode:
            pytest.skip("no static C library here")
        yield str(folder / "connect")


def ways(static):
    return {
        "curl": ["curl", "-s", "-g", "-m", "2", "-o", "/dev/null"],
        "Python": [sys.executable, "-c", PYTHON_TCP],
        "a static binary": [static],
    }


def reaches(job, way, host, port, user=()):
    if way[0] == "curl":
        shown = f"[{host}]" if ":" in host else host
        return inside(job, *user, *way, f"http://{shown}:{port}/") == 0
    return inside(job, *user, *way, host, str(port)) == 0


def asked(job, host, user=()):
    return inside(job, *user, sys.executable, "-c", PYTHON_UDP, host, str(UDP_PORT)) == 0


@pytest.fixture
def policy(job, tmp_path):
    """Return what loads the emitted policy; it is gone after the test."""

    def load(**options):
        mirror = MirrorSettings(uri=f"https://mirror.example.org:{PORT}/data")
        given = tuple(f"mirror.example.org={host}" for host in MIRROR)
        text = emit("nftables", Wanted(destinations(mirror), given, **options))
        path = tmp_path / "egress.nft"
        path.write_text(text)
        assert inside(job, "nft", "-f", str(path)) == 0

    yield load
    inside(job, "nft", "flush", "ruleset")


def test_without_it_everything_is_reached(job, static):
    for name, way in ways(static).items():
        for host in (*MIRROR, *ELSEWHERE):
            for port in (PORT, OTHER_PORT):
                assert reaches(job, way, host, port), (name, host, port)
    assert all(asked(job, host) for host in (*MIRROR, *ELSEWHERE))


def test_with_it_the_mirror_is_reached_and_nothing_else(job, static, policy):
    policy()
    for name, way in ways(static).items():
        for host in (*MIRROR, *ELSEWHERE):
            for port in (PORT, OTHER_PORT):
                open_ = host in MIRROR and port == PORT
                assert reaches(job, way, host, port) is open_, (name, host, port)
    assert not any(asked(job, host) for host in (*MIRROR, *ELSEWHERE))


def test_loading_it_twice_is_loading_it_once(job, static, policy):
    policy()
    policy()
    assert reaches(job, [static], MIRROR[0], PORT)
    assert not reaches(job, [static], ELSEWHERE[0], PORT)


@pytest.mark.skipif(os.getuid() != 0, reason="needs root: it acts as two users")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv here")
def test_it_holds_one_user_and_no_other(job, static, policy):
    policy(user=SOMEBODY)
    user = ("setpriv", "--reuid", SOMEBODY, "--regid", SOMEBODY, "--clear-groups")
    curl = ways(static)["curl"]
    for way in ([static], curl):
        assert reaches(job, way, ELSEWHERE[0], PORT)
        assert not reaches(job, way, ELSEWHERE[0], PORT, user)
        assert not reaches(job, way, ELSEWHERE[1], PORT, user)
        assert reaches(job, way, MIRROR[0], PORT, user)
        assert reaches(job, way, MIRROR[1], PORT, user)
    assert asked(job, ELSEWHERE[0])


def test_the_probe_says_the_same(job, policy):
    """Nothing of ours is special to the policy: the same process gets in, then out no more."""
    code = (
        "import sys; from bezoar.fortify.egress.attempts import Targets;"
        "from bezoar.fortify.egress.probe import probe;"
        f"t = Targets(hosts=('{ELSEWHERE[0]}:{PORT}', '[{ELSEWHERE[1]}]:{PORT}'),"
        f" mirror=('{MIRROR[0]}:{PORT}',));"
        "sys.exit({True: 0, False: 1, None: 3}[probe(t, 1.0).closed])"
    )
    path = os.pathsep.join(sys.path)
    command = ["env", f"PYTHONPATH={path}", sys.executable, "-c", code]
    assert inside(job, *command) == 1
    policy()
    assert inside(job, *command) == 0


@pytest.mark.parametrize("host", ELSEWHERE)
def test_a_refusal_comes_at_once(job, policy, host):
    policy()
    begun = time.monotonic()
    assert inside(job, sys.executable, "-c", PYTHON_TCP, host, str(PORT), "15") != 0
    assert time.monotonic() - begun < 7, "it was dropped, and the job waits"
    assert not asked(job, host)
