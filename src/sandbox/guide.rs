//! What the sandbox's own pages and the command `sandbox` say to those who try podkeeper in it.

use gitlab_sandbox::{Guide, ShellExample};

/// The seed's tokens, by name, with what each is for.
const TOKENS: [(&str, &str); 7] = [
    ("api", "podkeeper's own"),
    ("read_api", "its bot, reads only"),
    ("read_repository", "its bot, files only"),
    ("person", "a person at work"),
    ("admin", "may do everything"),
    ("job", "a CI job's own"),
    ("expired", "is refused"),
];

/// What stands on the pages.
pub fn guide() -> Guide {
    let what = "What podkeeper would do, and then all of it; run it twice, and the second time it finds nothing to do:";
    let lines = ["podkeeper plan --sandbox={url}", "podkeeper apply --sandbox={url}"];
    let example = ShellExample { description: what.to_owned(), lines: lines.map(str::to_owned).into() };
    Guide {
        name: "podkeeper sandbox".to_owned(),
        examples: vec![example],
        token_purposes: TOKENS.iter().map(|(name, purpose)| ((*name).to_owned(), (*purpose).to_owned())).collect(),
    }
}

/// What a token is for, by its name; nothing for a token that is not the seed's.
pub fn token_purpose(token: &str) -> &'static str {
    TOKENS.iter().find(|(name, _)| *name == token).map_or("", |(_, purpose)| purpose)
}
