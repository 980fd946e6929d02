//! Merge requests: a project's list, and one with what it changes.

use minijinja::{Value, context};

use super::activity::activity_list;
use super::issuable::{sidebar_entry, state_badge, user_names, zero_or_one};
use super::label::linked_label_values;
use super::links::{TextContext, page_href};
use super::markdown::render_document;
use super::{PageContext, diff, issues, navigation, render_page, time_value};
use crate::reply::Reply;
use crate::world::{MergeRequest, Project};

/// `/-/merge_requests`.
pub(super) fn list(view: PageContext<'_>, project: &Project) -> Reply {
    let rows = project
        .merge_requests
        .values()
        .rev()
        .map(|request| (request.state.clone(), merge_request_row(view, project, request)));
    let list = issues::filtered_list(
        view,
        project,
        ("merge_requests", "Merge requests"),
        &["opened", "merged", "closed"],
        rows.collect(),
    );
    render_page(view.guide, "list.html", list)
}

fn merge_request_row(view: PageContext<'_>, project: &Project, request: &MergeRequest) -> Value {
    context! {
        href => page_href(&format!("{}/-/merge_requests/{}", project.path, request.iid)), title => &*request.title,
        reference => format!("!{}", request.iid), state => state_badge(&request.state),
        labels => linked_label_values(view.world, project, &request.labels),
        author => view.person_value(request.author), created => time_value(request.created_at),
        remark => format!("{} into {}", request.source_branch, request.target_branch),
    }
}

/// `/-/merge_requests/IID`, with or without a tab behind it.
pub(super) fn page(view: PageContext<'_>, project: &Project, iid: u64) -> Option<Reply> {
    let request = project.merge_requests.get(&iid)?;
    let around = TextContext { view, project: Some(project), group: None, file_path: "" };
    let text = request.description.as_deref();
    let milestone = request.milestone.and_then(|id| view.world.available_milestone(project.id, id));
    let approvers: Vec<u64> = request.approved_by.iter().copied().collect();
    let merger: Vec<u64> = request.merged_by.into_iter().collect();
    let facts: Vec<Value> = [
        sidebar_entry("Labels", linked_label_values(view.world, project, &request.labels)),
        sidebar_entry("Assignees", user_names(view, &request.assignees)),
        sidebar_entry("Reviewers", user_names(view, &request.reviewers)),
        sidebar_entry("Approved by", user_names(view, &approvers)),
        sidebar_entry("Merged by", user_names(view, &merger)),
        sidebar_entry("Milestone", zero_or_one(milestone.map(|milestone| milestone.title.clone()))),
        sidebar_entry("Once it is merged", zero_or_one(request.removes_branch.then_some("its branch goes away"))),
        sidebar_entry("Commits", zero_or_one(request.squash.then_some("are squashed into one"))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let source = view.world.projects.get(&request.source_project);
    let fork = source.filter(|source| source.id != project.id).map(|source| format!("{}:", source.path));
    let page = context! {
        kind => "Merge request", title => &*request.title, reference => format!("!{iid}"),
        state => state_badge(&request.state), draft => request.is_draft(),
        author => view.person_value(request.author), created => time_value(request.created_at),
        branches => context! {
            source => format!("{}{}", fork.unwrap_or_default(), request.source_branch), target => &*request.target_branch,
        },
        body => text.map(|text| render_document(text, &around)), source => text, facts,
        changes => diff::changed_files(&view.world.merge_request_changes(project.id, request)),
        no_changes => "Its branches are not there, or do not differ.",
        commits => commit_rows(view, project, request),
        activity => activity_list(&around, &request.notes, &request.label_events, &request.events),
    };
    let above = navigation::project_navigation(view, project, "merge_requests");
    Some(render_page(view.guide, "issuable.html", context! { ..page, ..above }))
}

/// What it would bring, newest first.
fn commit_rows(view: PageContext<'_>, project: &Project, request: &MergeRequest) -> Vec<Value> {
    let base = view.world.merge_request_base(project.id, request);
    let head = view.world.merge_request_head(request);
    let (Some(base), Some(head)) = (base, head) else { return Vec::new() };
    let source = view.world.projects.get(&request.source_project).filter(|source| source.resolve_ref(&head).is_some());
    let home = source.unwrap_or(project);
    let shown = home.commits_between(&base, &head).into_iter().map(|commit| {
        context! {
            short => commit.id.get(..8), title => commit.message.lines().next(),
            href => page_href(&format!("{}/-/commit/{}", home.path, commit.id)),
        }
    });
    shown.collect()
}
