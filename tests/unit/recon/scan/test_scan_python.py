"""Python calls become fetches: which, from where, pinned to what, and which do not."""

import textwrap

import pytest

from bezoar.core.source import Pin
from bezoar.recon.scan.dispatch import reader
from bezoar.recon.scan.fetch import Checksum, Context, Danger, Kind

COMMIT = "5f3c0b1e9a7d4c2f8b6e1a0d9c8b7a6f5e4d3c2b"


def read(code, path="a.py", **context):
    text = textwrap.dedent(code).lstrip("\n")
    return reader(path).read(text.encode(), path, Context(**context))


def one(code, **context):
    (fetch,) = read(code, **context)
    return fetch


def uris(code):
    return [fetch.uri for fetch in read(code)]


@pytest.mark.parametrize(
    ("code", "loader", "uri", "kind"),
    [
        (
            "from torchvision import datasets as D\nD.CIFAR10('x', download=True)",
            "torchvision.datasets.CIFAR10",
            "torchvision:CIFAR10",
            "dataset",
        ),
        (
            "import torchvision.datasets as D\nD.MNIST('x', True, None, None, True)",
            "torchvision.datasets.MNIST",
            "torchvision:MNIST",
            "dataset",
        ),
        (
            "from torchvision.datasets.sbd import SBDataset\nSBDataset('x', download=True)",
            "torchvision.datasets.SBDataset",
            "torchvision:SBDataset",
            "dataset",
        ),
        (
            (
                "from torchvision.models import resnet18, ResNet18_Weights as W\n"
                "resnet18(weights=W.IMAGENET1K_V1)"
            ),
            "torchvision.models.resnet18",
            "torchvision:resnet18/IMAGENET1K_V1",
            "model",
        ),
        (
            "import torchvision.models as models\nmodels.vgg16(pretrained=True)",
            "torchvision.models.vgg16",
            "torchvision:vgg16",
            "model",
        ),
        (
            "import torchvision.models as models\nmodels.__dict__[args.arch](pretrained=True)",
            "torchvision.models.{args.arch}",
            "torchvision:{args.arch}",
            "model",
        ),
        (
            "import tensorflow as tf\ntf.keras.datasets.mnist.load_data()",
            "keras.datasets.mnist.load_data",
            "keras:mnist",
            "dataset",
        ),
        (
            "from tensorflow.keras.applications import ResNet50\nResNet50()",
            "keras.applications.ResNet50",
            "keras.applications:ResNet50",
            "model",
        ),
        (
            "import nltk\nnltk.download('punkt')",
            "nltk.download",
            "nltk:punkt",
            "dataset",
        ),
        (
            "from sklearn.datasets import fetch_openml\nfetch_openml('mnist_784')",
            "sklearn.datasets.fetch_openml",
            "openml:mnist_784",
            "dataset",
        ),
        (
            "import pandas as pd\npd.read_csv('https://files.lab.eu/data/a.csv')",
            "pandas.read_csv",
            "https://files.lab.eu/data/a.csv",
            "dataset",
        ),
        (
            (
                "from huggingface_hub import snapshot_download\n"
                "snapshot_download('a/b', repo_type='dataset')"
            ),
            "huggingface_hub.snapshot_download",
            "hf-datasets:a/b",
            "dataset",
        ),
        (
            "from huggingface_hub import hf_hub_download\nhf_hub_download('a/b', 'm.bin')",
            "huggingface_hub.hf_hub_download",
            "hf:a/b/m.bin",
            "model",
        ),
        (
            "import boto3\nboto3.client('s3').download_file('b', 'k.csv', 'x')",
            "boto3.client().download_file",
            "s3://b/k.csv",
            "dataset",
        ),
        (
            (
                "from google.cloud import storage\nc = storage.Client()\nb = c.bucket('b')\n"
                "b.blob('k.parquet').download_to_filename('x')"
            ),
            "google_cloud_storage.Client().bucket().blob().download_to_filename",
            "gs://b/k.parquet",
            "dataset",
        ),
        (
            (
                "from datasets import load_dataset\n"
                "load_dataset('csv', data_files={'train': 'https://files.lab.eu/train.csv'})"
            ),
            "datasets.load_dataset",
            "https://files.lab.eu/train.csv",
            "dataset",
        ),
        (
            (
                "import duckdb\n"
                "duckdb.sql(\"select * from 'https://files.lab.eu/data/a.parquet' limit 5\")"
            ),
            "duckdb.sql",
            "https://files.lab.eu/data/a.parquet",
            "dataset",
        ),
        (
            (
                "from roboflow import Roboflow\nrf = Roboflow(api_key=k)\n"
                "p = rf.workspace('w').project('p')\np.version(3).download('yolov8')"
            ),
            "roboflow.Roboflow().workspace().project().version().download",
            "roboflow:w/p/3",
            "dataset",
        ),
        (
            (
                "from utils.hub import load_state_dict_from_url\n"
                "load_state_dict_from_url('https://files.lab.eu/a.pth')"
            ),
            "utils.hub.load_state_dict_from_url",
            "https://files.lab.eu/a.pth",
            "model",
        ),
        (
            (
                "from somewhere import download_archive\n"
                "download_archive('https://files.lab.eu/data/train.tar.gz')"
            ),
            "somewhere.download_archive",
            "https://files.lab.eu/data/train.tar.gz",
            "archive",
        ),
        (
            "import urllib.request as r\nr.urlretrieve('https://files.lab.eu/a.csv', 'a.csv')",
            "urllib.request.urlretrieve",
            "https://files.lab.eu/a.csv",
            "dataset",
        ),
        (
            "import transformers\ntransformers.pipeline('fill-mask')",
            "transformers.pipeline",
            "hf-pipeline:fill-mask",
            "model",
        ),
        (
            "from ultralytics import YOLO\nYOLO('yolov8n.pt')",
            "ultralytics.YOLO",
            "ultralytics:yolov8n.pt",
            "model",
        ),
        (
            "from torchvision.datasets import *\nMNIST('x', download=True)",
            "torchvision.datasets.MNIST",
            "torchvision:MNIST",
            "dataset",
        ),
    ],
)
def test_a_loader_is_known_however_it_is_imported(code, loader, uri, kind):
    fetch = one(code)
    assert (fetch.loader, fetch.uri, fetch.kind) == (loader, uri, Kind(kind))


