"""YAML: settings, imports, actions, and code in it that goes to the reader of its language."""

import textwrap
from dataclasses import replace

import pytest

from bezoar.core.source import Pin
from bezoar.recon.scan import dispatch, yaml
from bezoar.recon.scan.dispatch import Language
from bezoar.recon.scan.fetch import Checksum, Context, Danger, Fetch, Kind
from bezoar.syntax.unreadable import UnreadableError

HEARD: list[tuple[str, str]] = []
COMMIT = "622fc8c4ff50b24322819f54f48624f26932892b"


class Listener:
    """Stands in for the reader of a language: each line that says `get` is a fetch."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def read(self, text, path, _):
        HEARD.append((self.language.value, text))
        for number, line in enumerate(text.split("\n"), 1):
            if "get " in line:
                uri = line.partition("get ")[2].split("'")[0].split()[0]
                yield Fetch(path, number, number, self.language.value, Kind.DATASET, uri)


@pytest.fixture(autouse=True)
def _listen(monkeypatch):
    HEARD.clear()
    real = dispatch.import_module
    listeners = {dispatch._MODULES[one]: Listener(one) for one in (Language.SHELL, Language.PYTHON)}
    monkeypatch.setattr(dispatch, "import_module", lambda name: listeners.get(name) or real(name))


def fetches(text, path="conf/a.yaml"):
    text = textwrap.dedent(text).lstrip("\n")
    found = list(yaml.read(text, path, Context(in_ci=dispatch.runs_in_ci(path))))
    return sorted(found, key=lambda one: one.line)


def places(text, path="conf/a.yaml"):
    return [(one.line, one.loader, one.uri) for one in fetches(text, path)]


WORKFLOW = ".github/workflows/a.yml"


def test_a_script_keeps_its_lines():
    found = places(
        """
        jobs:
          one:
            steps:
              - name: data
                run: |
                  mkdir x

                  get a:1
              - run: get a:2
              - run: >
                  cd x &&
                  get a:3
              - run: cd x &&
                  get a:4
        """,
        WORKFLOW,
    )
    assert found == [
        (8, "shell", "a:1"),
        (9, "shell", "a:2"),
        (12, "shell", "a:3"),
        (14, "shell", "a:4"),
    ]


def test_a_step_in_python_goes_to_python():
    found = places("steps:\n- shell: python\n  run: |\n    x = 1\n    get a:1\n", WORKFLOW)
    assert found == [(5, "python", "a:1")]


def test_a_command_sees_the_variables_around_it():
    found = fetches(
        """
        env: {URL: "https://a.example/x.zip", UNUSED: 1}
        jobs:
          one:
            env: {DIR: data}
            strategy: {matrix: {set: [mnist], other: [1, 2]}}
            steps:
              - run: |
                  get $URL
                  get ${{ env.URL }}
                  get a:${{ matrix.set }}
                  get a:${{ matrix.other }}-${{ secrets.A || 'b' }}
        """,
        WORKFLOW,
    )
    assert HEARD[0][1].startswith('URL="https://a.example/x.zip"\nget $URL')
    assert [(one.line, one.uri, one.decided_by) for one in found] == [
        (8, "$URL", ()),
        (9, "https://a.example/x.zip", ()),
        (10, "a:mnist", ()),
        (11, "a:{matrix.other}-{secrets.A}", ("matrix.other", "secrets.A")),
    ]


def test_lines_of_a_list_share_a_shell():
    text = """
        variables: {A: "1"}
        job:
          script:
            - export U=2

            - |
              echo
              get a:1
            - get a:2
    """
    assert places(text, ".gitlab-ci.yml") == [(8, "shell", "a:1"), (9, "shell", "a:2")]
    assert len(HEARD) == 1


@pytest.mark.parametrize(
    ("command", "language"),
    [
        ('["sh", "-c", "get a:1"]', "shell"),
        ("[python3, -c, 'get a:1']", "python"),
        ("[get, a:1]", "shell"),
        ("get a:1", "shell"),
    ],
)
def test_words_of_a_command_are_one(command, language):
    text = f"spec:\n  containers:\n  - image: x\n    command: {command}\n"
    assert places(text) == [(4, language, "a:1")]


def test_the_arguments_continue_the_command():
    text = "containers:\n- command: [sh, -c]\n  args:\n  - |\n    set -e\n    get a:1\n"
    assert places(text) == [(6, "shell", "a:1")]
    places("containers:\n- command: [get]\n  args:\n  - a:1\n  - -O\n")
    assert HEARD[-1][1].replace("\\\n", " ").split() == ["get", "a:1", "-O"]
    assert HEARD[-1][1].count("\n") == 4  # each word on the line that it has in the file


def test_a_builder_is_named_by_its_image():
    places("steps:\n- name: gcr.io/cloud-builders/gsutil\n  args: [cp, 'gs://b/x.csv', .]\n")
    assert HEARD[-1][1].split() == ["gsutil", "cp", "gs://b/x.csv", "."]


def test_python_that_a_compiled_pipeline_carries():
    text = """
        implementation:
          container:
            command:
            - sh
            - -ec
            - |
              program_path=$(mktemp -d)
            - |
              import kfp
              def f():
                  get a:1
    """
    assert places(text) == [(11, "python", "a:1")]


def test_argo_reads_code_and_artifacts():
    found = places(
        """
        spec:
          templates:
          - script:
              image: python:3
              command: [python]
              source: |
                get a:1
          - inputs:
              artifacts:
              - name: data
                http: {url: "https://a.example/x.csv"}
        """
    )
    assert found == [
        (7, "python", "a:1"),
        (11, "artifacts.http.url", "https://a.example/x.csv"),
    ]


def test_an_action_that_says_it_downloads_data():
    found = fetches(f"steps:\n- uses: o/download-mnist-github-action@{COMMIT}\n", WORKFLOW)
    assert [(one.uri, one.kind, one.pin, one.in_ci) for one in found] == [
        ("gha:o/download-mnist-github-action", Kind.DATASET, Pin.REVISION, True)
    ]
    (found,) = fetches("steps:\n- uses: o/download-mnist@v1\n", WORKFLOW)
    assert (found.pin, found.revision) == (Pin.TAG, "v1")


@pytest.mark.parametrize(
    "used",
    [
        "actions/checkout@v4",
        "actions/download-artifact@v4",
        "actions/setup-python@v5",
        "./local",
        "iterative/setup-dvc@v1",
        "actions/cache@v4",
        "docker://alpine:3",
        "o/get-release@v1",
    ],
)
def test_an_action_that_downloads_none(used):
    assert fetches(f"steps:\n- uses: {used}\n", WORKFLOW) == []


def test_a_checkout_of_a_data_repository():
    text = "steps:\n- uses: actions/checkout@v4\n  with: {repository: o/my-dataset, ref: main}\n"
    (found,) = fetches(text, WORKFLOW)
    assert (found.uri, found.pin) == ("git+https://github.com/o/my-dataset", Pin.TAG)


def test_an_address_of_data_in_a_setting():
    (found,) = fetches("data_config:\n  path: https://a.example/data/input.txt\n  split: 0.9\n")
    assert (found.line, found.kind, found.uri) == (
        2,
        Kind.DATASET,
        "https://a.example/data/input.txt",
    )
    assert (found.pin, found.checksum, found.dangers) == (Pin.NONE, Checksum.NONE, frozenset())


def test_a_digest_beside_an_address_counts():
    digest = "0" * 64
    (found,) = fetches(f"a:\n- url: http://a.example/x.zip\n  sha256: {digest}\n")
    assert (found.pin, found.checksum) == (Pin.HASH, Checksum.CALL)
    assert found.dangers == {Danger.PLAIN_HTTP}


def test_a_digest_ties_only_its_own_address():
    text = "train_url: https://a.example/x.zip\ntrain_md5: " + "0" * 32
    text += "\ntest_url: https://a.example/y.zip\n"
    assert [one.pin for one in fetches(text)] == [Pin.HASH, Pin.NONE]


@pytest.mark.parametrize(
    ("text", "uri", "kind"),
    [
        ("model_name_or_path: gpt2", "hf:gpt2", Kind.MODEL),
        ("model_name_or_path: org/name", "hf:org/name", Kind.MODEL),
        ("tokenizer_name: org/name", "hf:org/name", Kind.MODEL),
        ("dataset_name: org/name", "hf-datasets:org/name", Kind.DATASET),
        ("datasets:\n- path: org/name\n  type: alpaca", "hf-datasets:org/name", Kind.DATASET),
        ("data:\n  path: org/name\n  split: train", "hf-datasets:org/name", Kind.DATASET),
        ("weights: yolov5s.pt", "ultralytics:yolov5s.pt", Kind.MODEL),
        ("backbone: hf-hub:timm/vit.x", "hf:timm/vit.x", Kind.MODEL),
        ("input_artifact: team/project/set:latest", "wandb:team/project/set:latest", Kind.OTHER),
    ],
)
def test_a_name_on_a_hub_under_a_telling_key(text, uri, kind):
    assert [(one.uri, one.kind) for one in fetches(text)] == [(uri, kind)]


def test_a_revision_beside_a_name():
    (found,) = fetches(f"model_name_or_path: org/name\nrevision: {COMMIT}\n")
    assert (found.revision, found.pin) == (COMMIT, Pin.REVISION)
    (found,) = fetches("model_name_or_path: org/name\nrevision: main\n")
    assert found.pin is Pin.TAG


@pytest.mark.parametrize(
    "text",
    [
        "model_name_or_path: ./models/foo",
        "model_name_or_path: checkpoints/foo",
        "model: configs/foo.yaml",
        "dataset_name: mnist",
        "homepage: https://a.example/data.zip",
        "output_dir: s3://bucket/out",
        "image: ubuntu/python",
        "docs: https://a.example/x.csv",
        "url: https://a.readthedocs.io/",
        "index_url: https://pypi.org/simple",
        "name: a/b",
    ],
)
def test_what_names_no_data(text):
    assert fetches(text) == []


def test_a_file_folds_its_own_names():
    text = "base: https://a.example\ndata: {dir: set, url: '${base}/${data.dir}/${name}.csv'}\n"
    (found,) = fetches(text)
    assert found.uri == "https://a.example/set/{name}.csv"
    assert found.decided_by == ("name",)


def test_a_download_block_is_read_as_code():
    text = "path: ../coco\ndownload: |\n  import x\n  get a:1\n"
    assert places(text) == [(4, "python", "a:1")]
    assert places("path: ../coco\ndownload: get a:1\n") == [(2, "shell", "a:1")]
    (found,) = fetches("path: ../coco\ndownload: https://a.example/coco8.zip\n")
    assert (found.line, found.kind) == (2, Kind.ARCHIVE)


def test_a_template_is_read_all_the_same():
    text = """
        {{- if .Values.on }}
        containers:
        - image: {{ .Values.image }}
          url: https://a.example/x.csv
        {%- for a in b %}
          model: {{ a }}: b
        {% endfor %}
    """
    assert [one.line for one in fetches(text)] == [4]


def test_what_is_no_yaml_is_unreadable():
    with pytest.raises(UnreadableError, match=r"no YAML: .* \(line 2\)"):
        fetches("a: [1\nb: }")


def test_an_alias_bomb_is_cheap():
    text = "a0: &a0 {u: 'https://a.example/x.csv'}\n"
    for number in range(1, 60):
        text += f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]\n"
    assert [one.line for one in fetches(text)] == [1]
    long = "x: &x '" + "z" * 100_000 + "'\ny: [" + ", ".join(["*x"] * 20_000) + "]\n"
    assert fetches(long) == []


@pytest.mark.parametrize("text", ["[" * 10_000, "- " * 10_000 + "a", "{a: " * 500])
def test_deep_nesting_is_told(text):
    assert yaml.may_fetch(text.encode()) or "{" in text
    with pytest.raises(UnreadableError):
        fetches(text)


def test_nothing_is_constructed():
    assert fetches("a: !!python/object/apply:os.system ['echo get a:1']\n") == []


def test_documents_are_read_one_by_one():
    assert [one.line for one in fetches("a: 1\n---\nu: https://a.example/x.csv\n")] == [3]


def test_a_table_of_data_is_no_list_of_settings():
    rows = "".join(f"- {{url: 'https://a.example/{n}.jpg'}}\n" for n in range(500))
    found = fetches(rows)
    assert len(found) == 101
    assert (found[-1].line, found[-1].uri) == (101, "https://a.example/{url}")
    assert (found[-1].pin, found[-1].decided_by) == (Pin.DYNAMIC, ("url",))


def test_a_list_at_the_top_is_read():
    assert places("- https://a.example/x.csv\n- [s3://b/y.csv]\n") == [
        (1, "value", "https://a.example/x.csv"),
        (2, "value", "s3://b/y.csv"),
    ]


def test_same_text_same_answer_whatever_surrounds_it():
    text = "u: https://a.example/x.csv\n"
    (one,), (two,) = fetches(text), fetches("# a comment\n" + text)
    assert replace(two, line=1, end_line=1) == one


def test_embedded_code_may_fetch_with_what_it_imports(monkeypatch):
    monkeypatch.undo()
    text = """
        download: |
          from utils.general import Path, download
          url = 'https://a.example/'
          download([f'{url}a.zip'], dir=Path('x'))
    """
    assert [(one.line, one.uri) for one in fetches(text)] == [(4, "https://a.example/a.zip")]


def test_hydra_calls_what_it_names(monkeypatch):
    monkeypatch.undo()
    text = """
        data:
          _target_: torchvision.datasets.MNIST
          root: data
          download: true
        model:
          _target_: transformers.AutoModel.from_pretrained
          pretrained_model_name_or_path: acme/name
    """
    assert [(one.line, one.uri) for one in fetches(text)] == [
        (2, "torchvision:MNIST"),
        (6, "hf:acme/name"),
    ]


def test_assets_from_a_repository_of_data():
    text = """
        vars: {treebank: UD_Test}
        assets:
          - dest: assets/treebank
            git: {repo: 'https://github.com/x/${vars.treebank}', branch: main, path: ''}
          - dest: tools
            git: {repo: 'https://github.com/x/tools', branch: main, path: ''}
        commands:
          - script: ["get a:${vars.treebank}"]
    """
    found = fetches(text, "project.yml")
    assert [(one.line, one.uri, one.pin) for one in found] == [
        (4, "git+https://github.com/x/UD_Test", Pin.TAG),
        (8, "a:UD_Test", Pin.NONE),
    ]


def test_input_artifacts_of_a_store():
    text = """
        inputs: {artifacts: [{name: a, s3: {bucket: b, key: sets/x.csv}}]}
        outputs: {artifacts: [{name: a, s3: {bucket: b, key: sets/y.csv}}]}
    """
    assert places(text) == [(1, "s3", "s3://b/sets/x.csv")]
