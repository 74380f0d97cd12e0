"""Version 1 of Kubeflow's SDK."""

from kfp import dsl

BEZOAR = "registry.acme.internal/bezoar@sha256:3f1c9a7be05d4c2f8a6e1b0d9c8f7e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e"
TRAINER = "registry.acme.internal/vision/trainer@sha256:3f1c9a7be05d4c2f8a6e1b0d9c8f7e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e"


@dsl.pipeline(name="train-signs", description="Pull, validate, train")
def train_signs():
    volume = dsl.PipelineVolume(pvc="signs")
    pull = dsl.ContainerOp(
        name="pull",
        image=BEZOAR,
        command=["bezoar", "pull", "signs@2025-06", "--to", "/mnt/signs"],
        pvolumes={"/mnt": volume},
    )
    check = dsl.ContainerOp(
        name="validate",
        image=BEZOAR,
        command=["sh", "-ec"],
        arguments=["bezoar validate /mnt/signs --suite /suites/signs.json"],
        pvolumes={"/mnt": pull.pvolume},
    )
    train = dsl.ContainerOp(
        name="train",
        image=TRAINER,
        command=["python", "train.py", "--data", "/mnt/signs", "--out", "/mnt/model.joblib"],
        pvolumes={"/mnt": volume},
    )
    check.after(pull)
    train.after(check)
