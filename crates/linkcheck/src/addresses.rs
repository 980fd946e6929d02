//! Which links documents hold, and who is asked about each.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::hash::BuildHasher as _;
use std::ptr;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};
use rayon::prelude::*;
use url::Url;

use crate::check_options::{self, CheckOptions};
use crate::document::Document;
use crate::example_hosts;
use crate::files::{self, LocalFiles};
use crate::fragment::without_fragment;
use crate::link::{AddressKey, LinkKind};
use crate::target::{self, GitlabTarget, Target};
use crate::verdict::{Assessment, LinkPlace, Verdict};
use crate::web::catch_all_pages::{self, PageFingerprint};
use crate::web::visit::Visit;
use crate::{instances, slack};

/// Fewer documents than these are no work for a second core.
const MIN_CHUNK_DOCUMENTS: usize = 32;

/// A link with all the places where it stands.
pub(super) struct CollectedLink {
    pub(super) kind: LinkKind,
    pub(super) source: VerdictSource,
    pub(super) places: Vec<LinkPlace>,
}

/// Who is asked for the verdict.
pub(super) enum VerdictSource {
    Gitlab(Box<GitlabTarget>),
    Web(Arc<Url>),
    Known(Arc<Assessment>),
    /// Nobody any more: another job did.
    Shard(Box<ShardResult>),
    /// Somebody would be, if anybody were.
    Offline,
}

/// What another job observed; it may have visited a page.
pub(super) struct ShardResult {
    pub(super) assessment: Assessment,
    pub(super) page: Option<Url>,
    fingerprint: Option<PageFingerprint>,
}

impl VerdictSource {
    fn known(verdict: Verdict, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Known(Arc::new(Assessment::new(verdict, reason)))
    }

    /// The same where perhaps nobody is asked: what would be asked for is not needed then.
    fn for_mode(self, mode: Connectivity) -> Self {
        match self {
            Self::Gitlab(_) | Self::Web(_) if mode == Connectivity::Offline => Self::Offline,
            ask => ask,
        }
    }
}

impl CollectedLink {
    /// Another job's visit, as far as it is known.
    pub(super) fn shard_visit(&self) -> Option<(Url, Visit)> {
        let VerdictSource::Shard(shard) = &self.source else { return None };
        let url = shard.page.as_ref()?;
        Some((url.clone(), catch_all_pages::visit_from_shard(url, shard.assessment.status, shard.fingerprint.as_ref())))
    }
}

/// Whether somebody can be asked about addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Connectivity {
    /// Whoever knows of an address.
    Online,
    /// Nobody: with `--offline`.
    Offline,
}

/// All links of all documents: each once, sorted, with everywhere it stands.
pub(super) fn collect_links(
    documents: Vec<Document<'_>>,
    policy: &CheckOptions,
    hosts: &BTreeSet<String>,
    mode: Connectivity,
) -> Vec<(AddressKey, CollectedLink)> {
    let size = documents.len().div_ceil(rayon::current_num_threads()).max(MIN_CHUNK_DOCUMENTS);
    let chunks = split_into_chunks(documents, size).into_par_iter().enumerate();
    let mut found =
        merge_sorted(chunks.map(|(at, chunk)| collect_sorted(chunk, at * size, policy, hosts, mode)).collect());
    if let Some(shard) = policy.shard {
        found.retain(|(key, address)| shard.owns_host(&shard_key(key, &address.source, policy)));
    }
    for (key, address) in &mut found {
        address.places.sort();
        let Some(shards) = &policy.merged_shards else { continue };
        let page = match &address.source {
            VerdictSource::Known(_) | VerdictSource::Shard(_) | VerdictSource::Offline => continue,
            VerdictSource::Gitlab(_) => None,
            VerdictSource::Web(url) => Some(without_fragment(url).into_owned()),
        };
        if let Some((assessment, fingerprint)) = shards.get(key, address.kind) {
            address.source = VerdictSource::Shard(Box::new(ShardResult { assessment, page, fingerprint }));
        }
    }
    found
}

fn split_into_chunks<T>(all: Vec<T>, size: usize) -> Vec<Vec<T>> {
    let mut rest = all.into_iter().peekable();
    let mut chunks = Vec::new();
    while rest.peek().is_some() {
        chunks.push(rest.by_ref().take(size).collect());
    }
    chunks
}

