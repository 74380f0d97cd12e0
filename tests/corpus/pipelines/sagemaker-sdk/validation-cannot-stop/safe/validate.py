"""Validate the signs before training."""

import subprocess

subprocess.run(["bezoar", "validate", "/opt/ml/processing/input/signs", "--suite", "suites/signs.json"], check=True)
