"""`bezoar monitor tail` as a user types it."""

import json
import subprocess
import sys

from bezoar.limit.baseline import known_baseline


def test_a_log_is_gone_on_with(tmp_path):
    (tmp_path / "bezoar.toml").write_text("")
    (tmp_path / "b.json").write_text(known_baseline("m", {"stop": 0.99, "80": 0.01}).as_json())
    log = tmp_path / "log.jsonl"
    command = [sys.executable, "-m", "bezoar", "monitor", "tail", "log.jsonl", "--once"]
    command += ["--baseline", "b.json", "--state", "state"]

    def tail():
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    missing = tail()
    assert missing.returncode == 2
    assert "no such file" in missing.stderr
    log.write_text((json.dumps({"class": "stop"}) + "\n") * 100)
    calm = tail()
    assert (calm.returncode, calm.stdout) == (0, ""), calm.stderr
    assert "100 predictions, 0 refused" in calm.stderr
    with log.open("a") as file:
        file.write((json.dumps({"class": "80"}) + "\n") * 60)
    found = tail()
    assert found.returncode == 1, found.stderr
    assert "class '80'" in found.stdout
    assert "160 predictions" in found.stderr
    assert tail().returncode == 0
