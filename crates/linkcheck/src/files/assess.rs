//! The verdict on where a link has led among files: whether that is there, and the place that the link names on it.

use std::borrow::Cow;
use std::sync::PoisonError;

use super::anchors::DocumentAnchors;
use super::hugo::{HugoSite, MadeAnchor};
use super::suggestions::{self, Nearest};
use super::{Destination, LocalFiles, ResolvedLink, resolved_link, split_fragment};
use crate::MOST_REDIRECTS;
use crate::fragment;
use crate::markdown::{Dialect, headings};
use crate::text::{one_line, percent_decode as decoded};
use crate::verdict::{Assessment, Verdict};

impl LocalFiles {
    /// The verdict on a destination, the anchor included.
    pub(super) fn assess_destination(&self, arrival: Destination, place: Option<&str>, address: &str) -> ResolvedLink {
        match arrival {
            Destination::File { path, moved } => {
                let assessment = match moved {
                    None => Assessment::new(Verdict::Alive, ""),
                    Some(better) => {
                        let better = place.map_or(better.clone(), |place| format!("{better}#{place}"));
                        Assessment::new(Verdict::Moved, "the page has another address now").with_suggestion(better)
                    }
                };
                let written = if assessment.verdict == Verdict::Alive { address } else { "" };
                self.assess_fragment(&path, place, assessment, written)
            }
            Destination::Folder(path) => self.assess_fragment(&path, place, Assessment::new(Verdict::Alive, ""), ""),
            Destination::FromRoot(path) => {
                let reason = "GitLab finds it from the root of the repository; other readers do not";
                let found = self.assess_fragment(&path, place, Assessment::new(Verdict::Alive, reason), address);
                // The same address in a document at the root leads there by itself.
                ResolvedLink { destination: format!("/{}", found.destination), ..found }
            }
            Destination::OutsideRoot => {
                resolved_link(address, Verdict::Skipped, "it leads out of the folder that is checked")
            }
            Destination::Redirected(to) => self.follow_site_redirects(to, place),
            Destination::NotInRepository { path, why } => not_in_repository(&path, why),
            Destination::NotBuilt { path, why } => {
                let shown = one_line(path.as_str());
                resolved_link(&path, Verdict::Dead, format!("the page of {shown} is not built: it {why}"))
            }
            Destination::Missing { path, better } => {
                let shown = one_line(path.as_str());
                // `build_relative_path` of `lib/banzai/filter/repository_link_filter.rb`.
                let is_from_root = self.hugo.is_none() && address.starts_with('/');
                let where_sought = if is_from_root {
                    " in the repository; --site hugo or --site-url search for it on a site"
                } else {
                    ""
                };
                let mut found =
                    resolved_link(&path, Verdict::Dead, format!("there is nothing at {shown}{where_sought}"));
                found.assessment = match better {
                    Some(better) => {
                        let place = place.map(|place| format!("#{place}")).unwrap_or_default();
                        found.assessment.with_suggestion(format!("{better}{place}"))
                    }
                    // The address of a page of a site is no path of a file.
                    None if path.starts_with('/') => found.assessment,
                    None => self.suggest_path(&path, address, found.assessment),
                };
                found
            }
            Destination::Unknown(why) => resolved_link(address, Verdict::Skipped, why),
        }
    }

    /// Follows what a site's server redirects, with the anchor that browsers take along.
    fn follow_site_redirects(&self, mut to: String, place: Option<&str>) -> ResolvedLink {
        for _ in 0..MOST_REDIRECTS {
            let better = match place {
                Some(place) if !to.contains('#') => format!("{to}#{place}"),
                _ => to,
            };
            let moved =
                Assessment::new(Verdict::Moved, "the page has another address now").with_suggestion(better.clone());
            let here = better.starts_with('/') && !better.starts_with("//");
            let Some(hugo) = self.hugo.as_ref().filter(|_| here) else {
                return ResolvedLink { destination: better, assessment: moved };
            };
            let (path, own) = split_fragment(&better);
            let path = decoded(path.split('?').next().unwrap_or_default());
            match hugo.resolve_path("", &path, self.files.as_ref()) {
                Destination::Redirected(next) => to = next,
                Destination::File { path, moved: None } | Destination::Folder(path) => {
                    return self.assess_fragment(&path, own, moved, "");
                }
                Destination::Unknown(_) => return ResolvedLink { destination: better, assessment: moved },
                arrival => return self.assess_destination(arrival, own, &better),
            }
        }
        resolved_link(&to, Verdict::Skipped, "it is redirected again and again")
    }

    /// The same verdict with what may have been meant by a path that is not there.
    fn suggest_path(&self, path: &str, address: &str, assessment: Assessment) -> Assessment {
        if let Some(host) = suggestions::host_without_scheme(address) {
            let above = path.find(host).map_or("", |at| &path[..at]);
            if self.files.entry_kind(&format!("{above}{host}")).is_none() {
                let reason = format!("{}; https:// is missing before the host", assessment.reason);
                return Assessment { reason: reason.into(), ..assessment }
                    .with_suggestion(format!("https://{address}"));
            }
        }
        match suggestions::find_near_path(path, self.files.as_ref(), &self.work) {
            Nearest::One(better) => match suggestions::rewrite_address(address, path, &better) {
                Some(better) => assessment.with_suggestion(better),
                None => name_perhaps(assessment, &[better]),
            },
            Nearest::Several(paths) => name_perhaps(assessment, &paths),
            Nearest::None => assessment,
        }
    }

    /// How many lines a file has; `None` where that cannot be known.
    fn count_lines(&self, path: &str) -> Option<usize> {
        let mut known = self.line_counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = || self.files.read_text(path).map(|text| text.lines().count());
        *known.entry(path.to_owned()).or_insert_with(count)
    }

