//! CI templates of GitLab's own source, which say in their header when they are deprecated and what comes instead.
//!
//! The forms are those of `Deploy-ECS.gitlab-ci.yml` and `Managed-Cluster-Applications.gitlab-ci.yml` in GitLab's
//! `lib/gitlab/ci/templates`: "This template is deprecated.", then "template: OLD … with … template: NEW"; and "This
//! template is DEPRECATED and scheduled for removal in GitLab 15.0", then "we instead recommend …" with addresses.
//!
//! `include: template` takes a name that ends in `.gitlab-ci.yml` and looks for it below that folder in the source that
//! an instance runs (`Gitlab::Ci::Config::External::File::Template`, `Gitlab::Template::GitlabCiYmlTemplate`), for
//! gitlab.com the default branch. A link to an older ref works for ever, and the include does not.

use super::GitlabLink;
use super::lookup_results::LookupResults;
use super::lookups::MAX_BLOB_TEXT_BYTES;
use super::owner_query::{Lookup, OwnerType};
use super::response::{LookupResult, LookupValue};
use crate::target::GitlabResource;
use crate::text::{Untrusted, one_line};
use crate::verdict::Deprecation;

const TEMPLATES_PROJECT: &str = "gitlab-org/gitlab";
const TEMPLATES_FOLDER: &str = "lib/gitlab/ci/templates/";
const TEMPLATE_SUFFIX: &str = ".gitlab-ci.yml";
/// Lines of a header that are read.
const MAX_HEADER_LINES: usize = 100;
/// Words before "template is deprecated" that still speak of this template: "The old `X` template is …".
const MAX_SUBJECT_WORDS: usize = 3;

/// The text of the template that a link points at, with its size, where the file is there.
pub(super) fn text_lookup(link: &GitlabLink, answers: &LookupResults) -> Option<(Lookup, u64)> {
    let (git_ref, path) = template_ref_and_path(link)?;
    let blob = Lookup::Blob { git_ref: git_ref.to_owned(), path: path.to_owned() };
    match answers.lookup(OwnerType::Project, link.target.owner.path(), &blob) {
        Some(LookupResult::Found(LookupValue::Size(size))) if *size <= MAX_BLOB_TEXT_BYTES => {
            Some((Lookup::Text { git_ref: git_ref.to_owned(), path: path.to_owned() }, *size))
        }
        _ => None,
    }
}

/// The same template on the default branch, where a link names another ref that has it.
pub(super) fn default_branch_lookup(link: &GitlabLink, answers: &LookupResults) -> Option<Lookup> {
    let (git_ref, path) = template_ref_and_path(link)?;
    let owner = link.target.owner.path();
    let at = |git_ref: &str| Lookup::Blob { git_ref: git_ref.to_owned(), path: path.to_owned() };
    let LookupResult::Found(info) = answers.owner(OwnerType::Project, owner) else { return None };
    let root_ref = info.root_ref.as_deref().filter(|root_ref| *root_ref != git_ref && git_ref != "HEAD")?;
    answers.is_found(OwnerType::Project, owner, &at(git_ref)).then(|| at(root_ref))
}

/// Why the template that a link points at is deprecated, if it is: that the default branch has it no more, or its
/// header.
pub(super) fn find_deprecation(link: &GitlabLink, answers: &LookupResults) -> Option<Deprecation> {
    let header = find_header_deprecation(link, answers);
    let (git_ref, _) = template_ref_and_path(link)?;
    let gone = default_branch_lookup(link, answers)
        .filter(|lookup| answers.is_missing(OwnerType::Project, link.target.owner.path(), lookup));
    let Some(Lookup::Blob { git_ref: root_ref, .. }) = gone else { return header };
    let notice = Untrusted::new(format!(
        "it is on {git_ref} but no longer on the default branch {root_ref}, so `include: template` no longer finds it"
    ));
    Some(Deprecation { notice: notice.one_line().into(), successor: header.and_then(|header| header.successor) })
}

fn find_header_deprecation(link: &GitlabLink, answers: &LookupResults) -> Option<Deprecation> {
    let (_, path) = template_ref_and_path(link)?;
    let (text, _) = text_lookup(link, answers)?;
    match answers.lookup(OwnerType::Project, link.target.owner.path(), &text) {
        Some(LookupResult::Found(LookupValue::Text(text))) => {
            parse_deprecation(text, path.strip_prefix(TEMPLATES_FOLDER)?)
        }
        _ => None,
    }
}

fn template_ref_and_path(link: &GitlabLink) -> Option<(&str, &str)> {
    match &link.target.resource {
        GitlabResource::File { git_ref, path } if link.target.owner.path().eq_ignore_ascii_case(TEMPLATES_PROJECT) => {
            (path.starts_with(TEMPLATES_FOLDER) && path.ends_with(TEMPLATE_SUFFIX)).then_some((git_ref, path))
        }
        _ => None,
    }
}

