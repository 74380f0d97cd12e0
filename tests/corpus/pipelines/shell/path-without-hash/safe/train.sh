#!/bin/sh
set -eu

wget -q -O data/churn.tar.gz https://files.acme.internal/churn/2026-11.tar.gz
echo "4be1f0c2d3a4958677b8c9dae0f1a2b3c4d5e6f708192a3b4c5d6e7f80912a3b  data/churn.tar.gz" | sha256sum -c -
tar -xzf data/churn.tar.gz -C data/churn
soda scan -d churn -c soda/configuration.yml soda/checks.yml
python train.py --data data/churn --out model.joblib