    /// The verdict on a line of a file: GitLab shows the source of a Markdown file, too, whose lines are linked.
    fn assess_line(&self, path: &str, line: usize, assessment: Assessment) -> Assessment {
        let (verdict, reason) = match self.count_lines(path) {
            None => (Verdict::FragmentUnverifiable, "it is there; its lines cannot be counted".to_owned()),
            Some(count) if (1..=count).contains(&line) => return assessment,
            Some(1) => (Verdict::FragmentDead, format!("the file has one line, and no line {line}")),
            Some(count) => (Verdict::FragmentDead, format!("the file has {count} lines, and no line {line}")),
        };
        Assessment { verdict, reason: reason.into(), suggestion: None, ..assessment }
    }

    /// The verdict on an anchor in a file that is there; `written` is the address, where a better one may be made of it.
    pub(super) fn assess_fragment(
        &self,
        path: &str,
        place: Option<&str>,
        assessment: Assessment,
        written: &str,
    ) -> ResolvedLink {
        let Some(wanted) = fragment::decode_anchor(place) else {
            return ResolvedLink { destination: path.to_owned(), assessment };
        };
        let to = format!("{path}#{wanted}");
        let unverifiable = |why: Cow<'static, str>| Assessment {
            verdict: Verdict::FragmentUnverifiable,
            reason: why.into(),
            ..assessment.clone()
        };
        let site = self.hugo.as_ref().filter(|hugo| hugo.is_content_file(path));
        let line = headings::last_gitlab_line(&wanted).filter(|_| self.hugo.is_none());
        let ask = |anchors: &DocumentAnchors| {
            let anchors = match site {
                Some(_) => anchors,
                None => anchors.with_includes(|| self.fill_includes(path)),
            };
            let made = self.find_anchor(anchors, &wanted, site);
            let near = match (&made, site) {
                (MadeAnchor::NotThere, None) if line.is_none() => anchors.nearest(&wanted, &self.work),
                (MadeAnchor::NotThere, Some(site)) => site.nearest_anchor(anchors, &wanted, &self.work),
                _ => Nearest::None,
            };
            (made, near)
        };
        let assessment = match (self.query_anchors(path, ask), line) {
            (Some((MadeAnchor::There, _)), _) => assessment,
            (_, Some(line)) => self.assess_line(path, line, assessment),
            (None, None) => unverifiable("it is there; its places are not known".into()),
            (Some((MadeAnchor::Unknown(name), _)), None) => {
                let shown = one_line(&name);
                unverifiable(format!("the page is there; {shown} may make the place when it is rendered").into())
            }
            (Some((MadeAnchor::NotThere, near)), None) => {
                let shown = one_line(&wanted);
                let dead = Assessment {
                    verdict: Verdict::FragmentDead,
                    reason: format!("the page is there, the place #{shown} is not").into(),
                    suggestion: None,
                    ..assessment
                };
                match near {
                    Nearest::One(id) if written.contains('#') => {
                        dead.with_suggestion(format!("{}#{id}", split_fragment(written).0))
                    }
                    Nearest::One(id) => name_perhaps(dead, &[format!("#{id}")]),
                    Nearest::Several(ids) => {
                        name_perhaps(dead, &ids.iter().map(|id| format!("#{id}")).collect::<Vec<_>>())
                    }
                    Nearest::None => dead,
                }
            }
        };
        ResolvedLink { destination: to, assessment }
    }

    /// Whether an anchor is in a document: on the page that a site makes of it, or as GitLab shows it.
    fn find_anchor(&self, anchors: &DocumentAnchors, wanted: &str, site: Option<&HugoSite>) -> MadeAnchor {
        // "top" is the beginning of every page (HTML Standard, "Scrolling to a fragment").
        if wanted.eq_ignore_ascii_case("top") {
            return MadeAnchor::There;
        }
        let Some(site) = site else {
            if anchors.has(wanted) {
                return MadeAnchor::There;
            }
            return anchors.find_unknown_maker().map_or(MadeAnchor::NotThere, MadeAnchor::Unknown);
        };
        if site.has_anchor(anchors, wanted) {
            MadeAnchor::There
        } else {
            site.make_anchor(anchors, wanted, self.files.as_ref())
        }
    }

    /// Asks the anchors of a file; `None` where they cannot be known.
    fn query_anchors<T>(&self, path: &str, ask: impl FnOnce(&DocumentAnchors) -> T) -> Option<T> {
        if let Some(anchors) = self.documents.get(path) {
            return Some(ask(anchors));
        }
        let mut known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let anchors = known.entry(path.to_owned()).or_insert_with(|| {
            let is_page = path.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("html"));
            let text = (is_page || headings::is_markdown_path(path)).then(|| self.files.read_text(path)).flatten();
            let dialect = if self.is_content_file(path) { Dialect::Hugo } else { Dialect::Gitlab };
            let parse_markdown = |text: &str| DocumentAnchors::parse_as(text, dialect);
            text.map(|text| if is_page { DocumentAnchors::parse_html(&text) } else { parse_markdown(&text) })
        });
        anchors.as_ref().map(ask)
    }
}

/// The same with what may have been meant.
fn name_perhaps(assessment: Assessment, names: &[String]) -> Assessment {
    let names: Vec<String> = names.iter().map(|name| one_line(name)).collect();
    let reason = format!("{}; perhaps {}", assessment.reason, names.join(" or "));
    Assessment { reason: reason.into(), ..assessment }
}

pub(super) fn not_in_repository(path: &str, why: &str) -> ResolvedLink {
    resolved_link(path, Verdict::Dead, format!("{} is not in the repository: {why}", one_line(path)))
}
