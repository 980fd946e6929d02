//! From what GitHub's API answered to verdicts.

use url::Url;

use super::ApiAssessment;
use super::requests::{FoundDetails, Presence, RepositoryInfo};
use super::target::{GithubTarget, RepositoryResource, parse};
use crate::check_options;
use crate::fragment::{self, lines::last_github_line};
use crate::text::one_line;
use crate::verdict::{Assessment, Verdict};

const HIDDEN: &str = "not there or not visible to everybody";

/// What is hidden may still be a page of GitHub itself, which stands where a repository or a person could.
pub(super) fn hidden_unless_page() -> ApiAssessment {
    ApiAssessment::NeedsPageVisit(Some(hidden()))
}

/// What anybody sees of what only a token shows.
pub(super) fn hidden() -> Assessment {
    Assessment::new(Verdict::Hidden, HIDDEN)
}

/// Why the token was refused something. Of what is not there it would not have been: so only the team learns of it.
pub(super) fn failed_for_token(failed: Assessment) -> Assessment {
    if failed.is_not_reached() { failed } else { failed.shown_by_token(hidden()) }
}

/// The verdict on a link to a part of a repository that is seen. What is public and was not answered by the API is
/// answered by its page, to everybody.
pub(super) fn assess(info: &RepositoryInfo, part: &RepositoryResource, seen: &Presence, url: &Url) -> ApiAssessment {
    let assessment = match seen {
        Presence::Failed(failed) if info.private => {
            return ApiAssessment::NeedsPageVisit(Some(failed_for_token(failed.clone())));
        }
        Presence::Failed(failed) => return ApiAssessment::NeedsPageVisit(Some(failed.clone())),
        Presence::Missing => Assessment::new(Verdict::Dead, "the file or folder is not there"),
        Presence::Inconclusive if !info.private => return ApiAssessment::NeedsPageVisit(None),
        Presence::Inconclusive if *part == RepositoryResource::OtherPage => {
            Assessment::new(Verdict::Alive, "its repository is there; the page itself was not asked for")
        }
        Presence::Inconclusive => hidden(),
        Presence::Found(there) => match assess_fragment(info, part, there, url) {
            Some(assessment) => note_moved_or_archived(info, there, assessment, url),
            None => return ApiAssessment::NeedsPageVisit(None),
        },
    };
    let leads_elsewhere = matches!(seen, Presence::Found(FoundDetails { moved_to: Some(_), .. }));
    if assessment.verdict == Verdict::Hidden {
        hidden_unless_page()
    } else if info.private || leads_elsewhere {
        // Its page is visited as that of a missing one would be, so that nobody can tell the two apart by that; and an
        // issue may have been moved to a repository that is not for everybody.
        ApiAssessment::NeedsPageVisit(Some(assessment.shown_by_token(hidden())))
    } else {
        ApiAssessment::Final(assessment)
    }
}

/// The verdict on the anchor that the link names; `None` where the page has to be visited.
fn assess_fragment(
    info: &RepositoryInfo,
    part: &RepositoryResource,
    there: &FoundDetails,
    url: &Url,
) -> Option<Assessment> {
    let unverifiable = |reason: &'static str| Some(Assessment::new(Verdict::FragmentUnverifiable, reason));
    let Some(wanted) = fragment::decode_anchor(url.fragment()) else {
        return Some(Assessment::new(Verdict::Alive, ""));
    };
    match (part, last_github_line(&wanted), there.line_count) {
        (RepositoryResource::FileOrTree(_), Some(line), Some(lines)) if line > lines => {
            let reason = format!("the file has no line {line}, it ends before");
            Some(Assessment::new(Verdict::FragmentDead, reason))
        }
        (RepositoryResource::FileOrTree(_), Some(_), Some(_)) => Some(Assessment::new(Verdict::Alive, "")),
        (RepositoryResource::FileOrTree(_), Some(_), None) => {
            unverifiable("the file is there; its lines were not read")
        }
        (RepositoryResource::Issue(_), ..) => unverifiable("it is there; its comments were not asked for"),
        _ if info.private => unverifiable("the page is there; its places are not known"),
        _ => None,
    }
}

/// What a repository that moved or was archived adds to a verdict.
fn note_moved_or_archived(
    info: &RepositoryInfo,
    there: &FoundDetails,
    assessment: Assessment,
    url: &Url,
) -> Assessment {
    if assessment.verdict != Verdict::Alive {
        return assessment;
    }
    let Some(GithubTarget::InRepository(asked, _)) = parse(url) else { return assessment };
    if let Some(better) = &there.moved_to {
        let moved =
            Assessment::new(Verdict::Moved, "it was moved to another repository").with_suggestion(better.as_str());
        return check_options::keep_fragment_in_suggestion(moved, url);
    }
    if !info.current_name.is_same(&asked) {
        let reason = format!("it is at {}/{} now", info.current_name.owner, info.current_name.name);
        return Assessment::new(Verdict::Moved, one_line(&reason))
            .with_suggestion(info.current_name.url_in_repository(url));
    }
    if info.archived { Assessment::new(Verdict::Alive, "its repository is archived") } else { assessment }
}