/// The links of some documents, each once and sorted; `first` is the index of the first one among all. The links of each
/// document are let go before those of the next are read.
fn collect_sorted(
    documents: Vec<Document<'_>>,
    first: usize,
    policy: &CheckOptions,
    hosts: &BTreeSet<String>,
    mode: Connectivity,
) -> Vec<(AddressKey, CollectedLink)> {
    let likely_count = documents.iter().map(|document| document.links.len()).sum::<usize>() / 2;
    let mut unique = UniqueLinks::with_capacity(likely_count);
    // Most addresses say all by themselves, and are named again and again: each of those is read once.
    let mut shared = SharedLinks::with_capacity(likely_count);
    for (number, document) in (first..).zip(documents) {
        let path: Arc<str> = Arc::from(document.path);
        for link in document.links.iter() {
            let scope = sharing_scope(&document, &link.url);
            let known = scope.and_then(|scope| shared.find(scope, &link.url, &unique));
            let index = known.unwrap_or_else(|| {
                let (key, kind, source) = classify(&document, &link.url, policy, hosts);
                // A shard goes by who would be asked.
                let source = if policy.shard.is_some() { source } else { source.for_mode(mode) };
                let index = unique.get_or_insert(key, kind, source);
                if let Some(scope) = scope {
                    shared.insert(scope, index, &unique);
                }
                index
            });
            let place = LinkPlace { path: Arc::clone(&path), document: number, line: link.line, column: link.column };
            unique.addresses[index].1.places.push(place);
        }
    }
    unique.addresses.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    unique.addresses
}

/// Links, each once, in the order in which they were named first.
struct UniqueLinks {
    addresses: Vec<(AddressKey, CollectedLink)>,
    /// Where among them a key is. Keys are looked up by the hundred thousand, and held once.
    indexes: HashTable<usize>,
    hasher: DefaultHashBuilder,
}

impl UniqueLinks {
    fn with_capacity(count: usize) -> Self {
        let (addresses, indexes) = (Vec::with_capacity(count), HashTable::with_capacity(count));
        Self { addresses, indexes, hasher: DefaultHashBuilder::default() }
    }

    /// The address of a link as it is written.
    fn address(&self, index: usize) -> &str {
        &self.addresses[index].0.0
    }

    /// The index of a link; a new one is added.
    fn get_or_insert(&mut self, key: AddressKey, kind: LinkKind, source: VerdictSource) -> usize {
        let Self { addresses, indexes, hasher } = self;
        let is_same = |at: &usize| addresses[*at].0 == key;
        let hash = |at: &usize| hasher.hash_one(&addresses[*at].0);
        let index = *indexes.entry(hasher.hash_one(&key), is_same, hash).or_insert(addresses.len()).get();
        if index == addresses.len() {
            addresses.push((key, CollectedLink { kind, source, places: Vec::with_capacity(1) }));
        }
        index
    }
}

/// Where among links those are whose address means the same in several documents, by where it does and by the address.
struct SharedLinks {
    indexes: HashTable<(usize, usize)>,
    hasher: DefaultHashBuilder,
}

impl SharedLinks {
    fn with_capacity(count: usize) -> Self {
        Self { indexes: HashTable::with_capacity(count), hasher: DefaultHashBuilder::default() }
    }

    fn find(&self, scope: usize, address: &str, unique: &UniqueLinks) -> Option<usize> {
        let is_same = |(own, at): &(usize, usize)| *own == scope && unique.address(*at) == address;
        self.indexes.find(self.hasher.hash_one((scope, address)), is_same).map(|(_, at)| *at)
    }

    fn insert(&mut self, scope: usize, index: usize, unique: &UniqueLinks) {
        let Self { indexes, hasher } = self;
        let hash = |(scope, at): &(usize, usize)| hasher.hash_one((*scope, unique.address(*at)));
        indexes.insert_unique(hash(&(scope, index)), (scope, index), hash);
    }
}

/// The same link in several parts is one. The sort finds that they are sorted each, and only merges them.
fn merge_sorted(parts: Vec<Vec<(AddressKey, CollectedLink)>>) -> Vec<(AddressKey, CollectedLink)> {
    let mut all = Vec::with_capacity(parts.iter().map(Vec::len).sum());
    for part in parts {
        all.extend(part);
    }
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all.dedup_by(|(key, address), (before, first)| {
        let same = key == before;
        if same {
            first.places.append(&mut address.places);
        }
        same
    });
    all
}

