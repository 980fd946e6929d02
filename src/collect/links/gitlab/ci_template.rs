//! CI templates of GitLab's own source, which say in their header when they are deprecated and what comes instead.
//!
//! The forms are those of `Deploy-ECS.gitlab-ci.yml` and `Managed-Cluster-Applications.gitlab-ci.yml` in GitLab's
//! `lib/gitlab/ci/templates`: "This template is deprecated.", then "template: OLD … with … template: NEW"; and "This
//! template is DEPRECATED and scheduled for removal in GitLab 15.0", then "we instead recommend …" with addresses.
//!
//! `include: template` takes a name that ends in `.gitlab-ci.yml` and looks for it below that folder in the source that an
//! instance runs (`Gitlab::Ci::Config::External::File::Template`, `Gitlab::Template::GitlabCiYmlTemplate`), for gitlab.com
//! the default branch. A link to an older ref works for ever, and the include does not.

use super::GitlabLink;
use super::answer::{Fact, Look};
use super::known::Known;
use super::plan::LARGEST_TEXT;
use super::question::{Leaf, Root};
use crate::collect::links::target::Part;
use crate::pod::text::Untrusted;
use crate::pod::verdict::Deprecated;

const PROJECT: &str = "gitlab-org/gitlab";
const FOLDER: &str = "lib/gitlab/ci/templates/";
const ENDING: &str = ".gitlab-ci.yml";
/// Lines of a header that are read.
const HEADER: usize = 100;
/// Words before "template is deprecated" that still speak of this template: "The old `X` template is …".
const BEFORE: usize = 3;

/// The text of the template that a link points at, with its size, where the file is there.
pub(super) fn text_of(link: &GitlabLink, known: &Known) -> Option<(Leaf, u64)> {
    let (git_ref, path) = named(link)?;
    let blob = Leaf::Blob { git_ref: git_ref.to_owned(), path: path.to_owned() };
    match known.leaf(Root::Project, link.thing.owner.path(), &blob) {
        Some(Look::There(Fact::Size(size))) if *size <= LARGEST_TEXT => {
            Some((Leaf::Text { git_ref: git_ref.to_owned(), path: path.to_owned() }, *size))
        }
        _ => None,
    }
}

/// The same template on the default branch, where a link names another ref that has it.
pub(super) fn on_default(link: &GitlabLink, known: &Known) -> Option<Leaf> {
    let (git_ref, path) = named(link)?;
    let owner = link.thing.owner.path();
    let at = |git_ref: &str| Leaf::Blob { git_ref: git_ref.to_owned(), path: path.to_owned() };
    let Look::There(home) = known.owner(Root::Project, owner) else { return None };
    let root_ref = home.root_ref.as_deref().filter(|root_ref| *root_ref != git_ref && git_ref != "HEAD")?;
    known.has(Root::Project, owner, &at(git_ref)).then(|| at(root_ref))
}

/// What tells of the end of the template that a link points at: that the default branch has it no more, or its header.
pub(super) fn deprecated(link: &GitlabLink, known: &Known) -> Option<Deprecated> {
    let header = header(link, known);
    let (git_ref, _) = named(link)?;
    let gone = on_default(link, known).filter(|leaf| known.lacks(Root::Project, link.thing.owner.path(), leaf));
    let Some(Leaf::Blob { git_ref: root_ref, .. }) = gone else { return header };
    let said = Untrusted::new(format!(
        "it is on {git_ref} but no longer on the default branch {root_ref}, so `include: template` no longer finds it"
    ));
    Some(Deprecated { said: said.line(), successor: header.and_then(|header| header.successor) })
}

fn header(link: &GitlabLink, known: &Known) -> Option<Deprecated> {
    let (_, path) = named(link)?;
    let (text, _) = text_of(link, known)?;
    match known.leaf(Root::Project, link.thing.owner.path(), &text) {
        Some(Look::There(Fact::Text(text))) => in_header(text, path.strip_prefix(FOLDER)?),
        _ => None,
    }
}

fn named(link: &GitlabLink) -> Option<(&str, &str)> {
    match &link.thing.part {
        Part::File { git_ref, path } if link.thing.owner.path().eq_ignore_ascii_case(PROJECT) => {
            (path.starts_with(FOLDER) && path.ends_with(ENDING)).then_some((git_ref, path))
        }
        _ => None,
    }
}

/// What the comments at the start of a template say of its end. `own` is its own name below the folder.
fn in_header(text: &str, own: &str) -> Option<Deprecated> {
    let lines = text.lines().take(HEADER).map(str::trim).take_while(|line| line.is_empty() || line.starts_with('#'));
    let words: Vec<&str> = lines.flat_map(|line| line.trim_start_matches('#').split_whitespace()).collect();
    let at = (0..words.len()).find(|at| says_so(&words[..=*at]))?;
    let start = sentence_start(&words[..at]);
    let end = words[at..].iter().position(|word| ends_sentence(word)).map_or(words.len(), |last| at + last + 1);
    // A sentence without its full stop would run into what follows: an address, a list.
    let end = words[at..end].iter().position(|w| *w == "See" || w.contains("://")).map_or(end, |stop| at + stop);
    let said = Untrusted::new(words[start..end].join(" ")).line();
    Some(Deprecated { said, successor: successor(&words[end..], own).map(|name| Untrusted::new(name).line()) })
}