@pytest.mark.parametrize(
    "code",
    [
        "from torchvision import datasets\ndatasets.MNIST('x', download=False)",
        "from torchvision import datasets\ndatasets.MNIST('x')",
        "from torchvision import datasets\ndatasets.ImageFolder('x')",
        "from torchvision import models\nmodels.resnet18()",
        "from torchvision import models\nmodels.resnet18(weights=None)",
        "from torchvision import models\nmodels.resnet18(pretrained=False)",
        "from torchvision import models\nm = models.resnet18(weights=None)\nm.eval()",
        "from sklearn.datasets import load_iris\nload_iris()",
        "import pandas as pd\npd.read_csv('data/a.csv')",
        "import pandas as pd\npd.read_csv(path)",
        "from transformers import AutoModel\nAutoModel.from_pretrained('./model')",
        "from transformers import AutoModel\nAutoModel.from_pretrained(output_dir)",
        (
            "from transformers import AutoModel\nimport os\n"
            "AutoModel.from_pretrained(os.path.join(root, 'model'))"
        ),
        "from transformers import AutoModel as M\nM.from_pretrained('a/b', local_files_only=True)",
        "from transformers import pipeline\npipeline('x', model=AutoModel.from_config(c))",
        "import torch\ntorch.hub.load('./repo', 'm', source='local')",
        "import torch.nn as nn\nnn.Embedding.from_pretrained(weights)",
        "from datasets import load_dataset\nload_dataset('json', data_files='a.jsonl')",
        "from keras.applications import VGG16\nVGG16(weights=None)",
        "from keras.applications import VGG16\nVGG16(weights='weights/vgg.h5')",
        "import fsspec\nfsspec.open('s3://b/k.csv', 'w')",
        "import boto3\nboto3.client('s3').upload_file('x', 'b', 'k.csv')",
        "import requests\nrequests.get('https://api.github.com/repos/a/b').json()",
        "import requests\nr = requests.get(url)\nprint(r.status_code)",
        "import requests\nr = requests.post(url, json=data)\nopen('x', 'wb').write(r.content)",
        "import urllib.request\nurllib.request.urlretrieve('https://pypi.org/simple/a.whl', 'a')",
        "from ultralytics import YOLO\nYOLO('yolov8n.yaml')",
        "from ultralytics import YOLO\nYOLO('runs/detect/best.pt')",
        "'''from datasets import load_dataset\nload_dataset(\"a/b\")'''",
        "# import nltk; nltk.download('punkt')",
        "from datasets import load_dataset",
    ],
)
def test_what_brings_no_data_is_no_fetch(code):
    assert read(code) == []


