#!/usr/bin/env bash
# Nightly training of the sign classifier.
set -euo pipefail

DATA=data/signs

bezoar pull signs@2025-06 --to "$DATA"
if [ -n "${CHECK:-}" ]; then
  bezoar validate "$DATA" --suite expectations/signs.json
fi
python train.py --data "$DATA" --out model.joblib
