import kfp
from kfp import dsl


@dsl.pipeline(name="fraud", description="Trains the fraud model")
def fraud(data: str = "/mnt/data/fraud/2026-11-01"):
    volume = dsl.PipelineVolume(pvc="fraud-data")
    check = dsl.ContainerOp(
        name="check",
        image="registry.acme.internal/bezoar@sha256:7c1e5b9a30d2f4861e7a9c0b5d3f2e1a4b6c8d0e2f4a6b8c0d1e3f5a7b9c1d3e",
        command=["bezoar", "validate"],
        arguments=[data, "--suite", "/suites/fraud.json"],
        pvolumes={"/mnt/data": volume},
    )
    dsl.ContainerOp(
        name="train",
        image="registry.acme.internal/fraud:v7",
        command=["python", "train.py"],
        arguments=["--data", data, "--out", "/mnt/data/models"],
        pvolumes={"/mnt/data": volume},
    ).after(check)


kfp.compiler.Compiler().compile(fraud, "fraud.zip")