/// The deprecation that the comments at the start of a template speak of, if they do. `own` is its own name below the
/// folder.
fn parse_deprecation(text: &str, own: &str) -> Option<Deprecation> {
    let lines =
        text.lines().take(MAX_HEADER_LINES).map(str::trim).take_while(|line| line.is_empty() || line.starts_with('#'));
    let words: Vec<&str> = lines.flat_map(|line| line.trim_start_matches('#').split_whitespace()).collect();
    let at = (0..words.len()).find(|at| says_deprecated(&words[..=*at]))?;
    let start = find_sentence_start(&words[..at]);
    let end = words[at..].iter().position(|word| ends_sentence(word)).map_or(words.len(), |last| at + last + 1);
    // A sentence without its full stop would run into what follows: an address, a list.
    let end = words[at..end].iter().position(|w| *w == "See" || w.contains("://")).map_or(end, |stop| at + stop);
    let notice = one_line(&words[start..end].join(" "));
    Some(Deprecation {
        notice: notice.into(),
        successor: find_successor(&words[end..], own).map(|name| one_line(name).into()),
    })
}

/// Whether the last word ends "template is deprecated", or is a sentence's first one: "DEPRECATED: use …".
fn says_deprecated(words: &[&str]) -> bool {
    let Some((last, before)) = words.split_last() else { return false };
    if !strip_punctuation(last).eq_ignore_ascii_case("deprecated") {
        return false;
    }
    let sentence = &before[find_sentence_start(before)..];
    if sentence.is_empty() {
        return true;
    }
    let helpers =
        |word: &&&str| ["is", "now", "was", "has", "been", "will", "be"].contains(&strip_punctuation(word).as_str());
    let verb = sentence.iter().rev().take_while(helpers).count();
    let (subject, noun) = match sentence[..sentence.len() - verb].split_last() {
        Some((noun, subject)) => (subject, strip_punctuation(noun)),
        None => return false,
    };
    verb > 0 && noun.eq_ignore_ascii_case("template") && subject.len() <= MAX_SUBJECT_WORDS && !subject.contains(&"in")
}

/// Where the sentence that these words end in begins; a line of marks (`WARNING`, `----`) is a sentence of its own.
fn find_sentence_start(words: &[&str]) -> usize {
    let breaks = |word: &&str| ends_sentence(word) || strip_punctuation(word).is_empty() || *word == "WARNING";
    words.iter().rposition(breaks).map_or(0, |at| at + 1)
}

fn ends_sentence(word: &str) -> bool {
    word.ends_with(['.', '!', ':']) && !word.contains("://")
}

/// A word without the punctuation around it.
fn strip_punctuation(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

/// What the words after the sentence name instead: another template, or else the first address after a word that leads
/// over to it.
fn find_successor<'a>(words: &[&'a str], own: &str) -> Option<&'a str> {
    let marks: &[_] = &['"', '\'', '`', ',', ';', '(', ')', '<', '>', '.', ':'];
    let clean = |word: &&'a str| word.trim_matches(marks);
    let named = words.iter().map(clean).filter(|word| word.ends_with(TEMPLATE_SUFFIX) && !word.contains("://"));
    let mut other =
        named.filter(|word| word.len() > TEMPLATE_SUFFIX.len() && *word != own && !own.ends_with(&format!("/{word}")));
    let leads = |word: &&str| {
        ["instead", "recommend", "use", "replaced", "migrate"].contains(&strip_punctuation(word).as_str())
    };
    other.next_back().or_else(|| {
        let after = words.iter().position(leads)?;
        words[after..].iter().map(clean).find(|word| word.starts_with("https://"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, Option<String>)> {
        let found = parse_deprecation(text, "Old/Lantern.gitlab-ci.yml")?;
        Some((found.notice.to_string(), found.successor.map(|successor| successor.to_string())))
    }

    #[test]
    fn the_forms_of_gitlabs_own_headers_are_understood() {
        let moved = "# This template is deprecated.\n#\n# If you have referenced this template in your CI pipeline, please\n\
                     # update it by replacing:\n#\n# template: Old/Lantern.gitlab-ci.yml\n#\n# with\n#\n\
                     # template: New/Lantern.gitlab-ci.yml\n#\n# -----\n# Documentation: https://docs.example/x\n\nstages: []\n";
        assert_eq!(
            read(moved),
            Some(("This template is deprecated.".to_owned(), Some("New/Lantern.gitlab-ci.yml".to_owned())))
        );
        let removal = "######\n# WARNING\n######\n#\n# This template is DEPRECATED and scheduled for removal in GitLab 15.0\n\
                       # See https://issues.example/1 for more context.\n#\n# To get started, we instead recommend\n\
                       # using the updated project:\n#\n# - Documentation: https://docs.example/new.html\n#\njob: {}\n";
        assert_eq!(
            read(removal),
            Some((
                "This template is DEPRECATED and scheduled for removal in GitLab 15.0".to_owned(),
                Some("https://docs.example/new.html".to_owned())
            ))
        );
        let short = "# DEPRECATED: use `New/Lantern.gitlab-ci.yml`.\njob: {}\n";
        assert_eq!(read(short).unwrap().1.as_deref(), Some("New/Lantern.gitlab-ci.yml"));
        assert_eq!(read("# The Lantern template has been deprecated in 17.0.\n").unwrap().1, None);
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
            assert_eq!(read(text), None, "{text}");
        }
    }
}
