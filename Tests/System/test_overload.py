"""More clients than there is room for, clients that dawdle, and a gateway that goes down under them."""

import re
import socket
import statistics
import time

import pytest

from programs import BUILT, Gateway, wait_for


NEVER = rb"(?!)"  # a pattern that nothing matches: read to the end


def connect(gateway):
    host, port = gateway.http_address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=10)


def ask(gateway, path, extra=""):
    """A connection that has sent a request."""
    client = connect(gateway)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: {gateway.http_address}\r\n{extra}\r\n".encode())
    return client


def read_until(client, wanted):
    """What arrives until the pattern has, or the connection ends."""
    text = b""
    while not re.search(wanted, text):
        piece = client.recv(65536)
        if not piece:
            break
        text += piece
    return text.decode()


def open_stream(gateway):
    """A stream whose head and `retry:` have arrived."""
    client = ask(gateway, gateway.subscribe("metrics", "agent1", interval="1h")["stream_url"])
    text = read_until(client, rb"retry: \d+\n")
    assert "200 OK" in text, text
    return client


class SmallGateway(Gateway):
    """A gateway that may have only so many descriptors."""

    def __init__(self, data, descriptors):
        self.data = data
        script = f'ulimit -n {descriptors}; exec "$0" "$@"'
        options = ("--http-bind", "127.0.0.1:0", "--agent-bind", "127.0.0.1:0", "--data-dir", data)
        self.start(["bash", "-c", script, BUILT / "sluice", "serve", *options])


def metric(gateway, name):
    found = re.search(rf"^{name} (\S+)$", gateway.get("/metrics").text, re.MULTILINE)
    assert found, name
    return float(found[1])


@pytest.mark.parametrize("loops", [1, 3])
def test_a_stream_beyond_the_limit_is_told_to_come_back_and_comes_back(launch, loops):
    gateway = launch.gateway("--max-connections", "12", "--loops", loops)
    launch.agent(gateway.agent_address)
    urls = [gateway.subscribe("metrics", "agent1", interval="1h")["stream_url"] for _ in range(11)]
    assert metric(gateway, "sluice_http_connections") == 1  # the one that asks, which is kept
    clients = [ask(gateway, url) for url in urls]  # one limit, however the kernel spreads them over the loops
    for client in clients:
        assert "200 OK" in read_until(client, rb"\nretry: \d+\n")
    retries = []
    for _ in range(6):
        beyond = ask(gateway, urls[0])
        answer = read_until(beyond, NEVER)
        assert answer.startswith("HTTP/1.1 200 ") and "text/event-stream" in answer, answer
        retries.append(int(re.search(r"^retry: (\d+)$", answer, re.MULTILINE)[1]))
        assert re.search(r"^: \S", answer, re.MULTILINE), answer
    assert len(set(retries)) > 1 and all(2000 <= retry <= 10000 for retry in retries), retries
    other = read_until(ask(gateway, "/agents"), NEVER)
    assert other.startswith("HTTP/1.1 503 ") and '"code":"overloaded"' in other and "Retry-After" in other
    assert read_until(ask(gateway, "/healthz"), NEVER).startswith("HTTP/1.1 200 ")
    for client in clients[:4]:
        client.close()
    wait_for(lambda: "\nid: " in read_until(ask(gateway, urls[0]), rb"\nid: "), what="room")
    assert metric(gateway, "sluice_http_connections_over_limit_total") >= 8


def test_a_gateway_with_few_descriptors_answers_everybody(launch, tmp_path):
    gateway = launch.keep(SmallGateway(tmp_path / "small", 200))
    launch.agent(gateway.agent_address)
    urls = [gateway.subscribe("metrics", "agent1", interval="1h")["stream_url"] for _ in range(10)]
    gateway.session.close()
    crowd = [connect(gateway) for _ in range(300)]
    time.sleep(0.5)  # whatever it does about them
    assert sum("fewer connections" in line for line in gateway.errors) == 1
    assert sum("cannot be accepted" in line for line in gateway.errors) <= 1
    for client in crowd:
        client.close()
    wait_for(lambda: read_until(ask(gateway, "/healthz"), rb"ok").startswith("HTTP/1.1 200 "), what="health")
    for url in urls:
        client = ask(gateway, url)
        assert "\nretry: " in read_until(client, rb"\nretry: \d+\n")
        client.close()
    assert gateway.get("/agents").status_code == 200


def test_a_request_that_never_ends_is_cut_off(launch):
    gateway = launch.gateway()
    slow = connect(gateway)
    began = time.monotonic()
    with pytest.raises(OSError):
        for byte in "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: " + "x" * 100:
            slow.sendall(byte.encode())
            slow.settimeout(0.25)
            try:
                if not slow.recv(1):
                    raise ConnectionError
            except TimeoutError:
                pass
    assert 10 < time.monotonic() - began < 20
    assert metric(gateway, "sluice_http_connections_timed_out_total") == 1


def test_a_gateway_that_goes_down_spreads_its_clients_over_ten_seconds(launch):
    gateway = launch.gateway()
    launch.agent(gateway.agent_address)
    clients = [open_stream(gateway) for _ in range(100)]
    gateway.signal(15)
    retries = []
    for client in clients:
        last = read_until(client, NEVER)  # to the end of the stream
        assert '"state":"draining"' in last, last
        retries.append(int(re.findall(r"^retry: (\d+)$", last, re.MULTILINE)[-1]))
    assert gateway.wait() == 0
    assert 0 <= min(retries) < 2000 and 8000 < max(retries) <= 10500, (min(retries), max(retries))
    assert 3500 < statistics.mean(retries) < 7000


def test_counts_of_an_open_stream_are_live(launch):
    gateway = launch.gateway()
    launch.agent(gateway.agent_address)
    subscription = gateway.subscribe("metrics", "agent1", interval="100ms")
    client = ask(gateway, subscription["stream_url"])
    read_until(client, rb"(event: metrics[\s\S]*){4}")
    shown = gateway.get(f"/subscriptions/{subscription['subscription_id']}").json()
    assert shown["delivered"] >= 3 and shown["dropped"] == shown["conflated"] == 0, shown
    listed = gateway.get("/subscriptions").json()["subscriptions"]
    assert listed[0]["delivered"] >= shown["delivered"]
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    # Nobody reads any more: what the kernel does not take is conflated, and counted while the connection is open.
    stuck = wait_for(
        lambda: (lambda s: s if s["conflated"] > 0 and s["queued"] > 0 and s["lag"] > 0 else None)(
            gateway.get(f"/subscriptions/{subscription['subscription_id']}").json()
        ),
        60,
        "a client that is behind",
    )
    assert stuck["delivered"] > shown["delivered"]
    client.close()
