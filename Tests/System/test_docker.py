"""Containers, end to end: a gateway, an agent, and a real dockerd of the tests' own, or the engine whose socket
SLUICE_TEST_ENGINE names."""

import os
import pathlib
import time

import pytest

import engine
from programs import Agent, Gateway, wait_for
from sse import Sse
from stored_lines import count_numbers, search, stored_lines, wrong_numbers


@pytest.fixture(scope="module")
def docker():
    given = os.environ.get("SLUICE_TEST_ENGINE")
    try:
        started = engine.Given(given) if given else engine.Docker()
    except engine.Unavailable as why:
        pytest.skip(str(why))
    yield started
    started.stop()


@pytest.fixture(scope="module")
def hosts(docker, tmp_path_factory):
    """A gateway and an agent that uses that engine, shared by the tests of this file."""
    directory = tmp_path_factory.mktemp("docker")
    gateway = Gateway(directory / "gateway")
    agent = Agent(
        gateway.agent_address, "agent1", directory / "agent", "--allow", "docker", "--docker-host", f"unix://{docker.path}"
    )
    yield gateway, docker
    agent.kill()
    gateway.kill()


def run(gateway, operation, **more):
    answer = gateway.post("/tasks/docker", {"agent_id": "agent1", "operation": operation, **more})
    assert answer.status_code == 201, answer.text
    assert answer.json()["stream_type"] == "docker_output"
    return answer.json()["task_id"]


def output(gateway, task):
    return gateway.get(f"/tasks/{task}/output").text


