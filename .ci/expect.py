"""What the acceptance part of .ci/run expects to find. Each check says in one line what it saw."""

import json
import re
import sys
import urllib.request


def pipeline(path, component):
    """The laws of the job that writes, and of all that must not, in both files."""
    from ruamel.yaml import YAML  # comes with check-jsonschema

    yaml = YAML(typ="safe")
    document = yaml.load(open(path))
    header, body = yaml.load_all(open(component))
    # gitlab-ci-local knows no `workflow`: that no push has two pipelines is looked at here.
    push = [rule["if"] for rule in document["workflow"]["rules"] if '"push"' in rule["if"]]
    assert push == ['$CI_PIPELINE_SOURCE == "push" && $CI_OPEN_MERGE_REQUESTS == null'], "a push has one pipeline"
    # Neither does it look at what an input may be: what reaches a shell is bounded.
    for name, kind in header["spec"]["inputs"].items():
        assert kind["description"].strip() and "default" in kind, f"the input {name} says what it is"
        if kind.get("type", "string") == "string" and name not in ("image", "stage"):
            assert re.fullmatch(r"\^.*\$", kind["regex"]) and re.search(kind["regex"], kind["default"]), f"the input {name} is bounded"
    assert not {"default", "stages", "variables", "workflow", "image"} & set(body), "a component sets nothing for other jobs"
    jobs = {name: job for file in (document, body) for name, job in file.items() if isinstance(job, dict) and "script" in job}
    apply = jobs.pop("podkeeper-apply")
    assert apply["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "schedule"'}], "apply runs on schedules only"
    assert apply.get("resource_group") and apply.get("interruptible") is False and apply.get("retry") == 0, "apply runs once and whole"
    assert apply["timeout"] == "15m" and apply["environment"]["action"] == "access", "apply is bounded and has an environment of its own"
    assert apply["artifacts"]["when"] == "always" and apply["artifacts"]["expire_in"], "apply tells even when it fails"
    for name, job in jobs.items():
        text = json.dumps(job)
        assert "TOKEN" not in text and "environment" not in job, f"{name} has nothing to do with a token"
        assert "podkeeper apply" not in text, f"{name} does not write"
    # What is for others stands in no artifact that everybody can get, and in no log but the sandbox's.
    for name, job in [*jobs.items(), ("podkeeper-apply", apply)]:
        text = json.dumps(job)
        if re.search(r"--report \w+:(team|confidential)=", text):
            assert job["artifacts"].get("access") in ("developer", "none"), f"{name} keeps a report for others"
        for command in job["script"]:
            assert "--audience" not in command or "--sandbox" in command, f"{name} logs what is for others"
        assert "PODKEEPER_AUDIENCE" not in text, f"{name} logs what is for others"
    for name, job in [*jobs.items(), ("podkeeper-apply", apply)]:
        paths = job.get("artifacts", {}).get("paths", [])
        assert all(kept.startswith("out/") or kept == "public" for kept in paths), f"{name} keeps nothing outside out/ and public"
    return f"{len(jobs) + 1} jobs, of which only `podkeeper-apply` writes"


def jobs(*expected):
    """The names in gitlab-ci-local's list on standard input."""
    found = [line.split(";")[0] for line in sys.stdin.read().splitlines() if ";" in line][1:]
    assert sorted(found) == sorted(expected), f"{found} instead of {list(expected)}"
    return f"runs {', '.join(found)}"


def journal(url):
    """The sandbox got the eight writes of its seeded world, and none after them."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    writes = json.load(direct.open(f"{url}/-/journal", timeout=10))
    found = [(write["method"], re.sub(r"/\d+", "/N", write["path"]), write["status"]) for write in writes]
    opened = ("POST", "/api/v4/projects/N/issues", 201)
    changed = ("PUT", "/api/v4/projects/N/issues/N", 200)
    about = lambda what: ("POST", f"/api/v4/projects/N/issues/N/{what}", 201)
    wanted = [opened, changed, about("award_emoji"), about("links"), about("notes"), changed, opened, opened]
    assert found == wanted, f"{found} instead of {wanted}"
    assert "<!-- podkeeper:v1 session secure/weekly/" in writes[0]["body"], "the first body carries the session's key"
    assert writes[1]["body"] == "add_labels=pod::secure", writes[1]["body"]
    assert writes[5]["body"] == "state_event=close", writes[5]["body"]
    kinds = [re.search(r"podkeeper:v1 report secure/(\w+)", write["body"]).group(1) for write in writes[6:]]
    assert kinds == ["roster", "links"] and "confidential=true" in writes[6]["body"], kinds
    return "one session opened, one label put back, the last session closed, both reports opened, nothing else"


def reports(folder, done):
    """The files that GitLab shows, and the trail of what was written."""
    import xml.etree.ElementTree as tree

    cases = tree.parse(f"{folder}/junit.xml").getroot().findall(".//testcase")
    named = [(case.get("classname"), case.get("name")) for case in cases]
    assert len(cases) >= 60 and len(set(named)) == len(named), f"{len(cases)} cases"
    told = [child for case in cases for child in case if child.tag in ("failure", "error", "skipped")]
    assert told and all(child.text and child.text.strip() for child in told), "GitLab shows the text of a case"
    trail = [json.loads(line) for line in open(f"{folder}/audit.jsonl")]
    # An emoji and a comment have no page of their own.
    pages = [entry for entry in trail if not entry["path"].endswith(("/award_emoji", "/notes"))]
    links = json.load(open(f"{folder}/annotations.json"))["podkeeper"]
    assert len(links) == len(pages) and all(set(link) == {"external_link"} for link in links), links
    assert len(trail) == int(done) and all("body" not in entry and entry["status"] for entry in trail), trail
    return f"{len(cases)} cases, {len(links)} links, {len(trail)} writes in the trail"


def result(path, actions, done):
    """The JSON of `plan` or `apply`: so many actions in its first round, so many done in all."""
    told = json.load(open(path))
    assert told["version"] == 1
    planned = [action for pod in told["pods"] for action in pod["actions"]]
    results = [outcome["result"] for pod in told["pods"] for outcome in pod.get("outcomes", [])]
    assert len(planned) == int(actions), planned
    assert results == ["done"] * int(done), results
    # A job's JSON is for everybody: what is for others is counted and stands nowhere.
    findings = [finding for pod in told["pods"] for finding in pod["findings"]]
    assert {finding["audience"] for finding in findings} == {"public"}, "a finding for others in a public artifact"
    assert all(pod["withheld"] for pod in told["pods"]), "the sandbox's roster has findings"
    held = [action for action in planned if action["withheld"]]
    assert all(action["subject"] == action["because"] == "(confidential)" and not action["diff"] for action in held), held
    return f"{len(planned)} actions, {len(results)} done"


if __name__ == "__main__":
    check = {"pipeline": pipeline, "jobs": jobs, "journal": journal, "result": result, "reports": reports}[sys.argv[1]]
    try:
        print(check(*sys.argv[2:]))
    except AssertionError as error:
        sys.exit(f"not as expected: {error}")
