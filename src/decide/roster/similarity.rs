//! How similar two names are, for hints: never to decide who somebody is.

use deunicode::deunicode;

use crate::pod::agent::without_parenthetical;

/// How similar two names must be for a hint: a slip of spelling apart, never the long and the short form of a
/// first name (measured: those score 0.76).
pub(super) const MIN_SIMILARITY: f64 = 0.92;

/// A name that is longer is compared by nobody.
const LONGEST: usize = 100;

/// Jaro-Winkler, from 0 to 1, without letter case, accents and parentheticals.
pub(super) fn similarity(a: &str, b: &str) -> f64 {
    if a.len().max(b.len()) > LONGEST {
        return 0.0;
    }
    let (a, b) = (normalize_name(a), normalize_name(b));
    if a.is_empty() || b.is_empty() { 0.0 } else { strsim::jaro_winkler(&a, &b) }
}

/// Lower case, without accents, in Latin letters.
fn normalize_name(name: &str) -> String {
    deunicode(without_parenthetical(name)).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_is_alike_and_other_names_are_not() {
        for (a, b) in
            [("Lucja Wisnik", "Łucja Wiśnik"), ("Renée Duval-Obi", "renee duval obi"), ("Teo Farrow (T)", "Teo Farow")]
        {
            assert!(similarity(a, b) >= MIN_SIMILARITY, "{a} {b} {}", similarity(a, b));
        }
        for (a, b) in [("Teo Farrow", "Mateo Farrow"), ("Ada Quill", "Sorin Vale"), ("", ""), ("Ada", "")] {
            assert!(similarity(a, b) < MIN_SIMILARITY, "{a} {b} {}", similarity(a, b));
        }
    }
}
