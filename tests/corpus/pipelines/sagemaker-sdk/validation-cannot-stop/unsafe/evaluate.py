"""Evaluate the model."""

import json
from pathlib import Path

import joblib

model = joblib.load("/opt/ml/processing/model/model.joblib")
Path("/opt/ml/processing/evaluation/evaluation.json").write_text(json.dumps({"accuracy": model.score_}))
