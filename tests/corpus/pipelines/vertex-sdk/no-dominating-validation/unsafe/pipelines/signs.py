"""The sign classifier on Vertex AI."""

from google_cloud_pipeline_components.v1.custom_job import CustomTrainingJobOp
from google_cloud_pipeline_components.v1.model import ModelUploadOp
from kfp import dsl

BEZOAR = "europe-docker.pkg.dev/acme/ml/bezoar@sha256:3f1c9a7be05d4c2f8a6e1b0d9c8f7e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e"
TRAINER = "europe-docker.pkg.dev/acme/ml/trainer@sha256:3f1c9a7be05d4c2f8a6e1b0d9c8f7e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e"


@dsl.container_component
def validate(data: str):
    return dsl.ContainerSpec(image=BEZOAR, command=["bezoar", "validate", data], args=["--suite", "/suites/signs.json"])


@dsl.pipeline(name="signs")
def signs(data: str = "gs://acme-mirror/signs/3f1c9a7be05d4c2f8a6e1b0d9c8f7e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e"):
    validate(data=data)
    CustomTrainingJobOp(
        display_name="train",
        worker_pool_specs=[
            {
                "container_spec": {"image_uri": TRAINER, "command": ["python", "train.py"], "args": ["--data", data]},
                "machine_spec": {"machine_type": "n1-standard-8"},
                "replica_count": 1,
            }
        ],
    )
