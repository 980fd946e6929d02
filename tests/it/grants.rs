//! Who may direct a secret where: the reviewed configuration, and only to hosts, variables and files that it may name.
//!
//! Each configuration asks for more than it may. The real program refuses it with file, line and reason, sends nothing,
//! and shows no byte of a secret or of a file that is not the configuration's.

use std::os::unix::fs::symlink;
use std::path::Path;

use crate::exit_codes::{
    ProgramOutput, config_of_gitlab, copy_config, empty_temp_folder, replace_in_file, run_podkeeper_with_env,
    serve_with_script,
};
use crate::support::{NOW, Stage};

/// What no message may hold: the secrets of the environment, and what stands in files beside the configuration.
const CANARIES: [&str; 4] =
    ["CANARY-token-0123456789", "CANARY-job-0123456789", "CANARY-aws-0123456789", "CANARY-file"];

fn environment() -> [(&'static str, &'static str); 4] {
    [
        ("PODKEEPER_TOKEN", CANARIES[0]),
        ("CI_JOB_TOKEN", CANARIES[1]),
        ("AWS_SECRET_ACCESS_KEY", CANARIES[2]),
        ("HOME", "/CANARY-home"),
    ]
}

#[track_caller]
fn assert_shows_nothing(reported: &ProgramOutput, what: &str) {
    let text = format!("{}{}", reported.out, reported.err);
    assert!(!text.contains("CANARY"), "{what}: {text}");
    assert!(!text.contains("panicked") && !text.contains("this is a bug"), "{what}: {text}");
}

/// A configuration in which one text is replaced by another; the line that holds `bad` is named, with the reason.
struct Greedy {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    bad: &'static str,
    reason: &'static str,
}

const DEFAULT: &str = "default = \"PODKEEPER_TOKEN\"";
const URL: &str = "url = \"https://gitlab.com\"";
const SITE: &str = "site = \"https://handbook.example.com\"";
const LIMITS: &str = "[limits]";
const PAIRING: &str = "project = \"our-group/support-pairing\"";
const NO_VARIABLE: &str = "does not name an environment variable of podkeeper's own";
const NOT_HTTPS: &str = "this is no https address";
const NOT_ASCII: &str = "this host is not written in plain ASCII";

const fn token(to: &'static str, reason: &'static str) -> Greedy {
    Greedy { file: "podkeeper.toml", from: DEFAULT, to, bad: to, reason }
}

const fn address(to: &'static str, reason: &'static str) -> Greedy {
    Greedy { file: "podkeeper.toml", from: URL, to, bad: to, reason }
}

const fn instance(to: &'static str, bad: &'static str, reason: &'static str) -> Greedy {
    Greedy { file: "podkeeper.toml", from: LIMITS, to, bad, reason }
}

const fn site(to: &'static str, reason: &'static str) -> Greedy {
    Greedy { file: "podkeeper.toml", from: SITE, to, bad: to, reason }
}

const fn template(to: &'static str, bad: &'static str, reason: &'static str) -> Greedy {
    Greedy { file: "podkeeper.toml", from: PAIRING, to, bad, reason }
}

const fn route(to: &'static str, bad: &'static str, reason: &'static str) -> Greedy {
    Greedy { file: "podkeeper.toml", from: URL, to, bad, reason }
}

