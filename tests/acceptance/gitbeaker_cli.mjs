// What GitBeaker's command line does with a sandbox, one numbered line for each check, and the count at the end.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

const [host, program] = process.argv.slice(2);
const token = "glpat-sandbox-admin-no-secret";

// One command: what it prints, which is JSON. `options` become `--name=value`; what is needed stands before them.
function run(words, options = {}, as = token) {
  const flags = Object.entries(options).map(([key, value]) => `--${key}=${value}`);
  const env = { PATH: process.env.PATH, NO_PROXY: "127.0.0.1", GITBEAKER_HOST: host, GITBEAKER_TOKEN: as };
  const { status, stdout, stderr } = spawnSync(program, [...words.map(String), ...flags], { encoding: "utf8", env });
  if (status !== 0) throw new Error(`${stdout}${stderr}`.trim().split("\n")[0]);
  return stdout.trim() ? JSON.parse(stdout) : undefined;
}

// What the refusal says that the command has to meet.
function refusal(...command) {
  try {
    run(...command);
  } catch (error) {
    return error.message.replace(/^\w+Error: /, "");
  }
  return "no refusal";
}

// A project of its own, for what is counted here must not depend on the sandbox's seed.
const home = run(["projects", "create"], { name: "command-line", "initialize-with-readme": true });
const path = home.path_with_namespace;
const file = "data/a b.yaml";
const text = "name: Ines Aalto\n# ä, + and %\n";

const issues = (command, iid, options) => run(["issues", command, path, iid], options);
const show = (iid) => run(["issues", "show", iid], { "project-id": path });
const iids = (filter) => run(["issues", "all"], { "project-id": path, ...filter }).map((issue) => issue.iid).sort((a, b) => a - b);
const sorted = (list) => [...list].sort();

