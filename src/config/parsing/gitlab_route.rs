//! The way to GitLab where it is not this machine's own: a certificate authority, and a proxy.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use toml::Spanned;
use url::Url;

use super::value::{is_host_written_out, is_path_below_folder, parse_web_address};
use crate::config::problem::Problem;
use crate::config::{CaFile, ConfigFiles, GitlabRoute, INSTANCE_FILE, raw};

/// `[gitlab] ca_file` and `proxy`. `gitlab` is the address, where the file gives one.
pub(super) fn parse_gitlab_route(
    files: &ConfigFiles,
    written: &raw::Gitlab,
    gitlab: Option<&Url>,
    problems: &mut Vec<Problem>,
) -> GitlabRoute {
    let ca_file = written.ca_file.as_ref().and_then(|name| parse_ca_file(files, name, problems));
    let proxy = written.proxy.as_ref().and_then(|proxy| parse_proxy(files, proxy, problems));
    let first = written.proxy.as_ref().or(written.ca_file.as_ref());
    if let (Some("http"), Some(key)) = (gitlab.map(Url::scheme), first) {
        problems.push(Problem {
            path: format!("{}/{INSTANCE_FILE}", files.folder),
            span: Some(key.span()),
            message: "[gitlab] url is no https address, so there is no certificate to check, and a proxy would read the token"
                .to_owned(),
            help: "take this out, or write the https address of the GitLab".to_owned(),
        });
    }
    GitlabRoute { ca_file, proxy }
}

fn parse_ca_file(files: &ConfigFiles, name: &Spanned<String>, problems: &mut Vec<Problem>) -> Option<CaFile> {
    let path = name.get_ref();
    let mut wrong = |message: String, help: &str| {
        let (path, help) = (format!("{}/{INSTANCE_FILE}", files.folder), help.to_owned());
        problems.push(Problem { path, span: Some(name.span()), message, help });
    };
    if !is_path_below_folder(path) {
        wrong("this is no path below the configuration folder".to_owned(), "write for example ca.pem");
        return None;
    }
    if let Some(why) = files.refused.get(path) {
        wrong(format!("the file {path} {why}"), "put the certificates themselves there");
        return None;
    }
    let Some(pem) = files.texts.get(path) else {
        wrong(
            format!("there is no file {path} in {}", files.folder),
            "put the certificates of your authority there, in PEM",
        );
        return None;
    };
    if let Err(why) = check_certificates(pem) {
        wrong(format!("the file {path} {why}"), "put the certificates of your authority there, in PEM");
        return None;
    }
    Some(CaFile { path: path.clone(), pem: pem.clone() })
}

/// Whether a text is certificates in PEM (RFC 7468, section 5), as far as that can be told without reading them.
fn check_certificates(pem: &str) -> Result<(), &'static str> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    if pem.contains("PRIVATE KEY-----") {
        return Err("holds a private key, which no client needs; take it out and make a new one");
    }
    let mut parts = pem.split(BEGIN).skip(1).peekable();
    if parts.peek().is_none() {
        return Err("holds no certificate in PEM");
    }
    for part in parts {
        let body = part.split_once(END).ok_or("holds a certificate without an end")?.0;
        let body: String = body.split_whitespace().collect();
        // A certificate is a sequence (RFC 5280, section 4.1), which DER begins with 0x30.
        let der = STANDARD.decode(body).ok().filter(|der| der.first() == Some(&0x30));
        der.ok_or("holds a certificate that cannot be read")?;
    }
    Ok(())
}

/// A proxy's origin. It is asked to connect and sees nothing of what follows, so it may be asked in plain http.
fn parse_proxy(files: &ConfigFiles, written: &Spanned<String>, problems: &mut Vec<Problem>) -> Option<Url> {
    let text = written.get_ref();
    let help = "write for example http://proxy.example.com:3128, without user and password";
    let mut wrong = |message: &str| {
        // Whatever is too much in it may be a secret: its line is named and not shown.
        problems.push(files.hidden_line_problem(
            INSTANCE_FILE,
            written,
            &format!("holds a bad address: {message}; {help}"),
        ));
    };
    let Some(url) = parse_web_address(text).filter(|url| url.path() == "/") else {
        wrong("this is no http(s) address of a proxy without user, password, path, query and fragment");
        return None;
    };
    if !is_host_written_out(text, &url) {
        wrong("this host is not written in plain ASCII");
        return None;
    }
    Some(url)
}
