//! Tokens out of the environment, by the names that the configuration gives.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::SecretString;

use super::CliError;
use super::context::Context;
use crate::config::regular_file::read_regular_text;
use crate::config::{Config, TokenVariables};
use crate::gitlab::{Token, TokenPurpose};

/// The most bytes of a file that holds one token.
const MAX_TOKEN_FILE_BYTES: usize = 64 * 1024;

/// The tokens that the configuration names, out of the environment; the one for `need` has to be there,
/// but a public handbook needs none.
pub(super) fn read_tokens(
    need: TokenPurpose,
    config: &Config,
    context: &Context<'_>,
) -> Result<BTreeMap<TokenPurpose, Token>, CliError> {
    let names = &config.token_variables;
    let mut tokens = BTreeMap::new();
    for purpose in TokenPurpose::ALL {
        let Some(name) = variable_of(purpose, names) else { continue };
        match read_token(name, context)? {
            Some(secret) => {
                context.redactor.add_secret(&secret);
                tokens.insert(purpose, Token { name: name.to_owned(), secret });
            }
            None if purpose == TokenPurpose::Pairing && need == TokenPurpose::Pairing => {
                let sandbox =
                    if cfg!(feature = "sandbox") { "\n`podkeeper apply --sandbox` works without any" } else { "" };
                return Err(CliError::usage(format!(
                    "no token given: put one with scope `api` into {name} (or a file's path into {name}_FILE){sandbox}"
                )));
            }
            None => {}
        }
    }
    Ok(tokens)
}

/// The variable that holds the token for a purpose, where one may hold it.
pub(super) fn variable_of(purpose: TokenPurpose, names: &TokenVariables) -> Option<&str> {
    let default = Some(&names.default);
    let name = match purpose {
        TokenPurpose::Pairing => names.pairing.as_ref().or(default),
        TokenPurpose::Handbook => names.handbook.as_ref().or(default),
        TokenPurpose::Agents => names.agents.as_ref().or(default),
        TokenPurpose::Reports => names.reports.as_ref().or(default),
        // The default token sees what readers do not: it serves links only where it is named for them.
        TokenPurpose::Links => names.links.as_ref(),
        TokenPurpose::Anybody => None,
    };
    name.map(String::as_str)
}

/// A token from its variable, or from the file that its `…_FILE` variable names.
pub(super) fn read_token(name: &str, context: &Context<'_>) -> Result<Option<SecretString>, CliError> {
    if let Some(value) = context.env_var(name) {
        return parse_token(name, value).map(Some);
    }
    let Some(path) = context.env_var(&format!("{name}_FILE")) else { return Ok(None) };
    match read_regular_text(Path::new(path), MAX_TOKEN_FILE_BYTES) {
        Ok(text) if text.trim().is_empty() => Err(CliError::usage(format!("the file that {name}_FILE names is empty"))),
        Ok(text) => parse_token(&format!("the file of {name}_FILE"), &text).map(Some),
        Err(error) => Err(CliError::usage(format!("the file {path} that {name}_FILE names cannot be read ({error})"))),
    }
}

/// A token as GitLab issues them: one word, long enough to be told from ordinary text wherever it appears.
fn parse_token(from: &str, text: &str) -> Result<SecretString, CliError> {
    let text = text.trim();
    if text.len() < 16 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(CliError::usage(format!("{from} holds no token: one is a single word of 16 or more characters")));
    }
    Ok(SecretString::from(text.to_owned()))
}
