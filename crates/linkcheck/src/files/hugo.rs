//! A site that Hugo builds: which page has which address, and where its links lead (Hugo docs, "URL management", "ref"
//! and "Link render hooks").

mod address;
mod bundles;
mod config;
mod content;
mod get_page;
mod link_hook;
mod page_templates;
mod publication;
mod redirects;
mod shortcodes;
mod unlisted;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use chrono::NaiveDate;

use super::anchors::DocumentAnchors;
use super::suggestions::{Nearest, Work};
use super::{Destination, FileKind, FileSystem, LocalDocument, path};
use crate::markdown::headings::is_markdown_path;
use address::{PageAddress, page_address};
use bundles::Bundles;
use config::SiteConfig;
use content::{ContentFolders, ContentPath, below, join};
use link_hook::LinkHook;
use page_templates::{HeadingHook, template_ids};
use publication::{Cascades, Publication, files_publication, publication};
use redirects::{RedirectAction, Redirects};
pub(super) use shortcodes::MadeAnchor;
use shortcodes::Shortcodes;

/// Hugo's folder of pages, at the root of the site.
const CONTENT_FOLDER: &str = "content";
/// Files from which a site gets its `_redirects` (GitLab docs, "GitLab Pages redirects").
const REDIRECT_FILES: [&str; 7] = [
    "static/_redirects",
    "layouts/index.redirects",
    "layouts/home.redirects",
    "layouts/_default/index.redirects",
    "layouts/_default/home.redirects",
    "content/index.redirects",
    "index.redirects",
];

/// The pages of a site, with their addresses.
pub(super) struct HugoSite {
    pages: Vec<Page>,
    by_document: BTreeMap<String, usize>,
    /// By language and the path that pages are found by.
    by_key: BTreeMap<(usize, String), usize>,
    /// By address, those of folders without slashes at their ends.
    by_address: BTreeMap<String, usize>,
    by_lower_address: BTreeMap<String, usize>,
    /// The paths that pages had before.
    aliases: BTreeMap<String, usize>,
    /// By language and the name they go by.
    names: BTreeMap<(usize, String), BTreeSet<usize>>,
    bundles: Bundles,
    /// Whether the address of a page is not known: it may be any that is missing.
    has_unknown_address: bool,
    redirects: Redirects,
    config: SiteConfig,
    /// Whether pages stand in folders of their own, and nothing else is one.
    has_content: bool,
    content: ContentFolders,
    hook: LinkHook,
    heading_hook: HeadingHook,
    /// The folders of pages that themes bring.
    theme_contents: Vec<String>,
    /// The ids that templates put on pages, read when the first is asked for.
    template_ids: OnceLock<BTreeSet<String>>,
    shortcodes: Shortcodes,
}

/// A page of a site.
struct Page {
    document: String,
    content: ContentPath,
    address: PageAddress,
    publication: Publication,
    /// Whether the files beside it are published.
    files: Publication,
}

impl HugoSite {
    /// `today` decides which pages are published, where it is known.
    pub(super) fn new(local_documents: &[LocalDocument], files: &dyn FileSystem, today: Option<NaiveDate>) -> Self {
        let mut config = SiteConfig::read(files);
        let folders = ContentFolders::new(&config);
        let is_there =
            |folder: &str| matches!(files.entry_kind(folder), Some(FileKind::Folder | FileKind::OutsideRoot));
        let has_content = { folders.sources() }.any(is_there);
        // Pages that are brought from elsewhere when the site is built.
        let has_other_pages = config.is_found && !{ folders.sources() }.all(is_there);
        let content = if has_content { folders } else { ContentFolders::whole_tree() };
        let redirect_texts: Vec<String> =
            REDIRECT_FILES.iter().filter_map(|path| config.read_settings(path, files)).collect();
        let redirects = Redirects::parse(redirect_texts.into_iter(), files);
        let mut site = Self {
            pages: Vec::with_capacity(local_documents.len()),
            by_document: BTreeMap::new(),
            by_key: BTreeMap::new(),
            by_address: BTreeMap::new(),
            by_lower_address: BTreeMap::new(),
            aliases: BTreeMap::new(),
            names: BTreeMap::new(),
            bundles: Bundles::default(),
            has_unknown_address: has_other_pages,
            redirects,
            hook: LinkHook::find(&config, files),
            heading_hook: HeadingHook::find(&config, files),
            theme_contents: theme_contents(files),
            template_ids: OnceLock::new(),
            config,
            has_content,
            content,
            shortcodes: Shortcodes::default(),
        };
        site.add_pages(local_documents, today);
        site
    }