const GREEDY: [Greedy; 57] = [
    // Variables of other programs, and what is no variable.
    token("default = \"CI_JOB_TOKEN\"", NO_VARIABLE),
    token("default = \"HOME\"", NO_VARIABLE),
    token("default = \"AWS_SECRET_ACCESS_KEY\"", NO_VARIABLE),
    token("default = \"GITHUB_TOKEN\"", NO_VARIABLE),
    token("default = \"podkeeper_token\"", NO_VARIABLE),
    token("default = \"PODKEEPER\"", NO_VARIABLE),
    token("default = \"MY_PODKEEPER_TOKEN\"", NO_VARIABLE),
    token("default = \"PODKEEPER_TOKEN \"", NO_VARIABLE),
    token("default = \"PODKEEPER-TOKEN\"", NO_VARIABLE),
    token("default = \"PODKEEPER_tOKEN\"", NO_VARIABLE),
    token("default = \"\"", NO_VARIABLE),
    token("default = \"PODKEEPER_T\u{d6}KEN\"", NO_VARIABLE),
    token("default = \"PODKEEPER_TOKEN\\nHOME\"", NO_VARIABLE),
    token("default = \"glpat-CANARY-abcdefghijklmnop\"", NO_VARIABLE),
    token("pairing = \"CI_JOB_TOKEN\"", NO_VARIABLE),
    token("handbook = \"SSH_AUTH_SOCK\"", NO_VARIABLE),
    token("agents = \"DATABASE_URL\"", NO_VARIABLE),
    token("reports = \"CI_REGISTRY_PASSWORD\"", NO_VARIABLE),
    token("github = \"GITHUB_TOKEN\"", NO_VARIABLE),
    token("github = \"PODKEEPER_TOKEN\"", "a token goes to one place only"),
    instance(
        "[[instance]]\nurl = \"https://g.example\"\ntoken = \"OTHER_TOKEN\"\n[limits]",
        "token = \"OTHER_TOKEN\"",
        NO_VARIABLE,
    ),
    instance(
        "[[instance]]\nurl = \"https://g.example\"\ntoken = \"PODKEEPER_TOKEN\" # here\n[limits]",
        "# here",
        "holds the token of another GitLab",
    ),
    // Hosts.
    address("url = \"http://gitlab.example\"", NOT_HTTPS),
    address("url = \"http://localhost:8080\"", NOT_HTTPS),
    address("url = \"http://192.0.2.7\"", NOT_HTTPS),
    address("url = \"http://0.0.0.0\"", NOT_HTTPS),
    address("url = \"http://[::ffff:127.0.0.1]\"", NOT_HTTPS),
    address("url = \"http://127.0.0.1.evil.example\"", NOT_HTTPS),
    address("url = \"https://gitl\u{430}b.com\"", "if it is meant, write xn--gitlb-7ve.com"),
    address("url = \"https://b\u{fc}cher.example\"", "if it is meant, write xn--bcher-kva.example"),
    address("url = \"https://gitlab\u{3002}com\"", NOT_ASCII),
    address("url = \"https://%67itlab.com\"", NOT_ASCII),
    address("url = \"https://gitlab.com\\t.evil.example\"", NOT_ASCII),
    address("url = \"https://user:CANARY@gitlab.example\"", "this is no http(s) address without user"),
    address("url = \"https://gitlab.example/?private_token=CANARY\"", "this is no http(s) address without user"),
    address("url = \"https://gitlab.example/#CANARY\"", "this is no http(s) address without user"),
    address("url = \"ftp://gitlab.example\"", "this is no http(s) address"),
    instance("[[instance]]\nurl = \"http://g.example\"\n[limits]", "http://g.example", NOT_HTTPS),
    instance("[[instance]]\nurl = \"https://g.example/path\"\n[limits]", "g.example/path", "a token goes to an origin"),
    site("site = \"http://intranet.example\"", NOT_HTTPS),
    site("site = \"https://h\u{e4}ndbook.example\"", "if it is meant, write xn--hndbook-5wa.example"),
    // The way to GitLab.
    route("proxy = \"http://user:CANARY@proxy.example:3128\"", "proxy =", "without user, password"),
    route("proxy = \"http://proxy.example:3128/?token=CANARY\"", "proxy =", "without user, password"),
    route("proxy = \"http://proxy.example:3128/CANARY\"", "proxy =", "without user, password"),
    route("proxy = \"socks5://proxy.example:1080\"", "proxy =", "this is no http(s) address of a proxy"),
    route("proxy = \"proxy.example:3128\"", "proxy =", "this is no http(s) address of a proxy"),
    route("proxy = \"http://pr\u{f6}xy.example:3128\"", "proxy =", NOT_ASCII),
    route(
        "url = \"http://127.0.0.1:1\"\nproxy = \"http://proxy.example:3128\"",
        "proxy =",
        "a proxy would read the token",
    ),
    route("ca_file = \"../outside.md\"", "ca_file", "this is no path below the configuration folder"),
    route("ca_file = \"/proc/self/environ\"", "ca_file", "this is no path below the configuration folder"),
    route("ca_file = \"no-such.pem\"", "ca_file", "there is no file no-such.pem"),
    route("ca_file = \"pods/secure.toml\"", "ca_file", "holds no certificate in PEM"),
    route("ca_file = \"key.pem\"", "ca_file", "holds a private key"),
    route("ca_file = \"broken.pem\"", "ca_file", "holds a certificate that cannot be read"),
    // Files.
    template(
        "project = \"our-group/support-pairing\"\ntemplate = \"../outside.md\"",
        "../outside.md",
        "this is no path below the configuration folder",
    ),
    template(
        "project = \"our-group/support-pairing\"\ntemplate = \"/proc/self/environ\"",
        "/proc/self",
        "this is no path below the configuration folder",
    ),
    template(
        "project = \"our-group/support-pairing\"\ntemplate = \"templates/../../outside.md\"",
        "templates/..",
        "this is no path below the configuration folder",
    ),
];

