#!/usr/bin/env bash
set -euo pipefail
export AWS_SECRET_ACCESS_KEY="$(vault read -field=secret aws/fraud)"
aws s3 cp s3://acme-data/fraud/2026-11-01.csv data/fraud.csv
bezoar validate data/fraud.csv --suite suites/fraud.json
python train.py --data data/fraud.csv --out model