/// Whether the last word ends "template is deprecated", or is a sentence's first one: "DEPRECATED: use …".
fn says_so(words: &[&str]) -> bool {
    let Some((last, before)) = words.split_last() else { return false };
    if !bare(last).eq_ignore_ascii_case("deprecated") {
        return false;
    }
    let sentence = &before[sentence_start(before)..];
    if sentence.is_empty() {
        return true;
    }
    let helpers = |word: &&&str| ["is", "now", "was", "has", "been", "will", "be"].contains(&bare(word).as_str());
    let verb = sentence.iter().rev().take_while(helpers).count();
    let (subject, noun) = match sentence[..sentence.len() - verb].split_last() {
        Some((noun, subject)) => (subject, bare(noun)),
        None => return false,
    };
    verb > 0 && noun.eq_ignore_ascii_case("template") && subject.len() <= BEFORE && !subject.contains(&"in")
}

/// Where the sentence that these words end in begins; a line of marks (`WARNING`, `----`) is a sentence of its own.
fn sentence_start(words: &[&str]) -> usize {
    let breaks = |word: &&str| ends_sentence(word) || bare(word).is_empty() || *word == "WARNING";
    words.iter().rposition(breaks).map_or(0, |at| at + 1)
}

fn ends_sentence(word: &str) -> bool {
    word.ends_with(['.', '!', ':']) && !word.contains("://")
}

/// A word without the marks around it.
fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

/// What the words after the sentence name instead: another template, or else the first address after a word that leads
/// over to it.
fn successor<'a>(words: &[&'a str], own: &str) -> Option<&'a str> {
    let marks: &[_] = &['"', '\'', '`', ',', ';', '(', ')', '<', '>', '.', ':'];
    let clean = |word: &&'a str| word.trim_matches(marks);
    let named = words.iter().map(clean).filter(|word| word.ends_with(ENDING) && !word.contains("://"));
    let mut other =
        named.filter(|word| word.len() > ENDING.len() && *word != own && !own.ends_with(&format!("/{word}")));
    let leads = |word: &&str| ["instead", "recommend", "use", "replaced", "migrate"].contains(&bare(word).as_str());
    other.next_back().or_else(|| {
        let after = words.iter().position(leads)?;
        words[after..].iter().map(clean).find(|word| word.starts_with("https://"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<(String, Option<String>)> {
        in_header(text, "Old/Lantern.gitlab-ci.yml").map(|found| (found.said, found.successor))
    }

    #[test]
    fn the_forms_of_gitlabs_own_headers_are_understood() {
        let moved = "# This template is deprecated.\n#\n# If you have referenced this template in your CI pipeline, please\n\
                     # update it by replacing:\n#\n# template: Old/Lantern.gitlab-ci.yml\n#\n# with\n#\n\
                     # template: New/Lantern.gitlab-ci.yml\n#\n# -----\n# Documentation: https://docs.example/x\n\nstages: []\n";
        assert_eq!(
            of(moved),
            Some(("This template is deprecated.".to_owned(), Some("New/Lantern.gitlab-ci.yml".to_owned())))
        );
        let removal = "######\n# WARNING\n######\n#\n# This template is DEPRECATED and scheduled for removal in GitLab 15.0\n\
                       # See https://issues.example/1 for more context.\n#\n# To get started, we instead recommend\n\
                       # using the updated project:\n#\n# - Documentation: https://docs.example/new.html\n#\njob: {}\n";
        assert_eq!(
            of(removal),
            Some((
                "This template is DEPRECATED and scheduled for removal in GitLab 15.0".to_owned(),
                Some("https://docs.example/new.html".to_owned())
            ))
        );
        let short = "# DEPRECATED: use `New/Lantern.gitlab-ci.yml`.\njob: {}\n";
        assert_eq!(of(short).unwrap().1.as_deref(), Some("New/Lantern.gitlab-ci.yml"));
        assert_eq!(of("# The Lantern template has been deprecated in 17.0.\n").unwrap().1, None);
    }

    #[test]
    fn what_only_speaks_of_something_deprecated_is_no_deprecation() {
        for text in [
            "# Read more: https://docs.example/\n\nvariables: {}\n",
            "# The variable LANTERN_OLD is deprecated.\njob: {}\n",
            "# Using variables in this template is deprecated.\n",
            "# This template replaces the deprecated Old/Lantern.gitlab-ci.yml\n",
            "job:\n  script:\n    # This template is deprecated.\n    - true\n",
            "# Not deprecated\n",
            "",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
