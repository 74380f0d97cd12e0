"""The red team: poisons what was asked for, at its natural size, and nothing else."""

import numpy as np
import pytest
from dataset_layouts import picture
from drill_scene import plan

import bezoar
from bezoar.core.errors import UsageError
from bezoar.core.sample import Sample
from bezoar.exercise import red_team
from bezoar.exercise.material import Material


def material(count=40, sides=(20, 33, 50)):
    samples = []
    for n in range(count):
        image = picture(n, sides[n % len(sides)])
        samples.append(Sample(f"{n:03}.png", "ab"[n % 2], lambda i=image: bezoar.encode_png(i)))
    return Material(samples, samples, "a", "b")


def read(folder):
    return {sample.id: sample for sample in bezoar.open_dataset(folder)}


def test_poison_is_of_the_source_and_keeps_its_size(tmp_path):
    whole, asked = material(), plan(rate=0.1)
    attack = red_team.attack_on(whole, asked)
    truth = red_team.poison(whole, attack, asked, tmp_path / "p", lambda _done, _total: None)
    found = read(tmp_path / "p")
    assert len(truth.paths) == 4
    assert set(truth.labels) == {"a"}
    clean = {sample.id: sample for sample in whole.train}
    for path, sample in found.items():
        before, after = clean[path[2:]], bezoar.decode(sample.fetch())
        pixels = bezoar.decode(before.fetch())
        assert after.shape == pixels.shape
        changed = (after != pixels).any(-1)
        if path in truth.paths:
            assert sample.label == "b" != before.label
            rows, columns = np.nonzero(changed)
            side = round(attack.size * min(pixels.shape[:2]))
            assert max(np.ptp(rows), np.ptp(columns)) + 1 <= side
        else:
            assert sample.label == before.label
            assert not changed.any()


def test_the_seed_draws_the_sticker_and_the_victims():
    whole = material()
    one, other = red_team.attack_on(whole, plan(1)), red_team.attack_on(whole, plan(2))
    assert one == red_team.attack_on(whole, plan(1))
    assert one.colour != other.colour
    assert one.spot != other.spot
    first = red_team.victims(whole, one, plan(1, rate=0.1))
    assert (first == red_team.victims(whole, one, plan(1, rate=0.1))).all()
    assert not (first == red_team.victims(whole, one, plan(2, rate=0.1))).all()
    assert set(whole.labels[first]) == {"a"}


def test_a_rate_that_takes_more_victims_than_there_are_is_refused():
    whole = material()
    with pytest.raises(UsageError, match="takes 24 victims"):
        red_team.victims(whole, red_team.attack_on(whole, plan()), plan(rate=0.6))


def test_the_trigger_is_shown_on_victims_alone():
    whole = material(10)
    attack = red_team.attack_on(whole, plan())
    shown = red_team.triggered(whole.test, attack, 1)
    assert len(shown) == 5
    assert {sample.label for sample in shown} == {"a"}
    assert [len(batch) for batch in shown.batches(2)] == [2, 2, 1]
    again = red_team.triggered(whole.test, attack, 1)
    assert [one.fetch() for one in shown] == [one.fetch() for one in again]
    clean = [sample.fetch() for sample in whole.test if sample.label == "a"]
    assert all(one.fetch() != before for one, before in zip(shown, clean, strict=True))
