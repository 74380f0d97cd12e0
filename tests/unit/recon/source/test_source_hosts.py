"""What each host says of a source, in synthetic answers; see `source_scene`."""

from datetime import UTC, datetime

import pytest
import source_scene as scene
from source_scene import World

from bezoar.core.outcome import Status
from bezoar.recon.source.grade import Grade
from bezoar.recon.source.hosts import host_of
from bezoar.recon.source.judging import look_at, outcomes
from bezoar.recon.source.signal import Aspect, Level

NOW = datetime(2026, 11, 24, tzinfo=UTC)
DATASET = "hf://datasets/org/signs"


@pytest.fixture
def world():
    with World() as one:
        yield one


def asked(world, uri, *answers):
    for answer in answers:
        world.answers.update(answer)
    return look_at(uri, world.client(), NOW)


def worst(standing):
    levels = {}
    for signal in standing.signals:
        level = max(signal.level, levels.get(signal.aspect, Level.GOOD))
        levels[signal.aspect] = level
    return levels


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("hf://datasets/org/signs@main/a/b.csv", "Hugging Face Hub, dataset org/signs"),
        ("hf-datasets:squad", "Hugging Face Hub, dataset squad"),
        ("hf:org/model", "Hugging Face Hub, model org/model"),
        ("https://huggingface.co/datasets/org/signs", "Hugging Face Hub, dataset org/signs"),
        ("https://huggingface.co/org/m/resolve/v1/a.bin", "Hugging Face Hub, model org/m"),
        ("https://github.com/org/signs", "GitHub, org/signs"),
        ("git+https://github.com/org/signs.git", "GitHub, org/signs"),
        ("git@github.com:org/signs.git", "GitHub, org/signs"),
        ("https://raw.githubusercontent.com/org/signs/main/a.csv", "GitHub, org/signs"),
        ("https://github.com/org/signs/releases/download/v1/a.zip", "GitHub, org/signs"),
        ("torch.hub:org/signs:main", "GitHub, org/signs"),
        ("https://www.kaggle.com/datasets/org/signs", "Kaggle, data set org/signs"),
        ("kaggle:org/signs", "Kaggle, data set org/signs"),
        ("https://zenodo.org/records/1234/files/a.zip?download=1", "Zenodo, record 1234"),
        ("doi:10.5281/zenodo.1234", "Zenodo, record 1234"),
        ("https://www.openml.org/d/61", "OpenML, data set 61"),
        ("openml:61", "OpenML, data set 61"),
        ("https://www.openml.org/search?type=data&sort=runs&id=61", "OpenML, data set 61"),
        ("docker://org/signs:v1", "registry docker.io, org/signs"),
        ("docker://python", "registry docker.io, library/python"),
        ("ghcr.io/org/signs@sha256:" + "0" * 64, "registry ghcr.io, org/signs"),
        ("oci://registry.example.org:5000/a/b:1", "registry registry.example.org:5000, a/b"),
    ],
)
def test_whose_address_it_is(uri, place):
    assert host_of(uri).place == place


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.org/a.zip",
        "s3://bucket/key",
        "https://huggingface.co.evil.example/a/b",
        "https://github.com.evil.example/a/b",
        "https://www.kaggle.com/competitions/titanic",
        "./data",
        "{url}",
        "",
    ],
)
def test_what_nobody_knows(uri):
    assert host_of(uri) is None


@pytest.mark.parametrize(
    ("uri", "revision"),
    [
        ("https://github.com/o/r/tree/v1", "v1"),
        ("https://github.com/o/r/archive/refs/tags/v1.zip", "v1"),
        ("https://github.com/o/r/releases/download/v1/a.zip", "v1"),
        ("https://raw.githubusercontent.com/o/r/refs/heads/main/a", "main"),
        ("gha:o/r@v4", "v4"),
        ("https://github.com/o/r", None),
        ("https://www.kaggle.com/datasets/o/r/versions/3", "3"),
        ("hf://datasets/o/r@abc/f.csv", "abc"),
    ],
)
def test_the_revision_in_an_address(uri, revision):
    assert host_of(uri).revision == revision


def test_the_hub(world):
    standing = asked(world, DATASET, scene.hub())
    assert worst(standing) == {
        Aspect.CONTRIBUTORS: Level.GOOD,
        Aspect.REVIEW: Level.POOR,
        Aspect.UPDATE: Level.GOOD,
        Aspect.MAINTAINERS: Level.GOOD,
        Aspect.AGE: Level.GOOD,
        Aspect.VERSIONS: Level.FAIR,
        Aspect.POPULARITY: Level.GOOD,
        Aspect.LICENCE: Level.GOOD,
        Aspect.KNOWN_BAD: Level.FAIR,
    }
    assert (standing.grade, standing.known) == (Grade.B, 9)
    evidence = {one.aspect: (one.url, one.field, one.value) for one in standing.signals}
    api = f"{scene.HUB}/datasets/org/signs"
    assert evidence[Aspect.POPULARITY] == (api, "downloads", 250_000)
    assert all(status.status is Status.PASSED for status in outcomes(standing, Grade.C))


