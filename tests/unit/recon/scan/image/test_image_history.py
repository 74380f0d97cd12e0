"""The commands that made an image, as its history keeps them, through the ordinary readers."""

import time

import pytest
from image_scene import Layout, tar

from bezoar.recon.scan.image.history import dockerfile
from bezoar.recon.scan.image.store import store_at
from bezoar.recon.scan.image.tree import HISTORY, ImageTree
from bezoar.recon.scan.inventory import scan

ZIP = "https://data.example.org/signs.zip"


def of(*steps, **config):
    return dockerfile({"history": [{"created_by": step} for step in steps], "config": config})


@pytest.mark.parametrize(
    ("step", "line"),
    [
        ("RUN /bin/sh -c wget x # buildkit", "RUN wget x"),
        ("/bin/sh -c wget x", "RUN wget x"),
        ("RUN |2 A=1 B=2 /bin/sh -c wget $A # buildkit", "RUN export A=1 B=2 && wget $A"),
        ("|1 A=1 /bin/sh -c wget $A", "RUN export A=1 && wget $A"),
        ("/bin/bash -o pipefail -c curl x | tar x", "RUN curl x | tar x"),
        ("/bin/bash -euxo pipefail -c curl x", "RUN curl x"),
        ('/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'),
        ("/bin/sh -c #(nop) ADD file:0a in / ", "ADD file:0a in /"),
        ("ADD https://x/y /data # buildkit", "ADD https://x/y /data"),
        ("ENV A=b", "ENV A=b"),
        ("bazel build //x", "RUN bazel build //x"),
        ("", "#"),
        ("a\nb\r\nc", "RUN a; b; c"),
        ("RUN /bin/sh -c cat <<EOF > x", "RUN cat   > x"),
        ("RUN a \\", "RUN a"),
    ],
)
def test_each_step_is_one_line(step, line):
    assert of(step) == line + "\n"


@pytest.mark.parametrize(
    "evil", ["RUN cat <<EOF", "RUN a \\", "# escape=`\nRUN a `", "'", '"', "$("]
)
def test_no_step_swallows_the_next(evil, tmp_path):
    layout = Layout()
    layout.add(tar(), history=[evil, "x", f"RUN /bin/sh -c wget {ZIP} # buildkit"])
    found = scan(ImageTree(store_at(layout.folder(tmp_path / "image"))))
    assert [(one.path, one.line, one.uri) for one in found.fetches] == [(HISTORY, 3, ZIP)]


def test_what_runs_at_the_start_stands_after_the_history():
    command = ["python", "-c", "x"]
    assert of("RUN a", Cmd=command) == 'RUN a\nCMD ["python", "-c", "x"]\n'
    assert of('CMD ["python"]', Cmd=["python"]) == 'CMD ["python"]\n'
    labels = {"org.opencontainers.image.base.name": "docker.io/a/b:1"}
    assert of("RUN a", Labels=labels) == "RUN a\nFROM docker.io/a/b:1\n"
    assert of() == ""


def test_a_secret_in_the_history_is_not_repeated(tmp_path):
    layout = Layout()
    layout.add(tar(), history=["/bin/sh -c wget https://u:0123456789abcdef@data.example.org/a.zip"])
    found = scan(ImageTree(store_at(layout.folder(tmp_path / "image"))))
    assert found.fetches[0].uri == "https://***@data.example.org/a.zip"


@pytest.mark.parametrize("wrong", [None, 1, "x", [1], [None], [{"created_by": 1}], {"a": 1}])
def test_a_history_of_wrong_types(wrong):
    assert isinstance(dockerfile({"history": wrong, "config": wrong}), str)


@pytest.mark.parametrize(
    "evil",
    [
        "sh" + " " * 99_000,
        "RUN " + "#  " * 33_000,
        "|1 " + "sh " * 33_000,
        "<<" * 49_000,
        "/bin/sh" + " -e" * 33_000,
        "a" + " " * 99_000 + "buildkit",
        "/" * 99_000,
        "\n" * 99_000,
    ],
)
def test_a_step_made_to_be_slow(evil):
    began = time.process_time()
    of(*[evil] * 5)
    assert time.process_time() - began < 1
