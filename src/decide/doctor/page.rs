//! The pod's page: there, else where it may have gone, and whether its members are understood.

use super::{Findings, page_url};
use crate::pod::diagnosis::{Check, Verdict};
use crate::pod::doctor_snapshot::{DoctorSnapshot, MovedPage, PodCheckup};
use crate::pod::observed::Observed;
use crate::pod::pod_page::{MembersSection, PodPage};
use crate::pod::text::one_line;

pub(super) fn check(seen: &DoctorSnapshot, one: &PodCheckup, found: &mut Findings) {
    let verdict = match &one.page {
        Observed::Unknown(failure) => return found.push_unread(Check::Page, Some(&one.pod.key), failure),
        Observed::Absent => missing(seen, one),
        Observed::Present(page) => judge_members(seen, one, page),
    };
    found.push(verdict.of_pod(&one.pod.key));
}

fn missing(seen: &DoctorSnapshot, one: &PodCheckup) -> Verdict {
    let at = &one.pod.page;
    let place = seen.places.find(&one.pod.key, "page.path");
    let advice = match &one.page_moved_to {
        Some(MovedPage::Renamed(path)) => format!("It was renamed. Write path = \"{}\": {place}", one_line(path)),
        Some(MovedPage::Near(path)) => format!("Perhaps it is {} now: {place}", one_line(path)),
        None => {
            let project = one.project("page.project").and_then(|named| named.project.present());
            let history = format!("-/commits/{}/{}", at.git_ref, at.path);
            match project {
                Some(project) => {
                    format!("Look where it went ({}), and write that: {place}", page_url(&project.url, &history))
                }
                None => format!("Look where it went, and write that: {place}"),
            }
        }
    };
    let message = format!("{} is not in {} at {}.", at.path, at.project, at.git_ref);
    Verdict::stops(Check::Page, message).advise(advice).at(place).about(&at.path)
}

fn judge_members(seen: &DoctorSnapshot, one: &PodCheckup, page: &PodPage) -> Verdict {
    let all = page.members.len();
    let without: Vec<usize> =
        page.members.iter().filter(|member| member.handle.is_none()).map(|member| member.line).collect();
    if all == 0 {
        return no_members(seen, one, page);
    }
    let understood = all.saturating_sub(without.len());
    if without.is_empty() {
        return Verdict::fine(Check::Page, format!("is there; {understood} of {all} members understood"));
    }
    let name = if without.len() == 1 { "names" } else { "name" };
    let message = format!("{understood} of {all} members understood; {} {name} no handle.", lines_text(&without));
    let good = page.members.iter().find(|member| member.handle.is_some()).map(|member| member.line);
    let like = good.map_or_else(|| "so".to_owned(), |line| format!("like line {line}"));
    Verdict::soon(Check::Page, message)
        .advise(format!("Write them {like}: {}", one.pod.page.form.members_form.example()))
        .about(&one.pod.page.path)
}

/// Without members there is no roster to compare; sessions go on.
fn no_members(seen: &DoctorSnapshot, one: &PodCheckup, page: &PodPage) -> Verdict {
    let why = match page.members_section {
        MembersSection::Missing => "it has no members section",
        MembersSection::OpenEnded | MembersSection::Closed => "nobody in its members section is understood",
    };
    let place = seen.places.find(&one.pod.key, "page.path");
    let advice = format!(
        "What podkeeper understands of it: podkeeper page {}. Write members as {}, set members_form and \
         members_heading to what the page has, or name another page: {place}",
        one.pod.key,
        one.pod.page.form.members_form.example()
    );
    let verdict = if one.pod.agents.is_some() {
        Verdict::stops(Check::Page, format!("0 members: {why}, so the roster cannot be compared."))
    } else {
        Verdict::soon(Check::Page, format!("0 members: {why}."))
    };
    verdict.advise(advice).at(place).about(&one.pod.page.path).about(format!("the roster of {}", one.pod.name))
}

/// `lines 14 and 19`.
fn lines_text(lines: &[usize]) -> String {
    match lines {
        [] => String::new(),
        [one] => format!("line {one}"),
        [before @ .., last] => {
            let before: Vec<String> = before.iter().map(usize::to_string).collect();
            format!("lines {} and {last}", before.join(", "))
        }
    }
}
