//! How alike two names are, for hints: never for telling who somebody is.

use crate::pod::agent::without_parenthetical;

/// How alike two names must be for a hint: a slip of spelling apart, never the long and the short form of a
/// first name (measured: those score 0.76).
pub(super) const ALIKE: f64 = 0.92;

/// A name that is longer is compared by nobody.
const LONGEST: usize = 100;

/// Jaro-Winkler, from 0 to 1, without letter case, accents and parentheticals.
pub(super) fn alike(a: &str, b: &str) -> f64 {
    if a.len().max(b.len()) > LONGEST {
        return 0.0;
    }
    let (a, b) = (folded(a), folded(b));
    if a.is_empty() || b.is_empty() { 0.0 } else { strsim::jaro_winkler(&a, &b) }
}

fn folded(name: &str) -> String {
    without_parenthetical(name).to_lowercase().chars().filter_map(plain).collect()
}

/// The letter without its accent; a combining accent is nothing.
fn plain(c: char) -> Option<char> {
    let plain = match c {
        '\u{300}'..='\u{36f}' => return None,
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' | 'ð' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => 'i',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ț' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    };
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_is_alike_and_other_names_are_not() {
        for (a, b) in
            [("Lucja Wisnik", "Łucja Wiśnik"), ("Renée Duval-Obi", "renee duval obi"), ("Teo Farrow (T)", "Teo Farow")]
        {
            assert!(alike(a, b) >= ALIKE, "{a} {b} {}", alike(a, b));
        }
        for (a, b) in [("Teo Farrow", "Mateo Farrow"), ("Ada Quill", "Sorin Vale"), ("", ""), ("Ada", "")] {
            assert!(alike(a, b) < ALIKE, "{a} {b} {}", alike(a, b));
        }
    }
}
