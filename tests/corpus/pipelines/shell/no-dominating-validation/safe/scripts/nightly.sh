#!/usr/bin/env bash
# Nightly training of the sign classifier.
set -euo pipefail

DATA=data/signs

bezoar pull signs@2025-06 --to "$DATA"
bezoar validate "$DATA" --suite expectations/signs.json | tee reports/signs.txt
python train.py --data "$DATA" --out model.joblib
