"""What a program that uses Debian's python3-marathon does, step by step. Prints what it saw as one line of JSON per step.

usage: python3 marathonClient.py URL
"""
import json
import sys
import threading
import time

from marathon import MarathonClient
from marathon.exceptions import MarathonHttpError, NotFoundError
from marathon.models import MarathonApp, MarathonHealthCheck
from marathon.models.constraint import MarathonConstraint


def say(step, **seen):
    print(json.dumps({"step": step, **seen}), flush=True)


def wait(what, look, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = look()
        if seen:
            return seen
        time.sleep(0.05)
    raise SystemExit("waited in vain for " + what)


client = MarathonClient(sys.argv[1])
events = []
attached = threading.Event()


def listen():
    # Deployment events are left out: this client wants whole plans in them, which Marathon has not sent since 1.7.
    wanted = ["event_stream_attached", "api_post_event", "status_update_event", "health_status_changed_event", "app_terminated_event"]
    for event in MarathonClient(sys.argv[1]).event_stream(event_types=wanted):
        events.append(type(event).__name__)
        attached.set()


threading.Thread(target=listen, daemon=True).start()
attached.wait(10)

app = MarathonApp(
    id="py/web",
    cmd="python3 -m http.server $PORT0",
    cpus=0.01,
    mem=32,
    instances=2,
    labels={"tier": "front"},
    env={"GREETING": "hello"},
    constraints=[MarathonConstraint("hostname", "LIKE", ".*")],
    health_checks=[MarathonHealthCheck(path="/", protocol="HTTP", port_index=0, interval_seconds=1, grace_period_seconds=20)],
)
created = client.create_app("py/web", app)
say("create", id=created.id, instances=created.instances, deployments=len(created.deployments))

running = wait("two healthy tasks", lambda: (lambda a: a if a.tasks_healthy == 2 and not a.deployments else None)(client.get_app("/py/web")))
say("get", id=running.id, running=running.tasks_running, healthy=running.tasks_healthy, env=running.env, labels=running.labels)

tasks = client.list_tasks("/py/web")
say("tasks", apps=sorted({task.app_id for task in tasks}), states=[task.state for task in tasks], ports=sum(len(task.ports) for task in tasks),
    alive=[result.alive for task in tasks for result in task.health_check_results], all=len(client.list_tasks()))
say("endpoints", ports=[endpoint.task_id is not None and endpoint.host for endpoint in client.list_endpoints()])

deployment = client.scale_app("/py/web", instances=3)
say("scale", deployment=bool(deployment.get("deploymentId")))
listed = client.list_deployments()
say("deployments", affected=[d.affected_apps for d in listed], actions=[a.action for d in listed for s in d.steps for a in s.actions])
wait("three tasks", lambda: len(client.list_tasks("/py/web")) == 3 and not client.list_deployments())
client.scale_app("/py/web", delta=-1)
wait("two tasks", lambda: len(client.list_tasks("/py/web")) == 2 and not client.list_deployments())

victim = client.list_tasks("/py/web")[0]
say("kill", task=client.kill_task("/py/web", victim.id).id == victim.id)
wait("its replacement", lambda: victim.id not in [t.id for t in client.list_tasks("/py/web")] and client.get_app("/py/web").tasks_healthy == 2)

changed = client.get_app("/py/web")
before = changed.version
updated = client.update_app("/py/web", MarathonApp(env={"GREETING": "bye"}), force=True)
say("update", deployment=bool(updated.get("deploymentId")))
wait("the upgrade", lambda: not client.list_deployments())
after = client.get_app("/py/web")
say("updated", env=after.env, changed=str(after.version) != str(before), versions=len(client.list_versions("/py/web")))
say("version", instances=client.get_version("/py/web", client.list_versions("/py/web")[0]).instances)
client.rollback_app("/py/web", before, force=True)
wait("the roll-back", lambda: not client.list_deployments())
say("rolled back", env=client.get_app("/py/web").env)
say("restart", deployment=bool(client.restart_app("/py/web").get("deploymentId")))
wait("the restart", lambda: not client.list_deployments())

say("list", ids=[a.id for a in client.list_apps()], embedded=[len(a.tasks) for a in client.list_apps(embed_tasks=True, embed_counts=True)],
    labelled=len(client.list_apps(label="tier==front")), others=len(client.list_apps(label="tier==back")))

failing = client.create_app("py/fails", MarathonApp(id="py/fails", cmd="exit 7", cpus=0.01, mem=32, instances=1, backoff_seconds=3600))
failure = wait("its failure", lambda: client.get_app("/py/fails", embed_last_task_failure=True).last_task_failure)
say("failure", message=failure.message, state=failure.state)
# Not list_queue: this client does not know the field `role`, which Marathon has sent since 1.9.
client.reset_delay("/py/fails")
say("cancelled", answer=client.delete_deployment(client.list_deployments()[0].id, force=True) is not None if client.list_deployments() else True)

info = client.get_info()
say("info", name=info.name, version=info.version, leader=client.get_leader()["leader"] == info.leader, ping=str(client.ping()), metrics=sorted(client.get_metrics())[:3])

say("delete", deployment=bool(client.delete_app("/py/web", force=True).get("deploymentId")))
client.delete_app("/py/fails", force=True)
wait("everything to be gone", lambda: not client.list_apps() and not client.list_deployments())
for name, call in {"missing": lambda: client.get_app("/py/web"), "refused": lambda: client.create_app("/py/bad", MarathonApp(cpus=1, mem=1))}.items():
    try:
        call()
        say(name, error=None)
    except NotFoundError as error:
        say(name, error="NotFoundError", status=error.status_code, message=error.error_message)
    except MarathonHttpError as error:
        say(name, error="MarathonHttpError", status=error.status_code, message=error.error_message)
say("events", seen=sorted(set(events)))