#[tokio::test]
async fn a_configuration_that_asks_for_more_than_it_may_is_refused() {
    for (number, greedy) in GREEDY.iter().enumerate() {
        let config = copy_config(&format!("greedy/{number}/config"), |folder| {
            std::fs::write(folder.join("../outside.md"), "CANARY-file {{ block }}\n").unwrap();
            let pem = |what: &str| format!("-----BEGIN {what}-----\nQ0FOQVJZ\n-----END {what}-----\n");
            std::fs::write(folder.join("key.pem"), pem("PRIVATE KEY")).unwrap();
            std::fs::write(folder.join("broken.pem"), pem("CERTIFICATE")).unwrap();
            replace_in_file(&folder.join(greedy.file), greedy.from, greedy.to);
        });
        let text = std::fs::read_to_string(Path::new(&config).join(greedy.file)).unwrap();
        let line = text.lines().position(|line| line.contains(greedy.bad)).unwrap() + 1;
        assert_refused(&config, &format!("{}:{line}", greedy.file), greedy.reason).await;
    }
    println!("{} configurations that ask for more than they may: each refused", GREEDY.len());
}

/// Both commands refuse it: the one that only reads the configuration, and the one that would write.
async fn assert_refused(config: &str, place: &str, reason: &str) {
    for args in [&["config", "validate"][..], &["apply"]] {
        let reported = run_podkeeper_with_env(&[args, &["--config", config]].concat(), &environment()).await;
        assert_shows_nothing(&reported, place);
        assert_eq!((reported.code, reported.out.as_str()), (Some(2), ""), "{place}: {reported:?}");
        let words = reported.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(reason), "`{reason}` is not in: {}", reported.err);
        assert!(reported.err.contains(&format!("{config}/{place}")), "`{place}` is not in: {}", reported.err);
    }
}

type Change = fn(&Path);

/// Files that are none of the configuration's, whatever way leads to them.
const FOREIGN_FILES: [(&str, &str, &str, Change); 11] = [
    ("certificates that are a link out", "ca.pem:1", "leads out of", |folder| {
        symlink("../outside.md", folder.join("ca.pem")).unwrap();
        replace_in_file(&folder.join("podkeeper.toml"), URL, "ca_file = \"ca.pem\"");
    }),
    ("the same, by the line that names them", "podkeeper.toml:5", "leads out of", |folder| {
        symlink("/proc/self/environ", folder.join("ca.pem")).unwrap();
        replace_in_file(&folder.join("podkeeper.toml"), URL, "ca_file = \"ca.pem\"");
    }),
    ("a template that is a link out", "templates/pairing_issue.md:1", "leads out of", |folder| {
        relink(&folder.join("templates/pairing_issue.md"), "../../outside.md");
    }),
    ("one that is named, by its line", "podkeeper.toml:46", "leads out of", |folder| {
        let named = format!("{PAIRING}\ntemplate = \"templates/pairing_issue.md\"");
        replace_in_file(&folder.join("podkeeper.toml"), PAIRING, &named);
        relink(&folder.join("templates/pairing_issue.md"), "../../outside.md");
    }),
    ("the environment of the process", "templates/pairing_issue.md:1", "leads out of", |folder| {
        relink(&folder.join("templates/pairing_issue.md"), "/proc/self/environ");
    }),
    ("a device", "templates/pairing_issue.md:1", "leads out of", |folder| {
        relink(&folder.join("templates/pairing_issue.md"), "/dev/zero");
    }),
    ("links that lead out in two steps", "templates/pairing_issue.md:1", "leads out of", |folder| {
        relink(&folder.join("templates/pairing_issue.md"), "step");
        symlink("../../outside.md", folder.join("templates/step")).unwrap();
    }),
    ("a FIFO, which would be waited for", "templates/pairing_issue.md:1", "not a regular file", |folder| {
        let path = folder.join("templates/pairing_issue.md");
        std::fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    }),
    ("a pod that is a link out", "pods/secure.toml:1", "leads out of", |folder| {
        relink(&folder.join("pods/secure.toml"), "../../outside.md");
    }),
    ("a folder of pods elsewhere", "pods:1", "leads out of", |folder| {
        std::fs::create_dir_all(folder.join("../elsewhere")).unwrap();
        std::fs::rename(folder.join("pods/secure.toml"), folder.join("../elsewhere/CANARY.toml")).unwrap();
        std::fs::remove_dir(folder.join("pods")).unwrap();
        symlink("../elsewhere", folder.join("pods")).unwrap();
    }),
    ("the instance's file elsewhere", "podkeeper.toml:1", "leads out of", |folder| {
        relink(&folder.join("podkeeper.toml"), "../outside.md");
    }),
];