const checks = [
  ["a project is shown by its path and by its number", () => {
    assert.equal(run(["projects", "show", path]).id, home.id);
    assert.equal(run(["projects", "show", home.id]).path_with_namespace, path);
  }],
  ["oneself, and a user by name", () => {
    const me = run(["users", "show-current-user"]);
    assert.deepEqual(run(["users", "all"], { username: me.username }).map((user) => user.id), [me.id]);
  }],
  ["an issue is opened with labels, a day and a task list", () => {
    const issue = issues("create", "First & second", { labels: "pod::secure,z", "due-date": "2026-12-03", description: "* [x] one\n* [ ] two\n" });
    assert.deepEqual([issue.iid, issue.state, issue.title, issue.due_date], [1, "opened", "First & second", "2026-12-03"]);
    assert.deepEqual(sorted(issue.labels), ["pod::secure", "z"]);
    assert.deepEqual(issue.task_completion_status, { count: 2, completed_count: 1 });
    assert.deepEqual(show(1), issue);
  }],
  ["a title and a text are edited, letters of all countries included", () => {
    const issue = issues("edit", 1, { title: "Första", description: "Ünïcode ✓\n\ntwo" });
    assert.deepEqual([issue.title, issue.description], ["Första", "Ünïcode ✓\n\ntwo"]);
    assert.equal(show(1).description, issue.description);
  }],
  ["labels are added and taken off, and a scoped one gives way to its sibling", () => {
    assert.deepEqual(sorted(issues("edit", 1, { "add-labels": "q" }).labels), ["pod::secure", "q", "z"]);
    assert.deepEqual(sorted(issues("edit", 1, { "remove-labels": "z" }).labels), ["pod::secure", "q"]);
    assert.deepEqual(sorted(issues("edit", 1, { "add-labels": "pod::other" }).labels), ["pod::other", "q"]);
  }],
  ["an issue is closed and opened again", () => {
    const closed = issues("edit", 1, { "state-event": "close" });
    assert.ok(closed.state === "closed" && closed.closed_at && closed.closed_by);
    const open = issues("edit", 1, { "state-event": "reopen" });
    assert.deepEqual([open.state, open.closed_at], ["opened", null]);
    assert.equal(issues("edit", 1, { "state-event": "close" }).state, "closed");
  }],
  ["issues are listed by state, label and words", () => {
    issues("create", "Second", { labels: "q" });
    issues("create", "Third", { description: "a pelican" });
    assert.deepEqual(iids(), [1, 2, 3]);
    assert.deepEqual(iids({ state: "opened" }), [2, 3]);
    assert.deepEqual(iids({ labels: "q" }), [1, 2]);
    assert.deepEqual(iids({ labels: "q,pod::other" }), [1]);
    assert.deepEqual(iids({ labels: "None" }), [3]);
    assert.deepEqual(iids({ search: "PELICAN", in: "description" }), [3]);
  }],
  ["a list is read page by page to the end, and one page alone", () => {
    assert.deepEqual(iids({ "per-page": 1 }), [1, 2, 3]);
    assert.deepEqual(iids({ "per-page": 2, page: 2, "order-by": "created_at", sort: "asc" }), [3]);
    assert.deepEqual(iids({ "per-page": 2, "max-pages": 1, "order-by": "created_at", sort: "asc" }), [1, 2]);
  }],
  ["a list is read to the end by its cursor, too", () => {
    assert.deepEqual(iids({ pagination: "keyset", "per-page": 2, "order-by": "created_at", sort: "asc" }), [1, 2, 3]);
  }],
  ["issues are linked, once only, and the link is removed", () => {
    const link = run(["issue-links", "create", path, 2, path, 3]);
    assert.deepEqual([link.source_issue.iid, link.target_issue.iid, link.link_type], [2, 3, "relates_to"]);
    assert.equal(refusal(["issue-links", "create", path, 2, path, 3]), "Issue(s) already assigned");
    const [other] = run(["issue-links", "all", path, 3]);
    assert.equal(other.iid, 2);
    run(["issue-links", "remove", path, 3, other.issue_link_id]);
    assert.deepEqual(run(["issue-links", "all", path, 2]), []);
  }],
  ["an issue is deleted for good", () => {
    const { iid } = issues("create", "For a moment");
    issues("remove", iid);
    assert.match(refusal(["issues", "show", iid], { "project-id": path }), /^404/);
    assert.deepEqual(iids(), [1, 2, 3]);
  }],
  ["a file with a blank in its name is created and read raw", () => {
    const made = run(["repository-files", "create", path, file, "main", text, "Add a file"]);
    assert.deepEqual([made.file_path, made.branch], [file, "main"]);
    assert.equal(run(["repository-files", "show-raw", path, file, "main"]), text);
  }],
  ["the same file is shown with its content as base64", () => {
    const shown = run(["repository-files", "show", path, file, "main"]);
    assert.equal(Buffer.from(shown.content, "base64").toString(), text);
    assert.deepEqual([shown.file_name, shown.file_path, shown.size], ["a b.yaml", file, Buffer.byteLength(text)]);
  }],
  ["a file is changed, and each change is a commit", () => {
    run(["repository-files", "edit", path, file, "main", "name: Oda\n", "Change the file"]);
    assert.equal(run(["repository-files", "show-raw", path, file, "main"]), "name: Oda\n");
    assert.deepEqual(run(["commits", "all", path], { path: file }).map((commit) => commit.title), ["Change the file", "Add a file"]);
  }],
  ["a folder is listed", () => {
    const tree = run(["repositories", "all-repository-trees", path], { path: "data" });
    assert.deepEqual(tree.map(({ name, type, path }) => [name, type, path]), [["a b.yaml", "blob", file]]);
  }],
  ["a file is removed", () => {
    run(["repository-files", "remove", path, file, "main", "Remove the file"]);
    assert.equal(refusal(["repository-files", "show", path, file, "main"]), "404 File Not Found");
  }],
  ["a branch is created, found, listed and removed", () => {
    const branch = run(["branches", "create", path, "old/branch", "main"]);
    assert.deepEqual([branch.name, branch.default], ["old/branch", false]);
    assert.equal(run(["branches", "show", path, "old/branch"]).commit.id, branch.commit.id);
    assert.deepEqual(run(["branches", "all", path]).map((one) => one.name).sort(), ["main", "old/branch"]);
    assert.deepEqual(run(["branches", "all", path], { search: "^old" }).map((one) => one.name), ["old/branch"]);
    run(["branches", "remove", path, "old/branch"]);
    assert.equal(refusal(["branches", "show", path, "old/branch"]), "404 Branch Not Found");
  }],
  ["a merge request is opened, found, and one only", () => {
    run(["branches", "create", path, "fix", "main"]);
    run(["repository-files", "create", path, "notes.txt", "fix", "one\n", "Add notes"]);
    const request = run(["merge-requests", "create", path, "fix", "main", "Mend it"], { labels: "q" });
    assert.deepEqual([request.iid, request.state, request.source_branch, request.target_branch], [1, "opened", "fix", "main"]);
    assert.deepEqual(request.labels, ["q"]);
    const found = run(["merge-requests", "all"], { "project-id": path, "source-branch": "fix", state: "opened" });
    assert.deepEqual(found.map((one) => one.iid), [1]);
    assert.match(refusal(["merge-requests", "create", path, "fix", "main", "Again"]), /Another open merge request already exists/);
  }],
  ["a merge request shows its commits and what it changes, and is edited", () => {
    assert.deepEqual(run(["merge-requests", "all-commits", path, 1]).map((commit) => commit.title), ["Add notes"]);
    assert.deepEqual(run(["merge-requests", "all-diffs", path, 1]).map((diff) => diff.new_path), ["notes.txt"]);
    assert.equal(run(["merge-requests", "edit", path, 1], { title: "Mend all" }).title, "Mend all");
  }],
  ["a merge request is merged, its branch goes away, and it is not merged twice", () => {
    const merged = run(["merge-requests", "merge", path, 1], { "should-remove-source-branch": true });
    assert.ok(merged.state === "merged" && merged.merge_commit_sha);
    assert.equal(run(["repository-files", "show-raw", path, "notes.txt", "main"]), "one\n");
    assert.equal(refusal(["branches", "show", path, "fix"]), "404 Branch Not Found");
    assert.equal(refusal(["merge-requests", "merge", path, 1]), "405 Method Not Allowed");
  }],
  ["what is not there is refused as such", () => {
    assert.equal(refusal(["issues", "show", 999], { "project-id": path }), "404 Not found");
    assert.equal(refusal(["issues", "all"], { "project-id": "no/such-project" }), "404 Project Not Found");
    assert.equal(refusal(["repository-files", "show-raw", path, "none.yaml", "main"]), "404 File Not Found");
  }],
  ["what is wrong is refused, and why", () => {
    assert.match(refusal(["issues", "edit", path, 1], { "state-event": "ajar" }), /state_event does not have a valid value/);
    assert.match(refusal(["issues", "all"], { "project-id": path, state: "ajar" }), /state does not have a valid value/);
    assert.match(refusal(["branches", "create", path, "other", "no-such-ref"]), /Invalid reference name: no-such-ref/);
    assert.match(refusal(["commits", "create", path, "main", "Words for a list", "none"]), /actions is (invalid|missing)/);
  }],
  ["who is unknown is refused, and who may not", () => {
    assert.match(refusal(["issues", "all"], { "project-id": path }, "no-such-token"), /401 Unauthorized/);
    assert.match(refusal(["issues", "create", path, "Read only"], {}, "glpat-sandbox-read_api-no-secret"), /insufficient_scope|403/);
  }],
];

let passed = 0;
let failed = 0;
for (const [sentence, check] of checks) {
  try {
    check();
    passed += 1;
    console.log(`ok ${passed + failed} - ${sentence}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${passed + failed} - ${sentence}`);
    console.log(`${error?.message}`.replace(/^/gm, "    "));
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