    fn add_pages(&mut self, local_documents: &[LocalDocument], today: Option<NaiveDate>) {
        let locate = |document: &'_ LocalDocument| {
            let is_left_out = self.config.is_ignored_file(&document.path);
            if is_left_out { None } else { self.content.locate(&document.path, &self.config) }
        };
        let mut located: Vec<_> =
            local_documents.iter().filter_map(|document| Some((document, locate(document)?))).collect();
        if self.has_content {
            for (document, content) in &located {
                self.bundles.add_leaf(&document.path, content);
            }
            located.retain(|(document, content)| !self.bundles.note_part(&document.path, content));
        }
        let mut cascades = Cascades::default();
        for (document, content) in &located {
            cascades.add(content, &document.front_matter);
        }
        for (document, content) in located {
            let front = &document.front_matter;
            let own = publication(&content, front, &self.config, today);
            // What a page says itself counts before what is given to it.
            let publication = if own == Publication::Built && front.render.is_none() {
                cascades.find(&content).unwrap_or(own)
            } else {
                own
            };
            let files = files_publication(&content, front, &self.config, today);
            let address = page_address(&content, front, &self.config);
            let page = Page { document: document.path.clone(), content, address, publication, files };
            self.add_page(page, &front.aliases);
        }
    }

    fn add_page(&mut self, page: Page, aliases: &[String]) {
        let at = self.pages.len();
        let key = page.content.key();
        // What is not built hides nothing of another page.
        let is_built = !matches!(page.publication, Publication::NotBuilt(_));
        self.has_unknown_address |= is_built && page.address == PageAddress::Unknown;
        if let PageAddress::Folder(address) | PageAddress::File(address) = &page.address {
            if is_built || !self.by_address.contains_key(address) {
                self.by_address.insert(address.clone(), at);
            }
            self.by_lower_address.entry(address.to_lowercase()).or_insert(at);
        }
        let prefix = self.config.language_prefix(page.content.language);
        for alias in aliases.iter().filter(|_| is_built && !self.config.disables_aliases) {
            let alias = match alias.strip_prefix('/') {
                Some(from_root) => path::join(prefix, from_root),
                // Seen from the folder of the page's address (`hugolib/site.go`, `publishDestAlias`).
                None => page.address.base().and_then(|base| path::join(path::parent(base), alias)),
            };
            if let Some(alias) = alias {
                self.aliases.insert(alias, at);
            }
        }
        self.names.entry((page.content.language, path::page_name(&key))).or_default().insert(at);
        self.by_key.insert((page.content.language, key), at);
        self.bundles.add_page(at, &page.document, &page.content, prefix);
        self.by_document.insert(page.document.clone(), at);
        self.pages.push(page);
    }

    /// Whether a document is a page of the site.
    pub(super) fn is_content_file(&self, path: &str) -> bool {
        !self.has_content || self.content.contains(path)
    }

    /// Whether the page of a document has an anchor that its Markdown alone does not tell of.
    pub(super) fn make_anchor(&self, anchors: &DocumentAnchors, wanted: &str, files: &dyn FileSystem) -> MadeAnchor {
        let by_template = self.template_ids.get_or_init(|| template_ids(files)).contains(wanted);
        if by_template || anchors.has_on_block(wanted, self.config.ids) {
            return MadeAnchor::There;
        }
        match self.shortcodes.make_anchor(anchors, wanted, &self.config, files) {
            MadeAnchor::NotThere if self.config.ids.names_terms && anchors.may_have_terms() => {
                MadeAnchor::Unknown("a term that is described".to_owned())
            }
            MadeAnchor::NotThere if self.heading_hook != HeadingHook::Absent => {
                MadeAnchor::Unknown("a template of headings".to_owned())
            }
            made => made,
        }
    }

    /// Whether the headings of a document have this anchor on its page.
    pub(super) fn has_anchor(&self, anchors: &DocumentAnchors, wanted: &str) -> bool {
        match self.heading_hook {
            HeadingHook::Own => anchors.has_beside_headings(wanted, self.config.ids),
            HeadingHook::Absent | HeadingHook::OfSomePages => anchors.has_on_hugo(wanted, self.config.ids),
        }
    }

    /// What is near to an anchor that is not on the page of a document.
    pub(super) fn nearest_anchor(&self, anchors: &DocumentAnchors, wanted: &str, work: &Work) -> Nearest {
        anchors.nearest_on_hugo(wanted, self.config.ids, work)
    }

    /// Where a visitor comes who follows this path from a page.
    pub(super) fn resolve_path(&self, from: &str, to: &str, files: &dyn FileSystem) -> Destination {
        let page = self.find_page(from);
        if let Some(why) = self.config.unlike_files_reason() {
            // Which page has which address is not known, nor which name stands for which page.
            let beside = path::join(path::parent(from), to).filter(|path| !to.starts_with('/') && !path.is_empty());
            return { beside }.and_then(|path| file_or_outside(path, files)).unwrap_or(Destination::Unknown(why));
        }
        if self.hook == LinkHook::Embedded {
            let language = page.map_or(0, |page| page.content.language);
            let named = self.get_page(page, to, false).map(|at| self.page_destination(at));
            let named = named.or_else(|| self.find_made_page(to, language));
            if let Some(found) = named.or_else(|| self.find_resource(page, to, files)) {
                return found;
            }
        }
        self.browse(page, to, files)
    }

    /// Where a hook may lead instead, of which it is not known whether there is one: the better place counts.
    pub(super) fn resolve_by_unknown_hook(&self, from: &str, to: &str, files: &dyn FileSystem) -> Option<Destination> {
        if self.hook != LinkHook::Unknown || self.config.unlike_files_reason().is_some() {
            return None;
        }
        // A picture beside the document is one that a theme may find.
        let beside = if to.starts_with('/') { None } else { path::join(path::parent(from), to) };
        self.named_for_any_hook(self.find_page(from), to).or_else(|| file_or_outside(beside?, files))
    }

    /// The page of a document, or the one that it is part of.
    fn find_page(&self, document: &str) -> Option<&Page> {
        let owner = || {
            let folder = self.bundles.folder_of_part(document)?;
            self.bundles.page_of_folder(folder, self.config.languages.len())
        };
        self.by_document.get(document).copied().or_else(owner).map(|at| &self.pages[at])
    }

    /// The page of a name, as any hook may find it: a Markdown file has to be there, whatever a theme does, and pages
    /// have no `.html`.
    fn named_for_any_hook(&self, page: Option<&Page>, to: &str) -> Option<Destination> {
        if to.trim_end_matches('/').rsplit_once('.').is_some_and(|(_, ending)| ending == "html") {
            return None;
        }
        if !is_markdown_path(to) {
            return self.get_page(page, to, false).map(|at| self.page_destination(at));
        }
        let (language, document) = page.map_or((0, ""), |page| (page.content.language, page.document.as_str()));
        let paths = match to.strip_prefix('/') {
            Some(from_root) => self.content.source_paths(&path::join("", from_root)?, language, &self.config),
            None => vec![path::join(path::parent(document), to)?],
        };
        paths.iter().find_map(|path| self.by_document.get(path)).map(|at| self.page_destination(*at))
    }

    /// A file of the page's bundle, or of the site's assets.
    fn find_resource(&self, page: Option<&Page>, to: &str, files: &dyn FileSystem) -> Option<Destination> {
        let bundle = page.filter(|page| page.content.kind != content::PageKind::Single);
        let beside = bundle.and_then(|page| path::join(path::parent(&page.document), to));
        let assets = self
            .config
            .folders("assets")
            .into_iter()
            .filter_map(|mount| path::join(&mount.source, below(to.trim_start_matches('/'), &mount.target)?));
        beside
            .into_iter()
            .filter(|path| !self.is_document(path))
            .chain(assets)
            .find_map(|path| file_or_outside(path, files))
    }

    /// Where a browser goes from a page.
    fn browse(&self, page: Option<&Page>, to: &str, files: &dyn FileSystem) -> Destination {
        let slash = to.ends_with('/') || matches!(to.rsplit('/').next(), Some("." | ".."));
        if let Some(from_root) = to.strip_prefix('/') {
            let inside = match self.config.base_path.as_deref() {
                None | Some("") => Some(from_root),
                Some(base) => below(from_root, base).map(|rest| rest.trim_start_matches('/')),
            };
            return match inside.map(|inside| path::join("", inside)) {
                Some(Some(address)) => self.resolve_address(&address, slash, files),
                Some(None) => Destination::OutsideRoot,
                None => Destination::Unknown("the site stands below another path of its host"),
            };
        }
        let base = match page.map(|page| page.address.base()) {
            None => "",
            Some(Some(base)) => base,
            Some(None) => return Destination::Unknown(self.unknown_address_reason()),
        };
        match path::join(base, to) {
            Some(address) => self.resolve_address(&address, slash, files),
            // Browsers do not go above a host's first page (WHATWG URL Standard, "path state").
            None if self.config.base_path.as_deref() == Some("") => {
                self.resolve_address(&path::join_below_root(base, to), slash, files)
            }
            None => Destination::OutsideRoot,
        }
    }

    fn unknown_address_reason(&self) -> &'static str {
        self.config.unlike_files_reason().unwrap_or("the address of a page is made when the site is built")
    }

    /// Where an address of the site leads; `slash`: whether one stands behind it.
    fn resolve_address(&self, address: &str, slash: bool, files: &dyn FileSystem) -> Destination {
        let folder = address.strip_suffix("index.html").map(|folder| folder.trim_end_matches('/'));
        let address = folder.unwrap_or(address);
        if let Some(found) = self.find_by_address(address) {
            return self.page_destination(found);
        }
        if let Some(found) = self.find_static_file(address, files).or_else(|| self.find_bundled_file(address, files)) {
            return found;
        }
        // GitLab Pages adds the ending (its `internal/serving/disk/reader.go`), though not to the file of a folder.
        let with_ending = if folder.is_none() { self.find_by_address(&format!("{address}.html")) } else { None };
        if let Some(found) = with_ending {
            return self.page_destination(found);
        }
        if let Some(page) = self.aliases.get(address).or_else(|| self.aliases.get(&format!("{address}.html"))) {
            let page = &self.pages[*page];
            return match (page.publication, &page.address) {
                (Publication::Unknown(why), _) => Destination::Unknown(why),
                (_, PageAddress::Unknown) => Destination::Unknown(self.unknown_address_reason()),
                (_, address) => Destination::File { path: page.document.clone(), moved: Some(address.shown()) },
            };
        }
        match self.redirects.find_for_address(address, slash) {
            Some(RedirectAction::Redirect(to)) => return Destination::Redirected(to),
            Some(RedirectAction::Rewrite) => return Destination::Unknown("the server fills it from another address"),
            None => {}
        }
        if let Some(found) = self.find_listing(address) {
            return found;
        }
        match self.may_exist_reason(address, files) {
            Some(why) => Destination::Unknown(why),
            None => self.missing(address),
        }
    }

    /// Nothing is at an address; perhaps in another letter case.
    fn missing(&self, address: &str) -> Destination {
        let better = self.by_lower_address.get(&address.to_lowercase()).map(|at| &self.pages[*at]);
        let better = better.filter(|page| page.publication == Publication::Built).map(|page| page.address.shown());
        Destination::Missing {
            path: format!("/{address}/"),
            better: better.filter(|better| *better != format!("/{address}/")),
        }
    }

    fn find_by_address(&self, address: &str) -> Option<usize> {
        self.by_address.get(address).copied()
    }

    fn page_destination(&self, at: usize) -> Destination {
        let page = &self.pages[at];
        match page.publication {
            Publication::Built => Destination::File { path: page.document.clone(), moved: None },
            Publication::NotBuilt(why) => Destination::NotBuilt { path: page.document.clone(), why },
            Publication::Unknown(why) => Destination::Unknown(why),
        }
    }

    fn find_static_file(&self, address: &str, files: &dyn FileSystem) -> Option<Destination> {
        self.config.folders("static").into_iter().find_map(|mount| {
            let rest = below(address, &mount.target)?;
            let path = join(&mount.source, rest);
            ["", "/index.html", ".html"].iter().find_map(|end| file_or_outside(format!("{path}{end}"), files))
        })
    }
}

