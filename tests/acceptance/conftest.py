"""Fixtures for python-gitlab's own functional tests, run against a sandbox that `python_gitlab.sh` has started.

Written for this project. Theirs start GitLab in containers and wait for it; the sandbox is there at once, so nothing here
waits and the pauses in their tests are skipped. What a module's tests share has the same scope as there: some tests
read what an earlier one left, and a project has to be empty at the start of its module.
"""

from __future__ import annotations

import base64
import itertools
import os
import time
import urllib.request

import gitlab
import pytest

MARKERS = ("gitlab_premium", "gitlab_ultimate")
# The smallest picture: one pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)

_numbers = itertools.count(1)


def fresh(kind: str) -> str:
    """A name that nothing in the sandbox has yet."""
    return f"accept-{kind}-{next(_numbers)}"


def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", f"{marker}: needs that licence, which the sandbox has")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


@pytest.fixture(scope="session")
def gitlab_url() -> str:
    return os.environ["BOX_URL"]


def accept_unread_parameters(gitlab_url: str, accept: bool) -> None:
    """The sandbox's own switch: whether it passes over parameters that it does not keep, or refuses them."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(f"{gitlab_url}/-/world/fault", f"accept_unread_parameters={accept}".lower().encode()).close()


@pytest.fixture(autouse=True)
def more_than_matters(request: pytest.FixtureRequest, gitlab_url: str):
    """Beside a picture the client sends an empty `file`, which GitLab does not know either."""
    sends_more = request.node.name == "test_create_user"
    if sends_more:
        accept_unread_parameters(gitlab_url, True)
    yield
    if sends_more:
        accept_unread_parameters(gitlab_url, False)


@pytest.fixture(scope="session")
def gitlab_token() -> str:
    return os.environ["BOX_TOKEN"]


@pytest.fixture(scope="session")
def gl(gitlab_url: str, gitlab_token: str) -> gitlab.Gitlab:
    client = gitlab.Gitlab(gitlab_url, private_token=gitlab_token, keep_base_url=True)
    client.auth()
    return client


@pytest.fixture(scope="session")
def fixture_dir(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("fixtures")
    (folder / "avatar.png").write_bytes(PIXEL)
    return folder


@pytest.fixture(scope="module")
def group(gl):
    name = fresh("group")
    made = gl.groups.create({"name": name, "path": name})
    yield made
    made.delete()


@pytest.fixture(scope="module")
def project(gl):
    made = gl.projects.create({"name": fresh("project"), "remove_source_branch_after_merge": False})
    yield made
    made.delete()


@pytest.fixture(scope="module")
def user(gl):
    name = fresh("user")
    made = gl.users.create(
        {"name": name, "username": name, "email": f"{name}@example.com", "force_random_password": True}
    )
    yield made
    made.delete(hard_delete=True)


@pytest.fixture(scope="module")
def issue(project):
    return project.issues.create({"title": fresh("issue"), "description": "Something to do."})


@pytest.fixture(scope="module")
def milestone(project):
    return project.milestones.create({"title": fresh("milestone")})


@pytest.fixture(scope="module")
def label(project):
    return project.labels.create({"name": fresh("label"), "color": "#336699"})


@pytest.fixture(scope="module")
def group_label(group):
    return group.labels.create({"name": fresh("label"), "color": "#336699"})


@pytest.fixture(scope="module")
def epic(group):
    return group.epics.create({"title": fresh("epic")})


@pytest.fixture
def merge_request(project):
    """A request with one new file, which asks for its branch to be removed; both go away after the test."""
    project.refresh()
    branch = project.branches.create({"branch": fresh("branch"), "ref": project.default_branch})
    project.files.create(
        {
            "file_path": f"README.{branch.name}",
            "branch": branch.name,
            "content": "A change.\n",
            "commit_message": "Change something",
        }
    )
    request = project.mergerequests.create(
        {
            "title": fresh("merge request"),
            "source_branch": branch.name,
            "target_branch": project.default_branch,
            "remove_source_branch": True,
        }
    )
    assert request.detailed_merge_status == "mergeable"
    yield request
    request.delete()
    if branch.name in [other.name for other in project.branches.list(get_all=True)]:
        branch.delete()
