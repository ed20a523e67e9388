"""HTTPS: the gateway with a certificate, seen by clients that verify it."""

import json
import signal
import socket
import sqlite3
import ssl
import subprocess

import pytest
import requests

from certificates import Certificates
from programs import BUILT, wait_for
from webhook_receiver import WebhookReceiver


@pytest.fixture
def files(tmp_path):
    files = Certificates(tmp_path / "certificates")
    files.issue("gateway", "IP:127.0.0.1")
    return files


@pytest.fixture
def gateway(launch, files):
    return launch.gateway("--tls-cert", files["gateway.pem"], "--tls-key", files["gateway.key"], tls=files["ca.pem"])


def connect(gateway, authorities):
    """A connection as it is, with TLS agreed upon."""
    host, port = gateway.http_address.rsplit(":", 1)
    context = ssl.create_default_context(cafile=authorities)
    return context.wrap_socket(socket.create_connection((host, int(port)), timeout=60), server_hostname=host)


def events(lines):
    kind = None
    for line in lines:
        if line.startswith("event: "):
            kind = line[7:]
        elif line.startswith("data: "):
            yield kind, json.loads(line[6:])


def subscribe(gateway, stream_type, resource=None):
    body = {"stream_type": stream_type, "agent_id": "agent1"} | ({"resource": resource} if resource else {})
    answer = gateway.post("/subscriptions", body)
    assert answer.status_code == 201, answer.text
    return gateway.url + answer.json()["stream_url"]


def test_requests_and_streams_are_whole_over_tls(launch, gateway, files):
    assert gateway.url.startswith("https://")
    assert gateway.get("/healthz").json()["status"] == "ok"
    assert len(gateway.get("/openapi.json").content) > 100_000
    launch.agent(gateway.agent_address, "agent1", "--allow", "shell")
    task = gateway.run_shell("agent1", "seq 20000")
    url = subscribe(gateway, "shell_output", task)
    with requests.get(url, stream=True, verify=files["ca.pem"]) as stream:
        got = list(events(stream.iter_lines(decode_unicode=True)))
    lines = [data["data"]["line"] for kind, data in got if kind == "shell_output" and not data["data"]["is_final"]]
    assert lines == [str(number) for number in range(1, 20_001)]
    assert got[-1][0] == "stream_end" and got[-1][1]["exit_code"] == 0


def test_metrics_come_one_by_one_and_the_stream_ends_in_order_when_the_gateway_stops(launch, gateway, files):
    launch.agent(gateway.agent_address, "agent1")
    with requests.get(subscribe(gateway, "metrics"), stream=True, verify=files["ca.pem"]) as stream:
        lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
        assert next(data for kind, data in events(lines) if kind == "metrics")["data"]["cpu"]
        gateway.process.send_signal(signal.SIGTERM)
        rest = list(events(lines))  # would raise if TLS were cut off
    assert [data["state"] for kind, data in rest if kind == "stream_status"][-1] == "draining"
    assert gateway.wait() == 0


def test_a_client_that_reads_nothing_holds_nothing_up_and_loses_no_line(launch, gateway, files):
    launch.agent(gateway.agent_address, "agent1", "--allow", "shell")
    task = gateway.run_shell("agent1", "seq 100000")
    path = subscribe(gateway, "shell_output", task)[len(gateway.url):]
    slow = connect(gateway, files["ca.pem"])
    slow.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert gateway.wait_task(task)["status"] == "completed"
    assert gateway.get("/healthz").status_code == 200
    pieces = []
    while piece := slow.recv(1 << 16):
        pieces.append(piece)
    got = list(events(b"".join(pieces).partition(b"\r\n\r\n")[2].decode().splitlines()))
    lines = [data["data"]["line"] for kind, data in got if kind == "shell_output" and not data["data"]["is_final"]]
    assert lines == [str(number) for number in range(1, 100_001)]


def test_strangers_are_told_or_dropped_and_nobody_waits_for_them(gateway, files):
    plain = requests.get("http://" + gateway.http_address + "/healthz")
    assert plain.status_code == 400 and "https://" in plain.json()["error"]
    host, port = gateway.http_address.rsplit(":", 1)
    silent = [socket.create_connection((host, int(port))) for _ in range(1_200)]
    with socket.create_connection((host, int(port))) as noise:
        noise.sendall(bytes(range(256)) * 64)
    assert gateway.get("/healthz").status_code == 200
    wait_for(lambda: tls_failures(gateway) >= 1_200 - 1_024, 15, "the oldest of the silent ones are dropped")
    for connection in silent:
        connection.close()
    wait_for(lambda: tls_failures(gateway) >= 1_200, 15, "the others are gone")


def tls_failures(gateway):
    text = gateway.get("/metrics").text
    return int(next(line for line in text.splitlines() if line.startswith("sluice_http_tls_failures_total ")).split()[1])


def test_a_new_certificate_is_used_from_sighup_on_and_what_is_open_goes_on(launch, gateway, files):
    launch.agent(gateway.agent_address, "agent1")
    with requests.get(subscribe(gateway, "metrics"), stream=True, verify=files["ca.pem"]) as stream:
        seen = events(stream.iter_lines(chunk_size=1, decode_unicode=True))
        assert next(kind for kind, _ in seen if kind == "metrics")
        before = connect(gateway, files["ca.pem"]).getpeercert()["serialNumber"]
        files.issue("gateway", "IP:127.0.0.1")
        gateway.process.send_signal(signal.SIGHUP)
        wait_for(
            lambda: connect(gateway, files["ca.pem"]).getpeercert()["serialNumber"] != before, 15, "the new certificate")
        assert next(kind for kind, _ in seen if kind == "metrics")


def test_the_client_is_known_by_its_own_address_and_the_cookie_stays_within_https(launch, tmp_path, files):
    data = tmp_path / "gateway"
    made = subprocess.run(
        [BUILT / "sluice", "token", "create", "--name", "me", "--role", "viewer", "--data-dir", data], capture_output=True, text=True)
    gateway = launch.gateway(
        "--tls-cert", files["gateway.pem"], "--tls-key", files["gateway.key"], data=data, tls=files["ca.pem"])
    answer = gateway.post("/login", {"token": made.stdout.strip()})
    assert answer.status_code == 204 and "; Secure" in answer.headers["Set-Cookie"]
    assert gateway.get("/agents").status_code == 200
    assert gateway.get("/agents", token="slc_wrong").status_code == 401
    assert gateway.stop() == 0
    with sqlite3.connect(data / "sluice.db") as store:
        peers = [row[0] for row in store.execute("SELECT peer FROM audit WHERE outcome = 'unauthenticated'")]
    assert len(peers) == 1 and peers[0].startswith("127.0.0.1:")


def test_links_in_webhooks_lead_to_it(launch, files):
    hook = WebhookReceiver()
    gateway = launch.gateway(
        "--tls-cert", files["gateway.pem"], "--tls-key", files["gateway.key"], "--webhook-url", hook.url,
        "--agent-heartbeat", "500ms", tls=files["ca.pem"],
    )  # fmt: skip
    launch.agent(gateway.agent_address, "agent1").kill()
    wait_for(lambda: hook.received, 20, "the webhook")
    hook.close()
    assert hook.received[0][2]["externalURL"].startswith("https://127.0.0.1:")
