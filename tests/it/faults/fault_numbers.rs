//! Which test holds which fault: the names of tests begin with the numbers, `f01_f02_a_create_…`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::repository_root;

/// The tests of each fault of the threat sheet, by its number.
pub(crate) fn tests_by_fault() -> BTreeMap<u32, Vec<String>> {
    let mut held = BTreeMap::new();
    for folder in ["src", "tests/it"] {
        collect_tests(&repository_root().join(folder), &mut held);
    }
    held
}

fn collect_tests(folder: &Path, held: &mut BTreeMap<u32, Vec<String>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_tests(&path, held);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        for pair in lines.windows(2) {
            // Only what runs by itself: a test is a function under its attribute.
            let is_test = pair[0].starts_with("#[test") || pair[0].starts_with("#[tokio::test");
            let Some((_, name)) = pair[1].split_once("fn ").filter(|_| is_test) else { continue };
            let name = name.split('(').next().unwrap();
            let numbers = name.split('_').map_while(|part| part.strip_prefix('f')?.parse::<u32>().ok());
            for number in numbers {
                held.entry(number).or_default().push(name.to_owned());
            }
        }
    }
}
