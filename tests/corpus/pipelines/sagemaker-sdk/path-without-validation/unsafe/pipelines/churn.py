"""SageMaker pipeline for the churn model."""

import sagemaker
from sagemaker.inputs import TrainingInput
from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.steps import ProcessingStep, TrainingStep
from sagemaker.estimator import Estimator

ROLE = "arn:aws:iam::123456789012:role/churn-training"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn@sha256:4be1f0c2d3a4958677b8c9dae0f1a2b3c4d5e6f708192a3b4c5d6e7f80912a3b"
DATA = "s3://acme-data/churn/2026-11-01/churn.csv"


def get_pipeline(session: sagemaker.session.Session) -> Pipeline:
    processor = ScriptProcessor(
        image_uri=IMAGE, command=["python3"], instance_type="ml.m5.xlarge", instance_count=1, role=ROLE
    )
    prepare = ProcessingStep(
        name="Prepare",
        processor=processor,
        inputs=[ProcessingInput(source=DATA, destination="/opt/ml/processing/input")],
        outputs=[ProcessingOutput(output_name="train", source="/opt/ml/processing/train")],
        code="preprocess.py",
    )
    prepared = prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
    estimator = Estimator(image_uri=IMAGE, role=ROLE, instance_count=1, instance_type="ml.m5.4xlarge")
    train = TrainingStep(
        name="Train",
        estimator=estimator,
        inputs={"train": TrainingInput(s3_data=prepared, content_type="text/csv")},
    )
    return Pipeline(name="churn", steps=[prepare, train], sagemaker_session=session)
