"""Deployments on a real agent: steps, what their output says, who watches early, late and after the end."""

import pytest

from programs import wait_for
from sse import Sse


@pytest.fixture
def site(launch):
    gateway = launch.gateway()
    agent = launch.agent(gateway.agent_address, "agent1", "--allow", "deploy")
    return gateway, agent


def step(name, command, **more):
    return {"name": name, "cmd": command, **more}


STEPS = [
    step("pull", "echo 'Pulling web'; sleep 0.3; echo 'web Pulled'"),
    step("start", "echo 'Container web  Starting'; sleep 0.3; echo 'Container web  Started'"),
    step("verify", "sleep 0.3; echo 'web is healthy'"),
]


def deploy(gateway, steps=None, deployment_id="dep-1", **more):
    body = {"agent_id": "agent1", "deployment_id": deployment_id, "name": "web", "steps": steps or STEPS, **more}
    answer = gateway.post("/tasks/deployment", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def watch(gateway, deployment_id="dep-1", **config):
    return Sse(gateway.url + gateway.subscribe("deployment_status", resource=deployment_id, **config)["stream_url"])


def statuses(stream):
    return [e.json["data"] for e in stream.of("deployment_status")]


def complete(stream):
    """What came, after the stream has ended."""
    stream.wait_end()
    assert [e.kind for e in stream.events[-2:]] == ["deployment_complete", "stream_end"], stream.events[-3:]
    return stream.events[-2].json


ORDER = ["pending", "preparing", "pulling", "building", "starting", "verifying", "completed"]


def test_a_deployment_is_watched_from_its_first_step_to_its_end(site):
    gateway, _ = site
    created = deploy(gateway)
    assert created["agent_id"] == "agent1" and created["status"] in ("created", "sent", "in_progress")
    assert (created["stream_type"], created["resource"]) == ("deployment_status", "dep-1")
    stream = watch(gateway)
    end = complete(stream)
    assert end["type"] == "deployment_complete" and end["stream_type"] == "deployment_status"
    assert end["agent_id"] == "agent1" and end["resource"] == "dep-1"
    data = end["data"]
    assert data["deployment_id"] == "dep-1" and data["success"] is True and data["exit_code"] == 0
    assert 0.9 <= data["duration"] < 30 and data["summary"]
    seen = statuses(stream)
    assert all(s["deployment_id"] == "dep-1" and isinstance(s["timestamp"], (int, float)) for s in seen)
    assert all(set(s) >= {"status", "phase", "progress", "message", "services", "health"} for s in seen)
    steps = [ORDER.index(s["status"]) for s in seen]
    assert steps == sorted(steps) and seen[-1]["status"] == "completed"
    progress = [s["progress"] for s in seen if s["progress"] is not None]
    assert progress == sorted(progress) and progress[-1] == 100
    raw = "".join(s.get("raw_output") or "" for s in seen)
    assert "Pulling web" in raw and "web is healthy" in raw
    record = gateway.get("/deployments/dep-1").json()
    assert record["deployment_id"] == "dep-1" and record["status"] == "completed" and record["agent_id"] == "agent1"
    assert [d["deployment_id"] for d in gateway.get("/deployments").json()["deployments"]] == ["dep-1"]
    assert gateway.task(created["task_id"])["status"] == "completed"


def test_without_raw_output_there_is_none(site):
    gateway, _ = site
    deploy(gateway)
    stream = watch(gateway, include_raw_output=False)
    complete(stream)
    assert statuses(stream) and all("raw_output" not in s for s in statuses(stream))


def test_updates_only_means_that_each_differs_from_the_one_before(site):
    gateway, _ = site
    chatter = step("chatter", "for i in $(seq 1 300); do echo still copying; done")
    deploy(gateway, [STEPS[0], chatter, *STEPS[1:]])
    stream = watch(gateway, status_updates_only=True, include_raw_output=False)
    everything = watch(gateway)
    complete(stream)
    complete(everything)
    essence = [(s["status"], s["progress"], s["services"], s["health"]) for s in statuses(stream)]
    assert all(a != b for a, b in zip(essence, essence[1:]))
    assert len(essence) < len(statuses(everything))
    assert essence[-1][0] == "completed"


@pytest.mark.parametrize("flags", [{}, {"include_raw_output": False, "status_updates_only": True}])
def test_late_and_after_the_end_it_is_the_same(site, flags):
    gateway, _ = site
    slow = [*STEPS, step("settle", "sleep 1")]
    task = deploy(gateway, slow)["task_id"]
    early = watch(gateway, **flags)
    early.wait(lambda s: any(x["status"] == "starting" for x in statuses(s)), 10, "the second step")
    late = watch(gateway, **flags)
    complete(early)
    complete(late)
    gateway.wait_task(task)
    after = watch(gateway, **flags)
    complete(after)
    # Who is there before the first line has a snapshot of that, too.
    lasting = lambda s: [e.json["data"] for e in s.of("deployment_status") if not e.json["metadata"].get("snapshot")]  # noqa: E731
    assert lasting(late) == lasting(early) and lasting(after) == lasting(early)


def test_a_step_that_fails_is_the_last(site, tmp_path):
    gateway, _ = site
    mark = tmp_path / "must-not-exist"
    deploy(gateway, [step("pull", "echo ok"), step("migrate", "echo boom >&2; exit 3"), step("never", f"touch {mark}")])
    stream = watch(gateway)
    data = complete(stream)["data"]
    assert data["success"] is False and data["exit_code"] == 3 and data["summary"]
    assert statuses(stream)[-1]["status"] == "failed" and statuses(stream)[-1]["health"] == "failed"
    assert not mark.exists()
    record = gateway.get("/deployments/dep-1").json()
    assert record["status"] == "failed"


def test_a_step_has_a_timeout_of_its_own(site):
    gateway, _ = site
    deploy(gateway, [step("hang", "sleep 60", timeout="1s"), step("never", "echo no")])
    data = complete(watch(gateway))["data"]
    assert data["success"] is False and data["duration"] < 20


def test_a_plain_command_is_a_deployment_of_one_step(site):
    gateway, _ = site
    body = {"agent_id": "agent1", "name": "one", "cmd": "echo Container db  Started"}
    created = gateway.post("/tasks/deployment", body).json()
    assert created["resource"]
    stream = watch(gateway, created["resource"])
    assert complete(stream)["data"]["success"] is True
    assert [(s["name"], s["state"]) for s in statuses(stream)[-1]["services"]] == [("db", "Started")]


def test_an_id_that_is_taken_and_an_agent_that_does_not_allow_it_are_refused(launch, site):
    gateway, _ = site
    deploy(gateway)
    again = gateway.post("/tasks/deployment", {"agent_id": "agent1", "deployment_id": "dep-1", "name": "x", "cmd": "true"})
    assert again.status_code == 409, again.text
    launch.agent(gateway.agent_address, "agent2", "--allow", "shell")
    refused = gateway.post("/tasks/deployment", {"agent_id": "agent2", "name": "x", "cmd": "true"})
    assert refused.status_code == 403 and refused.json()["code"] == "not_allowed_by_agent"
    assert gateway.get("/deployments/dep-2").status_code == 404


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_deployment_outlives_the_gateway(launch, site, how):
    gateway, _ = site
    deploy(gateway, [*STEPS, step("settle", "for i in $(seq 1 40); do echo copy $i; sleep 0.1; done")])
    stream = watch(gateway)
    stream.wait(lambda s: any("copy 5" in (x.get("raw_output") or "") for x in statuses(s)), 15, "the last step")
    getattr(gateway, how)()
    gateway = launch.gateway(http=gateway.http_address, agents=gateway.agent_address, data=gateway.data)
    wait_for(lambda: gateway.get("/deployments/dep-1").json()["status"] == "completed", 30, "the end")
    replay = watch(gateway)
    assert complete(replay)["data"]["success"] is True
    raw = "".join(s.get("raw_output") or "" for s in statuses(replay))
    assert all(f"copy {i}" in raw for i in range(1, 41)) and "Pulling web" in raw
