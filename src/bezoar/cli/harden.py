"""`bezoar harden`: train so that poison, or an adversary, gets less hold."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bezoar.cli.output import (
    Format,
    FormatOption,
    OutputOption,
    Panel,
    as_json,
    note,
    progress_bar,
    require,
    table,
    whole_file,
    write_result,
)
from bezoar.core.errors import UsageError

if TYPE_CHECKING:
    from bezoar.flows.harden import Practice
    from bezoar.limit.harden import Hardened, Marks, Recipe

_RECIPES = "pgd, trades, augment, isolate, fine-tune"


def register(app: typer.Typer) -> None:
    """Add `harden`."""
    app.command("harden", rich_help_panel=Panel.LIMIT)(harden)


def harden(  # noqa: PLR0917 - one parameter for each option
    data: Annotated[Path, typer.Argument(help="What the models learn from.")],
    test: Annotated[Path, typer.Option(help="Clean samples of the same classes.")],
    recipe: Annotated[
        list[str] | None,
        typer.Option(metavar="RECIPE", help=f"{_RECIPES}; may repeat.", show_default="augment"),
    ] = None,
    trusted: Annotated[
        Path | None, typer.Option(metavar="DATA", help="Samples to vouch for; for fine-tune.")
    ] = None,
    practise: Annotated[
        str | None,
        typer.Option(metavar="ATTACK", help="Poison a copy of the data, to measure success."),
    ] = None,
    source: Annotated[str | None, typer.Option(metavar="CLASS", help="What is attacked.")] = None,
    target: Annotated[
        str | None, typer.Option(metavar="CLASS", help="What it is to be taken for.")
    ] = None,
    rate: Annotated[float, typer.Option(help="Share of the set that is poisoned.")] = 0.01,
    epsilon: Annotated[
        int,
        typer.Option(min=0, max=64, help="How far an adversary moves a value, of 255; 0: none."),
    ] = 8,
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1, max=500, help="Passes of adversarial training.", show_default="5 to 25"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Everything random is drawn from it.")] = 0,
    weights: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep the last recipe's weights, as a state dict."),
    ] = None,
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
) -> None:
    """Train a plain model and hardened ones on the same data, and examine them alike.

    Tells accuracy on clean samples, accuracy under an adversary, and how often a practised
    attack succeeds, before and after.
    """
    require("hardening", "torch", "scipy")
    if epsilon or {"pgd", "trades"} & set(recipe or ()):
        _require_toolbox()
    recipes = _recipes(recipe or ["augment"])
    from bezoar.adapters.torch.training import one_thread  # noqa: PLC0415 - see the package
    from bezoar.flows.harden import hardening_of  # noqa: PLC0415 - the same

    with progress_bar("Hardening") as progress, one_thread():
        hardening, classes = hardening_of(
            data,
            test,
            trusted=trusted,
            practice=_practice(practise, source, target, rate),
            epsilon=epsilon,
            seed=seed,
            epochs=epochs,
        )
        result = hardening.run(recipes, progress)
    if weights is not None:
        from bezoar.adapters.torch.hardening import save_weights  # noqa: PLC0415 - torch

        with whole_file(weights) as draft:
            save_weights(hardening.models[recipes[-1]], str(draft))
        note(f"{weights}: {recipes[-1]}, {len(classes):,} classes in the order of their names")
    write_result(as_json(result.as_json()) if form is Format.JSON else _text(result), output)


def _require_toolbox() -> None:
    from importlib.util import find_spec  # noqa: PLC0415 - see the package's docstring

    from bezoar.core.errors import BezoarError  # noqa: PLC0415 - the same

    if find_spec("art") is None:
        raise BezoarError(
            "an adversary needs the Adversarial Robustness Toolbox, which is not installed",
            next="pip install 'bezoar[harden]', or --epsilon 0",
        )


def _recipes(names: list[str]) -> "list[Recipe]":
    from bezoar.limit.harden import Recipe  # noqa: PLC0415 - see the package's docstring

    try:
        return list(dict.fromkeys(Recipe(name) for name in names))
    except ValueError:
        raise UsageError(f"a recipe is one of {_RECIPES}", next="bezoar harden --help") from None


def _practice(
    attack: str | None, source: str | None, target: str | None, rate: float
) -> "Practice | None":
    from bezoar.flows.harden import Practice  # noqa: PLC0415 - see the package's docstring

    if attack is None:
        return None
    if source is None or target is None:
        raise UsageError("an attack needs a source and a target", next="add --source and --target")
    return Practice(attack, source, target, rate)


def _text(result: "Hardened") -> str:
    rows = [_row("as usual", result.before)]
    rows += [_row(str(recipe), marks) for recipe, marks in result.after.items()]
    text = table(("trained", "accuracy", "under an adversary", "attack success"), rows)
    if result.isolated:
        text += f"\n{result.isolated:,} samples were set aside: they are learned too easily"
    return text


def _row(name: str, marks: "Marks") -> tuple[str, ...]:
    values = (marks.accuracy, marks.robust_accuracy, marks.attack_success)
    return (name, *("-" if one is None else f"{one:.1%}" for one in values))
