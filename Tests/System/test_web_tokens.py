"""JSON Web Tokens, made as the README says: by people with a secret or a pair of keys, and read anew at SIGHUP."""

import os
import re
import signal
import subprocess
import sys

import pytest

from programs import ROOT, wait_for


@pytest.fixture
def place(tmp_path):
    """The README's examples of its section, run in a directory of their own."""
    section = (ROOT / "README.md").read_text().split("### JSON Web Tokens")[1].split("\n## ")[0]
    shell, keys = re.findall(r"```sh\n(.*?)```", section, re.S)
    python = re.findall(r"```python\n(.*?)```", section, re.S)[0]

    def run(*arguments):
        return subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.strip()

    run("bash", "-c", shell.splitlines()[0])
    return tmp_path, lambda: run(sys.executable, "-c", python), lambda: run("bash", "-c", keys)


def hang_up(gateway):
    os.kill(gateway.process.pid, signal.SIGHUP)


def test_tokens_made_as_the_readme_says_are_taken(launch, place):
    directory, by_secret, by_key = place
    operator = by_key()
    gateway = launch.gateway("--jwt-secret-file", directory / "jwt.secret", "--jwks-file", directory / "keys.json")
    assert gateway.get("/agents").status_code == 401
    viewer = by_secret()
    assert gateway.get("/agents", token=viewer).status_code == 200
    assert gateway.get("/agents", token=operator).status_code == 200
    shell = {"agent_id": "web1", "cmd": "true"}
    assert gateway.post("/tasks/shell", shell, token=viewer).status_code == 403
    assert gateway.post("/tasks/shell", shell, token=operator).json()["code"] == "agent_not_found"
    assert not any(part in line for part in (viewer, operator) for line in gateway.errors)


def test_sighup_takes_new_keys_and_keeps_the_old_ones_for_a_broken_file(launch, place):
    directory, _, by_key = place
    first = by_key()
    keys = directory / "keys.json"
    gateway = launch.gateway("--jwks-file", keys)
    assert gateway.get("/agents", token=first).status_code == 200
    keys.write_text("{")
    hang_up(gateway)
    wait_for(lambda: any("not reloaded: keys of JSON Web Tokens" in line for line in gateway.errors), what="an error")
    assert gateway.get("/agents", token=first).status_code == 200
    second = by_key()  # makes another pair
    hang_up(gateway)
    wait_for(lambda: gateway.get("/agents", token=second).status_code == 200, what="the new key")
    assert gateway.get("/agents", token=first).status_code == 401
