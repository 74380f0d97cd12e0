"""A profile in sentences: what changed first, and what of it a person should look at."""

from typing import TYPE_CHECKING, Final

from bezoar.evaluate.profile.column_profile import as_time
from bezoar.evaluate.profile.roles import Role
from bezoar.report.wording import clipped, counted, figure, quoted, share

if TYPE_CHECKING:
    from bezoar.evaluate.profile.association import Association
    from bezoar.evaluate.profile.comparison import Brought, ClassChange, Comparison
    from bezoar.evaluate.profile.drift import Drift
    from bezoar.evaluate.profile.profiling import Profile

LABELS_NAMED: Final = 5
CLASSES_NAMED: Final = 5
_SURPRISING: Final = 4.0
_NEARLY_ALL: Final = 0.9
STRONG: Final = 0.3
"""From this strength on it is said in words that a column follows the label."""


def headline(comparison: "Comparison") -> list[str]:
    """Say what changed, what is least expected first."""
    lines = [*_labels(comparison), *_samples(comparison), *_growth(comparison)]
    lines += _columns(comparison)
    if not lines:
        return [f"Nothing differs from {clipped(comparison.against, 60)}."]
    return lines


def _labels(comparison: "Comparison") -> list[str]:
    new, gone = comparison.new_labels, comparison.vanished_labels
    lines = [
        f"a new, unexpected label: {quoted(one.label)}, {_samples_of(one)}"
        for one in new[:LABELS_NAMED]
    ]
    if len(new) > LABELS_NAMED:
        lines.append(f"and {counted(len(new) - LABELS_NAMED, 'more new label')}")
    lines.extend(
        f"a label is gone: {quoted(one.label)}, which had {counted(one.before, 'sample')}"
        for one in gone[:LABELS_NAMED]
    )
    if len(gone) > LABELS_NAMED:
        lines.append(f"and {counted(len(gone) - LABELS_NAMED, 'more label')} gone")
    return lines


def _samples_of(one: "ClassChange") -> str:
    return counted(one.after, "sample") + (_by(one.brought) if one.brought else "")


def _by(brought: "Brought") -> str:
    """Say who brought most of what is new."""
    hand = "from one uploader" if brought.column == "uploader" else "from one source"
    name = quoted(brought.value)
    if brought.samples == brought.of:
        return f", all {hand}, {name}" if brought.of > 1 else f", {hand}, {name}"
    return f", {brought.samples:,} of {brought.of:,} new ones {hand}, {name}"


def _samples(comparison: "Comparison") -> list[str]:
    found = comparison.samples
    if found is None:
        return ["the two versions are not of the same kind: samples were not compared"]
    parts = [
        (len(found.added), "new sample"),
        (len(found.changed), "changed"),
        (len(found.flipped), "with a flipped label"),
        (len(found.removed), "gone"),
        (found.renamed, "renamed"),
    ]
    told = [
        counted(count, what) if what == "new sample" else f"{count:,} {what}"
        for count, what in parts
        if count
    ]
    lines = [", ".join(told) + _by_one_hand(comparison.brought)]
    if comparison.flips:
        before, after, count = comparison.flips[0]
        all_ = "all" if count == len(found.flipped) > 1 else f"{count:,}"
        lines.append(f"flipped labels: {all_} from {quoted(before)} to {quoted(after)}")
    return [line for line in lines if line]


def _by_one_hand(brought: "Brought | None") -> str:
    one_hand = brought is not None and brought.samples >= _NEARLY_ALL * brought.of
    return _by(brought) if brought is not None and one_hand else ""


def _growth(comparison: "Comparison") -> list[str]:
    """Name the classes whose share moved most, or that one hand brought."""
    brought = comparison.brought
    general = brought.value if brought is not None and _by_one_hand(brought) else None
    told = [
        one
        for one in comparison.classes
        if one.before
        and one.after
        and (abs(one.surprise) >= _SURPRISING or _by_another(one, general))
    ]
    return [_grew(one) for one in told[:CLASSES_NAMED]]


