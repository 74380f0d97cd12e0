"""A review behind its guard, asked without a network."""

import asyncio
import json

from dataset_layouts import four_files, write_files

from bezoar.datasets.manifest import build_manifest
from bezoar.datasets.opening import open_dataset
from bezoar.recon.spot_check.answers import AnswerBook
from bezoar.recon.spot_check.drawing import Plan
from bezoar.recon.spot_check.review import Review
from bezoar.recon.spot_check.sampling import Sampling
from bezoar.web.app import ReviewPage
from bezoar.web.desk import Desk
from bezoar.web.guard import Keys

PORT = 4711
HOST = f"127.0.0.1:{PORT}"


def made_review(folder, files=None, samples=3):
    dataset = open_dataset(write_files(folder / "signs", files or four_files()))
    plan = Plan(Sampling.UNIFORM, samples, seed=1)
    return Review("signs@1.0", dataset, build_manifest(dataset), plan, folder / "reviews")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Scene:
    """A page, and a browser that has opened it."""

    def __init__(self, folder, files=None):
        self.review = made_review(folder, files)
        self.book = AnswerBook(self.review.book("ann"))
        self.recorded, self.stopped = [], []
        self.desk = Desk(self.review, "ann", self.book, lambda: self.recorded.append(True))
        self.keys = Keys(PORT)
        self.token = self.keys.token
        self.app = ReviewPage(self.desk, self.keys, lambda: self.stopped.append(True)).app()

    @property
    def cookie(self):
        return f"{self.keys.cookie}={self.keys.session}"

    def ask(self, path, method="GET", headers=(), body=b"", query=b""):
        """Send a request with these headers alone."""
        sent = []

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query,
            "headers": [(n.lower().encode(), v.encode()) for n, v in headers],
            "root_path": "",
            "scheme": "http",
            "server": ("127.0.0.1", PORT),
            "client": ("127.0.0.1", 1),
            "http_version": "1.1",
        }
        asyncio.run(self.app(scope, receive, send))
        start, *rest = sent
        headers = {n.decode().lower(): v.decode() for n, v in start["headers"]}
        return Answer(start["status"], headers, b"".join(m.get("body", b"") for m in rest))

    def get(self, path, **changed):
        headers = {"Host": HOST, "Cookie": self.cookie} | changed
        return self.ask(path, headers=[(n, v) for n, v in headers.items() if v is not None])

    def post(self, path, value=None, *, body=None, **changed):
        body = json.dumps(value or {}).encode() if body is None else body
        headers = {
            "Host": HOST,
            "Cookie": self.cookie,
            "Origin": f"http://{HOST}",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "X-Bezoar-Token": self.keys.page,
        }
        headers |= {name.replace("_", "-"): text for name, text in changed.items()}
        given = [(n, v) for n, v in headers.items() if v is not None]
        return self.ask(path, "POST", given, body)
