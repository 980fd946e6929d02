//! What is skipped, what cannot be known, and what a fragment adds to a page's verdict.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use url::Url;

use crate::cache::DatedCache;
pub use crate::example_hosts::ExampleHosts;
use crate::fragment;
use crate::link::{AddressKey, LinkKind};
use crate::shard::Shard;
use crate::shard_file::MergedShards;
use crate::text::{one_line, percent_decode};
use crate::time_budget::TimeBudget;
use crate::verdict::{Assessment, Redirect, Verdict};
use crate::web::visit::Visit;

/// How links are judged.
#[derive(Debug, Clone)]
pub struct CheckOptions {
    /// The host of the GitLab whose API is asked, as links name it; with its port where it has one.
    pub gitlab_host: String,
    /// Addresses that are not checked.
    pub skip_rules: Vec<SkipRule>,
    /// What is done about hosts that are set aside for examples.
    pub example_hosts: ExampleHosts,
    /// What earlier runs saw of the web, if that is kept.
    pub cache_context: Option<DatedCache>,
    /// The part of the links that is checked; without it, all of them.
    pub shard: Option<Shard>,
    /// Whether what is seen is handed on to another job.
    pub export_for_merge: bool,
    /// What other jobs observed: that a link is there is taken instead of a check.
    pub merged_shards: Option<Arc<MergedShards>>,
    /// How long the check may take; without it, as long as it takes.
    pub time_budget: Option<TimeBudget>,
}

/// Addresses that are not checked, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkipRule {
    /// How they begin, as they are written.
    pub prefix: String,
    /// Why, as the observations of them report it.
    pub reason: String,
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self {
            gitlab_host: "gitlab.com".to_owned(),
            skip_rules: Vec::new(),
            example_hosts: ExampleHosts::default(),
            cache_context: None,
            shard: None,
            export_for_merge: false,
            merged_shards: None,
            time_budget: None,
        }
    }
}

impl CheckOptions {
    /// Why an address is not checked, if it is not.
    pub(super) fn skip_reason(&self, address: &str) -> Option<&str> {
        self.skip_rules.iter().find(|skip| address.starts_with(&skip.prefix)).map(|skip| skip.reason.as_str())
    }
}

/// The verdict on an address after a visit to its page. A place on a page that was read is judged by what was read,
/// whatever made the page.
pub(super) fn assess_page(visit: Option<&Visit>, url: &Url) -> Assessment {
    let Some(visit) = visit else { return Assessment::for_panicked_visit() };
    let assessment = visit.assessment.clone();
    if !matches!(assessment.verdict, Verdict::Alive | Verdict::Moved) {
        return assessment;
    }
    // A redirect that names a fragment of its own replaces the one that was asked for, and hands it on (RFC 9110,
    // section 10.2.2).
    let renamed = |redirect: &Redirect| Url::parse(redirect.url.as_str()).is_ok_and(|to| to.fragment().is_some());
    if assessment.redirects.iter().any(renamed) {
        return assessment;
    }
    let Some(wanted) = fragment::decode_anchor(url.fragment()).filter(|_| !has_anchor(visit, url)) else {
        return keep_fragment_in_suggestion(assessment, url);
    };
    let unverifiable = |reason: &'static str| Assessment {
        reason: reason.into(),
        verdict: Verdict::FragmentUnverifiable,
        ..assessment.clone()
    };
    if is_client_rendered_anchor(&visit.final_url, &wanted) {
        return unverifiable("the page is there; scripts draw the place");
    }
    if let Some(why) = visit.anchors_unknown_reason {
        return unverifiable(why);
    }
    if visit.anchors.has_undecodable && !wanted.is_ascii() {
        return unverifiable("the page is there; it is not in UTF-8, so the place may be written otherwise");
    }
    // What the page was moved to is no better address while the anchor is not there.
    let reason = missing_anchor_reason(url, visit, &wanted);
    Assessment { reason: reason.into(), verdict: Verdict::FragmentDead, suggestion: None, ..assessment }
}

/// The verdict in the words of what was asked for: a video is asked for by its picture.
pub(super) fn reword_video_assessment(kind: LinkKind, assessment: Assessment) -> Assessment {
    match (kind, assessment.verdict) {
        (LinkKind::Video, Verdict::Dead) => Assessment { reason: "the video was removed".into(), ..assessment },
        // Where a picture is does not matter.
        (LinkKind::Video, Verdict::Moved)
            if assessment.redirects.iter().all(|redirect| redirect.url.as_str().contains("/vi/")) =>
        {
            Assessment {
                verdict: Verdict::Alive,
                reason: "".into(),
                suggestion: None,
                redirects: Vec::new(),
                ..assessment
            }
        }
        _ => assessment,
    }
}

/// Whether the page that was visited has the anchor that an address names.
pub(super) fn has_anchor(visit: &Visit, url: &Url) -> bool {
    fragment::undecoded_anchor(url.fragment()).is_some_and(|written| visit.anchors.found.contains(written))
}

/// A better address leads to the same anchor, which was seen on the page, unless it names one itself.
pub(super) fn keep_fragment_in_suggestion(mut assessment: Assessment, url: &Url) -> Assessment {
    let better = assessment.suggestion.as_ref().and_then(|better| Url::parse(better.as_str()).ok());
    if let Some(mut better) = better.filter(|better| better.fragment().is_none()) {
        better.set_fragment(url.fragment());
        assessment.suggestion = Some(better.as_str().into());
    }
    assessment
}

