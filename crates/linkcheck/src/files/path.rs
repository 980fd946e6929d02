//! Paths with `/` between their parts, relative to a root that they never leave.

/// The path of `to` seen from a folder; `None` where it leads above the root.
pub(super) fn join(folder: &str, to: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in to.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The folder that a file stands in; empty for the root.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The path without the extension of its file.
pub(super) fn without_extension(path: &str) -> &str {
    let (folder_end, file) = path.rsplit_once('/').map_or((0, path), |(folder, file)| (folder.len() + 1, file));
    file.rsplit_once('.').map_or(path, |(stem, _)| &path[..folder_end + stem.len()])
}

/// The name that a page goes by among others: its file's, or its folder's where the file is the folder's page.
pub(super) fn page_name(path: &str) -> String {
    page_path(path).rsplit('/').next().unwrap_or_default().to_lowercase()
}

/// A page's path in the site: `a/b/_index.md`, `a/b/index.md` and `a/b.md` are `a/b`.
pub(super) fn page_path(path: &str) -> &str {
    let stem = without_extension(path);
    let own = |name: &str| stem.strip_suffix(name).filter(|rest| rest.is_empty() || rest.ends_with('/'));
    own("_index").or_else(|| own("index")).map_or(stem, |folder| folder.trim_end_matches('/'))
}

/// The path of `to` seen from a folder, where `..` at the root leads to the root, as in browsers.
pub(super) fn join_below_root(folder: &str, to: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in to.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_and_never_leave_the_root() {
        for (folder, to, joined_path) in [
            ("a/b", "c.md", Some("a/b/c.md")),
            ("a/b", "../c.md", Some("a/c.md")),
            ("a", "./x//y/", Some("a/x/y")),
            ("a", "../..", None),
            ("", "..", None),
            ("a", "..", Some("")),
        ] {
            assert_eq!(join(folder, to).as_deref(), joined_path, "{folder} {to}");
        }
    }

    #[test]
    fn a_page_goes_by_its_file_or_its_folder() {
        for (path, page, name) in [
            ("a/b/_index.md", "a/b", "b"),
            ("a/b/index.md", "a/b", "b"),
            ("a/C.md", "a/C", "c"),
            ("_index.md", "", ""),
            ("a/my_index.md", "a/my_index", "my_index"),
            ("a.b/c", "a.b/c", "c"),
        ] {
            assert_eq!((page_path(path), page_name(path).as_str()), (page, name), "{path}");
        }
    }
}