@pytest.mark.parametrize(
    ("field", "value", "level", "grade"),
    [
        ("disabled", True, Level.BAD, Grade.F),
        ("gated", "manual", Level.FAIR, Grade.B),
    ],
)
def test_the_hubs_own_flags(world, field, value, level, grade):
    answers = scene.hub()
    answers[f"{scene.HUB}/datasets/org/signs"][field] = value
    standing = asked(world, DATASET, answers)
    flags = [one for one in standing.signals if one.field == field]
    assert [(one.aspect, one.level) for one in flags] == [(Aspect.KNOWN_BAD, level)]
    assert standing.grade is grade


@pytest.mark.parametrize(
    ("status", "level"), [("unsafe", Level.BAD), ("suspicious", Level.POOR), (None, Level.UNKNOWN)]
)
def test_what_the_hubs_scanners_say_of_a_file(world, status, level):
    answers = scene.hub()
    tree = f"{scene.HUB}/datasets/org/signs/tree/{scene.COMMIT}?recursive=true&expand=true"
    answers[tree][0]["securityFileStatus"] = {"status": status}
    assert worst(asked(world, DATASET, answers))[Aspect.KNOWN_BAD] is level


def test_a_model_of_the_hub_with_an_unsafe_file(world):
    info = scene.hub()[f"{scene.HUB}/datasets/org/signs"]
    info["securityRepoStatus"] = {"filesWithIssues": [{"path": "m.pkl", "level": "unsafe"}]}
    url = f"{scene.HUB}/models/org/signs?securityStatus=true"
    standing = asked(world, "hf:org/signs", {url: info})
    assert standing.grade is Grade.F
    found = outcomes(standing, Grade.C)[0].findings
    assert [(one.code, str(one.severity)) for one in found] == [("BZ121", "critical")]
    assert "m.pkl" in found[0].message


def test_a_name_that_nobody_owns_can_be_taken(world):
    standing = asked(world, DATASET, {f"{scene.HUB}/datasets/org/signs": (401, {}, b"{}")})
    assert standing.grade is Grade.F
    assert "whoever registers that name" in outcomes(standing, Grade.C)[0].findings[0].message


def test_a_private_source_of_an_owner_who_exists_is_not_graded(world):
    answers = scene.hub() | {f"{scene.HUB}/datasets/org/signs": (401, {}, b"{}")}
    standing = asked(world, DATASET, answers)
    assert (standing.grade, standing.best) == (None, None)
    assert {one.status for one in outcomes(standing, Grade.C)} == {Status.NOT_APPLICABLE}


def test_a_renamed_repository(world):
    answers = scene.github()
    answers[scene.GITHUB]["full_name"] = "new/signs"
    standing = asked(world, "https://github.com/org/signs", answers)
    assert worst(standing)[Aspect.CONTRIBUTORS] is Level.POOR
    assert "called 'new/signs' now" in standing.signals[1].says


def test_github(world):
    standing = asked(world, "https://github.com/org/signs", scene.github())
    levels = worst(standing)
    assert levels[Aspect.REVIEW] is Level.GOOD
    assert levels[Aspect.VERSIONS] is Level.GOOD
    assert standing.grade is Grade.A


def test_github_without_protection(world):
    answers = scene.github()
    answers[f"{scene.GITHUB}/branches/main"]["protected"] = False
    answers[f"{scene.GITHUB}/rules/branches/main"] = []
    answers[f"{scene.GITHUB}/contributors?per_page=100"] = [{"login": "a", "type": "User"}]
    answers[scene.GITHUB] |= {"stargazers_count": 3, "license": None}
    standing = asked(world, "https://github.com/org/signs", answers)
    assert standing.grade is Grade.D
    found = outcomes(standing, Grade.C)[1].findings
    assert [(one.code, one.evidence["grade"]) for one in found] == [("BZ122", "D")]
    assert outcomes(standing, Grade.D)[1].status is Status.PASSED


def test_a_partial_answer_grades_what_it_knows(world):
    whole = asked(world, "https://github.com/org/signs", scene.github())
    limited = (403, {"X-RateLimit-Remaining": "0"}, b"{}")
    answers = {f"{scene.GITHUB}/branches/main": limited}
    answers |= {f"{scene.GITHUB}/rules/branches/main": limited}
    part = asked(world, "https://github.com/org/signs", answers)
    assert part.known == whole.known - 2
    assert (part.grade, part.best) == (Grade.C, Grade.A)
    assert worst(part)[Aspect.REVIEW] is Level.UNKNOWN


def test_kaggle(world):
    standing = asked(world, "kaggle:org/signs", scene.kaggle())
    levels = worst(standing)
    assert levels[Aspect.AGE] is Level.UNKNOWN
    assert levels[Aspect.MAINTAINERS] is Level.FAIR
    assert standing.grade is Grade.C


