//! The name that somebody may have meant who wrote one that does not exist.

/// How similar it must be, by Jaro-Winkler from 0 to 1: a slip of the keyboard (`shedule` and `schedule`: 0.96), no
/// other word.
const MIN_SIMILARITY: f64 = 0.8;

/// The most similar of the known names, if one is similar enough.
pub fn find_similar_name<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let scored = known.into_iter().map(|known| (strsim::jaro_winkler(&known.to_lowercase(), &name), known));
    let best = scored.filter(|(similarity, _)| *similarity >= MIN_SIMILARITY).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_has_a_nearest_name_and_another_word_has_none() {
        let known = ["secure", "security", "link-dead"];
        assert_eq!(find_similar_name("scure", known), Some("secure"));
        assert_eq!(find_similar_name("Link-daed", known), Some("link-dead"));
        assert_eq!(find_similar_name("plan", known), None);
        assert_eq!(find_similar_name("x", []), None);
    }
}
