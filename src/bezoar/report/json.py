"""JSON: stable keys, the same bytes for the same input."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from bezoar.core.outcome import Outcome, findings_in, tally
from bezoar.core.policy import Verdict

SCHEMA_VERSION = 1


def outcomes_json(
    outcomes: Sequence[Outcome],
    *,
    verdict: Verdict | None = None,
    fields: Mapping[str, Any] | None = None,
) -> str:
    """Write outcomes as a JSON document.

    Args:
        outcomes: One per rule asked for.
        verdict: What the policy made of them, where one was asked.
        fields: More top-level fields; they win over those written here.
    """
    findings = findings_in(outcomes)
    findings.sort(key=lambda f: (-f.severity, f.code, f.place))
    document: dict[str, Any] = {"schema_version": SCHEMA_VERSION}
    if verdict is not None:
        document |= {
            "verdict": str(verdict.decision),
            "decided_by": list(verdict.decided_by),
        }
    document |= {
        "findings": [finding.as_json() for finding in findings],
        "outcomes": [outcome.as_json() for outcome in outcomes],
        "tally": {str(status): count for status, count in tally(outcomes).items()},
    }
    return json_text(document | dict(fields or {}))


def json_text(document: Mapping[str, Any]) -> str:
    """Write a document: ASCII, two spaces, keys in their order, a line end after the last line.

    A number that JSON does not know (NaN, infinity) becomes null.
    """
    return json.dumps(_known(document), indent=2, allow_nan=False) + "\n"


def _known(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _known(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_known(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