def test_zenodo(world):
    standing = asked(world, "doi:10.5281/zenodo.1234", scene.zenodo())
    levels = worst(standing)
    assert (levels[Aspect.VERSIONS], levels[Aspect.MAINTAINERS]) == (Level.GOOD, Level.POOR)
    assert standing.grade is Grade.C
    every = asked(world, "doi:10.5281/zenodo.1200", {})
    assert worst(every)[Aspect.VERSIONS] is Level.POOR


def test_what_zenodo_has_withdrawn(world):
    gone = {"https://zenodo.org/api/records/1234": (410, {}, b"{}")}
    assert asked(world, "doi:10.5281/zenodo.1234", gone).grade is Grade.F


def test_openml(world):
    standing = asked(world, "openml:61", scene.openml())
    levels = worst(standing)
    assert levels[Aspect.REVIEW] is Level.FAIR
    assert levels[Aspect.POPULARITY] is levels[Aspect.AGE] is Level.UNKNOWN
    info = world.answers["https://www.openml.org/api/v1/json/data/61"]
    info["data_set_description"]["status"] = "deactivated"
    assert asked(world, "openml:61").grade is Grade.F


def test_docker_hub_with_an_anonymous_token(world):
    standing = asked(world, "docker://org/signs:v1", scene.registry())
    levels = worst(standing)
    assert (levels[Aspect.VERSIONS], levels[Aspect.POPULARITY]) == (Level.POOR, Level.GOOD)
    assert levels[Aspect.LICENCE] is Level.UNKNOWN
    sent = [(url, headers.get("Authorization")) for _, url, headers in world.heard]
    assert {url.split("/")[2] for url, token in sent if token} == {"registry-1.docker.io"}


def test_an_image_pinned_by_digest(world):
    digest = "sha256:" + "0" * 64
    url = f"https://ghcr.io/v2/org/signs/manifests/{digest}"
    standing = asked(world, f"ghcr.io/org/signs@{digest}", {url: scene.MANIFEST})
    assert worst(standing)[Aspect.VERSIONS] is Level.GOOD
    assert standing.grade is Grade.D  # a registry says nothing about people


@pytest.mark.parametrize("wrong", [None, 0, "x", [], {}, {"x": 1}, [[]], True, -1, {"a": {}}])
@pytest.mark.parametrize(
    ("uri", "answers"),
    [
        (DATASET, scene.hub),
        ("https://github.com/org/signs", scene.github),
        ("kaggle:org/signs", scene.kaggle),
        ("doi:10.5281/zenodo.1234", scene.zenodo),
        ("openml:61", scene.openml),
    ],
)
def test_wrong_types_are_unknown_and_never_good(world, uri, answers, wrong):
    right = asked(world, uri, answers())
    for url, answer in answers().items():
        if isinstance(answer, dict):
            inner = answer.get("data_set_description", answer)
            broken = dict.fromkeys(inner, wrong)
            world.answers[url] = {"data_set_description": broken} if inner is not answer else broken
        else:
            world.answers[url] = wrong
    standing = look_at(uri, world.client(), NOW)
    assert standing.grade is None or standing.grade >= right.grade
    read = {Aspect.UPDATE, Aspect.AGE, Aspect.POPULARITY}
    assert all(one.level is not Level.GOOD for one in standing.signals if one.aspect in read)


def test_what_lies_in_the_future_is_unknown(world):
    answers = scene.hub()
    answers[f"{scene.HUB}/datasets/org/signs"]["lastModified"] = "2999-01-01T00:00:00Z"
    assert worst(asked(world, DATASET, answers))[Aspect.UPDATE] is Level.UNKNOWN


def test_an_unreachable_host_is_never_a_pass(world):
    standing = asked(world, DATASET, {f"{scene.HUB}/datasets/org/signs": (500, {}, b"")})
    assert standing.grade is None
    assert {one.level for one in standing.signals} <= {Level.UNKNOWN, Level.FAIR}
    assert {one.status for one in outcomes(standing, Grade.F)} == {Status.NOT_APPLICABLE}


def test_what_is_on_the_list_is_bad_without_asking(world):
    standing = asked(world, "hf:baller423/anything")
    assert standing.grade is Grade.F
    assert any("malicious" in one.message for one in outcomes(standing, Grade.C)[0].findings)


def test_a_name_that_looks_like_another(world):
    for owner, level in [("EleutherAl", Level.POOR), ("nvidla", Level.POOR), ("org", Level.FAIR)]:
        standing = asked(world, f"hf:{owner}/model")
        assert standing.signals[-1].level is level, owner
        assert standing.signals[-1].aspect is Aspect.KNOWN_BAD


def test_a_secret_in_the_address_is_not_repeated(world):
    standing = asked(world, "https://user:0123456789abcdef0123@example.org/a.zip")
    assert "0123456789abcdef" not in repr(standing)
