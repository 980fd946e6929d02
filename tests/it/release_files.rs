//! What a release consists of says the same in all of its files.

use std::collections::BTreeMap;

use crate::support::repository_root;

fn read(path: &str) -> String {
    std::fs::read_to_string(repository_root().join(path)).unwrap()
}

/// The inputs of the component with their defaults, as they are written.
fn component_inputs() -> BTreeMap<String, String> {
    let text = read("templates/podkeeper.yml");
    let header = text.split("\n---\n").next().unwrap();
    let (mut inputs, mut name) = (BTreeMap::new(), String::new());
    for line in header.lines().skip_while(|line| *line != "  inputs:") {
        let indent = line.len() - line.trim_start().len();
        match line.trim().split_once(':') {
            Some((key, "")) if indent == 4 && !key.starts_with('#') => key.clone_into(&mut name),
            Some(("default", value)) if indent == 6 => {
                inputs.insert(name.clone(), value.trim().trim_matches('"').to_owned());
            }
            _ => {}
        }
    }
    inputs
}

#[test]
fn the_release_is_named_alike_everywhere() {
    let version = env!("CARGO_PKG_VERSION");
    let project = env!("CARGO_PKG_REPOSITORY").splitn(4, '/').last().unwrap();
    let inputs = component_inputs();
    assert_eq!(inputs["version"], version, "templates/podkeeper.yml");
    assert_eq!(inputs["project"], project, "templates/podkeeper.yml");
    let component = format!("$CI_SERVER_FQDN/{project}/podkeeper@{version}");
    for path in ["README.md", "docs/ci.md", "templates/podkeeper.yml"] {
        assert!(read(path).contains(&component), "{path} includes another component than {component}");
    }
    let file = format!("packages/generic/podkeeper/{version}/podkeeper-x86_64-linux");
    assert!(read("README.md").contains(&file), "README.md downloads another file than {file}");
}

#[test]
fn every_input_of_the_component_is_documented() {
    let inputs = component_inputs();
    assert!(inputs.len() >= 10, "{inputs:?}");
    let documented = read("docs/ci.md");
    let missing: Vec<&String> = inputs.keys().filter(|name| !documented.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/ci.md does not name {missing:?}");
}