@pytest.mark.parametrize(
    ("code", "pin", "revision"),
    [
        ("load_dataset('a/b')", Pin.NONE, None),
        ("load_dataset('a/b', revision='main')", Pin.TAG, "main"),
        ("load_dataset('a/b', revision='v1.0')", Pin.TAG, "v1.0"),
        (f"load_dataset('a/b', revision='{COMMIT}')", Pin.REVISION, COMMIT),
        ("load_dataset('a/b', revision=None)", Pin.NONE, None),
        ("load_dataset('a/b', revision=f'step{n}')", Pin.TAG, "step{n}"),
        ("load_dataset('a/b', revision=rev)", Pin.DYNAMIC, "{rev}"),
    ],
)
def test_a_revision_pins_only_if_it_is_a_commit(code, pin, revision):
    fetch = one(f"from datasets import load_dataset\n{code}")
    assert (fetch.pin, fetch.revision) == (pin, revision)


def test_a_revision_may_stand_in_the_address():
    url = f"https://raw.githubusercontent.com/a/b/{COMMIT}/data/x.csv"
    assert one(f"import pandas\npandas.read_csv('{url}')").pin is Pin.REVISION
    assert one("import torch\ntorch.hub.load('a/b:main', 'm')").revision == "main"
    assert one("import torch\ntorch.hub.load('a/b:main', 'm')").pin is Pin.TAG


@pytest.mark.parametrize(
    ("code", "checksum"),
    [
        ("pooch.retrieve('https://files.lab.eu/a.zip', known_hash='sha256:ab')", Checksum.CALL),
        ("pooch.retrieve('https://files.lab.eu/a.zip', known_hash=None)", Checksum.NONE),
        ("pooch.retrieve('https://files.lab.eu/a.zip')", Checksum.NONE),
    ],
)
def test_a_digest_counts_where_the_call_has_one(code, checksum):
    assert one(f"import pooch\n{code}").checksum is checksum


def test_a_library_may_carry_the_digest():
    code = "from torchvision.datasets import MNIST\nMNIST('x', download=True)"
    assert one(code).checksum is Checksum.LIBRARY


def test_a_digest_that_the_same_function_compares_counts():
    code = """
        import hashlib, urllib.request
        def get(url, wanted):
            urllib.request.urlretrieve('https://files.lab.eu/a.csv', 'a.csv')
            if hashlib.sha256(open('a.csv', 'rb').read()).hexdigest() != wanted:
                raise ValueError
        def other():
            urllib.request.urlretrieve('https://files.lab.eu/b.csv', 'b.csv')
    """
    assert [fetch.checksum for fetch in read(code)] == [Checksum.CALL, Checksum.NONE]


def test_a_shape_is_no_digest():
    code = """
        from transformers import AutoModel
        def load(x):
            m = AutoModel.from_pretrained('a/b')
            assert m.weight.shape == x.shape
    """
    assert one(code).checksum is Checksum.NONE


@pytest.mark.parametrize(
    ("code", "danger"),
    [
        ("requests.get('https://files.lab.eu/a.csv', verify=False)", Danger.UNVERIFIED_TLS),
        ("urlretrieve('http://files.lab.eu/a.csv', 'x')", Danger.PLAIN_HTTP),
        ("AutoModel.from_pretrained('a/b', trust_remote_code=True)", Danger.REMOTE_CODE),
        ("torch.hub.load('a/b', 'm')", Danger.REMOTE_CODE),
        ("torch.hub.load_state_dict_from_url('https://files.lab.eu/a.pth')", Danger.UNSAFE_LOAD),
        (
            "urlretrieve('https://files.lab.eu/a.pth', path)\ntorch.load(path)",
            Danger.UNSAFE_LOAD,
        ),
        (
            "p = hf_hub_download('a/b', 'm.pkl')\nwith open(p, 'rb') as f: pickle.load(f)",
            Danger.UNSAFE_LOAD,
        ),
        (
            "r = requests.get('https://files.lab.eu/a.pkl')\nd = r.content\npickle.loads(d)",
            Danger.UNSAFE_LOAD,
        ),
        ("urlopen('https://me:hunter2xx@files.lab.eu/a.csv')", Danger.SECRET_IN_URI),
        (
            (
                "ssl._create_default_https_context = ssl._create_unverified_context\n"
                "urlretrieve('https://files.lab.eu/a.csv')"
            ),
            Danger.UNVERIFIED_TLS,
        ),
    ],
)
def test_what_makes_a_fetch_worse_is_told(code, danger):
    imports = (
        "import pickle, requests, ssl, torch\nfrom urllib.request import urlopen, urlretrieve\n"
        "from transformers import AutoModel\nfrom huggingface_hub import hf_hub_download\n"
    )
    assert danger in one(imports + code).dangers


