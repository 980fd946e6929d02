//! The file that describes the instance.

use toml::Spanned;
use url::Url;

use super::value::web_address;
use crate::config::problem::Problem;
use crate::config::{Files, INSTANCE_FILE, TokenNames, raw};

pub(super) const DEFAULT_TOKEN: &str = "PODKEEPER_TOKEN";

/// GitLab's address, where the file gives one.
pub(super) fn url(files: &Files, instance: &raw::Instance, problems: &mut Vec<Problem>) -> Option<Url> {
    let written = instance.gitlab.url.as_ref()?;
    let url = web_address(written.get_ref());
    if url.is_none() {
        problems.push(Problem {
            path: format!("{}/{INSTANCE_FILE}", files.folder),
            span: Some(written.span()),
            message: "this is no address of a GitLab".to_owned(),
            help: "write for example https://gitlab.com".to_owned(),
        });
    }
    url
}

/// The names of the variables that hold tokens.
pub(super) fn token_names(files: &Files, tokens: &raw::Tokens, problems: &mut Vec<Problem>) -> TokenNames {
    let mut name = |written: Option<&Spanned<String>>| -> Option<String> {
        let written = written?;
        let good = written.get_ref().starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && written.get_ref().chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if !good {
            // It may be a token that somebody wrote here: its line is named and not shown.
            let text = files.texts.get(INSTANCE_FILE).map_or("", String::as_str);
            let line = text.get(..written.span().start).map_or(1, |before| before.matches('\n').count() + 1);
            let message = format!(
                "line {line} has no name of an environment variable; write for example PODKEEPER_TOKEN, \
                 never the token itself"
            );
            problems.push(Problem::whole_file(&format!("{}/{INSTANCE_FILE}", files.folder), message));
        }
        Some(written.get_ref().clone())
    };
    TokenNames {
        default: name(tokens.default.as_ref()).unwrap_or_else(|| DEFAULT_TOKEN.to_owned()),
        pairing: name(tokens.pairing.as_ref()),
        handbook: name(tokens.handbook.as_ref()),
        agents: name(tokens.agents.as_ref()),
        reports: name(tokens.reports.as_ref()),
    }
}