def commands(text):
    """Processes of this host with that in their command line."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if text.encode() in path.read_bytes():
                found.append(path)
        except OSError:
            pass  # it has ended
    return found


def listen(gateway, stream_type, **more):
    subscription = gateway.subscribe(stream_type, **more)
    return Sse(gateway.url + subscription["stream_url"])


def texts(stream, kind):
    return [e.json["data"]["line"] for e in stream.of(kind)]


def test_run_streams_what_the_container_prints_and_ends_with_its_exit_code(hosts):
    gateway, docker = hosts
    before = docker.names()
    task = run(
        gateway, "run", image="bb", args=["sh", "-c", 'echo "$GREETING"; echo oh >&2; exit 3'], env={"GREETING": "hi there"}
    )
    stream = listen(gateway, "docker_output", resource=task)
    stream.wait_end(30)
    lines = {(e.json["data"]["stream"], e.json["data"]["line"]) for e in stream.of("docker_output")[:-1]}
    assert lines == {("stdout", "hi there"), ("stderr", "oh")}
    final = stream.of("docker_output")[-1].json["data"]
    assert (final["stream"], final["exit_code"], final["status"], final["is_final"]) == ("status", 3, "failed", True)
    assert stream.of("stream_end")[0].json["exit_code"] == 3
    shown = gateway.task(task)
    assert shown["exit_code"] == 3 and shown["operation"] == "docker"
    assert "hi there" not in shown["cmd"] and "GREETING" in shown["cmd"]
    assert docker.names() == before, "a container without a name is removed at its end"


def test_a_container_with_a_name_stays_and_is_operated_on(hosts):
    gateway, docker = hosts
    task = run(gateway, "run", image="bb:latest", container="kept", args=["sh", "-c", "echo once"])
    assert gateway.wait_task(task)["status"] == "completed"
    assert output(gateway, task) == "once\n"
    for operation, said in [
        ("start", "kept: started\n"),
        ("logs", "once\nonce\n"),
        ("restart", "kept: restarted\n"),
        ("stop", None),
        ("remove", "kept: removed\n"),
    ]:
        task = run(gateway, operation, container="/kept")
        assert gateway.wait_task(task, 30)["status"] == "completed", output(gateway, task)
        if said is not None:
            assert output(gateway, task) == said
        if operation == "start":
            wait_for(lambda: not docker.state("kept")["Running"], what="its end")
    assert "kept" not in docker.names()
    task = run(gateway, "start", container="kept")
    ended = gateway.wait_task(task)
    assert ended["status"] == "failed" and ended["exit_code"] == 1
    assert "kept" in output(gateway, task) and "no such container" in output(gateway, task).lower()


def test_exec_has_the_output_and_the_exit_code_of_the_command(hosts):
    gateway, docker = hosts
    docker.create("host", "sleep", "1000")
    try:
        task = run(gateway, "exec", container="host", args=["sh", "-c", "echo $A; exit 7"], env={"A": "in there"})
        assert gateway.wait_task(task)["exit_code"] == 7
        assert output(gateway, task) == "in there\n"
        task = run(gateway, "exec", container="host", args=["sh", "-c", "echo up; sleep 1000"])
        wait_for(lambda: output(gateway, task) == "up\n", what="its output")
        assert gateway.delete(f"/tasks/{task}").status_code == 200
        assert gateway.wait_task(task)["status"] == "cancelled"
        assert not commands("echo up; sleep 1000"), "the command has ended in the container too"
    finally:
        docker.remove("host")


@pytest.mark.parametrize("how", ["cancelled", "timeout"])
def test_a_run_that_is_ended_takes_its_container_with_it(hosts, how):
    gateway, docker = hosts
    before = docker.names()
    more = {"timeout": 5} if how == "timeout" else {}
    # Without a handler the first process of a container ignores SIGTERM.
    command = "trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.1; done"
    task = run(gateway, "run", image="bb", args=["sh", "-c", command], **more)
    wait_for(lambda: output(gateway, task).startswith("up\n"), what="its output")
    if how == "cancelled":
        assert gateway.delete(f"/tasks/{task}").status_code == 200
    ended = gateway.wait_task(task, 30)
    assert ended["status"] == how and ended["exit_code"] == 5
    assert output(gateway, task) == "up\nbye\n"
    assert docker.names() == before


def test_a_container_whose_agent_is_killed_is_ended_by_the_next_life_of_the_agent(hosts, tmp_path):
    gateway, docker = hosts
    uses = ("--allow", "docker", "--docker-host", f"unix://{docker.path}")
    agent = Agent(gateway.agent_address, "agent2", tmp_path, *uses)
    before = docker.names()
    try:
        # Of a task that has ended, and started again since: that was somebody's will.
        once = ["sh", "-c", "[ -e /ran ] && exec sleep 1000; echo > /ran"]
        task = run(gateway, "run", agent_id="agent2", image="bb", container="again", args=once)
        assert gateway.wait_task(task)["status"] == "completed"
        docker.call("POST", "/containers/again/start")
        command = {"agent_id": "agent2", "image": "bb", "args": ["sh", "-c", "echo up; exec sleep 1000"]}
        tasks = [run(gateway, "run", **command), run(gateway, "run", container="left", **command)]
        for task in tasks:
            wait_for(lambda: output(gateway, task) == "up\n", what="its output")
        agent.kill()
        assert len(docker.names() - before) == 3
        agent = Agent(gateway.agent_address, "agent2", tmp_path, *uses)
        wait_for(lambda: docker.names() - before == {"again", "left"}, 20, "the end of the one without a name")
        wait_for(lambda: not docker.state("left")["Running"], 20, "the end of the one with a name")
        assert docker.state("again")["Running"]
        assert [gateway.wait_task(task)["status"] for task in tasks] == ["failed", "failed"]
    finally:
        agent.stop()
        for name in {"again", "left"} & docker.names():
            docker.remove(name)


def test_a_pull_that_fails_says_why(hosts):
    gateway, _ = hosts
    task = run(gateway, "pull", image="localhost:1/nothing:1")
    ended = gateway.wait_task(task, 30)
    assert ended["status"] == "failed" and ended["exit_code"] == 1
    assert "localhost:1" in output(gateway, task)


def test_the_log_of_a_container_is_followed_over_a_restart_of_it(hosts):
    gateway, docker = hosts
    docker.create("web", "sh", "-c", "for i in 1 2 3; do echo line $i; done; echo err >&2; exec sleep 1000")
    try:
        printed = lambda word, **stream: word in docker.call("GET", "/containers/web/logs", **stream)  # noqa: E731
        wait_for(lambda: printed("err", stderr=1) and printed("line 3", stdout=1), what="its lines")
        stream = listen(gateway, "container_logs", agent="agent1", resource="web", tail=2)
        stream.wait_events("container_logs", 2, 20)
        first = stream.of("container_logs")[0].json
        assert first["type"] == "container_log" and first["resource"] == "web"
        assert first["data"]["container_name"] == "web" and first["data"]["seq"] == 1
        assert abs(first["data"]["container_timestamp"] - time.time()) < 300
        docker.call("POST", "/containers/web/restart", t=0)
        stream.wait_events("container_logs", 6, 20)
        lines = texts(stream, "container_logs")
        # Two streams, one log: which of two lines comes first is the engine's business.
        assert sorted(lines[2:]) == ["err", "line 1", "line 2", "line 3"]
        numbers = [e.json["data"]["seq"] for e in stream.of("container_logs")]
        assert numbers == list(range(1, 7)) and not stream.of("gap")
        docker.remove("web")
        stream.wait(lambda s: any(e.json.get("state") == "not_found" for e in s.of("stream_status")), 20, "not_found")
        docker.create("web", "sh", "-c", "echo anew; exec sleep 1000")
        stream.wait(lambda s: "anew" in texts(s, "container_logs"), 20, "the line of its successor")
        stream.close()
    finally:
        docker.remove("web")


@pytest.mark.parametrize("terminal", [False, True])
def test_a_last_line_without_a_break_and_the_first_one_after_a_restart_are_two(hosts, terminal):
    gateway, docker = hosts
    docker.create("open", "sh", "-c", "echo first; printf last", Tty=terminal)
    try:
        stream = listen(gateway, "container_logs", agent="agent1", resource="open")
        stream.wait_events("container_logs", 2, 20)
        docker.call("POST", "/containers/open/start")
        stream.wait_events("container_logs", 4, 20)
        assert texts(stream, "container_logs") == ["first", "last", "first", "last"]
        stream.close()
    finally:
        docker.remove("open")


def test_terminals_giant_lines_and_bytes_that_are_no_text(hosts):
    gateway, docker = hosts
    docker.create("tty", "sh", "-c", "echo from a terminal; exec sleep 1000", Tty=True)
    giant = "dd if=/dev/zero bs=1000 count=100 2>/dev/null | tr '\\0' x; echo; printf '\\377\\000end\\n'; exec sleep 1000"
    docker.create("odd", "busybox", "sh", "-c", giant.replace("tr ", "busybox tr ").replace("printf", "busybox printf"))
    try:
        terminal = listen(gateway, "container_logs", agent="agent1", resource="tty")
        assert terminal.wait_events("container_logs", 1, 20)[0].json["data"]["line"] == "from a terminal"
        odd = listen(gateway, "container_logs", agent="agent1", resource="odd")
        parts = [e.json["data"] for e in odd.wait_events("container_logs", 3, 20)]
        assert "".join(p["line"] for p in parts[:2]) == "x" * 100_000
        assert [p["truncated"] for p in parts] == [True, False, False]
        assert parts[2]["line"] == "\ufffd\0end"
        terminal.close()
        odd.close()
    finally:
        docker.remove("tty")
        docker.remove("odd")


def test_the_list_of_containers_has_what_they_take(hosts):
    gateway, docker = hosts
    docker.create("busy", "sh", "-c", "a=$(seq 200000); while :; do :; done")  # some memory, too
    docker.create("idle", "true")
    try:
        wait_for(lambda: not docker.state("idle")["Running"], what="the end of idle")
        answer = gateway.get("/agents/agent1/containers")
        assert answer.status_code == 200
        listed = {c["name"]: c for c in answer.json()["containers"]}
        busy, idle = listed["busy"], listed["idle"]
        assert busy["state"] == "running" and busy["image"].endswith("bb:latest") and busy["status"].startswith("Up")
        assert 0 < busy["cpu_percent"] <= 100 and busy["memory_bytes"] > 0
        assert busy["memory_limit_bytes"] is None or busy["memory_limit_bytes"] > busy["memory_bytes"]
        assert idle["state"] == "exited" and idle["cpu_percent"] is None and idle["memory_bytes"] is None
        assert busy["created_at"].endswith("Z") and busy["ports"] == []
        assert answer.json()["total"] == len(listed)
    finally:
        docker.remove("busy")
        docker.remove("idle")


def test_what_becomes_of_containers_is_an_event_and_those_that_are_not_well_are_in_the_health(hosts):
    gateway, docker = hosts
    check = {"Test": ["CMD", "false"], "Interval": 200_000_000, "Timeout": 1_000_000_000, "Retries": 1}
    docker.create("sick", "sleep", "1000", Healthcheck=check)
    docker.create("crashed", "sh", "-c", "exit 4")
    try:
        def events():
            items = gateway.get("/agents/agent1/events").json()["events"]
            return {(e["kind"], e["unit"]): e for e in items if e["kind"].startswith("container_")}

        wait_for(lambda: {("container_died", "crashed"), ("container_unhealthy", "sick")} <= set(events()), 30, "events")
        died = events()[("container_died", "crashed")]
        assert died["severity"] == "warning" and died["attributes"]["exit_code"] == "4"
    finally:
        docker.remove("sick")
        docker.remove("crashed")


def test_a_docker_task_outlives_the_gateway(hosts, launch, docker, tmp_path):
    gateway = launch.gateway()
    launch.agent(gateway.agent_address, "agent1", "--allow", "docker", "--docker-host", docker.path)
    task = run(gateway, "run", image="bb", args=["sh", "-c", "for i in $(seq 1 100); do echo $i; sleep 0.02; done"])
    wait_for(lambda: output(gateway, task).startswith("1\n"), what="its output")
    http, agents = gateway.http_address, gateway.agent_address
    gateway.kill()
    gateway = launch.gateway(http=http, agents=agents, data=gateway.data)
    assert gateway.wait_task(task, 40)["status"] == "completed"
    assert output(gateway, task) == "".join(f"{n}\n" for n in range(1, 101))


def test_without_permission_or_an_engine_nothing_is_done(launch):
    gateway = launch.gateway()
    launch.agent(gateway.agent_address, "agent1", "--docker-host", "/nowhere/docker.sock")
    body = {"agent_id": "agent1", "operation": "pull", "image": "bb"}
    assert gateway.post("/tasks/docker", body).json()["code"] == "not_allowed_by_agent"
    answer = gateway.get("/agents/agent1/containers")
    assert answer.status_code == 503 and answer.json()["code"] == "engine_unavailable"
    assert "/nowhere/docker.sock" in answer.json()["error"]
    launch.agent(gateway.agent_address, "agent2", "--docker-host", "none")
    assert gateway.get("/agents/agent2/containers").json() == {"containers": [], "total": 0, "page": 1}


COUNTING = 'i=$0; while [ $i -lt $1 ]; do i=$((i+1)); echo "an order was accepted mark${i}x"; [ $((i%50)) = 0 ] && sleep 0.05; done'


def test_lines_of_containers_are_stored_once_each_though_containers_agent_and_gateway_are_killed_meanwhile(docker, launch):
    gateway = launch.gateway("--agent-heartbeat", "1s")
    options = ("--docker-host", f"unix://{docker.path}", "--container-log", "shop*")

    def agent():
        return launch.agent(gateway.agent_address, "agent1", *options)

    def stored(word="accepted"):
        return search(gateway, agent_id="agent1", q=word, per_page=1)["total"]

    docker.create("shop-old", "sh", "-c", "echo what was printed before is history; sleep 1000")
    docker.create("other", "sh", "-c", "while :; do echo nobody asked for this; sleep 0.1; done")
    wait_for(lambda: "history" in docker.call("GET", "/containers/shop-old/logs", stdout=1), what="its line")
    time.sleep(0.01)  # the engine's times are no finer than this
    first = agent()
    docker.create("shop1", "sh", "-c", "sleep 2; " + COUNTING, "0", "3000")
    wait_for(lambda: stored() > 500, 30, "the first lines")
    first.kill()
    second = agent()
    wait_for(lambda: stored() > 1500, 30, "more lines")
    gateway.kill()
    time.sleep(0.5)  # lines that come meanwhile
    second.kill()
    gateway = launch.gateway(
        "--agent-heartbeat", "1s", http=gateway.http_address, agents=gateway.agent_address, data=gateway.data
    )
    agent()
    wait_for(lambda: stored() >= 3000, 60, "all lines")
    docker.call("POST", "/containers/shop1/restart", t=0)  # prints them again
    wait_for(lambda: stored() >= 6000, 60, "the lines of its second start")
    lines = stored_lines(gateway, "agent1", q="accepted")
    assert {line["source"] for line in lines} == {"container:shop1"}
    counts = count_numbers(lines, r"mark(\d+)x")
    assert set(counts.values()) == {2} and wrong_numbers(counts, 3000)[0] == []
    # Another container gets the name: all that it prints is new.
    docker.remove("shop1")
    docker.create("shop1", "sh", "-c", COUNTING, "3000", "4000")
    wait_for(lambda: stored() >= 7000, 30, "its lines")
    lines = stored_lines(gateway, "agent1", q="accepted")
    assert len(lines) == 7000 and len(count_numbers(lines, r"mark(\d+)x")) == 4000
    assert stored("history") == 0 and stored("nobody") == 0
    for name in ("shop-old", "other", "shop1"):
        docker.remove(name)


def test_a_container_whose_lines_nobody_takes_is_read_no_further_than_the_spool_is_long(docker, launch, tmp_path):
    gateway = launch.gateway("--agent-heartbeat", "1s")
    options = ("--docker-host", f"unix://{docker.path}", "--container-log", "*")
    agent = launch.agent(gateway.agent_address, "agent1", *options)
    docker.create("probe", "sh", "-c", "while :; do echo up; sleep 0.2; done")
    wait_for(lambda: search(gateway, agent_id="agent1", q="up", per_page=1)["total"] >= 1, 20, "the first line")
    gateway.kill()
    long = "y" * 2000
    command = f'i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo "a long order mark${{i}}x {long}"; done'
    docker.create("flood", "sh", "-c", command)
    wait_for(lambda: not docker.state("flood")["Running"], 60, "its end")
    spool = tmp_path / "agent-agent1" / "containers-agent1" / "flood.container-spool"
    wait_for(lambda: spool.exists() and spool.stat().st_size > 2 << 20, 30, "a full spool")
    assert spool.stat().st_size < 3 << 20 and agent.rss_kib() < 40 * 1024
    gateway = launch.gateway(
        "--agent-heartbeat", "1s", http=gateway.http_address, agents=gateway.agent_address, data=gateway.data
    )
    query = {"agent_id": "agent1", "q": "order"}
    wait_for(lambda: search(gateway, per_page=1, **query)["total"] >= 4000, 60, "all lines")
    lines = stored_lines(gateway, "agent1", q="order")
    assert wrong_numbers(count_numbers(lines, r"mark(\d+)x"), 4000) == ([], {})
    docker.remove("flood")
    docker.remove("probe")
    wait_for(lambda: not spool.exists(), 30, "the end of a spool whose container is gone")


def test_a_container_that_is_removed_at_its_end_loses_no_line(docker, launch, tmp_path):
    gateway = launch.gateway()
    launch.agent(gateway.agent_address, "agent1", "--docker-host", f"unix://{docker.path}", "--container-log", "*")
    docker.create("probe", "sh", "-c", "while :; do echo up; sleep 0.2; done")
    wait_for(lambda: search(gateway, agent_id="agent1", q="up", per_page=1)["total"] >= 1, 20, "the first line")
    for number in range(3):
        docker.create(f"brief{number}", "sh", "-c", COUNTING, f"{number * 1000}", f"{number * 1000 + 1000}", HostConfig={"AutoRemove": True})
    wait_for(lambda: search(gateway, agent_id="agent1", q="accepted", per_page=1)["total"] >= 3000, 30, "all lines")
    lines = stored_lines(gateway, "agent1", q="accepted")
    assert wrong_numbers(count_numbers(lines, r"mark(\d+)x"), 3000) == ([], {})
    docker.remove("probe")
    spools = tmp_path / "agent-agent1" / "containers-agent1"
    wait_for(lambda: not list(spools.glob("*.container-spool")), 30, "the end of the spools of containers that are gone")
