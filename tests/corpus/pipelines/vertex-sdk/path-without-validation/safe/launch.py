"""Launch the training on Vertex AI."""

import pandas as pd
import pandera.pandas as pa
from google.cloud import aiplatform

SOURCE = "gs://acme-data/fraud/2026-11-01.csv"

pa.DataFrameSchema({"amount": pa.Column(float, pa.Check.ge(0)), "fraud": pa.Column(bool)}).validate(pd.read_csv(SOURCE))
aiplatform.init(project="acme-ml", location="europe-west4", staging_bucket="gs://acme-staging")
job = aiplatform.CustomTrainingJob(
    display_name="fraud",
    script_path="task.py",
    container_uri="europe-docker.pkg.dev/acme-ml/images/trainer@sha256:7c1e5b9a30d2f4861e7a9c0b5d3f2e1a4b6c8d0e2f4a6b8c0d1e3f5a7b9c1d3e",
)
model = job.run(args=[f"--data={SOURCE}"], replica_count=1, machine_type="n1-standard-8")
