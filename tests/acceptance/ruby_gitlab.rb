# What ruby-gitlab, GitLab's client for Ruby, does with a sandbox: one numbered line for each check, and the count at
# the end. It signs in by `Authorization`, sends forms (its lists as `labels[]`), and follows `Link` headers from page
# to page.
require "gitlab"
require "base64"

HOST = ARGV.fetch(0)
ADMIN = "glpat-sandbox-admin-no-secret"
def client(token = ADMIN, **options) = Gitlab.client(endpoint: "#{HOST}/api/v4", private_token: token, **options)
GITLAB = client

# A project of its own, for what is counted here must not depend on the sandbox's seed.
HOME = GITLAB.create_project("ruby", initialize_with_readme: true)
PATH = HOME.path_with_namespace
FILE = "data/å b.yaml"
TEXT = "name: Ines Aalto\n# ä, + and %\n"
MADE = {}

def same(expected, actual)
  raise "#{expected.inspect} was expected, but it is #{actual.inspect}" unless expected == actual
end

def holds(value, sentence)
  raise sentence unless value
end

# The status and the message of the refusal that the block has to meet.
def refusal
  yield
  ["no refusal", nil]
rescue Gitlab::Error::ResponseError => e
  [e.response_status, e.message[/message: (.*)\. Request URI/m, 1]]
end

def status(&block) = refusal(&block).first
def iids(**filter) = GITLAB.issues(PATH, filter).map(&:iid).sort
def show(iid) = GITLAB.issue(PATH, iid)

