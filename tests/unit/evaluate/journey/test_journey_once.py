"""A fault that several steps or pipelines share is told once, with where it is used."""

from bezoar.core.place import Place, PlaceKind
from bezoar.evaluate.journey import build
from bezoar.evaluate.journey.arrivals import Arrival
from bezoar.evaluate.pipelines.definition import Command, OnFailure, Pipeline, Reference, Step
from bezoar.evaluate.pipelines.faults import missing
from bezoar.evaluate.rules import outcomes_of

IMAGE = Reference("acme/trainer:1", 9)


def at(path, line=1):
    return Place(PlaceKind.FILE, path, line)


def step(number, *texts, path="w.yaml", **fields):
    commands = tuple(Command(text, number * 10) for text in texts)
    return Step(f"s{number}", at(path, number * 10), commands, workspace="w", **fields)


def pipeline(*steps, path="w.yaml", form="argo", **fields):
    return Pipeline(path, form, at(path), tuple(steps), **fields)


def found(*pipelines, arrivals=(), **fields):
    outcomes = outcomes_of(build(pipelines, arrivals, **fields))
    return [(one.code, str(one.place), one.message) for o in outcomes for one in o.findings]


def script(*texts):
    steps = (Step("get.sh", at("get.sh"), tuple(Command(t, n + 1) for n, t in enumerate(texts))),)
    return Pipeline("get.sh", "shell", at("get.sh"), steps)


def test_one_public_pull_in_a_script_that_five_steps_run():
    steps = [step(n, "bash get.sh", "bezoar check") for n in range(1, 6)]
    told = found(
        pipeline(*steps, step(6, "bezoar validate d --suite s", "python train.py --data d")),
        script("curl -o d https://data.example.org/d.csv"),
    )
    (pull,) = [one for one in told if one[0] == "BZ221"]
    assert pull[1] == "get.sh:1"
    assert "used in 5 places: w.yaml:10, w.yaml:20, w.yaml:30 and 2 more" in pull[2]


def test_what_a_scan_saw_in_a_file_that_two_pipelines_run():
    arrival = Arrival(
        "train.py", 7, "hf-datasets:a/b", "load_dataset", "dataset", pinned=False, verified=False,
        public=True,
    )  # fmt: skip
    code = Command("sklearn.svm.SVC.fit(x, y)", 8, "call")
    trainer = Pipeline("t", "python", at("train.py"), (Step("t", at("train.py"), (code,)),))
    both = [pipeline(step(1, "python train.py", path=p), path=p) for p in ("a.yaml", "b.yaml")]
    told = [one for one in found(*both, trainer, arrivals=[arrival]) if one[0] == "BZ221"]
    assert [one[1] for one in told] == ["train.py:7"]
    assert told[0][2].endswith("used in 2 places: a.yaml:10, b.yaml:10")


def test_steps_of_a_template_that_three_pipelines_include():
    shared = step(1, "aws s3 cp s3://b/d d", "python train.py --data d", path="t.yaml", image=IMAGE)
    told = found(*(pipeline(shared, path=path) for path in ("t.yaml", "a.yaml", "b.yaml")))
    assert [one[:2] for one in told] == [("BZ225", "t.yaml:10"), ("BZ232", "t.yaml:9")]
    assert all("used in 3 places: " in one[2] for one in told)


def test_one_check_that_cannot_stop_and_two_trainings():
    check = step(1, "bezoar validate d --suite s", on_failure=OnFailure.IGNORED)
    trainings = [step(n, "python train.py --data d", after=("s1",)) for n in (2, 3)]
    ((code, place, message),) = found(pipeline(check, *trainings))
    assert (code, place) == ("BZ236", "w.yaml:10")
    assert message.endswith("used in 2 places: w.yaml:20, w.yaml:30")


def test_an_include_that_is_missing_for_all_who_include_the_includer():
    gone = missing("t.yaml", "other.yaml", 3)
    told = found(*(pipeline(step(1, "ls"), path=p, found=(gone,)) for p in ("t.yaml", "a.yaml")))
    assert [one[:2] for one in told] == [("BZ242", "t.yaml:3")]


def test_two_faults_of_one_line_stay_two():
    first, second = (step(n, "python train.py", image=Reference(f"acme/{n}:1", 9)) for n in (1, 2))
    codes = [one[0] for one in found(pipeline(first, second))]
    assert codes.count("BZ232") == 2


def test_what_the_team_owns_or_the_scan_judged_is_no_public_pull():
    one = pipeline(step(1, "curl -o d https://data.example.org/d.csv", "python train.py --data d"))

    def pulls(**fields):
        return [code for code, *_ in found(one, **fields) if code == "BZ221"]

    assert pulls() == ["BZ221"]
    assert pulls(looked_at=[("w.yaml", 10)]) == []
    assert pulls(looked_at=[("w.yaml", 11), ("other.yaml", 10)]) == ["BZ221"]
    assert pulls(is_public=lambda uri: not uri.startswith("https://data.example.org/")) == []


def test_a_tool_is_no_data_unless_a_training_gets_it():
    tool = "curl -LsSf https://tools.example.org/install.sh -o install.sh"
    packed = "wget https://data.example.org/a.tar.gz -O a.tar.gz"
    train = "python train.py --data data/d"

    def pulls(*texts):
        return [message for code, _, message in found(pipeline(step(1, *texts))) if code == "BZ221"]

    assert pulls(tool, train) == []
    assert pulls(packed, "tar xzf a.tar.gz -C tools", train) == []
    assert len(pulls(packed, "tar xzf a.tar.gz -C data/d", train)) == 1
    assert len(pulls(packed, "python train.py")) == 1
    assert pulls(tool, "python train.py") == []
    assert len(pulls("curl -o x https://data.example.org/a.csv", train)) == 1
