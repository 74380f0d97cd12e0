"""`harden`: train so that poison, or an adversary, gets less hold; what it brings is measured."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from bezoar.core.errors import UsageError

if TYPE_CHECKING:
    from bezoar.adapters.torch.training import Classifier

SCHEMA_VERSION: Final = 1
Progress = Callable[[int, int], None]
_ISOLATED: Final = 0.01
"""Share of the samples that Anti-Backdoor Learning isolates."""
_MOST_ATTACKED: Final = 1000
"""Test images on which robust accuracy is measured."""


class Recipe(StrEnum):
    """How a model is hardened."""

    PGD = "pgd"
    TRADES = "trades"
    AUGMENT = "augment"
    ISOLATE = "isolate"
    FINE_TUNE = "fine-tune"


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Images with their classes.

    Attributes:
        images: Shape (n, h, w, 3), RGB, uint8.
        labels: Shape (n,), in [0, classes).
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, kept: NDArray[np.bool_]) -> "Labelled":
        """Return those that are kept."""
        return Labelled(self.images[kept], self.labels[kept])


@dataclass(frozen=True, slots=True, eq=False)
class Exam:
    """What every model is asked, on the same images.

    Attributes:
        test: Clean images that no model has learned from.
        victims: Images with a trigger, and the class that the attacker wants to hear; None where
            no attack is practised.
        epsilon: How far an adversary may move each value, of 255; 0: no adversary.
        steps: How often.
    """

    test: Labelled
    victims: Labelled | None = None
    epsilon: int = 8
    steps: int = 10


@dataclass(frozen=True, slots=True)
class Marks:
    """What a model did in an exam.

    Attributes:
        accuracy: Share of the clean test images that it names rightly.
        robust_accuracy: The same under an adversary; None where there was none.
        attack_success: Share of the victims for which it says what the attacker wants; None where
            no attack was practised.
    """

    accuracy: float
    robust_accuracy: float | None
    attack_success: float | None


@dataclass(frozen=True, slots=True)
class Hardened:
    """What came of it.

    Attributes:
        before: The marks of a model that was trained as usual.
        after: The marks of each hardened one.
        seed: Everything random was drawn from it.
        isolated: How many samples were set aside by `isolate`.
    """

    before: Marks
    after: dict[Recipe, Marks]
    seed: int
    isolated: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "schema_version": SCHEMA_VERSION,
            "seed": self.seed,
            "before": asdict(self.before),
            "after": {str(recipe): asdict(marks) for recipe, marks in self.after.items()},
            "isolated": self.isolated,
        }


@dataclass
class Hardening:
    """Trains models on one set, each by its own recipe, and examines them alike.

    Attributes:
        data: What they learn from; it may be poisoned.
        classes: Number of classes.
        exam: What they are asked.
        seed: Everything random is drawn from it.
        trusted: A few samples that somebody vouches for; `fine-tune` needs them.
        epochs: Passes over the data for adversarial training; None: as usual.
        models: The models, by recipe; the plain one stands under None.
        isolated: Rows that `isolate` set aside.
    """

    data: Labelled
    classes: int
    exam: Exam
    seed: int
    trusted: Labelled | None = None
    epochs: int | None = None

    def __post_init__(self) -> None:
        self.models: dict[Recipe | None, Classifier] = {}
        self.isolated = np.zeros(len(self.data), bool)

    def run(self, recipes: Sequence[Recipe], progress: Progress | None = None) -> Hardened:
        """Train a plain model and one for each recipe, and examine them all.

        Args:
            recipes: How to harden.
            progress: Called with (models done, models in all).

        Raises:
            UsageError: If a recipe needs trusted samples and there are none.
            BezoarError: If a recipe needs what is not installed.
        """
        if Recipe.FINE_TUNE in recipes and not self.trusted:
            raise UsageError(
                "fine-tuning needs samples that somebody vouches for", next="add --trusted DATA"
            )
        after: dict[Recipe, Marks] = {}
        before = self._examined(None, self._plain(self.data))
        for number, recipe in enumerate(recipes, 1):
            if progress:
                progress(number, len(recipes) + 1)
            after[recipe] = self._examined(recipe, self._by(recipe))
        if progress:
            progress(len(recipes) + 1, len(recipes) + 1)
        return Hardened(before, after, self.seed, int(self.isolated.sum()))

    def _by(self, recipe: Recipe) -> "Classifier":
        match recipe:
            case Recipe.PGD | Recipe.TRADES:
                return self._adversarial(recipe)
            case Recipe.AUGMENT:
                from bezoar.adapters.torch.augmentation import blind  # noqa: PLC0415 - torch

                return self._plain(self.data, augmentation=blind)
            case Recipe.ISOLATE:
                return self._without_what_is_easy()
            case Recipe.FINE_TUNE:
                return self._fine_tuned()

    def _plain(self, data: Labelled, **options: Any) -> "Classifier":
        from bezoar.adapters.torch.training import train_classifier  # noqa: PLC0415 - torch

        return train_classifier(data.images, data.labels, self.classes, seed=self.seed, **options)

    def _adversarial(self, recipe: Recipe) -> "Classifier":
        from bezoar.adapters.art import train_adversarially  # noqa: PLC0415 - an extra
        from bezoar.adapters.torch.training import default_epochs  # noqa: PLC0415 - torch

        return train_adversarially(
            self.data.images,
            self.data.labels,
            self.classes,
            method="trades" if recipe is Recipe.TRADES else "pgd",
            epsilon=self.exam.epsilon or 8,
            steps=max(self.exam.steps // 2, 2),
            epochs=self.epochs or default_epochs(len(self.data)),
            seed=self.seed,
        )

    def _without_what_is_easy(self) -> "Classifier":
        """Set the samples aside that are learned too easily, train without, and unlearn them."""
        from bezoar.adapters.torch import hardening  # noqa: PLC0415 - torch

        data = self.data
        losses = hardening.losses_when_held_back(
            data.images, data.labels, self.classes, seed=self.seed
        )
        count = max(1, round(_ISOLATED * len(data)))
        self.isolated[np.argsort(losses, kind="stable")[:count]] = True
        kept, set_aside = data.where(~self.isolated), data.where(self.isolated)
        return hardening.unlearned(
            self._plain(kept),
            (kept.images, kept.labels),
            (set_aside.images, set_aside.labels),
            seed=self.seed,
        )

    def _fine_tuned(self) -> "Classifier":
        from bezoar.adapters.torch import hardening  # noqa: PLC0415 - torch

        trusted = self.trusted
        if trusted is None:
            raise UsageError("fine-tuning needs trusted samples", next="add --trusted DATA")
        return hardening.fine_tuned(
            self.models[None], trusted.images, trusted.labels, seed=self.seed
        )

    def _examined(self, recipe: Recipe | None, model: "Classifier") -> Marks:
        self.models[recipe] = model
        exam = self.exam
        robust = success = None
        if exam.epsilon:
            from bezoar.adapters.art import adversarial_examples  # noqa: PLC0415 - an extra

            chosen = np.random.default_rng(self.seed).permutation(len(exam.test))[:_MOST_ATTACKED]
            images, labels = exam.test.images[chosen], exam.test.labels[chosen]
            moved = adversarial_examples(
                model, images, labels, epsilon=exam.epsilon, steps=exam.steps, seed=self.seed
            )
            robust = _share(model.predict(moved) == labels)
        if exam.victims:
            success = _share(model.predict(exam.victims.images) == exam.victims.labels)
        return Marks(_share(model.predict(exam.test.images) == exam.test.labels), robust, success)


def _share(right: NDArray[np.bool_]) -> float:
    return round(float(right.mean()), 6)
