#!/usr/bin/env bash
# Trains on this month's data and rolls the model out.
set -euo pipefail

DATA=/srv/churn/2026-11
MODEL=/srv/models/churn-2026-11

bezoar validate "$DATA" --suite suites/churn.json
python train.py --data "$DATA" --out "$MODEL"
helm upgrade churn charts/churn --set model="$MODEL"
