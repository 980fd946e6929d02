//! From what GitHub's API told to verdicts.

use url::Url;

use super::Told;
use super::look::{Home, Seen, There};
use super::shape::{Part, Thing, read};
use crate::collect::links::fragment;
use crate::collect::links::policy;
use crate::collect::links::verdict::Judged;
use crate::pod::text::Untrusted;
use crate::pod::verdict::Verdict;

const HIDDEN: &str = "not there or not visible to this token";

/// What is hidden may still be a page of GitHub itself, which stands where a repository or a person could.
pub(super) fn hidden() -> Told {
    Told::Page(Some(Judged::new(Verdict::Hidden, HIDDEN)))
}

/// The verdict on a link to a part of a repository that is seen. What is public and was not told by the API is told by
/// its page, to everybody.
pub(super) fn judge(home: &Home, part: &Part, seen: &Seen, url: &Url) -> Told {
    let judged = match seen {
        Seen::Failed(judged) => return Told::Page(Some(judged.clone())),
        Seen::Gone => Judged::new(Verdict::Dead, "the file or folder is not there"),
        Seen::Unproved if !home.private => return Told::Page(None),
        Seen::Unproved if *part == Part::Page => {
            Judged::new(Verdict::Alive, "its repository is there; the page itself was not asked for")
        }
        Seen::Unproved => Judged::new(Verdict::Hidden, HIDDEN),
        Seen::There(there) => match place(home, part, there, url) {
            Some(judged) => with_address(home, there, judged, url),
            None => return Told::Page(None),
        },
    };
    Told::Judged(judged)
}

/// The verdict on the place that the link names; `None` where the page tells.
fn place(home: &Home, part: &Part, there: &There, url: &Url) -> Option<Judged> {
    let unverifiable = |reason: &'static str| Some(Judged::new(Verdict::FragmentUnverifiable, reason));
    let Some(wanted) = fragment::wanted(url.fragment()) else { return Some(Judged::new(Verdict::Alive, "")) };
    match (part, last_line(&wanted), there.lines) {
        (Part::Path(_), Some(line), Some(lines)) if line > lines => {
            let reason = format!("the file has no line {line}, it ends before");
            Some(Judged::new(Verdict::FragmentDead, reason))
        }
        (Part::Path(_), Some(_), Some(_)) => Some(Judged::new(Verdict::Alive, "")),
        (Part::Path(_), Some(_), None) => unverifiable("the file is there; its lines were not read"),
        (Part::Issue(_), ..) => unverifiable("it is there; its comments were not asked for"),
        _ if home.private => unverifiable("the page is there; its places are not known"),
        _ => None,
    }
}

/// What a repository that moved or was archived adds to a verdict.
fn with_address(home: &Home, there: &There, judged: Judged, url: &Url) -> Judged {
    if judged.verdict != Verdict::Alive {
        return judged;
    }
    let Some(Thing::In(asked, _)) = read(url) else { return judged };
    if let Some(better) = &there.moved {
        let moved = Judged::new(Verdict::Moved, "it was moved to another repository").suggest(better.as_str());
        return policy::keeping_fragment(moved, url);
    }
    if !home.now.is(&asked) {
        let reason = format!("it is at {}/{} now", home.now.owner, home.now.name);
        return Judged::new(Verdict::Moved, Untrusted::new(reason).line()).suggest(home.now.instead_in(url));
    }
    if home.archived { Judged::new(Verdict::Alive, "its repository is archived") } else { judged }
}

/// The last line that a fragment of GitHub's file view names: `L10`, `L10-L20`, `L10C5-L20C3`.
pub(in crate::collect::links) fn last_line(fragment: &str) -> Option<usize> {
    let line = |text: &str| {
        let text = text.strip_prefix('L').unwrap_or(text);
        let (line, column) = text.split_once('C').unwrap_or((text, "0"));
        column.parse::<usize>().ok()?;
        line.parse::<usize>().ok()
    };
    let (first, last) = fragment.strip_prefix('L')?.split_once('-').unwrap_or((&fragment[1..], &fragment[1..]));
    Some(line(first)?.max(line(last)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_in_every_form() {
        for (fragment, line) in [
            ("L7", Some(7)),
            ("L7-L9", Some(9)),
            ("L7-9", Some(9)),
            ("L9-L7", Some(9)),
            ("L7C3-L9C1", Some(9)),
            ("L7C3", Some(7)),
            ("L", None),
            ("LICENSE", None),
            ("L7Cx", None),
            ("L7-", None),
            ("7", None),
            ("ü", None),
            ("", None),
        ] {
            assert_eq!(last_line(fragment), line, "{fragment}");
        }
    }
}
