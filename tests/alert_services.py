"""Local fakes of the services that alerts go to; each checks what it is sent as the real one does.

The schemas are written from the published references that `bezoar.limit.alerts` cites.
"""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jsonschema

TEXT = {"type": "object", "required": ["type", "text"], "additionalProperties": False}
PLAIN = TEXT | {
    "properties": {
        "type": {"const": "plain_text"},
        "text": {"type": "string", "minLength": 1, "maxLength": 150},
    }
}
MARKDOWN = TEXT | {
    "properties": {
        "type": {"const": "mrkdwn"},
        "text": {"type": "string", "minLength": 1, "maxLength": 3000},
    }
}


def block(kind, **properties):
    return {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"const": kind}, **properties},
        "additionalProperties": False,
    }


SLACK = {
    "type": "object",
    "required": ["text", "blocks"],
    "additionalProperties": False,
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": 40_000},
        "blocks": {
            "type": "array",
            "minItems": 1,
            "maxItems": 50,
            "items": {
                "oneOf": [
                    block("header", text=PLAIN),
                    block("section", text=MARKDOWN) | {"required": ["type", "text"]},
                    block("section", fields={"type": "array", "maxItems": 10, "items": MARKDOWN})
                    | {"required": ["type", "fields"]},
                    block("context", elements={"type": "array", "maxItems": 10, "items": MARKDOWN}),
                ]
            },
        },
    },
}
PAGERDUTY = {
    "type": "object",
    "required": ["routing_key", "event_action", "dedup_key"],
    "additionalProperties": False,
    "properties": {
        "routing_key": {"type": "string", "minLength": 32, "maxLength": 32},
        "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
        "dedup_key": {"type": "string", "minLength": 1, "maxLength": 255},
        "client": {"type": "string"},
        "payload": {
            "type": "object",
            "required": ["summary", "source", "severity"],
            "additionalProperties": False,
            "properties": {
                "summary": {"type": "string", "minLength": 1, "maxLength": 1024},
                "source": {"type": "string", "minLength": 1},
                "severity": {"enum": ["critical", "error", "warning", "info"]},
                "timestamp": {"type": "string", "format": "date-time"},
                "component": {"type": "string"},
                "group": {"type": "string"},
                "class": {"type": "string"},
                "custom_details": {"type": "object"},
            },
        },
    },
    "if": {"properties": {"event_action": {"const": "trigger"}}},
    "then": {"required": ["payload"]},
}
CLOUDEVENT = {
    "type": "object",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "format": "uri-reference", "minLength": 1},
        "type": {"type": "string", "pattern": r"^[a-z0-9]+(?:\.[a-z0-9-]+)+$"},
        "subject": {"type": "string", "minLength": 1},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "data": {"type": "object"},
    },
    "additionalProperties": False,
}
SCHEMAS = {"/slack": SLACK, "/v2/enqueue": PAGERDUTY, "/hook": CLOUDEVENT}


class Services(ThreadingHTTPServer):
    """Answers on `/slack`, `/v2/enqueue`, `/hook`; `answers`: the statuses to give first."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard, self.answers, self.faults = [], [], []

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.answers.pop(0) if self.server.answers else 202
        if status < 300:
            try:
                message = json.loads(body)
                checker = jsonschema.FormatChecker()
                jsonschema.validate(message, SCHEMAS[self.path], format_checker=checker)
                self.server.heard.append((self.path, message, dict(self.headers)))
            except (ValueError, jsonschema.ValidationError) as error:
                self.server.faults.append(str(error)[:500])
                status = 400
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "7")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextmanager
def served():
    with Services() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
