"""The offline sheet: one file, at most 5 MB, that runs nothing but its own script."""

import base64
import hashlib
import json
import re

import numpy as np
import pytest
from web_scene import made_review

from bezoar.core.errors import UsageError
from bezoar.web.sheet import MOST_BYTES, sheet
from bezoar.web.shown import png as as_png


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_everything_is_in_it(tmp_path):
    review = made_review(tmp_path)
    page = sheet(review, "ann")
    data = data_of(page)
    assert [card["name"] for card in data["cards"]] == list(review.draw.paths)
    assert data["review"] == str(review.draw.digest)
    assert all(card["content"]["source"].startswith("data:image/png") for card in data["cards"])
    near = data["peers"][data["cards"][0]["peers"][0]]
    assert near["name"] == review.peers(review.draw.paths[0])[0]
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", page)


def test_the_policy_names_the_one_script_and_the_one_style(tmp_path):
    page = sheet(made_review(tmp_path), "ann")
    policy = re.search(r'Policy" content="(.*?)"', page)[1].replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; img-src data:;")
    for tag in ("script", "style"):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_names_and_texts_stay_text(tmp_path):
    evil = b"</script><script>alert(1)</script><!--"
    files = {f"<script>{n}/x.png": evil for n in range(3)}
    review = made_review(tmp_path, files)
    review.subject = "</title><script>alert(2)</script>"
    page = sheet(review, "</bdi><script>alert(3)</script>")
    assert "alert(1)</script>" not in page
    assert page.count("<script") == 2
    assert data_of(page)["cards"][0]["content"]["text"] == evil.decode()


def noise(number, side):
    rng = np.random.default_rng(number)
    return as_png(rng.integers(0, 255, (side, side, 3), dtype=np.uint8), side)


def test_large_pictures_are_scaled_down_to_fit(tmp_path):
    files = {f"go/{n}.png": noise(n, 300) for n in range(12)}
    page = sheet(made_review(tmp_path, files, 12), "ann")
    assert len(page.encode()) <= MOST_BYTES
    assert data_of(page)["cards"][0]["content"]["width"] == 300


def test_too_many_are_refused(tmp_path):
    data = noise(0, 64)
    review = made_review(tmp_path, {f"go/{n}.png": data for n in range(600)}, 600)
    with pytest.raises(UsageError, match="600 samples do not fit"):
        sheet(review, "ann")
