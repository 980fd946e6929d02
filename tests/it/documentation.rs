//! What the documents show is what the program knows: its commands, options, variables, keys and tables.
//!
//! Links between the documents are checked by podkeeper itself, in `.ci/run`.

use std::collections::BTreeSet;

use clap::error::ErrorKind;
use podkeeper::config::SchemaKind;
use podkeeper::report::reference;
use podkeeper::{cli, config};
use serde_json::Value;

use crate::architecture::files_below;
use crate::support::repository_root;

/// A document for people: its path and its text.
struct Document {
    path: String,
    text: String,
}

impl Document {
    fn read(path: &str) -> Self {
        let text = std::fs::read_to_string(repository_root().join(path)).unwrap_or_else(|why| panic!("{path}: {why}"));
        Self { path: path.to_owned(), text }
    }
}

/// All Markdown in the root, in `docs/` and `.gitlab/`, and the README of every crate.
fn documents() -> Vec<Document> {
    let in_root = std::fs::read_dir(repository_root()).unwrap().map(|entry| entry.unwrap().path());
    let below = ["docs", ".gitlab", "crates"].map(|folder| repository_root().join(folder));
    let below = below.iter().filter(|folder| folder.exists()).flat_map(|folder| files_below(folder));
    let markdown = in_root.chain(below).filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let paths = markdown.map(|path| path.strip_prefix(repository_root()).unwrap().to_str().unwrap().to_owned());
    let ours = |path: &String| !path.starts_with("crates/") || path.ends_with("/README.md");
    paths.filter(ours).map(|path| Document::read(&path)).collect()
}

/// Those in which every option is podkeeper's.
fn user_documents() -> impl Iterator<Item = Document> {
    documents().into_iter().filter(|document| document.path == "README.md" || document.path.starts_with("docs/"))
}

/// The code in a text: the lines of its fenced blocks with the blocks' languages, and its code spans.
fn code_blocks_and_spans(text: &str) -> (Vec<(&str, &str)>, Vec<&str>) {
    let (mut lines, mut spans, mut fence) = (Vec::new(), Vec::new(), None);
    for line in text.lines() {
        match (line.trim_start().strip_prefix("```"), fence) {
            (Some(language), None) => fence = Some(language),
            (Some(_), Some(_)) => fence = None,
            (None, Some(language)) => lines.push((language, line.trim())),
            (None, None) => spans.extend(line.split('`').skip(1).step_by(2)),
        }
    }
    (lines, spans)
}

/// The commands of podkeeper that a text shows, without what stands before the arguments.
fn podkeeper_commands(text: &str) -> Vec<String> {
    // A command that a backslash continues is one line.
    let text = text.replace("\\\n", "");
    let (lines, spans) = code_blocks_and_spans(&text);
    let typed = lines.into_iter().filter_map(|(language, line)| match language {
        "sh" => Some(line),
        "yaml" => line.strip_prefix("- "),
        _ => None,
    });
    typed
        .chain(spans)
        .filter_map(|line| line.strip_prefix("podkeeper ").or_else(|| line.strip_prefix("cargo run -- ")))
        // The sign below a block begins with podkeeper's name, too.
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase() || c == '-'))
        .map(|line| {
            line.split(" #").next().unwrap().split(" > ").next().unwrap().trim_end_matches([' ', '&']).to_owned()
        })
        .collect()
}