/// The folders with pages of a site, as its settings have them.
pub(super) fn content_folders(files: &dyn FileSystem) -> Vec<String> {
    let folders = ContentFolders::new(&SiteConfig::read(files));
    folders.sources().map(str::to_owned).collect()
}

/// The folders of pages of the themes that are there.
fn theme_contents(files: &dyn FileSystem) -> Vec<String> {
    let mut folders = Vec::new();
    files.visit_names("themes", &mut |name| folders.push(format!("themes/{name}/{CONTENT_FOLDER}")));
    folders.retain(|folder| files.entry_kind(folder) == Some(FileKind::Folder));
    folders
}

/// What is at a path, where it is a file or leads out of the site.
fn file_or_outside(path: String, files: &dyn FileSystem) -> Option<Destination> {
    match files.entry_kind(&path)? {
        FileKind::File => Some(Destination::File { path, moved: None }),
        FileKind::OutsideRoot => Some(Destination::OutsideRoot),
        FileKind::Unknown(why) => Some(Destination::Unknown(why)),
        FileKind::Folder | FileKind::NotInRepository(_) => None,
    }
}

/// What a `ref` or `relref` shortcode asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RefCall {
    /// The page and perhaps a place on it.
    pub(super) name: String,
    /// The language of the page, where it is not that of the document.
    pub(super) language: Option<String>,
}

