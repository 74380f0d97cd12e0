#!/usr/bin/env bash
set -euo pipefail
gsutil -m cp -r gs://acme-data/fraud/latest/ data/
bezoar validate data/ --suite suites/fraud.json
python train.py --data data/ --out model
