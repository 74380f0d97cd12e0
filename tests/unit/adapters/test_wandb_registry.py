"""Weights & Biases' registry, on a fake of its public client."""

import sys
from contextlib import contextmanager
from io import StringIO
from types import ModuleType

import pytest

from bezoar.adapters.wandb_registry import WandbRegistry
from bezoar.core.errors import BezoarError


class FakeArtifact:
    """As wandb.Artifact: saving takes an alias from whichever version had it."""

    def __init__(self, name, type, metadata=None):  # noqa: A002 - the client's own name
        self.name, self.type, self.metadata, self.aliases = name, type, metadata, []
        self.files, self.service = {}, None

    @contextmanager
    def new_file(self, name):
        self.files[name] = StringIO()
        yield self.files[name]

    def save(self):
        for other in self.service.artifacts:
            if other is not self and other.name == self.name:
                other.aliases = [one for one in other.aliases if one not in self.aliases]

    def wait(self):
        return self


class FakeWandb(ModuleType):
    """As the module wandb, as far as it is used."""

    def __init__(self):
        super().__init__("wandb")
        self.artifacts, self.down, self.Artifact = [], False, FakeArtifact

    def Api(self, timeout):  # noqa: N802 - the client's own name
        assert timeout <= 10
        return self

    @contextmanager
    def init(self, entity, project, job_type):
        assert (entity, project, job_type) == ("team", "models", "bezoar-release")
        yield self

    def log_artifact(self, artifact, aliases):
        artifact.aliases, artifact.service = list(aliases), self
        self.artifacts.append(artifact)
        return artifact

    def artifact_exists(self, path, type):  # noqa: A002 - the same
        return self._find(path, type) is not None

    def artifact(self, path, type):  # noqa: A002 - the same
        return self._find(path, type)

    def _find(self, path, kind):
        if self.down:
            raise ConnectionError("no route\nto host")
        name, _, alias = path.removeprefix("team/models/").partition(":")
        found = [
            a for a in self.artifacts if (a.name, a.type) == (name, kind) and alias in a.aliases
        ]
        return found[0] if found else None


@pytest.fixture
def wandb(monkeypatch):
    fake = FakeWandb()
    monkeypatch.setitem(sys.modules, "wandb", fake)
    return fake


def test_versions_are_added_once_and_an_alias_means_one_of_them(wandb):
    registry = WandbRegistry("team/models")
    for version in ("1", "2", "2"):
        registry.register("signs", version, {"bezoar.digest": f"sha256:{version}"})
    assert [one.metadata["bezoar.digest"] for one in wandb.artifacts] == ["sha256:1", "sha256:2"]
    assert wandb.artifacts[0].files["release.txt"].getvalue() == "bezoar.digest sha256:1\n"
    registry.alias("signs", "1", "champion")
    registry.alias("signs", "2", "champion")
    assert [one.aliases for one in wandb.artifacts] == [["release-1"], ["release-2", "champion"]]
    with pytest.raises(BezoarError, match="knows no version 9"):
        registry.alias("signs", "9", "champion")


def test_what_it_does_not_take_is_a_clean_error(wandb, monkeypatch):
    registry = WandbRegistry("team/models")
    wandb.down = True
    with pytest.raises(BezoarError, match=r"W&B did not take it: no route\n"):
        registry.register("signs", "1", {})
    with pytest.raises(BezoarError, match="not ENTITY/PROJECT"):
        WandbRegistry("team")
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(BezoarError, match="not installed"):
        WandbRegistry("team/models")
