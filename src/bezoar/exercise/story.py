"""A drill, told to a person at a terminal."""

import textwrap
from pathlib import Path

from bezoar.core.drill import DrillResult
from bezoar.core.place import printable

_LONGEST = 200
_MISSED_SHOWN = 5


def story(result: DrillResult, width: int = 80) -> str:
    """Tell what happened.

    Args:
        result: What came of the drill.
        width: Columns; a path or a command is never broken, all else is.

    Returns:
        Lines, with a line end after the last.
    """
    head = "NOTICED" if result.noticed else "MISSED"
    parts = [
        f"{head}  {result.scenario}, seed {result.seed}",
        _paragraph("Red team", _red_team(result), width),
        _paragraph("Blue team", _blue_team(result), width),
        *_slipped(result),
        _paragraph("Proof", _proof(result), width),
        _paragraph("Clean twin", _twin(result), width),
        _files(result),
    ]
    return "\n\n".join(parts) + "\n"


def _paragraph(title: str, text: str, width: int) -> str:
    lead = f"{title:<12}"
    return textwrap.fill(text, width, initial_indent=lead, subsequent_indent=" " * len(lead))


def _red_team(result: DrillResult) -> str:
    source, target = (_quoted(label) for label in (result.source, result.target))
    return (
        f"took {result.poisoned:,} pictures of {source}, put a mark on each and labelled them "
        f"{target}: {result.poisoned / result.samples:.2%} of {result.samples:,} samples."
    )


def _blue_team(result: DrillResult) -> str:
    if not result.noticed:
        return f"did not notice: verdict {result.verdict}; {_flagged(result)}."
    return (
        f"noticed after {result.time_to_detection_s:.1f} s, in stage {result.stage}: "
        f"verdict {result.verdict}; {_flagged(result)}."
    )


def _flagged(result: DrillResult) -> str:
    clean = result.flagged - result.caught
    caught = f"{result.caught:,} of {result.poisoned:,} poisoned samples"
    return f"{caught} are flagged, and {clean:,} clean"


def _slipped(result: DrillResult) -> list[str]:
    if not result.missed or not result.flagged:
        return []
    shown = [f"  {printable(path)}" for path in result.missed[:_MISSED_SHOWN]]
    more = len(result.missed) - len(shown)
    return ["\n".join(["Slipped through", *shown, *([f"  and {more:,} more"] if more else [])])]


def _proof(result: DrillResult) -> str:
    before, after = result.attack_success_before, result.attack_success_after
    if not result.flagged:
        return (
            f"a model trained on this data takes {before:.1%} of the marked pictures for "
            f"{_quoted(result.target)}; on clean ones it is right in {result.accuracy_before:.1%}."
        )
    return (
        f"trained on the poisoned set, a model takes {before:.1%} of the marked test pictures "
        f"for {_quoted(result.target)}; trained on the cleaned set, {after:.1%}. On clean "
        f"pictures it is right in {result.accuracy_before:.1%} and {result.accuracy_after:.1%}."
    )


def _twin(result: DrillResult) -> str:
    return (
        f"the same set without the poison: verdict {result.clean_twin_verdict}, "
        f"{result.clean_twin_flagged:,} flagged."
    )


def _files(result: DrillResult) -> str:
    report = Path(result.report)
    lines = {
        "Report": str(report),
        "Open it": _uri(report),
        "Post-mortem": result.postmortem,
        "Ledger": f"cd {result.folder} && bezoar log",
        "Once more": result.again,
    }
    return "\n".join(f"{title:<12}{printable(text)}" for title, text in lines.items())


def _uri(path: Path) -> str:
    return path.absolute().as_uri()


def _quoted(label: str) -> str:
    text = printable(label)
    return f"“{text if len(text) <= _LONGEST else text[:_LONGEST] + '…'}”"
