"""Ready lines, exit codes, options from flag, environment and file."""

import json
import os
import signal
import socket
import subprocess

import pytest
import requests

from programs import BUILT, Program, free_port, wait_for

SLUICE = BUILT / "sluice"
AGENT = BUILT / "sluice-agent"


def run(*arguments, environment=None):
    env = {k: v for k, v in os.environ.items() if not k.startswith("SLUICE_")}
    env.update(environment or {})
    return subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=30, env=env)


def test_help_and_version(launch):
    for program in (SLUICE, AGENT):
        helped = run(program, "--help")
        assert helped.returncode == 0 and "Usage" in helped.stdout
        assert run(program, "--version").returncode == 0
    assert "--http-bind" in run(SLUICE, "serve", "--help").stdout
    assert launch.gateway().version in run(SLUICE, "--version").stdout


@pytest.mark.parametrize(
    "arguments, code, said",
    [
        ([SLUICE], 64, "serve"),
        ([SLUICE, "nonsense"], 64, "nonsense"),
        ([SLUICE, "serve", "--nonsense"], 64, "--nonsense"),
        ([SLUICE, "serve", "--linger", "fast"], 64, "fast"),
        ([SLUICE, "serve", "--http-bind", "127.0.0.1:70000"], 64, "70000"),
        ([SLUICE, "serve", "--config", "/nonexistent.yaml"], 78, "/nonexistent.yaml"),
        ([SLUICE, "serve", "--webhook-url", "ftp://receiver/"], 78, "--webhook-url"),
        ([SLUICE, "check-config", "--webhook-url", "http://receiver/", "--webhook-url", "receiver"], 78, "number 2"),
        ([SLUICE, "check-config"] + ["--webhook-url", "http://receiver/"] * 17, 78, "at most 16"),
        ([SLUICE, "serve", "--webhook-secret-file", "/nonexistent"], 78, "No such file"),
        ([SLUICE, "serve", "--webhook-secret-file", "/dev/null"], 78, "1 to 4096 bytes"),
        ([SLUICE, "serve", "--jwks-file", "/nonexistent"], 78, "No such file"),
        ([SLUICE, "check-config", "--jwks-file", "/dev/null"], 78, "JSON Web Key Set"),
        ([SLUICE, "check-config", "--jwt-secret-file", "/dev/null"], 78, "32 to 4096 bytes"),
        ([SLUICE, "check-config", "--jwt-audience", "sluice"], 78, "--jwks-file or --jwt-secret-file"),
        ([SLUICE, "serve", "--tls-cert", "/dev/null", "--tls-key", "/x"], 78, "is empty"),
        ([SLUICE, "check-config", "--tls-key", "/x"], 78, "tls-cert is not set"),
        ([SLUICE, "serve", "--agent-tls-cert", "/nonexistent", "--agent-tls-key", "/x"], 78, "--agent-tls-cert \"/nonexistent\""),
        ([SLUICE, "serve", "--agent-tls-cert", "/dev/null", "--agent-tls-key", "/x"], 78, "is empty"),
        ([SLUICE, "check-config", "--agent-tls-cert", "/x"], 78, "agent-tls-key is not set"),
        ([SLUICE, "serve", "--agent-client-ca", "/x"], 78, "agent-tls-cert is not set"),
        ([AGENT, "--tls-ca", "/nonexistent"], 78, "--tls-ca \"/nonexistent\""),
        ([AGENT, "--tls-cert", "/x"], 78, "tls-key is not set"),
        ([AGENT, "--gateway"], 64, "--gateway"),
        ([AGENT, "--allow", "everything", "--gateway", "127.0.0.1:1"], 64, "everything"),
    ],
)
def test_bad_usage_says_what_is_wrong(arguments, code, said, tmp_path):
    result = run(*arguments)
    assert result.returncode == code, result.stderr
    assert said in result.stderr


def test_a_port_in_use_is_69(launch, tmp_path):
    gateway = launch.gateway()
    result = run(SLUICE, "serve", "--http-bind", gateway.http_address, "--agent-bind", "127.0.0.1:0", "--data-dir", tmp_path / "x")
    assert result.returncode == 69 and gateway.http_address in result.stderr