/// By what an address falls to a shard: the host that is asked, with its port where it has one of its own, or itself
/// where nobody is.
fn shard_key<'a>(key: &'a AddressKey, ask: &'a VerdictSource, policy: &'a CheckOptions) -> Cow<'a, str> {
    match ask {
        VerdictSource::Gitlab(thing) if target::is_on_instance(&thing.url, &policy.gitlab_host) => {
            Cow::Borrowed(&policy.gitlab_host)
        }
        VerdictSource::Gitlab(thing) => Cow::Owned(target::host_with_port(&thing.url)),
        VerdictSource::Web(url) => Cow::Owned(target::host_with_port(url)),
        VerdictSource::Known(_) | VerdictSource::Shard(_) | VerdictSource::Offline => Cow::Borrowed(&key.0),
    }
}

/// Among which documents an address means the same, if not in its own alone: all, or those of one tree.
fn sharing_scope(document: &Document<'_>, address: &str) -> Option<usize> {
    let tree = document.local_files.map(|(local, _)| local);
    let whole = address.starts_with("https://") || address.starts_with("http://");
    let from_root =
        address.starts_with('/') && (document.site_url.is_none() || tree.is_some_and(LocalFiles::is_hugo_site));
    match tree {
        Some(tree) if tree.is_hugo_site() => (whole
            || from_root && document.local_files.is_some_and(|(tree, path)| tree.is_content_file(path)))
        .then_some(ptr::from_ref(tree).addr()),
        Some(tree) if from_root => Some(ptr::from_ref(tree).addr()),
        _ => whole.then_some(0),
    }
}

/// What tells an address of a document from others, what it is, and who is asked.
fn classify(
    document: &Document<'_>,
    address: &str,
    policy: &CheckOptions,
    hosts: &BTreeSet<String>,
) -> (AddressKey, LinkKind, VerdictSource) {
    let with_scheme = add_scheme_of_site(document, address);
    let whole = with_scheme.as_ref().map_or(address, Url::as_str);
    let target = match instances::parse_target(whole, policy, hosts) {
        // A site knows no references.
        Target::Reference { .. } if is_page_of_a_site(document) => target::parse_as_path(address),
        target => target,
    };
    let kind = target.kind();
    if let Some(found) = resolve_in_local_files(document, &target, address) {
        let key = (address.into(), Some(found.destination.into()));
        return (key, kind, skip_or_else(address, policy, || VerdictSource::Known(Arc::new(found.assessment))));
    }
    let resolved = match &target {
        Target::RootRelativePath(path) => document.site_url.and_then(|site| site.join(path).ok()),
        _ => with_scheme,
    };
    let key = (address.into(), resolved.as_ref().map(|url| url.as_str().into()));
    let target = resolved.map_or(target, |url| instances::parse_target(url.as_str(), policy, hosts));
    (key, kind, skip_or_else(address, policy, || choose_source(target, address, policy)))
}

/// An address that begins with its host has the scheme of the page that it stands on (RFC 3986, section 4.2), where that
/// is known.
fn add_scheme_of_site(document: &Document<'_>, address: &str) -> Option<Url> {
    let address = address.trim();
    document.site_url.filter(|_| address.starts_with("//"))?.join(address).ok()
}

/// Whether a document is shown by a site, and not by GitLab.
fn is_page_of_a_site(document: &Document<'_>) -> bool {
    match document.local_files {
        Some((local, path)) if local.is_hugo_site() => local.is_content_file(path),
        _ => document.site_url.is_some(),
    }
}

/// Where a link without a host leads among the files around its document, if these are looked at.
fn resolve_in_local_files(document: &Document<'_>, target: &Target, address: &str) -> Option<files::ResolvedLink> {
    let (local, path) = document.local_files?;
    let base = document.site_url.map_or("", |site| site.path().trim_end_matches('/'));
    match target {
        // A site has an address of its own, and its files were not given.
        Target::RootRelativePath(_) if document.site_url.is_some() && !local.is_hugo_site() => None,
        // Where a site is a folder of its host, what stands outside may be somebody else's.
        Target::RootRelativePath(to) if !base.is_empty() && local.is_content_file(path) => {
            match path_below_base(to, base) {
                Some(below) => Some(local.resolve_on_site(&below)),
                None => Some(local.resolve(path, address)).filter(|found| found.assessment.verdict != Verdict::Dead),
            }
        }
        Target::SamePage | Target::RootRelativePath(_) | Target::RelativePath | Target::Placeholder | Target::Empty => {
            Some(local.resolve(path, address))
        }
        // A file or place of this name is there, whatever else it could refer to.
        Target::Reference { .. } => Some(local.resolve(path, address))
            .filter(|found| matches!(found.assessment.verdict, Verdict::Alive | Verdict::FragmentUnverifiable)),
        Target::IncludedFile(named) => local.resolve_included(path, named),
        Target::Handbook(url) | Target::Docs(url) | Target::Web(url) => {
            // The site's own pages by their whole addresses.
            document.site_url.filter(|site| local.is_hugo_site() && site.origin() == url.origin())?;
            let fragment = url.fragment().map(|place| format!("#{place}")).unwrap_or_default();
            Some(local.resolve_on_site(&format!("{}{fragment}", path_below_base(url.path(), base)?)))
        }
        _ => None,
    }
}

