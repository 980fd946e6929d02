//! Merge requests: a project's list, and one with what it changes.

use minijinja::{Value, context};

use super::label::pills;
use super::links::{Around, href};
use super::markdown::document;
use super::talk::activity;
use super::thing::{fact, one, people, state};
use super::{View, diff, issues, moment, project, show};
use crate::sandbox::reply::Reply;
use crate::sandbox::world::{MergeRequest, Project};

/// `/-/merge_requests`.
pub(super) fn list(view: View<'_>, project: &Project) -> Reply {
    let rows =
        project.merge_requests.values().rev().map(|request| (request.state.clone(), row(view, project, request)));
    let list = issues::filtered(
        view,
        project,
        ("merge_requests", "Merge requests"),
        &["opened", "merged", "closed"],
        rows.collect(),
    );
    show("list.html", list)
}

fn row(view: View<'_>, project: &Project, request: &MergeRequest) -> Value {
    context! {
        href => href(&format!("{}/-/merge_requests/{}", project.path, request.iid)), title => &*request.title,
        reference => format!("!{}", request.iid), state => state(&request.state),
        labels => pills(view.world, project, &request.labels),
        author => view.person(request.author), created => moment(request.created_at),
        remark => format!("{} into {}", request.source_branch, request.target_branch),
    }
}

/// `/-/merge_requests/IID`, with or without a tab behind it.
pub(super) fn page(view: View<'_>, project: &Project, iid: u64) -> Option<Reply> {
    let request = project.merge_requests.get(&iid)?;
    let around = Around { view, owner: Some(project), group: None, file: "" };
    let text = request.description.as_deref();
    let milestone = request.milestone.and_then(|id| view.world.milestone_for(project.id, id));
    let approvers: Vec<u64> = request.approved_by.iter().copied().collect();
    let merger: Vec<u64> = request.merged_by.into_iter().collect();
    let facts: Vec<Value> = [
        fact("Labels", pills(view.world, project, &request.labels)),
        fact("Assignees", people(view, &request.assignees)),
        fact("Reviewers", people(view, &request.reviewers)),
        fact("Approved by", people(view, &approvers)),
        fact("Merged by", people(view, &merger)),
        fact("Milestone", one(milestone.map(|milestone| milestone.title.clone()))),
        fact("Once it is merged", one(request.removes_branch.then_some("its branch goes away"))),
        fact("Commits", one(request.squash.then_some("are squashed into one"))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let source = view.world.projects.get(&request.source_project);
    let fork = source.filter(|source| source.id != project.id).map(|source| format!("{}:", source.path));
    let page = context! {
        kind => "Merge request", title => &*request.title, reference => format!("!{iid}"),
        state => state(&request.state), draft => request.is_draft(),
        author => view.person(request.author), created => moment(request.created_at),
        branches => context! {
            source => format!("{}{}", fork.unwrap_or_default(), request.source_branch), target => &*request.target_branch,
        },
        body => text.map(|text| document(text, &around)), source => text, facts,
        changes => diff::files(&view.world.merge_request_changes(project.id, request)),
        no_changes => "Its branches are not there, or do not differ.",
        commits => commits(view, project, request),
        activity => activity(&around, &request.notes, &request.label_events, &request.events),
    };
    let frame = project::frame(view, project, "merge_requests");
    Some(show("thing.html", context! { ..page, ..frame }))
}

/// What it would bring, newest first.
fn commits(view: View<'_>, project: &Project, request: &MergeRequest) -> Vec<Value> {
    let base = view.world.merge_request_base(project.id, request);
    let head = view.world.merge_request_head(request);
    let (Some(base), Some(head)) = (base, head) else { return Vec::new() };
    let source = view.world.projects.get(&request.source_project).filter(|source| source.resolve(&head).is_some());
    let home = source.unwrap_or(project);
    let shown = home.between(&base, &head).into_iter().map(|commit| {
        context! {
            short => commit.id.get(..8), title => commit.message.lines().next(),
            href => href(&format!("{}/-/commit/{}", home.path, commit.id)),
        }
    });
    shown.collect()
}