def test_flag_beats_environment_beats_file(tmp_path):
    ports = [free_port() for _ in range(3)]
    config = tmp_path / "sluice.yaml"
    config.write_text(f"http_bind: 127.0.0.1:{ports[0]}\nagent_bind: 127.0.0.1:0\ndata_dir: {tmp_path / 'data'}\n")

    def bound(*flags, environment=None):
        program = Program([SLUICE, "serve", "--config", config, *flags], environment)
        address = program.event("ready")["http"]
        assert program.stop() == 0
        return int(address.rsplit(":", 1)[1])

    assert bound() == ports[0]
    assert bound(environment={"SLUICE_HTTP_BIND": f"127.0.0.1:{ports[1]}"}) == ports[1]
    assert bound("--http-bind", f"127.0.0.1:{ports[2]}", environment={"SLUICE_HTTP_BIND": f"127.0.0.1:{ports[1]}"}) == ports[2]


@pytest.mark.parametrize("line, said", [("surprise: 1", "surprise"), ("linger: fast", "fast"), ("linger: [", "sluice.yaml:3")])
def test_check_config_names_key_and_value(tmp_path, line, said):
    config = tmp_path / "sluice.yaml"
    config.write_text("http_bind: 127.0.0.1:0\n" + line + "\n")
    result = run(SLUICE, "check-config", "--config", config)
    assert result.returncode == 78 and said in result.stderr
    config.write_text("http_bind: 127.0.0.1:0\nlinger: 3s\n")
    assert run(SLUICE, "check-config", "--config", config).returncode == 0


def test_demo_runs_gateway_and_agent_and_prints_the_url(tmp_path):
    program = Program([SLUICE, "demo", "--http-bind", "127.0.0.1:0", "--agent-bind", "127.0.0.1:0", "--data-dir", tmp_path])
    ready = program.event("ready")
    url = "http://" + ready["http"]
    agents = wait_for(lambda: requests.get(url + "/agents", timeout=5).json()["agents"], 10)
    assert agents[0]["connected"] is True
    wait_for(lambda: any(url in line for line in list(program.lines.queue) + program.errors), 5)
    assert program.stop() == 0


def test_logs_are_json_lines_off_a_terminal(launch):
    gateway = launch.gateway("--log-level", "debug")
    gateway.get("/healthz")
    wait_for(lambda: gateway.errors)
    for line in gateway.errors:
        entry = json.loads(line)
        assert {"level", "message"} <= set(entry), entry


def test_an_agent_waits_for_its_gateway_and_interrupt_ends_it_with_0(launch, tmp_path):
    port = free_port()
    agent = launch.agent(f"127.0.0.1:{port}", "early", wait=False)
    launch.gateway(agents=f"127.0.0.1:{port}")
    connected = agent.event("connected", 20)
    assert connected["agent_id"] == "early"
    agent.signal(signal.SIGINT)
    assert agent.wait() == 0


def test_operations_routes(launch):
    gateway = launch.gateway()
    assert gateway.get("/healthz").status_code == 200
    assert gateway.get("/readyz").status_code == 200
    text = gateway.get("/metrics")
    assert text.headers["Content-Type"].startswith("text/plain")
    for line in text.text.splitlines():
        assert line.startswith("#") or len(line.rsplit(" ", 1)) == 2 and float(line.rsplit(" ", 1)[1]) is not None
    types = gateway.get("/stream-types").json()["stream_types"]
    assert len(types) == 12
    assert set(types[0]) == {"name", "category", "destination", "description", "auto_start", "auto_stop", "resource_based",
                             "multi_instance", "buffered", "process_on_server"}


def test_hangup_takes_the_log_level_from_the_file_anew(launch, tmp_path):
    config = tmp_path / "sluice.yaml"
    config.write_text("log_level: error\n")
    gateway = launch.gateway("--config", config)
    gateway.signal(signal.SIGHUP)
    config.write_text("log_level: debug\n")
    gateway.signal(signal.SIGHUP)
    wait_for(lambda: any('"reloaded"' in line and "debug" in line for line in gateway.errors))
    config.write_text("log_level: loud\n")
    gateway.signal(signal.SIGHUP)
    wait_for(lambda: any("not reloaded" in line and "loud" in line for line in gateway.errors))
    assert gateway.get("/healthz").status_code == 200