/// A path as it is seen from a site's own; its front page is `/`.
fn path_below_base(path: &str, base: &str) -> Option<String> {
    match path.strip_prefix(base)? {
        rest if rest.starts_with('/') => Some(rest.to_owned()),
        rest if rest.is_empty() || rest.starts_with(['?', '#']) => Some(format!("/{rest}")),
        _ => None,
    }
}

/// Nobody about what the policy skips.
fn skip_or_else(address: &str, policy: &CheckOptions, otherwise: impl FnOnce() -> VerdictSource) -> VerdictSource {
    match policy.skip_reason(address) {
        Some(reason) => VerdictSource::known(Verdict::Skipped, reason.to_owned()),
        None => otherwise(),
    }
}

/// Who is asked about an address, or the verdict that needs nobody.
fn choose_source(target: Target, address: &str, policy: &CheckOptions) -> VerdictSource {
    match target {
        Target::Docs(url) | Target::Handbook(url) | Target::Web(url) | Target::Video { url, .. }
            if policy.example_hosts.skips(&url) =>
        {
            VerdictSource::known(Verdict::Skipped, example_hosts::SKIPPED_REASON)
        }
        Target::Gitlab(thing) => VerdictSource::Gitlab(Box::new(thing)),
        Target::Docs(url) | Target::Handbook(url) | Target::Web(url) | Target::Video { youtube: None, url } => {
            VerdictSource::Web(Arc::new(url))
        }
        // The page answers 200 for removed videos too; the picture does not (fact sheet on links, section 5.3).
        Target::Video { youtube: Some(id), url } => {
            let picture = Url::parse(&format!("https://img.youtube.com/vi/{id}/0.jpg"));
            VerdictSource::Web(Arc::new(picture.unwrap_or(url)))
        }
        Target::Slack => VerdictSource::known(Verdict::Login, slack::login_reason(address)),
        Target::Mail(address) => match check_options::mailto_problem(&address) {
            None => VerdictSource::known(Verdict::Alive, ""),
            Some(problem) => VerdictSource::known(Verdict::Dead, problem),
        },
        Target::SamePage => {
            VerdictSource::known(Verdict::FragmentUnverifiable, "a place on the same page, which is not built here")
        }
        Target::RootRelativePath(_) => {
            VerdictSource::known(Verdict::Skipped, "no site is configured that root-relative links belong to")
        }
        Target::RelativePath => VerdictSource::known(Verdict::Skipped, "links relative to a document are not checked"),
        Target::Malformed(why) => VerdictSource::known(Verdict::Dead, why),
        Target::UnsupportedScheme => VerdictSource::known(Verdict::Blocked, "only http and https are visited"),
        Target::Placeholder => VerdictSource::known(Verdict::Skipped, target::PLACEHOLDER_REASON),
        Target::Empty => VerdictSource::known(Verdict::Alive, target::EMPTY_REASON),
        Target::Reference { target: Some(thing), .. } => VerdictSource::Gitlab(thing),
        Target::Reference { target: None, .. } => VerdictSource::known(
            Verdict::Skipped,
            "a reference that GitLab resolves in the project of the page, which is not known here",
        ),
        Target::WikiPage => {
            VerdictSource::known(Verdict::Skipped, "a page of the project's wiki, which is not looked at")
        }
        Target::IncludedFile(_) => VerdictSource::known(Verdict::Skipped, "files that are included are not looked at"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::link::{Link, LinkForm};
    use crate::text::Untrusted;

    #[test]
    fn a_host_is_one_shards_whoever_is_asked() {
        let document = Document { path: "a.md", links: Cow::default(), site_url: None, local_files: None };
        let policy = CheckOptions { gitlab_host: "git.example:8443".to_owned(), ..CheckOptions::default() };
        let homes = ["a/b", "explore", "a/b/-/issues/1"].map(|path| {
            let address = format!("https://git.example:8443/{path}");
            let (key, _, ask) = classify(&document, &address, &policy, &BTreeSet::new());
            shard_key(&key, &ask, &policy).into_owned()
        });
        assert_eq!(BTreeSet::from(homes), BTreeSet::from(["git.example:8443".to_owned()]));
    }

    #[test]
    fn a_place_names_its_document_however_the_documents_are_shared_out_among_cores() {
        let address = |number: usize| format!("https://{number}.example/");
        let links: Vec<Vec<Link>> = (0..5 * MIN_CHUNK_DOCUMENTS).map(|number| vec![link(address(number))]).collect();
        let documents: Vec<Document<'_>> = links
            .iter()
            .map(|links| Document { path: "page.md", links: links.into(), site_url: None, local_files: None })
            .collect();
        let found = collect_links(documents.clone(), &CheckOptions::default(), &BTreeSet::new(), Connectivity::Online);
        assert_eq!(found.len(), documents.len());
        for ((url, _), found) in found {
            assert_eq!(*url, *address(found.places[0].document));
        }
    }

    /// RFC 3986, section 4.2: a network-path reference has the scheme of its page.
    #[test]
    fn an_address_that_begins_with_its_host_has_the_scheme_of_its_site() {
        let asked = |site: Option<&str>, address| {
            let site = site.map(|site| site.parse().unwrap());
            let document = Document { path: "a.md", links: Cow::default(), site_url: site.as_ref(), local_files: None };
            let (key, _, source) = classify(&document, address, &CheckOptions::default(), &BTreeSet::new());
            assert_eq!(&*key.0, address);
            match source {
                VerdictSource::Web(url) => url.to_string(),
                VerdictSource::Known(known) => known.verdict.as_str().to_owned(),
                _ => "another source".to_owned(),
            }
        };
        let http = Some("http://site.com/docs/");
        for (site, address, expected) in [
            (http, "//other.com/x", "http://other.com/x"),
            (http, " //other.com/x#y", "http://other.com/x#y"),
            (http, "/x", "http://site.com/x"),
            (http, "https://other.com/x", "https://other.com/x"),
            (Some("https://site.com/"), "//other.com/x", "https://other.com/x"),
            (None, "//other.com/x", "https://other.com/x"),
            (http, "//exa mple/", "dead"),
        ] {
            assert_eq!(asked(site, address), expected, "{site:?} {address}");
        }
    }

    /// `lib/banzai/filter/references/abstract_reference_filter.rb`: a whole target that refers is a reference.
    #[test]
    fn a_reference_is_asked_of_its_project_or_skipped_unless_something_has_its_name() {
        let policy = CheckOptions { gitlab_host: "git.example".to_owned(), ..CheckOptions::default() };
        let verdict = |site, address| {
            let text = "# T\n\n<a name=\"5\"></a>\n";
            let documents = vec![files::LocalDocument {
                path: "content/a.md".to_owned(),
                front_matter: files::FrontMatter::default(),
                anchors: Some(files::DocumentAnchors::parse(text)),
            }];
            let local = LocalFiles::new(site, Box::new(NoFiles), documents);
            let document = Document {
                path: "a.md",
                links: Cow::default(),
                site_url: None,
                local_files: Some((&local, "content/a.md")),
            };
            match classify(&document, address, &policy, &BTreeSet::new()).2 {
                VerdictSource::Known(known) => known.verdict.as_str().to_owned(),
                VerdictSource::Gitlab(thing) => thing.url.into(),
                _ => "another source".to_owned(),
            }
        };
        for (address, in_tree, on_site) in [
            ("#123", "skipped", "fragment_dead"),
            ("#5", "alive", "alive"),
            ("!12", "skipped", "dead"),
            ("group/project#4", "https://git.example/group/project/-/issues/4", "dead"),
            ("group/project!4", "https://git.example/group/project/-/merge_requests/4", "dead"),
            ("[[Page]]", "skipped", "skipped"),
            ("::include{file=b.md}", "dead", "skipped"),
            ("::include{file=a.md}", "alive", "skipped"),
            ("gone.md#12", "dead", "dead"),
        ] {
            let found = [files::SiteKind::Tree, files::SiteKind::Hugo].map(|site| verdict(site, address));
            assert_eq!(found, [in_tree, on_site], "{address}");
        }
    }

    struct NoFiles;

    impl files::FileSystem for NoFiles {
        fn entry_kind(&self, _: &str) -> Option<files::FileKind> {
            None
        }

        fn read_text(&self, _: &str) -> Option<String> {
            None
        }
    }

    fn link(url: String) -> Link {
        let (text, section) = (Untrusted::default(), Untrusted::default());
        Link { url, text, line: 1, column: 1, section: section.into(), form: LinkForm::Bare, kind: None }
    }
}
