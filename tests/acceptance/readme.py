"""README's "Set it up", walked as it is written: from an empty folder to a schedule that runs.

    python3 tests/acceptance/readme.py PODKEEPER LEAN GITLAB_CI_LOCAL…

What stands for GitLab is a sandbox that PODKEEPER serves. Three addresses of README lead elsewhere: git's to local
repositories, and curl's to the sandbox, which holds a release of PODKEEPER and LEAN. Everything else is as README has it.
Then the pipelines run under gitlab-ci-local: a merge request plans, the first schedule does what is to do, the second
finds nothing, and a watch sees a schedule that has run.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
SITE = "https://gitlab.example.com"
NOW = "2026-11-24T06:00:00Z"
MOST_COMMANDS = 6


def commands():
    """The commands of the shell in README's section; one that a backslash continues is one."""
    section = (ROOT / "README.md").read_text().split("\n## Set it up\n")[1].split("\n## ")[0]
    lines = re.search(r"^```sh\n(.*?)^```", section, re.M | re.S).group(1).rstrip().split("\n")
    found = []
    for line in lines:
        if line.startswith("  "):
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


def run(arguments, **options):
    done = subprocess.run(arguments, text=True, capture_output=True, timeout=300, **options)
    if done.returncode != 0:
        sys.exit(f"{arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


class Sandbox:
    """A GitLab that is served until it is closed."""

    def __init__(self, program, folder):
        self.log = open(folder / "sandbox.log", "w+")
        self.process = subprocess.Popen(
            [program, "sandbox", "--listen", "127.0.0.1:0", "--now", NOW], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log
        )
        for _ in range(200):
            found = re.search(r"http://127\.0\.0\.1:\d+", (folder / "sandbox.log").read_text())
            if found:
                break
            time.sleep(0.05)
        else:
            sys.exit((folder / "sandbox.log").read_text())
        self.url = found.group()
        self.direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.tokens = self.ask("/-/sandbox")["tokens"]

    def ask(self, address, **fields):
        data = urllib.parse.urlencode(fields).encode() if fields else None
        token = getattr(self, "tokens", {}).get("admin", "")
        request = urllib.request.Request(self.url + address, data, {"PRIVATE-TOKEN": token} if token else {})
        return json.load(self.direct.open(request, timeout=30))

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=10)


def git(*arguments, **options):
    return run(["git", "-c", "user.name=CI", "-c", "user.email=ci@example.com", *arguments], **options)


def release(sandbox, programs, folder):
    """Puts a release into the package registry of podkeeper's project, by the script that the pipeline has."""
    files = folder / "release"
    files.mkdir()
    for name, program in programs.items():
        run(["strip", "-o", str(files / f"{name}-{os.uname().machine}-linux"), program])
    group = sandbox.ask("/api/v4/groups/your-group")["id"]
    for project in ("podkeeper", "secure-pod"):
        sandbox.ask("/api/v4/projects", name=project, path=project, namespace_id=group, visibility="public", initialize_with_readme="true")
    environment = {
        **os.environ,
        "RELEASE_FOLDER": str(files),
        "CI_API_V4_URL": f"{sandbox.url}/api/v4",
        "CI_JOB_TOKEN": sandbox.tokens["job"],
        "CI_PROJECT_ID": "your-group%2Fpodkeeper",
        "CI_PROJECT_PATH": "your-group/podkeeper",
    }
    print(run(["bash", ".ci/release", "upload"], cwd=ROOT, env=environment))


def repositories(folder, version):
    """podkeeper's own with its tag, and the empty one of the pod."""
    sources, pod = folder / "podkeeper", folder / "secure-pod.git"
    sources.mkdir()
    files = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT)
    subprocess.run(["rsync", "-a", "--from0", "--files-from=-", "--ignore-missing-args", "./", f"{sources}/"], cwd=ROOT, input=files, text=True, check=True)
    git("init", "--quiet", "--initial-branch", "main", cwd=sources)
    git("add", "--all", cwd=sources)
    git("commit", "--quiet", "--message", "Everything", cwd=sources)
    git("tag", version, cwd=sources)
    run(["git", "init", "--quiet", "--bare", "--initial-branch", "main", str(pod)])
    return {f"file://{sources}": f"{SITE}:443/your-group/podkeeper.git", f"file://{pod}": f"{SITE}/your-group/secure-pod.git"}


