"""Train the sign classifier on Kubeflow."""

from kfp import dsl
from kfp.dsl import Dataset, Input, Model, Output

IMAGE = "registry.acme.internal/vision/trainer@sha256:3f1c9a7be05d4c2f8a6e1b0d9c8f7e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e"


@dsl.component(base_image=IMAGE)
def fetch(source: str, signs: Output[Dataset]):
    import subprocess

    subprocess.run(["aws", "s3", "sync", source, signs.path], check=True)


@dsl.component(base_image=IMAGE)
def validate(signs: Input[Dataset]):
    import subprocess

    subprocess.run(["bezoar", "validate", signs.path, "--suite", "/suites/signs.json"], check=True)


@dsl.component(base_image=IMAGE)
def train(signs: Input[Dataset], model: Output[Model]):
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    table = pd.read_csv(signs.path)
    classifier = LogisticRegression(max_iter=500)
    classifier.fit(table.drop(columns="label"), table["label"])
    joblib.dump(classifier, model.path)


@dsl.pipeline(name="train-signs")
def train_signs(source: str = "s3://acme-mirror/signs/2025-06"):
    fetched = fetch(source=source)
    fetched.set_caching_options(False)
    checked = validate(signs=fetched.outputs["signs"])
    train(signs=fetched.outputs["signs"]).after(checked)
