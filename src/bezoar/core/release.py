"""`Release`: a model with the proof of what it was made of; `ReleaseHistory`: what went live."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from bezoar.core.digest import Digest
from bezoar.core.policy import Verdict


class ReleaseState(StrEnum):
    """Where a release stands."""

    STAGING = "staging"
    PRODUCTION = "production"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Release:
    """A model with the proof of what it was made of.

    Attributes:
        model: Digest of the model.
        data: Manifest roots of what it was trained on.
        card: Digest of the model's report; None where there is none yet.
        verdict: What the policy made of the checks.
    """

    model: Digest
    data: tuple[Digest, ...]
    card: Digest | None
    verdict: Verdict


class Promotion(NamedTuple):
    """A step into production.

    Attributes:
        model: Which release.
        override: Why it went although its verdict does not admit it; else empty.
    """

    model: Digest
    override: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseHistory:
    """What was registered and what went live; each change gives a new history.

    Laws: rollback, then forward = identity; at most one release is in production; what the
    verdict does not admit goes live only with a reason.

    Attributes:
        releases: Every release, in the order of registration.
        promotions: Steps into production, oldest first; rolled back ones at the end.
        live: How many of the promotions count; the last of these is in production.
    """

    releases: tuple[Release, ...] = ()
    promotions: tuple[Promotion, ...] = ()
    live: int = 0

    @property
    def production(self) -> Release | None:
        """The release in production."""
        return self[self.promotions[self.live - 1].model] if self.live else None

    def __getitem__(self, model: Digest) -> Release:
        for release in self.releases:
            if release.model == model:
                return release
        raise KeyError(f"no release of model {model}")

    def state(self, model: Digest) -> ReleaseState:
        """Return where a release stands.

        Raises:
            KeyError: If it is not registered.
        """
        release = self[model]
        if release == self.production:
            return ReleaseState.PRODUCTION
        was_live = any(promotion.model == model for promotion in self.promotions)
        return ReleaseState.ARCHIVED if was_live else ReleaseState.STAGING

    def register(self, release: Release) -> "ReleaseHistory":
        """Add a release; it starts in staging.

        Raises:
            ValueError: If its model is registered already.
        """
        if any(known.model == release.model for known in self.releases):
            raise ValueError(f"model {release.model} is registered already")
        return replace(self, releases=(*self.releases, release))

    def promote(self, model: Digest, override: str = "") -> "ReleaseHistory":
        """Put a release into production; what was rolled back before can no longer come forward.

        Args:
            model: Which release.
            override: Why it goes although its verdict does not admit it.

        Raises:
            KeyError: If it is not registered.
            ValueError: If it is in production already, or its verdict does not admit it and there
                is no reason to override that.
        """
        release = self[model]
        if release == self.production:
            raise ValueError(f"model {model} is in production already")
        if not release.verdict.admits and not override.strip():
            raise ValueError(f"the verdict on model {model} is {release.verdict.decision}")
        kept = self.promotions[: self.live]
        return replace(self, promotions=(*kept, Promotion(model, override)), live=self.live + 1)

    def rollback(self) -> "ReleaseHistory":
        """Put back what was in production before.

        Raises:
            ValueError: If nothing was.
        """
        if self.live <= 1:
            raise ValueError("nothing was in production before")
        return replace(self, live=self.live - 1)

    def forward(self) -> "ReleaseHistory":
        """Take back the last rollback.

        Raises:
            ValueError: If there is none, or something was promoted since.
        """
        if self.live == len(self.promotions):
            raise ValueError("nothing was rolled back")
        return replace(self, live=self.live + 1)
