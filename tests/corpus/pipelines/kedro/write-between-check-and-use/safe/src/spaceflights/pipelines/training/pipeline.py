from kedro.pipeline import Pipeline, node

from .nodes import create_model_input, preprocess, train_model, validate


def create_pipeline(**kwargs) -> Pipeline:
    return Pipeline(
        [
            node(preprocess, inputs="companies", outputs="preprocessed_companies"),
            node(create_model_input, inputs=["preprocessed_companies", "reviews"], outputs="model_input_table"),
            node(validate, inputs="model_input_table", outputs="checked_input"),
            node(train_model, inputs="checked_input", outputs="regressor"),
        ]
    )
