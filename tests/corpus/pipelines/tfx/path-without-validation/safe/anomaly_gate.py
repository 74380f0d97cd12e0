"""Stops the pipeline where the examples have an anomaly."""

from tensorflow_data_validation import load_anomalies_binary
from tfx import v1 as tfx
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts
from tfx.v1.dsl.components import InputArtifact


@component
def AnomalyGate(anomalies: InputArtifact[standard_artifacts.ExampleAnomalies]) -> None:
    """Fail where a split has an anomaly."""
    for split in ("train", "eval"):
        found = load_anomalies_binary(f"{anomalies.uri}/Split-{split}/SchemaDiff.pb")
        if found.anomaly_info:
            raise ValueError(f"{split}: {sorted(found.anomaly_info)}")
