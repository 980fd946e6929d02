//! The projects that a pod's file names: visible, where they were, writable, and the token's role in them.

use super::{Findings, TOKEN_REFUSED, page_url, role_name};
use crate::pod::diagnosis::{Check, Verdict};
use crate::pod::doctor_snapshot::{DoctorSnapshot, NamedProject, PodCheckup, ProjectAccess};
use crate::pod::observed::Observed;
use crate::pod::snapshot::Project;

pub(super) fn check(seen: &DoctorSnapshot, one: &PodCheckup, found: &mut Findings) {
    let before = found.verdicts.len();
    let mut unread = false;
    for named in &one.projects {
        let place = seen.places.find(&one.pod.key, named.key);
        match &named.project {
            Observed::Unknown(failure) => {
                unread = true;
                found.push_unread(Check::Projects, Some(&one.pod.key), failure);
            }
            Observed::Absent => found.push(hidden(seen, named, &place).at(&place).of_pod(&one.pod.key)),
            Observed::Present(project) => {
                let verdicts = [judge(named, project, &place), judge_role(named, project)];
                found.verdicts.extend(verdicts.into_iter().flatten().map(|verdict| verdict.of_pod(&one.pod.key)));
            }
        }
    }
    if found.verdicts.len() == before && !unread {
        let all = one.projects.len();
        let message = format!("{all} of {all} are there: not moved, not archived, issues on");
        found.push(Verdict::fine(Check::Projects, message).of_pod(&one.pod.key));
    }
}

/// GitLab answers both in the same way, so neither is claimed.
fn hidden(seen: &DoctorSnapshot, named: &NamedProject, place: &str) -> Verdict {
    let NamedProject { path, variable, .. } = named;
    let token = variable.as_ref().map_or_else(|| "podkeeper".to_owned(), |name| format!("the token in {name}"));
    let role = match named.access {
        ProjectAccess::ReadsFiles | ProjectAccess::WritesIssues => "Reporter",
    };
    Verdict::stops(Check::Projects, format!("{path} is not there, or not visible to {token}."))
        .advise(format!(
            "Look whether the path is right ({place}). If it is, give the token's account the role {role} in it: \
             https://{}/{path}/-/project_members",
            seen.gitlab_host
        ))
        .about(path)
}

fn judge(named: &NamedProject, project: &Project, place: &str) -> Option<Verdict> {
    let (path, now) = (&named.path, &project.path);
    let writes = named.access == ProjectAccess::WritesIssues;
    let verdict = if project.marked_for_deletion {
        Verdict::stops(Check::Projects, format!("{path} is marked for deletion.")).advise(format!(
            "Have an owner restore it ({}), or name its successor: {place}",
            page_url(&project.url, "edit")
        ))
    } else if project.archived && writes {
        Verdict::stops(Check::Projects, format!("{now} is archived, so nothing can be written there."))
            .advise(format!("Unarchive it ({}), or name its successor: {place}", page_url(&project.url, "edit")))
    } else if project.archived {
        Verdict::soon(Check::Projects, format!("{now} is archived: it can be read, and nobody can mend what it says."))
            .advise(format!("Find its successor and name it: {place}"))
    } else if writes && !project.issues_enabled {
        Verdict::stops(Check::Projects, format!("{now} has its issues switched off."))
            .advise(format!("Switch them on under General, Visibility: {}", page_url(&project.url, "edit")))
    } else if !now.eq_ignore_ascii_case(path) {
        Verdict::soon(
            Check::Projects,
            format!("{path} is {now} now. GitLab leads on from the old path until it is taken."),
        )
        .advise(format!("Write project = \"{now}\": {place}"))
    } else {
        return None;
    };
    Some(verdict.at(place).about(path).about(now))
}

/// Issues are written by members only: whoever is none cannot set a label (GitLab docs, "Roles and permissions").
fn judge_role(named: &NamedProject, project: &Project) -> Option<Verdict> {
    if named.access != ProjectAccess::WritesIssues {
        return None;
    }
    let level = match project.access_level {
        Some(level) if level >= Project::PLANNER_ACCESS_LEVEL => return None,
        // Only a member or an administrator sees it.
        None if project.private => return None,
        level => level.unwrap_or(0),
    };
    let token = named.variable.as_deref().unwrap_or("the token");
    let message = match level {
        0 => {
            format!("the account of {token} is no member of {}, so GitLab drops the labels that it sets.", project.path)
        }
        level => format!(
            "the account of {token} is {} in {}, which is too little to set labels.",
            role_name(level),
            project.path
        ),
    };
    let verdict = Verdict::stops(Check::Token, message)
        .advise(format!("Give it the role Reporter: {}", page_url(&project.url, "-/project_members")));
    Some(verdict.ends_with(TOKEN_REFUSED).about(&project.path))
}
