// What a client that is not ours does with a sandbox, one numbered line for each thing, and the count at the end.
import assert from "node:assert/strict";
import { Gitlab } from "@gitbeaker/rest";

const [host] = process.argv.slice(2);
const gitlab = new Gitlab({ host, token: "glpat-sandbox-admin-no-secret" });
const stranger = new Gitlab({ host, token: "no-such-token" });

// An empty project, for what is counted here must not depend on the sandbox's seed.
const { id: project, path_with_namespace: path } = await gitlab.Projects.create({ name: "gitbeaker", initializeWithReadme: true });
const file = "data/a b.yaml";
const text = "name: Ines Aalto\n# ä, + and %\n";
const made = {};

const names = (issue) => [...issue.labels].sort();
const status = (promise) => promise.then(() => "no refusal", (error) => error.cause?.response?.status ?? error);

const checks = [
  ["an issue is created, with labels and a day", async () => {
    made.issue = await gitlab.Issues.create(path, "First & second", { labels: "pod::secure,z", dueDate: "2026-12-03", description: "- [ ] one\n" });
    assert.equal(made.issue.iid, 1);
    assert.deepEqual(names(made.issue), ["pod::secure", "z"]);
    assert.deepEqual([made.issue.title, made.issue.due_date, made.issue.state], ["First & second", "2026-12-03", "opened"]);
    assert.equal(made.issue.task_completion_status.count, 1);
  }],
  ["an issue is shown by project path and by number", async () => {
    const [byPath, byNumber] = [await gitlab.Issues.show(made.issue.iid, { projectId: path }), await gitlab.Issues.show(made.issue.iid, { projectId: project })];
    assert.deepEqual(byPath, byNumber);
    assert.equal(byPath.id, made.issue.id);
  }],
  ["its title and text are edited", async () => {
    const edited = await gitlab.Issues.edit(path, made.issue.iid, { title: "First", description: "Ünïcode ✓\n\ntwo" });
    assert.deepEqual([edited.title, edited.description], ["First", "Ünïcode ✓\n\ntwo"]);
  }],
  ["a label is added beside the others", async () => {
    assert.deepEqual(names(await gitlab.Issues.edit(path, made.issue.iid, { addLabels: "q" })), ["pod::secure", "q", "z"]);
  }],
  ["a scoped label takes the place of its sibling", async () => {
    assert.deepEqual(names(await gitlab.Issues.edit(path, made.issue.iid, { addLabels: "pod::other" })), ["pod::other", "q", "z"]);
    assert.deepEqual(names(await gitlab.Issues.edit(path, made.issue.iid, { addLabels: "pod::secure" })), ["pod::secure", "q", "z"]);
  }],
  ["a label is taken off", async () => {
    assert.deepEqual(names(await gitlab.Issues.edit(path, made.issue.iid, { removeLabels: "z" })), ["pod::secure", "q"]);
  }],
  ["the label history has it all", async () => {
    const events = await gitlab.IssueLabelEvents.all(path, made.issue.iid);
    const told = events.map((event) => `${event.action} ${event.label?.name}`);
    for (const wanted of ["add z", "remove z", "add pod::other", "remove pod::other"]) assert.ok(told.includes(wanted), `${wanted} in ${told}`);
    const one = await gitlab.IssueLabelEvents.show(path, made.issue.iid, events[0].id);
    assert.deepEqual(one, events[0]);
  }],
  ["notes are written, edited, listed and removed", async () => {
    const note = await gitlab.IssueNotes.create(path, made.issue.iid, "A note");
    assert.deepEqual([note.body, note.system, note.noteable_iid], ["A note", false, made.issue.iid]);
    assert.equal((await gitlab.IssueNotes.edit(path, made.issue.iid, note.id, { body: "Another" })).body, "Another");
    const other = await gitlab.IssueNotes.create(path, made.issue.iid, "To be removed");
    await gitlab.IssueNotes.remove(path, made.issue.iid, other.id);
    const comments = (await gitlab.IssueNotes.all(path, made.issue.iid)).filter((one) => !one.system);
    assert.deepEqual(comments.map((one) => one.body), ["Another"]);
    assert.equal((await gitlab.Issues.show(made.issue.iid, { projectId: path })).user_notes_count, 1);
  }],
  ["an issue is closed and opened again and closed", async () => {
    const closed = await gitlab.Issues.edit(path, made.issue.iid, { stateEvent: "close" });
    assert.ok(closed.state === "closed" && closed.closed_at && closed.closed_by);
    const open = await gitlab.Issues.edit(path, made.issue.iid, { stateEvent: "reopen" });
    assert.ok(open.state === "opened" && open.closed_at === null);
    assert.equal((await gitlab.Issues.edit(path, made.issue.iid, { stateEvent: "close" })).state, "closed");
  }],
  ["issues are listed by label: all of the given ones, any, none", async () => {
    made.second = await gitlab.Issues.create(path, "Second", { labels: "q" });
    made.third = await gitlab.Issues.create(path, "Third");
    const listed = async (filter) => (await gitlab.Issues.all({ projectId: path, ...filter })).map((issue) => issue.iid).sort();
    assert.deepEqual(await listed({ labels: "q" }), [1, 2]);
    assert.deepEqual(await listed({ labels: "q,pod::secure" }), [1]);
    assert.deepEqual(await listed({ labels: "Any" }), [1, 2]);
    assert.deepEqual(await listed({ labels: "None" }), [3]);
    assert.deepEqual(await listed({ labels: "q", state: "opened" }), [2]);
  }],
  ["issues are listed page by page to the end", async () => {
    const pages = await gitlab.Issues.all({ projectId: path, perPage: 1 });
    assert.deepEqual(pages.map((issue) => issue.iid).sort(), [1, 2, 3]);
    const { data, paginationInfo } = await gitlab.Issues.all({ projectId: path, perPage: 2, page: 1, showExpanded: true });
    assert.deepEqual([data.length, paginationInfo.total, paginationInfo.next], [2, 3, 2]);
  }],
  ["issues are linked, and the link is removed", async () => {
    const link = await gitlab.IssueLinks.create(path, 2, path, 3);
    assert.deepEqual([link.source_issue.iid, link.target_issue.iid, link.link_type], [2, 3, "relates_to"]);
    const [other] = await gitlab.IssueLinks.all(path, 3);
    assert.equal(other.iid, 2);
    await gitlab.IssueLinks.remove(path, 3, other.issue_link_id);
    assert.deepEqual(await gitlab.IssueLinks.all(path, 2), []);
  }],
  ["labels are listed with their counts", async () => {
    const labels = await gitlab.ProjectLabels.all(path, { withCounts: true });
    const own = labels.filter((label) => label.is_project_label).map((label) => label.name).sort();
    assert.deepEqual(own, ["pod::other", "pod::secure", "q", "z"]);
    assert.equal(labels.find((label) => label.name === "q").open_issues_count, 1);
  }],
  ["a label is created, shown, renamed and removed", async () => {
    const label = await gitlab.ProjectLabels.create(path, "pod::new & old", "#428BCA", { description: "For a while" });
    assert.equal((await gitlab.ProjectLabels.show(path, "pod::new & old")).id, label.id);
    assert.equal((await gitlab.ProjectLabels.edit(path, label.id, { newName: "pod::newer" })).name, "pod::newer");
    await gitlab.ProjectLabels.remove(path, label.id);
    assert.equal(await status(gitlab.ProjectLabels.show(path, label.id)), 404);
  }],
  ["a file with a blank in its name is created and read raw", async () => {
    await gitlab.RepositoryFiles.create(path, file, "main", text, "Add a file");
    assert.equal(await gitlab.RepositoryFiles.showRaw(path, file, "main"), text);
  }],
  ["the same file is shown with its content as base64", async () => {
    const shown = await gitlab.RepositoryFiles.show(path, file, "main");
    assert.equal(Buffer.from(shown.content, "base64").toString(), text);
    assert.deepEqual([shown.file_name, shown.file_path, shown.size], ["a b.yaml", file, Buffer.byteLength(text)]);
  }],
  ["a folder is listed", async () => {
    const tree = await gitlab.Repositories.allRepositoryTrees(path, { path: "data" });
    assert.deepEqual(tree.map(({ name, path, type, mode }) => ({ name, path, type, mode })), [{ name: "a b.yaml", path: file, type: "blob", mode: "100644" }]);
  }],
  ["oneself, a user by name, and the members", async () => {
    const me = await gitlab.Users.showCurrentUser();
    assert.deepEqual((await gitlab.Users.all({ username: me.username })).map((user) => user.id), [me.id]);
    const members = await gitlab.ProjectMembers.all(path);
    assert.deepEqual(members.map((member) => [member.id, member.access_level]), [[me.id, 50]]);
  }],
  ["what is not there is 404, what is wrong 400, who is unknown 401", async () => {
    assert.equal(await status(gitlab.Issues.show(99, { projectId: path })), 404);
    assert.equal(await status(gitlab.RepositoryFiles.showRaw(path, "none.yaml", "main")), 404);
    assert.equal(await status(gitlab.Issues.create(path, "")), 400);
    assert.equal(await status(stranger.Issues.all({ projectId: path })), 401);
  }],
  ["a branch is created, shown and listed", async () => {
    const branch = await gitlab.Branches.create(path, "podkeeper/secure/fix", "main");
    assert.equal(branch.name, "podkeeper/secure/fix");
    assert.equal((await gitlab.Branches.show(path, "podkeeper/secure/fix")).commit.id, branch.commit.id);
    const branches = await gitlab.Branches.all(path);
    assert.deepEqual(branches.map((one) => one.name).sort(), ["main", "podkeeper/secure/fix"]);
  }],
  ["a commit with three actions moves the branch", async () => {
    const commit = await gitlab.Commits.create(path, "podkeeper/secure/fix", "Three at once", [
      { action: "create", filePath: "data/new.yaml", content: "name: Per Lund\n" },
      { action: "update", filePath: file, content: "name: Ines Aalto-Lund\n" },
      { action: "create", filePath: "data/other.yaml", content: "bmFtZTogT2RhCg==", encoding: "base64" },
    ]);
    assert.equal(commit.title, "Three at once");
    assert.equal((await gitlab.Branches.show(path, "podkeeper/secure/fix")).commit.id, commit.id);
    assert.equal(await gitlab.RepositoryFiles.showRaw(path, file, "podkeeper/secure/fix"), "name: Ines Aalto-Lund\n");
    assert.equal(await gitlab.RepositoryFiles.showRaw(path, "data/other.yaml", "podkeeper/secure/fix"), "name: Oda\n");
    assert.equal(await gitlab.RepositoryFiles.showRaw(path, file, "main"), text);
  }],
  ["an action that cannot be done leaves everything as it was", async () => {
    const commit = gitlab.Commits.create(path, "podkeeper/secure/fix", "Half of it", [
      { action: "create", filePath: "data/half.yaml", content: "a: 1\n" },
      { action: "update", filePath: "data/not-there.yaml", content: "b: 2\n" },
    ]);
    assert.equal(await status(commit), 400);
    assert.equal(await status(gitlab.RepositoryFiles.showRaw(path, "data/half.yaml", "podkeeper/secure/fix")), 404);
  }],
  ["a merge request is opened, found, and one only", async () => {
    const request = await gitlab.MergeRequests.create(path, "podkeeper/secure/fix", "main", "Mend the page", { description: "Two files", labels: "q" });
    assert.deepEqual([request.iid, request.state, request.source_branch, request.target_branch], [1, "opened", "podkeeper/secure/fix", "main"]);
    assert.deepEqual(request.labels, ["q"]);
    const found = await gitlab.MergeRequests.all({ projectId: path, sourceBranch: "podkeeper/secure/fix", state: "opened" });
    assert.deepEqual(found.map((one) => one.iid), [1]);
    assert.equal(await status(gitlab.MergeRequests.create(path, "podkeeper/secure/fix", "main", "Once more")), 409);
  }],
  ["a merge request is closed", async () => {
    assert.equal((await gitlab.MergeRequests.edit(path, 1, { stateEvent: "close" })).state, "closed");
  }],
];

let passed = 0;
let failed = 0;
for (const [name, check] of checks) {
  try {
    await check();
    passed += 1;
    console.log(`ok ${passed + failed} - ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${passed + failed} - ${name}`);
    console.log(`${error?.message}${error?.cause?.description ? `: ${error.cause.description}` : ""}`.replace(/^/gm, "    "));
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
