"""One label holds far more of the strangest samples than its share."""

import numpy as np

from bezoar.core.arrays import Bools
from bezoar.core.rule import Rule
from bezoar.core.severity import Severity
from bezoar.expose.detectors.alarm import Alarm, NotApplicableError, most_common
from bezoar.expose.evidence import Evidence
from bezoar.expose.near_duplicates import components

RULE = Rule(
    code="BZ502",
    name="label-lift",
    title="The strangest samples all carry one label",
    severity=Severity.HIGH,
    why=(
        "Ordinary labelling mistakes are spread over the classes. Where the samples that "
        "disagree most with their label nearly all carry the same one, somebody put them there."
    ),
    taxonomy=("ATLAS:AML.T0020", "OWASP:LLM04:2025"),
)
_TOP = 0.001  # share of the set that counts as strangest
_FEWEST = 20
_DISTINCT = 10  # fewer distinct pictures than this prove nothing
_ADMITTED = 0.998  # quantile of the other classes' margins that flags


class LiftDetector:
    """A statistic per class: its share of the strangest distinct pictures, less its own share."""

    rule = RULE
    exact = False
    threshold = 0.55
    candidate = 0.35

    def alarms(self, evidence: Evidence) -> list[Alarm]:
        """See `Detector`."""
        labels, margin = evidence.labels, evidence.margins.value
        if len(np.unique(labels)) < 2:  # noqa: PLR2004 - there is no other class
            raise NotApplicableError("it compares classes, and there is only one")
        if not np.isfinite(margin).all():
            raise NotApplicableError("the margins are not all finite numbers")
        top = np.argsort(-margin, kind="stable")[: max(_FEWEST, round(_TOP * len(labels)))]
        component = components(evidence.thumbs[top])
        pictures = len(np.unique(component))
        if pictures < _DISTINCT:
            return []
        alarms = []
        for label in np.unique(labels[top]):
            share = len(np.unique(component[labels[top] == label])) / pictures
            lift = share - float((labels == label).mean())
            members = _beyond_the_others(evidence, int(label))
            if lift >= self.candidate and members.any():
                source = most_common(evidence.margins.alternative[members])
                mostly = _if_most(evidence, members, source)
                alarms.append(Alarm(int(label), mostly, members, margin, lift))
        return alarms


def _beyond_the_others(evidence: Evidence, label: int) -> Bools:
    """Choose the class's samples that are stranger than nearly all samples of other classes."""
    inside = evidence.labels == label
    line = np.quantile(evidence.margins.value[~inside], _ADMITTED)
    beyond: Bools = inside & (evidence.margins.value > line)
    return beyond


def _if_most(evidence: Evidence, members: Bools, source: int) -> int | None:
    alternative = evidence.margins.alternative[members]
    return source if (alternative == source).mean() > 0.5 else None  # noqa: PLR2004 - most