/// A line's words as a shell has them, every variable as 1.
fn split_shell_words(line: &str) -> Vec<String> {
    let (mut words, mut quote, mut characters) = (vec![String::new()], None, line.chars().peekable());
    while let Some(c) = characters.next() {
        match c {
            ' ' if quote.is_none() => words.push(String::new()),
            '\'' | '"' if quote.is_none() => quote = Some(c),
            _ if quote == Some(c) => quote = None,
            '$' if quote != Some('\'') => {
                while characters.next_if(|c| c.is_ascii_uppercase() || *c == '_').is_some() {}
                words.last_mut().unwrap().push('1');
            }
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What is wrong with a command, if something is.
fn find_command_problem(command: &str) -> Option<String> {
    let words = split_shell_words(command);
    let error = cli::clap_command().try_get_matches_from(["podkeeper".to_owned()].iter().chain(&words)).err()?;
    let fine = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        // A command that is only named.
        ErrorKind::MissingRequiredArgument => words.len() == 1,
        _ => false,
    };
    (!fine).then(|| error.to_string())
}

#[test]
fn every_command_that_a_document_shows_is_one() {
    let mut tried = 0;
    for document in documents() {
        for command in podkeeper_commands(&document.text) {
            if let Some(why) = find_command_problem(&command) {
                panic!("{} shows `podkeeper {command}`: {why}", document.path);
            }
            tried += 1;
        }
    }
    println!("{tried} commands were tried");
    assert!(tried >= 40, "{tried}");
}

#[test]
fn a_command_that_does_not_exist_is_found() {
    let shown = "`podkeeper chekc a.md`\n\n```sh\ncargo run -- apply --sandbx & # starts\n```\n\n```yaml\n  - podkeeper check a --shard \"$A/0\"\n```\n";
    let shown = podkeeper_commands(shown);
    assert_eq!(shown.len(), 3, "{shown:?}");
    for command in &shown {
        assert!(find_command_problem(command).is_some(), "{command}");
    }
    assert_eq!(find_command_problem("check a --shard \"$A/$B\" --cache 'a b'"), None);
}

/// The options of a command and of those below it.
fn option_names(command: &clap::Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(|argument| argument.get_long().map(str::to_owned));
    own.chain(command.get_subcommands().flat_map(option_names)).collect()
}

#[test]
fn every_option_that_a_document_names_is_one() {
    let known = option_names(&cli::clap_command());
    for document in user_documents() {
        for word in code_blocks_and_spans(&document.text).1.into_iter().flat_map(|span| span.split([' ', '='])) {
            let Some(name) = word.strip_prefix("--").filter(|name| !["help", "version", ">"].contains(name)) else {
                continue;
            };
            assert!(known.contains(name), "{} names --{name}", document.path);
        }
    }
}

#[test]
fn every_variable_that_a_document_names_is_read_somewhere() {
    let readers = ["src", "tests/it", ".gitlab-ci.yml"].map(|path| repository_root().join(path));
    let files = readers.iter().flat_map(|path| if path.is_dir() { files_below(path) } else { vec![path.clone()] });
    let read: String = files.map(|path| std::fs::read_to_string(path).unwrap_or_default()).collect();
    for document in documents() {
        for (at, _) in document.text.match_indices("PODKEEPER_") {
            let name = document.text[at..].split(|c: char| !c.is_ascii_uppercase() && c != '_').next().unwrap();
            assert!(read.contains(name), "{} names {name}", document.path);
        }
    }
}

#[test]
fn every_key_of_the_configuration_is_documented() {
    fn keys(schema: &Value, found: &mut BTreeSet<String>) {
        if let Some(properties) = schema["properties"].as_object() {
            found.extend(properties.keys().cloned());
        }
        for value in schema.as_object().into_iter().flat_map(|object| object.values()) {
            keys(value, found);
        }
    }
    let mut found = BTreeSet::new();
    keys(&config::json_schemas(), &mut found);
    assert!(found.len() > 40 && found.contains("zendesk_group"), "{found:?}");
    let document = Document::read("docs/configuration.md");
    let (lines, spans) = code_blocks_and_spans(&document.text);
    let shown = lines.into_iter().map(|(_, line)| line).chain(spans);
    let reported: BTreeSet<&str> =
        shown.flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')).collect();
    let missing: Vec<_> = found.iter().filter(|key| !reported.contains(key.as_str())).collect();
    assert!(missing.is_empty(), "{} lacks {missing:?}", document.path);
}

/// `podkeeper config schema pod` and the same with `podkeeper` print them anew.
#[test]
fn the_schemas_are_those_of_the_code() {
    for (kind, name) in [(SchemaKind::Podkeeper, "podkeeper"), (SchemaKind::Pod, "pod")] {
        let path = repository_root().join(format!("docs/schema/{name}.json"));
        let committed: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(committed, config::json_schema(kind), "{} is another one", path.display());
    }
    for (file, schema) in [("config/podkeeper.toml", "podkeeper"), ("config/pods/secure.toml", "pod")] {
        let text = std::fs::read_to_string(repository_root().join(file)).unwrap();
        let named = text.lines().next().unwrap().strip_prefix("#:schema ").unwrap();
        let path = repository_root().join(file).parent().unwrap().join(named).canonicalize().unwrap();
        assert!(path.ends_with(format!("docs/schema/{schema}.json")), "{file}: {}", path.display());
    }
}

#[test]
fn the_tables_are_those_of_the_code() {
    for (page, table) in reference::markdown_tables() {
        let document = Document::read(&format!("docs/{page}.md"));
        assert!(document.text.contains(&table), "{} has another table than\n{table}", document.path);
    }
}

#[test]
fn the_first_pages_are_short_and_lead_to_all_others() {
    let readme = Document::read("README.md");
    for (document, most) in [(&readme, 120), (&Document::read("ARCHITECTURE.md"), 60)] {
        let lines = document.text.lines().count();
        assert!(lines <= most, "{} has {lines} lines", document.path);
    }
    for document in user_documents().filter(|document| document.path != "README.md") {
        assert!(readme.text.contains(&format!("({})", document.path)), "README.md does not lead to {}", document.path);
    }
    for command in ["cargo run -- apply --sandbox", "cargo test"] {
        assert!(readme.text.contains(&format!("\n{command}")), "README.md lacks `{command}`");
        assert!(Document::read("CONTRIBUTING.md").text.contains(&format!("\n{command}")), "`{command}`");
    }
    let ci = std::fs::read_to_string(repository_root().join(".ci/run")).unwrap();
    assert!(ci.contains("cargo test"), ".ci/run does not run the README's test command");
}