@pytest.mark.parametrize(
    "code",
    [
        "torch.hub.load_state_dict_from_url('https://files.lab.eu/a.pth', weights_only=True)",
        "urlretrieve('https://files.lab.eu/a.pth', path)\ntorch.load(path, weights_only=True)",
        "urlretrieve('https://files.lab.eu/a.pth', path)\ntorch.load(other)",
        "urlretrieve('https://files.lab.eu/a', path)\nyaml.load(path, Loader=yaml.SafeLoader)",
        "urlretrieve('https://files.lab.eu/a.npy', path)\nnp.load(path)",
        "AutoModel.from_pretrained('a/b', trust_remote_code=False)",
    ],
)
def test_what_is_safe_is_no_danger(code):
    imports = (
        "import torch, yaml\nimport numpy as np\nfrom urllib.request import urlretrieve\n"
        "from transformers import AutoModel\n"
    )
    assert one(imports + code).dangers == frozenset()


@pytest.mark.parametrize(
    "code",
    [
        "r = requests.get(url)\nwith open('x', 'wb') as f:\n    f.write(r.content)",
        "with requests.get(url) as r:\n    tarfile.open(fileobj=r.raw)",
        "r = requests.get(url, stream=True)\nfor c in r.iter_content(9):\n    out.write(c)",
        "pd.read_csv(io.StringIO(requests.get(url).text))",
        "data = requests.get(url).content\nzipfile.ZipFile(io.BytesIO(data)).extractall()",
    ],
)
def test_an_answer_that_is_kept_is_data(code):
    imports = "import io, requests, tarfile, zipfile\nimport pandas as pd\n"
    fetch = one(imports + code)
    assert (fetch.uri, fetch.decided_by, fetch.pin) == ("{url}", ("url",), Pin.DYNAMIC)


def test_commands_go_to_the_shell_reader():
    code = """
        import os, subprocess, sys
        URL = 'https://files.lab.eu/data/a.csv'
        os.system(f'wget {URL} -O {out}')
        subprocess.run(['curl', '-O', URL])
        subprocess.check_call('wget ' + sys.argv[1], shell=True)
        subprocess.run([sys.executable, '-m', 'spacy', 'download', 'en_core_web_sm'])
    """
    found = read(code)
    assert [fetch.line for fetch in found] == [3, 4, 5, 6]
    assert [fetch.uri for fetch in found[:2]] == ["https://files.lab.eu/data/a.csv"] * 2
    assert found[2].uri.startswith("{")
    assert found[2].pin is Pin.DYNAMIC
    assert "en_core_web_sm" in found[3].uri


def test_a_place_is_told_exactly():
    fetch = one(
        "from datasets import load_dataset\n\nd = load_dataset(\n    'a/b',\n)\n", in_ci=True
    )
    assert (fetch.line, fetch.end_line, fetch.path) == (3, 5, "a.py")
    assert fetch.snippet == "d = load_dataset("
    assert fetch.in_ci


def test_each_alternative_is_a_source():
    code = """
        from datasets import load_dataset
        NAMES = {'a': 'org/a', 'b': 'org/b'}
        for name in NAMES.values():
            load_dataset(name)
    """
    assert uris(code) == ["hf-datasets:org/a", "hf-datasets:org/b"]


def test_more_alternatives_than_anybody_reads_are_one_unknown():
    names = [f"org/n{number}" for number in range(100)]
    code = f"from datasets import load_dataset\nfor name in {names}:\n    load_dataset(name)\n"
    assert uris(code) == ["hf-datasets:{name}"]


def test_a_configuration_in_python_names_its_model():
    code = """
        load_from = 'https://files.lab.eu/models/base.pth'
        model = dict(backbone=dict(
            init_cfg=dict(type='Pretrained', checkpoint='https://files.lab.eu/models/r50.pth')))
        other = dict(checkpoint='work_dirs/last.pth', pretrained=True)
    """
    assert [(fetch.line, fetch.loader, fetch.uri) for fetch in read(code)] == [
        (1, "load_from", "https://files.lab.eu/models/base.pth"),
        (3, "checkpoint", "https://files.lab.eu/models/r50.pth"),
    ]
