"""Vertex AI pipeline of the churn model."""

from google_cloud_pipeline_components.v1.custom_job import CustomTrainingJobOp
from google_cloud_pipeline_components.v1.endpoint import ModelDeployOp
from google_cloud_pipeline_components.v1.model import ModelUploadOp
from google_cloud_pipeline_components.types import artifact_types
from kfp import dsl

TRAINER = "europe-docker.pkg.dev/acme-ml/images/churn@sha256:4be1f0c2d3a4958677b8c9dae0f1a2b3c4d5e6f708192a3b4c5d6e7f80912a3b"
DATA = "gs://acme-ml-data/churn/2026-11-01/"


@dsl.container_component
def check_data(uri: str):
    return dsl.ContainerSpec(
        image=TRAINER, command=["bezoar", "validate"], args=[uri, "--suite", "suites/churn.json"]
    )


@dsl.component(base_image=TRAINER)
def evaluate(model: dsl.Input[artifact_types.UnmanagedContainerModel]) -> float:
    import json

    return json.load(open("/gcs/acme-ml-models/churn/metrics.json"))["auc"]


@dsl.pipeline(name="churn")
def churn(project: str, endpoint: str):
    check = check_data(uri=DATA).set_caching_options(False)
    train = CustomTrainingJobOp(
        display_name="train-churn",
        worker_pool_specs=[
            {
                "machine_spec": {"machine_type": "n1-standard-8"},
                "replica_count": 1,
                "container_spec": {"image_uri": TRAINER, "command": ["python", "train.py"], "args": ["--data", DATA]},
            }
        ],
        base_output_directory="gs://acme-ml-models/churn",
    ).set_caching_options(False)
    train.after(check)
    importer = dsl.importer(
        artifact_uri="gs://acme-ml-models/churn/model",
        artifact_class=artifact_types.UnmanagedContainerModel,
    ).after(train)
    auc = evaluate(model=importer.output).set_caching_options(False)
    upload = ModelUploadOp(project=project, display_name="churn", unmanaged_container_model=importer.output).set_caching_options(False)
    ModelDeployOp(model=upload.outputs["model"], endpoint=endpoint).set_caching_options(False)
