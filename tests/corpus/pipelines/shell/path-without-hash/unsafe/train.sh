#!/bin/sh
set -eu

wget -q -O data/churn.tar.gz https://files.acme.internal/churn/2026-11.tar.gz
tar -xzf data/churn.tar.gz -C data/churn
soda scan -d churn -c soda/configuration.yml soda/checks.yml
python train.py --data data/churn --out model.joblib
