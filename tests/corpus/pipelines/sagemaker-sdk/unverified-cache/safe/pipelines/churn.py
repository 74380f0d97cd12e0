"""SageMaker pipeline for the churn model."""

from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.steps import CacheConfig, ProcessingStep, TrainingStep

ROLE = "arn:aws:iam::123456789012:role/churn-training"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn@sha256:4be1f0c2d3a4958677b8c9dae0f1a2b3c4d5e6f708192a3b4c5d6e7f80912a3b"

cache = CacheConfig(enable_caching=False, expire_after="P30D")
processor = ScriptProcessor(image_uri=IMAGE, command=["python3"], instance_type="ml.m5.xlarge", instance_count=1, role=ROLE)
ingest = ProcessingStep(
    name="Ingest",
    processor=processor,
    inputs=[ProcessingInput(source="s3://acme-data/churn/month.csv", destination="/opt/ml/processing/input")],
    outputs=[ProcessingOutput(output_name="data", source="/opt/ml/processing/data")],
    code="ingest.py",
    cache_config=cache,
)
data = ingest.properties.ProcessingOutputConfig.Outputs["data"].S3Output.S3Uri
check = ProcessingStep(
    name="Check",
    processor=processor,
    inputs=[ProcessingInput(source=data, destination="/opt/ml/processing/input")],
    code="validate.py",
)
train = TrainingStep(
    name="Train",
    estimator=Estimator(image_uri=IMAGE, role=ROLE, instance_count=1, instance_type="ml.m5.4xlarge"),
    inputs={"train": TrainingInput(s3_data=data)},
    depends_on=[check],
)
pipeline = Pipeline(name="churn", steps=[ingest, check, train])