CHECKS = [
  ["a project is found by its path, by its number and by a part of its name", lambda {
    same HOME.id, GITLAB.project(PATH).id
    same PATH, GITLAB.project(HOME.id).path_with_namespace
    holds GITLAB.project_search("rub").map(&:id).include?(HOME.id), "the search does not find it"
  }],
  ["an issue is opened with labels, a day and a task list", lambda {
    issue = GITLAB.create_issue(PATH, "First & second", labels: "pod::secure,z", due_date: "2026-12-03", description: "- [x] one\n- [ ] two\n")
    same [1, "opened", "First & second", "2026-12-03"], [issue.iid, issue.state, issue.title, issue.due_date]
    same %w[pod::secure z], issue.labels.sort
    same({ "count" => 2, "completed_count" => 1 }, issue.task_completion_status.to_h)
    same issue.to_h, show(1).to_h
  }],
  ["labels are taken as a list, too", lambda {
    same %w[q z], GITLAB.create_issue(PATH, "Second", labels: %w[q z]).labels.sort
  }],
  ["a title and a text are edited, letters of all countries included", lambda {
    issue = GITLAB.edit_issue(PATH, 1, title: "Första", description: "Ünïcode ✓\n\ntwo")
    same ["Första", "Ünïcode ✓\n\ntwo"], [issue.title, issue.description]
    same issue.description, show(1).description
  }],
  ["labels are added and taken off, and a scoped one gives way to its sibling", lambda {
    same %w[pod::secure q z], GITLAB.edit_issue(PATH, 1, add_labels: "q").labels.sort
    same %w[pod::secure q], GITLAB.edit_issue(PATH, 1, remove_labels: "z").labels.sort
    same %w[pod::other q], GITLAB.edit_issue(PATH, 1, add_labels: ["pod::other"]).labels.sort
  }],
  ["every change of a label is in the issue's history", lambda {
    events = GITLAB.issue_label_events(PATH, 1)
    same ["add pod::other", "add pod::secure", "add q", "add z", "remove pod::secure", "remove z"],
         events.map { |event| "#{event.action} #{event.label.name}" }.sort
    same events.first.to_h, GITLAB.issue_label_event(PATH, 1, events.first.id).to_h
  }],
  ["an issue is closed, opened again and closed", lambda {
    closed = GITLAB.close_issue(PATH, 1)
    holds closed.state == "closed" && closed.closed_at && closed.closed_by.id, "it is not closed"
    open = GITLAB.reopen_issue(PATH, 1)
    same ["opened", nil, nil], [open.state, open.closed_at, open.closed_by]
    same "closed", GITLAB.close_issue(PATH, 1).state
  }],
  ["issues are listed by state, label, number and words, and by what they are not", lambda {
    GITLAB.create_issue(PATH, "Third", description: "a pelican")
    same [1, 2, 3], iids
    same [2, 3], iids(state: "opened")
    same [1, 2], iids(labels: "q")
    same [2], iids(labels: %w[q z])
    same [3], iids(labels: "None")
    same [1, 3], iids(iids: [1, 3])
    same [3], iids(search: "PELICAN", in: "description")
    same [1, 3], iids(not: { labels: "z" })
    same [2, 3], iids(not: { iids: [1] })
  }],
  ["a list is in the order that was asked for", lambda {
    same [1, 2, 3], GITLAB.issues(PATH, order_by: "created_at", sort: "asc").map(&:iid)
    same %w[Third Second Första], GITLAB.issues(PATH, order_by: "title", sort: "desc").map(&:title)
  }],
  ["a list is read page by page to the end, forwards and back", lambda {
    (4..23).each { |number| GITLAB.create_issue(PATH, "Number #{number}") }
    first = GITLAB.issues(PATH, per_page: 5, order_by: "created_at", sort: "asc")
    same (1..23).to_a, first.auto_paginate.map(&:iid)
    same [21, 22, 23], first.last_page.map(&:iid)
    holds !first.last_page.has_next_page?, "there is a page after the last"
    same (16..20).to_a, first.last_page.prev_page.map(&:iid)
    same (1..7).to_a, first.paginate_with_limit(7).map(&:iid)
  }],
  ["a page behind the last one is empty, and leads back to the first", lambda {
    behind = GITLAB.issues(PATH, page: 9, per_page: 20)
    same [0, 20], [behind.length, behind.first_page.length]
  }],
  ["a list is read to the end by its cursor, too", lambda {
    pages = GITLAB.issues(PATH, pagination: "keyset", order_by: "created_at", sort: "asc", per_page: 10)
    same (1..23).to_a, pages.auto_paginate.map(&:iid)
  }],
  ["an issue is deleted for good", lambda {
    GITLAB.delete_issue(PATH, 23)
    same 404, (status { show(23) })
    same 22, GITLAB.issues(PATH).auto_paginate.length
  }],
  ["notes are written, edited, shown, listed and removed", lambda {
    note = GITLAB.create_issue_note(PATH, 2, "A nöte")
    same ["A nöte", false, 2, "Issue"], [note.body, note.system, note.noteable_iid, note.noteable_type]
    same "Another", GITLAB.edit_issue_note(PATH, 2, note.id, "Another").body
    same "Another", GITLAB.issue_note(PATH, 2, note.id).body
    more = GITLAB.create_issue_note(PATH, 2, "One more")
    comments = ->(sort) { GITLAB.issue_notes(PATH, 2, sort: sort, activity_filter: "only_comments").map(&:body) }
    same ["Another", "One more"], comments["asc"]
    same ["One more", "Another"], comments["desc"]
    GITLAB.delete_issue_note(PATH, 2, more.id)
    same ["Another"], comments["asc"]
    same 1, show(2).user_notes_count
  }],
  ["what happened to an issue stands among its notes", lambda {
    notes = GITLAB.issue_notes(PATH, 1, activity_filter: "only_activity", sort: "asc")
    holds notes.all?(&:system), "there are comments among them"
    ["changed title from", "changed the description"].each do |words|
      holds notes.any? { |note| note.body.start_with?(words) }, "none says that somebody #{words}"
    end
    same [], GITLAB.issue_notes(PATH, 1, activity_filter: "only_comments").map(&:body)
  }],
  ["issues are linked, once only, and the link is removed", lambda {
    link = GITLAB.create_issue_link(PATH, 2, HOME.id, 3)
    same [2, 3, "relates_to"], [link.source_issue.iid, link.target_issue.iid, link.link_type]
    same 409, (status { GITLAB.create_issue_link(PATH, 2, PATH, 3) })
    other = GITLAB.issue_links(PATH, 3).first
    same [2, "relates_to"], [other.iid, other.link_type]
    same other.issue_link_id, GITLAB.delete_issue_link(PATH, 3, other.issue_link_id).id
    same [0, 0], [GITLAB.issue_links(PATH, 2).length, GITLAB.issue_links(PATH, 3).length]
  }],
  ["however many links an issue has, they come at once", lambda {
    links = (3..22).map { |iid| GITLAB.create_issue_link(PATH, 2, HOME.id, iid) } + [GITLAB.create_issue_link(PATH, 1, HOME.id, 2)]
    listed = GITLAB.issue_links(PATH, 2)
    links.each { |link| GITLAB.delete_issue_link(PATH, 2, link.id) }
    same [1, *3..22], listed.map(&:iid).sort
  }],
  ["a label is created, shown, and a second one of its name refused", lambda {
    label = GITLAB.create_label(PATH, "new & old", "#428BCA", description: "For a while", priority: 2)
    same ["new & old", "#428BCA", "For a while", 2, true], [label.name, label.color, label.description, label.priority, label.is_project_label]
    same label.to_h, GITLAB.get("/projects/#{HOME.id}/labels/new%20%26%20old").to_h
    same [409, "Label already exists"], (refusal { GITLAB.create_label(PATH, "new & old", "#000000") })
  }],
  ["a label's colour may be named in words", lambda {
    label = GITLAB.create_label(PATH, "purple", "rebeccapurple")
    GITLAB.delete_label(PATH, "purple")
    same "#663399", label.color
  }],
  ["a label is renamed, also on the issues that carry it", lambda {
    GITLAB.edit_issue(PATH, 3, labels: "new & old")
    same ["newer", "#FF0000"], GITLAB.edit_label(PATH, "new & old", new_name: "newer", color: "#FF0000").to_h.values_at("name", "color")
    same ["newer"], show(3).labels
  }],
  ["labels are listed, with their counts where these are asked for", lambda {
    labels = GITLAB.labels(PATH, with_counts: true, per_page: 100)
    same %w[newer pod::other pod::secure q z], labels.select(&:is_project_label).map(&:name).sort
    q = labels.find { |label| label.name == "q" }
    same [1, 1], [q.open_issues_count, q.closed_issues_count]
    found = GITLAB.labels(PATH, search: "newe")
    same [["newer"], false], [found.map(&:name), found.first.respond_to?(:open_issues_count)]
  }],
  ["a label is removed, also from the issues that carry it", lambda {
    GITLAB.delete_label(PATH, "newer")
    same [404, []], [status { GITLAB.delete_label(PATH, "newer") }, show(3).labels]
  }],
  ["a milestone is made, given to an issue, and lists what belongs to it", lambda {
    milestone = GITLAB.create_milestone(PATH, "18.7", due_date: "2026-12-17")
    same "18.7", GITLAB.edit_issue(PATH, 3, milestone_id: milestone.id).milestone.title
    same [3], iids(milestone: "18.7")
    same [3], GITLAB.milestone_issues(PATH, milestone.id).map(&:iid)
    same nil, GITLAB.edit_issue(PATH, 3, milestone_id: 0).milestone
  }],
  ["a file with a blank and a foreign letter in its name is created and read", lambda {
    same [FILE, "main"], GITLAB.create_file(PATH, FILE, "main", TEXT, "Add a file").to_h.values_at("file_path", "branch")
    same TEXT, GITLAB.file_contents(PATH, FILE, "main").dup.force_encoding("UTF-8")
    file = GITLAB.get_file(PATH, FILE, "main")
    same TEXT.b, Base64.decode64(file.content)
    same ["å b.yaml", FILE, TEXT.bytesize, "base64"], [file.file_name, file.file_path, file.size, file.encoding]
  }],
  ["a file is changed, and each change is a commit", lambda {
    before = GITLAB.get_file(PATH, FILE, "main").last_commit_id
    GITLAB.edit_file(PATH, FILE, "main", "name: Oda\n", "Change the file", last_commit_id: before)
    same "name: Oda\n", GITLAB.file_contents(PATH, FILE, "main")
    same TEXT, GITLAB.file_contents(PATH, FILE, before).dup.force_encoding("UTF-8")
    same ["Change the file", "Add a file"], GITLAB.commits(PATH, path: FILE).map(&:title)
    same 400, (status { GITLAB.edit_file(PATH, FILE, "main", "late\n", "Too late", last_commit_id: before) })
  }],
  ["a file is removed", lambda {
    GITLAB.remove_file(PATH, FILE, "main", "Remove the file")
    same 404, (status { GITLAB.get_file(PATH, FILE, "main") })
    same [400, 400], [status { GITLAB.remove_file(PATH, FILE, "main", "Again") }, status { GITLAB.create_file(PATH, "README.md", "main", "x", "Twice") }]
  }],
  ["a branch is created, found, listed and removed", lambda {
    branch = GITLAB.create_branch(PATH, "old/branch", "main")
    same ["old/branch", false, GITLAB.branch(PATH, "main").commit.id], [branch.name, branch.default, branch.commit.id]
    same %w[main old/branch], GITLAB.branches(PATH).map(&:name).sort
    same %w[old/branch], GITLAB.branches(PATH, search: "^old").map(&:name)
    GITLAB.delete_branch(PATH, "old/branch")
    same [404, %w[main]], [status { GITLAB.branch(PATH, "old/branch") }, GITLAB.branches(PATH).map(&:name)]
    same 400, (status { GITLAB.create_branch(PATH, "other", "no-such-ref") })
  }],
  ["a commit does several things at once", lambda {
    GITLAB.create_branch(PATH, "fix/1", "main")
    commit = GITLAB.create_commit(PATH, "fix/1", "Two at once", [
      { action: "create", file_path: "data/new.yaml", content: "name: Per Lund\n" },
      { action: "update", file_path: "README.md", content: "# Ruby\n" }
    ])
    same [commit.id, "Two at once"], GITLAB.branch(PATH, "fix/1").commit.to_h.values_at("id", "title")
    same ["name: Per Lund\n", "# Ruby\n"], %w[data/new.yaml README.md].map { |file| GITLAB.file_contents(PATH, file, "fix/1") }
    same 404, (status { GITLAB.get_file(PATH, "data/new.yaml", "main") })
  }],
  ["a merge request is opened, found, talked about, and one only", lambda {
    GITLAB.create_file(PATH, "notes.txt", "fix/1", "one\n", "Add notes")
    request = GITLAB.create_merge_request(PATH, "Mend it", source_branch: "fix/1", target_branch: "main", labels: "q", remove_source_branch: true)
    same [1, "opened", "fix/1", "main", %w[q]], [request.iid, request.state, request.source_branch, request.target_branch, request.labels]
    same [1], GITLAB.merge_requests(PATH, source_branch: "fix/1", state: "opened").map(&:iid)
    same 0, GITLAB.merge_requests(PATH, state: "merged").length
    note = GITLAB.create_merge_request_note(PATH, 1, "Looks good")
    same "Looks fine", GITLAB.edit_merge_request_note(PATH, 1, note.id, "Looks fine").body
    same 409, (status { GITLAB.create_merge_request(PATH, "Again", source_branch: "fix/1", target_branch: "main") })
  }],
  ["a merge request shows its commits and its changes, and its title is edited", lambda {
    holds GITLAB.merge_request_commits(PATH, 1).map(&:title).include?("Add notes"), "the commit is missing"
    holds GITLAB.merge_request_changes(PATH, 1).changes.map(&:new_path).include?("notes.txt"), "the file is missing"
    holds GITLAB.merge_request(PATH, 1).respond_to?(:pipeline), "it does not say whether a pipeline runs"
    same ["Mend all", %w[z]], GITLAB.update_merge_request(PATH, 1, title: "Mend all", labels: "z").to_h.values_at("title", "labels")
  }],
  ["merge requests are listed by whose they are, by their labels and by their milestone", lambda {
    listed = ->(**filter) { GITLAB.merge_requests(PATH, filter).map(&:iid) }
    same [1], listed[scope: "created_by_me", order_by: "updated_at"]
    same [], listed[scope: "assigned_to_me"]
    same [[1], []], [listed[assignee_id: "None"], listed[assignee_id: "Any"]]
    same [[1], []], [listed[labels: "z"], listed[labels: "None"]]
    same [[1], []], [listed[milestone: "None"], listed[milestone: "Any"]]
  }],
  ["a merge request is merged, its branch goes away, and it is not merged twice", lambda {
    merged = GITLAB.accept_merge_request(PATH, 1, merge_commit_message: "Merge it")
    holds merged.state == "merged" && merged.merged_at && merged.merge_commit_sha, "it is not merged"
    same ["one\n", "Merge it"], [GITLAB.file_contents(PATH, "notes.txt", "main"), GITLAB.commits(PATH).first.title]
    same [404, 405], [status { GITLAB.branch(PATH, "fix/1") }, status { GITLAB.accept_merge_request(PATH, 1) }]
  }],
  ["an administrator writes as somebody else", lambda {
    name = GITLAB.users(active: true).map(&:username).find { |user| user != GITLAB.user.username }
    GITLAB.add_team_member(PATH, GITLAB.users(username: name).first.id, 30)
    issue = client(sudo: name).create_issue(PATH, "As another")
    client # The sign of it stays on the class until the next client is made.
    same [name, GITLAB.user.id], [issue.author.username, GITLAB.create_issue(PATH, "As myself").author.id]
  }],
  ["what is not there is 404", lambda {
    same [404, "404 Project Not Found"], (refusal { GITLAB.issues("no/such-project") })
    same [404, "404 Not found"], (refusal { show(999) })
    same [404, "404 File Not Found"], (refusal { GITLAB.get_file(PATH, "none.yaml", "main") })
    same [404, "404 Branch Not Found"], (refusal { GITLAB.branch(PATH, "none") })
    same [404, 404], [status { GITLAB.file_contents(PATH, "none.yaml", "main") }, status { GITLAB.issue_note(PATH, 2, 999_999) }]
  }],
  ["what is wrong is 400, and says why", lambda {
    same [400, "'title' can't be blank"], (refusal { GITLAB.create_issue(PATH, "") })
    same [400, "state does not have a valid value"], (refusal { GITLAB.issues(PATH, state: "ajar") })
    same [400, "body is missing"], (refusal { GITLAB.post("/projects/#{HOME.id}/issues/2/notes", body: { internal: false }) })
    same 400, (status { GITLAB.create_label(PATH, "pink", "no colour") })
  }],
  ["who is unknown is 401, and who may not is 403", lambda {
    same [401, "401 Unauthorized"], (refusal { client("no-such-token").issues(PATH) })
    same 403, (status { client("glpat-sandbox-read_api-no-secret").create_issue(PATH, "Read only") })
  }]
].freeze

passed = failed = 0
CHECKS.each do |sentence, check|
  check.call
  passed += 1
  puts "ok #{passed + failed} - #{sentence}"
rescue StandardError => e
  failed += 1
  puts "not ok #{passed + failed} - #{sentence}"
  puts e.message.gsub(/^/, "    "), "    #{e.backtrace.grep(/block in <main>/).first}"
end
puts "#{passed} passed, #{failed} failed"
exit failed.zero?