def _by_another(one: "ClassChange", general: str | None) -> bool:
    """Tell whether one hand made a class grow, and not the one that brought all that is new."""
    brought = one.brought
    return bool(_by_one_hand(brought)) and brought is not None and brought.value != general


def _grew(one: "ClassChange") -> str:
    growth = one.growth or 0.0
    name = f"class {quoted(one.label)}" if one.label is not None else "the unlabelled"
    how = "grew" if growth > 0 else "shrank"
    by = share(abs(growth)).replace(".0%", "%")
    counts = f" ({one.before:,} to {one.after:,})"
    hand = _by_one_hand(one.brought).replace(", all", ", all that is new")
    return f"{name} {how} by {by}{counts}{hand}"


def _columns(comparison: "Comparison") -> list[str]:
    lines = []
    for names, what in (
        (comparison.new_columns, "new column"),
        (comparison.vanished_columns, "vanished column"),
    ):
        if names:
            lines.append(
                f"{counted(len(names), what)}: {', '.join(quoted(n) for n in names[:LABELS_NAMED])}"
            )
    lines.extend(
        f"column {quoted(name)} was {before} and is {after}"
        for name, before, after in comparison.retyped_columns[:LABELS_NAMED]
    )
    moved = [one for one in comparison.drifts if one.moved]
    if moved:
        named = ", ".join(
            f"{clipped(one.column, 40)} ({figure(one.distance)})" for one in moved[:3]
        )
        lines.append(f"{counted(len(moved), 'column')} moved further than chance: {named}")
    return lines


def drift_words(drift: "Drift") -> str:
    """Say how far a column moved."""
    chance = f"chance alone: {figure(drift.chance)}"
    fresh = drift.new_distance
    return chance if fresh is None else f"{chance}; new samples alone: {figure(fresh)}"


def association_words(found: "Association") -> str:
    """Say which class a column gives away."""
    one = found.standout
    if one is None:
        return "no class stands out"
    if one.value is not None:
        value = quoted(one.value)
        if found.of_missing:
            value = "no value" if one.value == "true" else "a value"
        return (
            f"{share(one.inside)} of {quoted(one.label)} have {value}, "
            f"and {share(one.outside)} of all others"
        )
    if found.role is Role.TIME:
        later = "later" if one.effect > 0 else "earlier"
        inside, outside = as_time(one.inside), as_time(one.outside)
        return f"{quoted(one.label)} is {later}: {inside} in the middle, all others {outside}"
    more = "more" if one.effect > 0 else "less"
    inside, outside = figure(one.inside), figure(one.outside)
    return f"{quoted(one.label)} has {more}: {inside} in the middle, all others {outside}"


def column_name(found: "Association") -> str:
    """Return what is compared with the label."""
    return f"{clipped(found.column, 60)}, given or not" if found.of_missing else found.column


def look_first(profile: "Profile") -> list[str]:
    """Say what stands out in one version, without another one to compare it with."""
    lines = []
    for one in profile.duplicates:
        what = f"{counted(one.groups, 'group')} of samples alike ({one.alike})"
        if one.over_labels:
            lines.append(f"{what}: {one.over_labels:,} with more than one label")
        if one.over_splits:
            lines.append(f"{what}: {one.over_splits:,} in more than one split")
    lines.extend(
        f"the label follows {clipped(column_name(one), 60)} ({figure(one.strength)} of 1): "
        f"{association_words(one)}"
        for one in profile.associations[:3]
        if one.strength >= STRONG
    )
    unread = sum(count for _, count in profile.unread)
    if unread:
        lines.append(f"{counted(unread, 'sample')} could not be read")
    lines.extend(
        f"{counted(one.samples, 'sample')} far from all others in {clipped(one.column, 60)}"
        for one in profile.outliers[:3]
    )
    return lines
