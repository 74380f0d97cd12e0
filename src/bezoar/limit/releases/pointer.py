"""`Pointer`: which release of a model is in production, and which were before it.

One small file that is replaced as a whole: whoever reads it sees the old state or the new one.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic import model_validator as check

from bezoar.core.digest import Digest
from bezoar.core.json_object import canonical, parse_object
from bezoar.core.policy import Decision, Verdict
from bezoar.core.release import Promotion, Release, ReleaseHistory
from bezoar.limit.releases.record import DigestText, ModelName, VersionName, first_fault

MOST_BYTES: Final = 1 << 20
MOST_STEPS: Final = 1_000
"""Steps into production that are remembered; the oldest are dropped."""
_LIVE_ONCE: Final = Verdict(Decision.UNDECIDED, ("it was live once",))


class Step(BaseModel):
    """A step into production.

    Attributes:
        version: Which release.
        digest: Of its model.
        override: Why it went although its verdict does not admit it; else empty.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    version: VersionName
    digest: DigestText
    override: str = ""


class Pointer(BaseModel):
    """Which release of a model is in production, and which were before it.

    Law: `parse_pointer(p.content()) == p`.

    Attributes:
        schema_version: Of this document's format.
        name: Of the model.
        number: 1, then one more with each change: what polls sees that it was moved.
        steps: Steps into production, oldest first; rolled back ones at the end.
        live: How many of them count; the last of these is in production.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    schema_version: Literal[1] = 1
    name: ModelName
    number: Annotated[int, Field(ge=0)] = 0
    steps: Annotated[tuple[Step, ...], Field(strict=False, max_length=MOST_STEPS)] = ()
    live: Annotated[int, Field(ge=0)] = 0

    @check(mode="after")
    def _sound(self) -> Self:
        if self.live > len(self.steps):
            raise ValueError("more steps count than there are")
        return self

    @property
    def champion(self) -> Step | None:
        """What is in production."""
        return self.steps[self.live - 1] if self.live else None

    @property
    def previous(self) -> Step | None:
        """What was in production before it, another one than the champion."""
        return next(iter(self.before()), None)

    def before(self) -> tuple[Step, ...]:
        """Return what was in production before the champion, newest first, each once."""
        champion = self.champion
        older = reversed(self.steps[: max(self.live - 1, 0)])
        found = {one.version: one for one in older if champion and one.version != champion.version}
        return tuple(found.values())

    def history(self, releases: Iterable[Release] = ()) -> ReleaseHistory:
        """Return the history that it stands for.

        Args:
            releases: What is known of the releases; of others, that they were live once.
        """
        known = {one.model: one for one in releases}
        for step in self.steps:
            digest = Digest.parse(step.digest)
            known.setdefault(digest, Release(digest, (), None, _LIVE_ONCE))
        promotions = tuple(Promotion(Digest.parse(s.digest), s.override) for s in self.steps)
        return ReleaseHistory(tuple(known.values()), promotions, self.live)

    def after(self, history: ReleaseHistory, added: Mapping[str, str] | None = None) -> Self:
        """Return the pointer that a later history stands for.

        Args:
            history: After the change.
            added: The version of each digest that no step names yet.
        """
        versions = {one.digest: one.version for one in self.steps} | dict(added or {})
        steps = tuple(
            Step(version=versions[str(one.model)], digest=str(one.model), override=one.override)
            for one in history.promotions
        )
        drop = max(0, len(steps) - MOST_STEPS)
        kept = {"steps": steps[drop:], "live": max(history.live - drop, 0)}
        return self.model_copy(update={"number": self.number + 1, **kept})

    def content(self) -> bytes:
        """Return its one spelling."""
        return canonical(self.model_dump(mode="json"))


def parse_pointer(data: bytes) -> Pointer:
    """Read a pointer.

    Raises:
        ValueError: If it is anything but what `content` gives.
    """
    if len(data) > MOST_BYTES:
        raise ValueError(f"it is longer than {MOST_BYTES:,} bytes")
    try:
        pointer = Pointer.model_validate(parse_object(data))
    except ValidationError as error:
        raise ValueError(first_fault(error)) from None
    if pointer.content() != data:
        raise ValueError("it is spelled otherwise than bezoar writes it")
    return pointer
