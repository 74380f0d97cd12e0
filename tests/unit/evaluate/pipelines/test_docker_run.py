"""What a container that a command starts runs, and in which image."""

import pytest

from bezoar.evaluate.pipelines.definition import OnFailure
from bezoar.evaluate.pipelines.docker_run import contained, image_within
from bezoar.evaluate.pipelines.shell_commands import commands_of

DIGEST = "3f1c9a7be05d4c2f8a6e1b0d9c8f7e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e"


@pytest.mark.parametrize(
    ("command", "image", "words"),
    [
        ("docker run --rm img:1 python train.py", "img:1", "python train.py"),
        ("sudo podman run -it -e A=b --gpus all img x", "img", "x"),
        ('docker run -v "$PWD/data:/in" -w /w img x --data /in/a', "img", "x --data data/a"),
        ("docker run --volume=$(pwd):/w img x /w/data", "img", "x data"),
        ("docker container run img", "img", ""),
    ],
)
def test_the_image_and_the_words_within(command, image, words):
    assert contained(command.split()) == (image, words.split())


@pytest.mark.parametrize("command", ["docker build .", "docker run", "docker run -v", "python x"])
def test_other_commands_start_no_container(command):
    assert contained(command.split()) is None


def test_the_command_within_is_followed_as_if_it_ran_outside():
    found = commands_of("docker run -v $PWD/data:/d img:1 check /d || true\ntrain")
    assert [(one.text, one.on_failure) for one in found[1:]] == [
        ("check data", OnFailure.IGNORED),
        ("train", OnFailure.STOPS),
    ]


def test_a_script_within_has_its_own_shell():
    found = commands_of("docker run img sh -c 'check; train'")
    assert [(one.text, one.on_failure) for one in found[1:]] == [
        ("check", OnFailure.IGNORED),
        ("train", OnFailure.STOPS),
    ]


def test_an_image_is_pinned_by_its_digest():
    assert not image_within(commands_of("docker run img:1 x")).pinned
    assert image_within(commands_of(f"docker run img@sha256:{DIGEST} x")).pinned
    assert image_within(commands_of("train")) is None