/// Reads a `ref` or `relref` shortcode in any of its forms (Hugo docs, "Ref shortcode").
pub(super) fn parse_ref_shortcode(address: &str) -> Option<RefCall> {
    let text = address.trim().trim_start_matches('\\');
    let inside = text.strip_prefix("{{<").or_else(|| text.strip_prefix("{{%"))?;
    let inside = inside.trim().strip_prefix("relref").or_else(|| inside.trim().strip_prefix("ref"))?;
    let (mut name, mut language) = (None, None);
    let mut rest = inside.trim_start();
    while !rest.is_empty() && !rest.starts_with(">}}") && !rest.starts_with("%}}") {
        let named = rest.split_once('=').filter(|(key, _)| key.chars().all(char::is_alphanumeric));
        let (key, value) = named.unwrap_or(("", rest));
        let value = value.trim_start();
        let (value, behind) = match value.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) {
            Some(quote) => value[1..].split_once(quote)?,
            None => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        match key {
            "path" => name = Some(value),
            "lang" => language = Some(value),
            "" if name.is_none() => name = Some(value),
            "" if language.is_none() => language = Some(value),
            _ => {}
        }
        rest = behind.trim_start();
    }
    let language = language.filter(|language| !language.is_empty()).map(str::to_owned);
    Some(RefCall { name: name?.to_owned(), language })
}