/// A better address on the site of a link that begins with `/` begins with it, too, as its author wrote it.
pub(super) fn keep_root_relative_suggestion(
    (written, resolved): &AddressKey,
    mut assessment: Assessment,
) -> Assessment {
    let is_root_relative = written.starts_with('/') && !written.starts_with("//");
    if let (true, Some(resolved), Some(better)) = (is_root_relative, resolved, &assessment.suggestion) {
        let (site, better) = (Url::parse(resolved), Url::parse(better.as_str()));
        if let (Ok(site), Ok(better)) = (site, better)
            && site.origin() == better.origin()
        {
            assessment.suggestion = Some(better[url::Position::BeforePath..].into());
        }
    }
    assessment
}

/// Why the anchor is not there: the page never had it, or a redirect led to another page, which has not.
fn missing_anchor_reason(url: &Url, visit: &Visit, wanted: &str) -> String {
    let place = one_line(wanted);
    if visit.assessment.redirects.is_empty() || is_same_page(url, &visit.final_url) {
        return format!("the page is there, the place #{place} is not");
    }
    format!("the redirect to {} lost the place #{place}", one_line(visit.final_url.as_str()))
}

/// Whether two addresses are two ways to write one page's: http for https, `www.`, a slash or a suffix at the end.
fn is_same_page(one: &Url, other: &Url) -> bool {
    fn plain(url: &Url) -> (&str, &str, Option<&str>) {
        let host = url.host_str().unwrap_or_default();
        let path = url.path().trim_end_matches('/').trim_end_matches(".html").trim_end_matches("/index");
        (host.strip_prefix("www.").unwrap_or(host), path, url.query())
    }
    plain(one) == plain(other)
}

/// Whether scripts draw an anchor, or read it in a way of their own: that no element has it proves nothing.
fn is_client_rendered_anchor(page: &Url, wanted: &str) -> bool {
    // What addresses a view of an application (`#/home`, `#!home`, `#gid=0`) and no element.
    let view = wanted.starts_with('!') || wanted.contains(['/', '=']);
    // Lines of files and comments on forges (`#L10-L20`, `#lines-10:20`, `#note_7`), which GitLab, Gitea, Bitbucket and
    // others draw.
    let numbered = |beginning: &str| {
        let number = wanted.strip_prefix(beginning);
        number.is_some_and(|number| number.starts_with(|digit: char| digit.is_ascii_digit()))
    };
    let of_a_forge = fragment::lines::last_github_line(wanted).is_some() || numbered("lines-") || numbered("note_");
    view || of_a_forge
        || is_gitlab_file(page)
        || (page.host_str() == Some("github.com") && is_github_rendered_anchor(page, wanted))
}

/// A file or folder of a GitLab whose API is not asked: scripts draw its text (GitLab's
/// `app/assets/javascripts/repository/components/blob_content_viewer.vue`), so that the page has ids and not those.
fn is_gitlab_file(page: &Url) -> bool {
    let page = page.path().split_once("/-/").map_or("", |(_, page)| page);
    ["blob/", "tree/", "blame/"].iter().any(|word| page.starts_with(word))
}

/// Anchors that GitHub's scripts draw: all of files (fact sheet on links, section 5.5), comments, files of a change.
fn is_github_rendered_anchor(page: &Url, wanted: &str) -> bool {
    const CLIENT_RENDERED_ANCHOR_PREFIXES: [&str; 6] =
        ["commitcomment-", "diff-", "discussion_r", "discussioncomment-", "issuecomment-", "pullrequestreview-"];
    let of_a_file = page.path_segments().is_some_and(|mut segments| segments.nth(2) == Some("blob"));
    of_a_file || CLIENT_RENDERED_ANCHOR_PREFIXES.iter().any(|beginning| wanted.starts_with(beginning))
}

/// What is wrong with the form of what a `mailto:` names (RFC 6068: addresses, percent-encoded, with commas between
/// them; some write semicolons). One without an address lets its reader choose.
pub(super) fn mailto_problem(to: &str) -> Option<&'static str> {
    let encoded = to.split([',', ';']).map(str::trim).filter(|one| !one.is_empty());
    encoded.map(percent_decode).find_map(|one| mail_address_problem(one.trim()))
}

/// What is wrong with the form of a mail address (RFC 5321, section 4.1.2, with the letters of RFC 6531).
fn mail_address_problem(address: &str) -> Option<&'static str> {
    let Some((name, host)) = address.rsplit_once('@') else { return Some("it is no mail address: it has no @") };
    let fits =
        |c: char| if c.is_ascii() { c.is_ascii_graphic() && !"()<>[]:;\\,\"".contains(c) } else { !c.is_control() };
    let sound = |part: &str| !part.is_empty() && part.chars().all(fits);
    let quoted = name.len() > 2 && name.starts_with('"') && name.ends_with('"');
    let named = sound(host) && host.contains('.') && !host.starts_with('.') && !host.ends_with('.');
    match (quoted || sound(name)) && (named || is_address_literal(host)) {
        true => None,
        false if host.contains(' ') || !quoted && name.contains(' ') => {
            Some("it is no mail address: it has a blank outside of quotes")
        }
        false => Some("it is no mail address"),
    }
}

/// Whether a host of mail is given by its address, as `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321, section 4.1.3).
fn is_address_literal(host: &str) -> bool {
    let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    literal.is_some_and(|literal| match literal.strip_prefix("IPv6:") {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok(),
        None => literal.parse::<Ipv4Addr>().is_ok(),
    })
}