fn relink(path: &Path, target: &str) {
    std::fs::remove_file(path).unwrap();
    symlink(target, path).unwrap();
}

#[tokio::test]
async fn a_file_that_is_not_the_configurations_own_is_not_read() {
    for (number, (what, place, reason, change)) in FOREIGN_FILES.iter().enumerate() {
        let config = copy_config(&format!("foreign/{number}/config"), |folder| {
            std::fs::write(folder.join("../outside.md"), "CANARY-file {{ block }}\n").unwrap();
            change(folder);
        });
        println!("{what}");
        assert_refused(&config, place, reason).await;
    }
}

/// The control: links that stay below the folder are read, as are those of a mounted volume.
#[tokio::test]
async fn links_within_the_folder_are_followed() {
    let config = copy_config("links-within/config", |folder| {
        std::fs::rename(folder.join("templates/pairing_issue.md"), folder.join("text")).unwrap();
        symlink("../text", folder.join("templates/pairing_issue.md")).unwrap();
    });
    let linked = empty_temp_folder("links-within-2").join("config");
    symlink(&config, &linked).unwrap();
    for config in [&*config, linked.to_str().unwrap()] {
        let reported = run_podkeeper_with_env(&["config", "validate", "--config", config], &environment()).await;
        assert_eq!(reported.code, Some(0), "{reported:?}");
    }
}

/// The address of GitLab is the reviewed configuration's once there is a token.
#[tokio::test]
async fn no_flag_and_no_variable_leads_a_token_elsewhere() {
    let (own, evil) = (Stage::seeded(), Stage::seeded());
    let (own, evil) = (serve_with_script(&own, |_| None).await, serve_with_script(&evil, |_| None).await);
    let config = config_of_gitlab(&own.url);
    let page = empty_temp_folder("grants-page").join("page.md");
    std::fs::write(&page, format!("<{}/some-group/some-project>\n", evil.url)).unwrap();
    let page = page.to_str().unwrap();
    for command in [&["plan", "--now", NOW][..], &["apply"], &["page", "secure"], &["check", page]] {
        for by_variable in [false, true] {
            let moved = ["--gitlab", evil.url.as_str()];
            let flag = if by_variable { &[][..] } else { &moved[..] };
            let args = [command, flag, &["--config", &config]].concat();
            let variable = by_variable.then_some(("PODKEEPER_GITLAB", evil.url.as_str()));
            let env: Vec<_> = environment().into_iter().chain(variable).collect();
            let reported = run_podkeeper_with_env(&args, &env).await;
            assert_shows_nothing(&reported, "--gitlab");
            reported.assert_ends(
                2,
                &[
                    "--gitlab (or PODKEEPER_GITLAB)",
                    "PODKEEPER_TOKEN",
                    &own.url,
                    "[gitlab] url of",
                    "leave the token out",
                ],
            );
            // Without a token nobody is led astray.
            let anonymous: Vec<_> = env.into_iter().filter(|(name, _)| *name != "PODKEEPER_TOKEN").collect();
            let reported = run_podkeeper_with_env(&args, &anonymous).await;
            assert!(!reported.err.contains("--gitlab (or"), "{reported:?}");
        }
    }
    // `CI_SERVER_URL` decides where the configuration is silent, and nowhere else.
    let env = [environment()[0], ("CI_SERVER_URL", evil.url.as_str())];
    let before = evil.seen_requests().len();
    run_podkeeper_with_env(&["plan", "--now", NOW, "--config", &config], &env).await;
    assert_eq!(evil.seen_requests().len(), before, "the configuration names another GitLab");
    assert!(!own.seen_requests().is_empty(), "the control: the configured one was asked");
    // The same address moves nothing.
    let slash = format!("{}/", own.url);
    let same = ["plan", "--now", NOW, "--config", &config, "--gitlab", &slash];
    let reported = run_podkeeper_with_env(&same, &environment()).await;
    assert!(!reported.err.contains("--gitlab (or"), "{reported:?}");
    for address in ["http://localhost:1", "http://gitlab.example", "https://b\u{fc}cher.example", "nonsense"] {
        let silent = copy_config("grants-silent", |folder| {
            replace_in_file(&folder.join("podkeeper.toml"), URL, "");
        });
        let env = [environment()[0], ("CI_SERVER_URL", address)];
        let reported = run_podkeeper_with_env(&["plan", "--config", &silent], &env).await;
        reported.assert_ends(2, &["CI_SERVER_URL holds no address of a GitLab"]);
        assert_shows_nothing(&reported, address);
    }
}