def walk(sandbox, home, instead_of):
    """Runs README's lines in an empty folder; gives the folder that they made."""
    lines = commands()
    assert len(lines) <= MOST_COMMANDS, f"{len(lines)} commands"
    empty = home / "empty"
    empty.mkdir()
    environment = {
        "HOME": str(home),
        "PATH": f"{home}/.local/bin:{os.environ['PATH']}",
        "LANG": "C.UTF-8",
        "PODKEEPER_SANDBOX": sandbox.url,
        "GITLAB_TOKEN": sandbox.tokens["admin"],
        "GIT_AUTHOR_NAME": "CI",
        "GIT_AUTHOR_EMAIL": "ci@example.com",
        "GIT_COMMITTER_NAME": "CI",
        "GIT_COMMITTER_EMAIL": "ci@example.com",
        "GIT_CONFIG_COUNT": str(len(instead_of)),
    }
    for number, (there, here) in enumerate(instead_of.items()):
        environment |= {f"GIT_CONFIG_KEY_{number}": f"url.{there}.insteadOf", f"GIT_CONFIG_VALUE_{number}": here}
    moved = [line.replace(SITE, sandbox.url) if line.startswith("curl ") else line for line in lines]
    # After each line its number, so that a failure says which one it was.
    script = "".join(f"echo '--- {number}'\n{line}\n" for number, line in enumerate(moved, 1)) + "pwd >&3\n"
    place = home / "place"
    with open(place, "w") as out:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"exec 3>{place}\n{script}"], cwd=empty, env=environment, text=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=300
        )
    print(done.stdout + done.stderr)
    assert done.returncode == 0, f"a command ended with {done.returncode}"
    # gitlab-ci-local reads off the remote where the component is; only podkeeper's own repository leads elsewhere for it.
    return pathlib.Path(place.read_text().strip()), {**environment, "GIT_CONFIG_COUNT": "1"}, len(lines)


def pipeline(runner, project, sandbox, environment, source, *more):
    """A pipeline of the pod's project; its log, and how long it took."""
    predefined = {"CI_PIPELINE_SOURCE": source, "CI_API_V4_URL": f"{sandbox.url}/api/v4", "CI_JOB_TOKEN": "none"}
    variables = {**predefined, "PODKEEPER_SANDBOX": sandbox.url}
    arguments = [part for name, value in variables.items() for part in ("--variable", f"{name}={value}")]
    start = time.monotonic()
    done = subprocess.run(
        [*runner, "--force-shell-executor", "--ignore-predefined-vars", ",".join(predefined), *arguments, *more],
        cwd=project, env=environment, text=True, capture_output=True, timeout=300,
    )
    took = time.monotonic() - start
    assert done.returncode == 0 and " FAIL " not in done.stdout, done.stdout + done.stderr
    return done.stdout, took


def outcomes(project):
    seen = json.load(open(project / "out/apply.json"))
    return [outcome["result"] for pod in seen["pods"] for outcome in pod["outcomes"]]


def main(podkeeper, lean, *runner):
    version = re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.M).group(1)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        sandbox = Sandbox(os.path.abspath(podkeeper), folder)
        try:
            release(sandbox, {"podkeeper": podkeeper, "podkeeper-lean": lean}, folder)
            home = folder / "home"
            home.mkdir()
            project, environment, count = walk(sandbox, home, repositories(folder, version))
            print(f"{count} commands from an empty folder")
            writes = lambda: [write for write in sandbox.ask("/-/journal") if "/issues" in write["path"]]

            _, took = pipeline(runner, project, sandbox, environment, "merge_request_event")
            planned = json.load(open(project / "out/plan.json"))
            assert [pod["pod"] for pod in planned["pods"]] == ["secure"] and planned["pods"][0]["actions"], planned
            assert not writes(), "a plan writes nothing"
            print(f"a merge request plans {len(planned['pods'][0]['actions'])} changes, in {took:.1f} s")

            log, took = pipeline(runner, project, sandbox, environment, "schedule")
            done = outcomes(project)
            assert done and set(done) == {"done"}, log
            assert {"junit.xml", "annotations.json", "audit.jsonl"} <= set(os.listdir(project / "out")), "the reports are there"
            assert len(writes()) == len(done), writes()
            print(f"the first schedule makes {len(done)} changes, in {took:.1f} s")

            log, again = pipeline(runner, project, sandbox, environment, "schedule")
            assert outcomes(project) == [] and len(writes()) == len(done), log
            print(f"the second one finds nothing to do, in {again:.1f} s; both took {took + again:.1f} s")
        finally:
            sandbox.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
