"""The taxi pipeline."""

import tensorflow_model_analysis as tfma
from tfx import v1 as tfx

from anomaly_gate import AnomalyGate


def create_pipeline(
    pipeline_name: str, pipeline_root: str, data_root: str, module_file: str, serving_model_dir: str
) -> tfx.dsl.Pipeline:
    example_gen = tfx.components.CsvExampleGen(input_base=data_root)
    statistics_gen = tfx.components.StatisticsGen(examples=example_gen.outputs["examples"])
    schema_gen = tfx.components.ImportSchemaGen(schema_file="schema/schema.pbtxt")
    example_validator = tfx.components.ExampleValidator(
        statistics=statistics_gen.outputs["statistics"], schema=schema_gen.outputs["schema"]
    )
    gate = AnomalyGate(anomalies=example_validator.outputs["anomalies"])
    trainer = tfx.components.Trainer(
        module_file=module_file,
        examples=example_gen.outputs["examples"],
        schema=schema_gen.outputs["schema"],
        train_args=tfx.proto.TrainArgs(num_steps=100),
        eval_args=tfx.proto.EvalArgs(num_steps=5),
    )
    trainer.add_upstream_node(gate)
    evaluator = tfx.components.Evaluator(
        examples=example_gen.outputs["examples"],
        model=trainer.outputs["model"],
        eval_config=tfma.EvalConfig(model_specs=[tfma.ModelSpec(label_key="big_tipper")]),
    )
    pusher = tfx.components.Pusher(
        model=trainer.outputs["model"],
        model_blessing=evaluator.outputs["blessing"],
        push_destination=tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=serving_model_dir)
        ),
    )
    return tfx.dsl.Pipeline(
        pipeline_name=pipeline_name,
        pipeline_root=pipeline_root,
        components=[
            example_gen,
            statistics_gen,
            schema_gen,
            example_validator,
            gate,
            trainer,
            evaluator,
            pusher,
        ],
    )


if __name__ == "__main__":
    tfx.orchestration.LocalDagRunner().run(
        create_pipeline("taxi", "pipelines/taxi", "data/taxi", "trainer.py", "serving/taxi")
    )
