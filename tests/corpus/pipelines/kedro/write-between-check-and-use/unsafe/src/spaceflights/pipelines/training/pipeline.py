from kedro.pipeline import Pipeline, node

from .nodes import create_model_input, preprocess, train_model, validate


def create_pipeline(**kwargs) -> Pipeline:
    return Pipeline(
        [
            node(preprocess, inputs="companies", outputs="preprocessed_companies"),
            node(validate, inputs="preprocessed_companies", outputs="checked_companies"),
            node(create_model_input, inputs=["checked_companies", "reviews"], outputs="model_input_table"),
            node(train_model, inputs="model_input_table", outputs="regressor"),
        ]
    )
