//! What somebody may have meant who wrote a value that is none: the first small change of it that is one.

use chrono::NaiveDate;

/// A good value that is nearly what was written.
pub(super) fn repair(written: &str, is_good: impl Fn(&str) -> bool) -> Option<String> {
    let trimmed = written.trim();
    if trimmed.is_empty() {
        return None;
    }
    let candidates = [
        Some(trimmed.to_owned()),
        Some(trimmed.to_lowercase()),
        path_of_address(trimmed),
        Some(trimmed.trim_matches('/').to_owned()),
        trimmed.strip_prefix("./").map(str::to_owned),
        Some(trimmed.trim_start_matches('#').trim().to_owned()),
        Some(slug(trimmed)),
        iso_date(trimmed),
        Some(format!("#{trimmed}")),
        Some(format!("{trimmed}m")),
    ];
    candidates
        .into_iter()
        .flatten()
        .find(|candidate| candidate != written && !candidate.is_empty() && is_good(candidate))
}

/// The path that an address on a GitLab names: a project's or a group's, or that of a file in its project.
fn path_of_address(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("://")?;
    let path = rest.split_once('/')?.1.split(['?', '#']).next().unwrap_or_default();
    let path = match path.split_once("/-/") {
        // The branch has no slash, as most have none.
        Some((_, inside)) if inside.starts_with("blob/") || inside.starts_with("edit/") => {
            inside.splitn(3, '/').nth(2)?
        }
        Some((project, _)) => project,
        None => path,
    };
    let path = path.strip_prefix("groups/").unwrap_or(path).trim_matches('/');
    Some(path.strip_suffix(".git").unwrap_or(path).to_owned())
}

fn slug(text: &str) -> String {
    let parts = text.to_lowercase();
    let parts = parts.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit())).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}

/// Dates in forms that can be read in one way only.
fn iso_date(text: &str) -> Option<String> {
    let day = ["%d.%m.%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d %B %Y", "%B %d, %Y", "%d %b %Y"];
    let date = day.into_iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok())?;
    Some(date.format("%Y-%m-%d").to_string())
}
