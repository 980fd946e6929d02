//! Words that GitLab reserves, so that no group and no project has them for its path (its `lib/gitlab/path_regex.rb`).

/// First segments that can be no group and no user.
pub(super) const TOP_LEVEL: &[&str] = &[
    "-",
    ".well-known",
    "404.html",
    "admin",
    "api",
    "apple-touch-icon.png",
    "assets",
    "dashboard",
    "explore",
    "favicon.ico",
    "favicon.png",
    "files",
    "health_check",
    "help",
    "import",
    "invites",
    "jwt",
    "login",
    "oauth",
    "profile",
    "projects",
    "public",
    "robots.txt",
    "s",
    "search",
    "sitemap",
    "sitemap.xml",
    "snippets",
    "unsubscribes",
    "uploads",
    "users",
    "v2",
];

/// Whether a segment is a number, as that of an issue.
pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
