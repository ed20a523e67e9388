"""TLS between agents and gateway: the programs with certificates, without them, and with new ones."""

import signal
import subprocess

import pytest

from certificates import Certificates
from programs import BUILT, wait_for


@pytest.fixture
def files(tmp_path):
    files = Certificates(tmp_path / "certificates")
    files.issue("gateway", "IP:127.0.0.1")
    files.issue("agent", "DNS:agent")
    return files


def serving(files):
    return ["--agent-tls-cert", files["gateway.pem"], "--agent-tls-key", files["gateway.key"]]


def has_logged(program, text, timeout=15.0):
    wait_for(lambda: any(text in line for line in program.errors), timeout, f"{text!r} in {program.error_text()}")


def test_a_task_runs_over_mutual_tls_and_its_output_is_whole(launch, files):
    gateway = launch.gateway(*serving(files), "--agent-client-ca", files["ca.pem"])
    launch.agent(
        gateway.agent_address, "agent1", "--allow", "shell", "--tls-ca", files["ca.pem"],
        "--tls-cert", files["agent.pem"], "--tls-key", files["agent.key"],
    )  # fmt: skip
    task = gateway.run_shell("agent1", "seq 100000")
    assert gateway.wait_task(task)["status"] == "completed"
    lines = gateway.get(f"/tasks/{task}/output").text.split()
    assert lines == [str(number) for number in range(1, 100_001)]


def test_who_is_kept_out_is_told_why_and_what_to_do(launch, files):
    files.authority("other")
    gateway = launch.gateway(*serving(files), "--agent-client-ca", files["ca.pem"])
    address = gateway.agent_address
    plain = launch.agent(address, "plain", wait=False)
    has_logged(plain, "the peer speaks nothing but TLS on this port: start the agent with --tls-ca")
    has_logged(gateway, "the agent does not speak TLS: start the agent with --tls-ca")
    nameless = launch.agent(address, "nameless", "--tls-ca", files["ca.pem"], wait=False)
    has_logged(nameless, "the gateway demands a client certificate: start the agent with --tls-cert and --tls-key")
    has_logged(gateway, "the agent has shown no certificate")
    suspicious = launch.agent(address, "suspicious", "--tls-ca", files["other.pem"], wait=False)
    has_logged(suspicious, f"the gateway's certificate is not signed by a CA in {files['other.pem']}")
    has_logged(gateway, "the agent does not trust the CA of this side's certificate")
    misled = launch.agent(address.replace("127.0.0.1", "localhost"), "misled", "--tls-ca", files["ca.pem"], wait=False)
    has_logged(misled, "the gateway's certificate is not valid for localhost")
    assert gateway.get("/agents").json()["total"] == 0


def test_an_agent_with_tls_on_a_plain_port_is_told(launch, files):
    gateway = launch.gateway()
    agent = launch.agent(gateway.agent_address, "agent1", "--tls-ca", files["ca.pem"], wait=False)
    has_logged(agent, "the gateway does not speak TLS on this port")
    has_logged(gateway, "the agent speaks TLS, and this port does not")


def test_sighup_takes_new_certificates_and_drops_no_connection(launch, files):
    gateway = launch.gateway(*serving(files))
    agent = launch.agent(gateway.agent_address, "agent1", "--allow", "shell", "--tls-ca", files["ca.pem"])
    task = gateway.run_shell("agent1", "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.5; done")
    files.authority("new")
    files.issue("gateway", "IP:127.0.0.1", "new")
    gateway.signal(signal.SIGHUP)
    has_logged(gateway, "reloaded: certificates for agents")
    launch.agent(gateway.agent_address, "agent2", "--tls-ca", files["new.pem"])
    files["ca.pem"].write_bytes(files["new.pem"].read_bytes())
    agent.signal(signal.SIGHUP)
    has_logged(agent, "reloaded: certificates")

    files["gateway.key"].write_text("torn")
    gateway.signal(signal.SIGHUP)
    has_logged(gateway, "certificates for agents: what was in force stays")
    launch.agent(gateway.agent_address, "agent3", "--tls-ca", files["new.pem"])

    assert gateway.wait_task(task)["status"] == "completed"
    assert not any("connection lost" in line for line in agent.errors)
    assert gateway.agent_connected("agent1")


def test_check_tries_tls(launch, files):
    gateway = launch.gateway(*serving(files))

    def check(authority):
        arguments = [BUILT / "sluice-agent", "check", "--gateway", gateway.agent_address, "--tls-ca", files[authority]]
        return subprocess.run(arguments, capture_output=True, text=True, timeout=30)

    assert "accepts connections with TLS" in check("ca.pem").stdout
    files.authority("other")
    refused = check("other.pem")
    assert refused.returncode == 1 and "is not signed by a CA in" in refused.stdout


def test_the_demo_has_no_tls_and_says_so(files, tmp_path):
    arguments = [BUILT / "sluice", "demo", *serving(files), "--data-dir", tmp_path / "demo"]
    refused = subprocess.run(arguments, capture_output=True, text=True, timeout=30)
    assert refused.returncode == 78 and "use sluice serve" in refused.stderr
