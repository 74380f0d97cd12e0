"""Functions that fetch what they are given: in one module, across modules, and named by users."""

import textwrap

import pytest

from bezoar.recon.scan.dispatch import reader
from bezoar.recon.scan.fetch import Context
from bezoar.recon.scan.inventory import scan
from bezoar.recon.scan.tree import Folder


def read(code, **context):
    text = textwrap.dedent(code).lstrip("\n")
    return reader("a.py").read(text.encode(), "a.py", Context(**context))


def places(code, **context):
    return [(fetch.line, fetch.loader, fetch.uri) for fetch in read(code, **context)]


def project(root, **files):
    for name, code in files.items():
        path = root / name.replace("__", "/").replace("INIT", "__init__")
        path = path.with_name(path.name + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(code))
    return [(one.path, one.line, one.uri) for one in scan(Folder(str(root))).fetches]


def test_the_call_of_a_function_that_passes_its_argument_on_is_a_fetch():
    code = """
        from urllib.request import urlretrieve
        def get(path, url):
            urlretrieve(url, path)
        get('a.csv', 'https://files.lab.eu/a.csv')
        get('b.csv', url=other)
    """
    assert places(code) == [
        (3, "urllib.request.urlretrieve", "{url}"),
        (4, "a.get", "https://files.lab.eu/a.csv"),
    ]


def test_a_class_may_pass_on_whether_it_downloads():
    code = """
        from torchvision import datasets
        class Pairs:
            def __init__(self, root, train, download=False):
                self.data = datasets.MNIST(root, train=train, download=download)
        Pairs('x', True, download=True)
        Pairs('x', False)
        Pairs('x', True, True)
    """
    assert [(line, uri) for line, _, uri in places(code)] == [
        (4, "torchvision:MNIST"),
        (5, "torchvision:MNIST"),
        (7, "torchvision:MNIST"),
    ]


def test_a_method_and_its_instance():
    code = """
        import requests
        class Store:
            BASE = 'https://files.lab.eu/data'
            def get(self, name):
                r = requests.get(f'{self.BASE}/{name}')
                open(name, 'wb').write(r.content)
        store = Store()
        store.get('a.csv')
    """
    assert [uri for _, _, uri in places(code)] == [
        "https://files.lab.eu/data/{name}",
        "https://files.lab.eu/data/a.csv",
    ]


def test_a_wrapper_of_a_wrapper():
    code = """
        from urllib.request import urlretrieve
        def get(url):
            urlretrieve(url)
        def get_if_missing(url, path):
            if not path.exists():
                get(url)
        get_if_missing('https://files.lab.eu/a.csv', p)
    """
    assert (7, "a.get_if_missing", "https://files.lab.eu/a.csv") in places(code)


def test_a_function_that_runs_commands():
    code = """
        import subprocess
        def run(command):
            subprocess.check_call(command, shell=True)
        run('wget https://files.lab.eu/data/a.csv')
        run('ls')
    """
    assert [(line, uri) for line, _, uri in places(code)] == [
        (4, "https://files.lab.eu/data/a.csv")
    ]


def test_where_it_is_written_to_makes_no_second_fetch():
    code = """
        import os
        def get(folder):
            os.system(f'wget https://files.lab.eu/data/a.csv -P {folder}')
        get('data')
    """
    assert [line for line, _, _ in places(code)] == [3]


def test_users_name_their_own():
    code = """
        from lab.store import pull
        pull('cats', 'https://files.lab.eu/cats')
        pull('dogs')
    """
    assert places(code, wrappers={"lab.store.pull": 1})[0] == (
        2,
        "lab.store.pull",
        "https://files.lab.eu/cats",
    )
    assert places(
        "from lab import pull\npull(source='s3://b/k.csv')", wrappers={"lab.pull": "source"}
    )


@pytest.mark.parametrize(
    "statement",
    [
        "from tools.net import get\nget('https://files.lab.eu/a.csv')",
        "from tools import net\nnet.get('https://files.lab.eu/a.csv')",
        "import tools.net as n\nn.get('https://files.lab.eu/a.csv')",
        "from tools import get\nget('https://files.lab.eu/a.csv')",
        "from tools.net import (\n    get,\n)\nget('https://files.lab.eu/a.csv')",
    ],
)
def test_functions_of_other_modules(tmp_path, statement):
    found = project(
        tmp_path,
        tools__net="from urllib.request import urlretrieve\ndef get(url):\n    urlretrieve(url)\n",
        tools__INIT="from .net import get\n",
        main=statement,
    )
    assert ("main.py", statement.count("\n") + 1, "https://files.lab.eu/a.csv") in found


def test_relative_imports_lead_to_the_module_beside(tmp_path):
    get = "from urllib.request import urlretrieve\ndef get(url):\n    urlretrieve(url)\n"
    found = project(
        tmp_path,
        one__INIT="",
        one__util=get,
        one__use="from .util import get\nget('https://files.lab.eu/a.csv')\n",
        two__util="def get(url):\n    print(url)\n",
        two__use="from .util import get\nget('https://files.lab.eu/b.csv')\n",
    )
    assert ("one/use.py", 2, "https://files.lab.eu/a.csv") in found
    assert not any(path == "two/use.py" for path, _, _ in found)


def test_constants_of_other_modules(tmp_path):
    found = project(
        tmp_path,
        lab__config="BASE = 'https://files.lab.eu'\nclass C:\n    NAMES = {'a': BASE + '/a.csv'}\n",
        lab__get="import pandas as pd\nfrom lab.config import BASE, C\nfrom lab import config\n"
        "pd.read_csv(f'{BASE}/b.csv')\npd.read_csv(C.NAMES['a'])\n"
        "pd.read_csv(config.BASE + '/c.csv')\n",
    )
    assert found == [
        ("lab/get.py", 4, "https://files.lab.eu/b.csv"),
        ("lab/get.py", 5, "https://files.lab.eu/a.csv"),
        ("lab/get.py", 6, "https://files.lab.eu/c.csv"),
    ]


def test_a_package_of_the_project_hides_a_library_of_its_name(tmp_path):
    code = "from datasets import load_dataset\nload_dataset('a/b')\n"
    assert project(tmp_path / "x", main=code) == [("main.py", 2, "hf-datasets:a/b")]
    own = "def load_dataset(name):\n    return open(name)\n"
    assert project(tmp_path / "y", main=code, datasets__INIT=own) == []
