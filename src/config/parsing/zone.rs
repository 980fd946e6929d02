//! The zone that somebody may have meant.

use chrono_tz::{TZ_VARIANTS, Tz};

/// How similar two names of places must be, by Jaro-Winkler from 0 to 1.
const MIN_SIMILARITY: f64 = 0.85;

/// The zone whose place is most similar to that of a name; where places are alike, the region tells.
pub(super) fn find_similar_zone(written: &str) -> Option<&'static str> {
    let written = written.trim().replace(' ', "_");
    if let Ok(hours) = written.trim_start_matches("UTC").trim_start_matches("GMT").parse::<i32>()
        && (written.starts_with("UTC") || written.starts_with("GMT") || written.starts_with(['+', '-']))
    {
        // POSIX signs: what is five hours ahead of UTC is Etc/GMT-5.
        let name = if hours == 0 {
            "UTC".to_owned()
        } else {
            format!("Etc/GMT{}{}", if hours > 0 { '-' } else { '+' }, hours.abs())
        };
        return name.parse::<Tz>().ok().map(Tz::name);
    }
    let place = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let own = place(&written);
    let lower = written.to_lowercase();
    let region = lower.rsplit_once('/').map(|(region, _)| region);
    // In another region a place has to be the same one.
    let same_region = |name: &str| {
        region.is_none_or(|region| name.to_lowercase().rsplit_once('/').is_some_and(|(own, _)| own == region))
    };
    let scored = TZ_VARIANTS.iter().map(|zone| {
        let name = zone.name();
        let similar = match place(name) {
            place if place == own => 1.0,
            place if same_region(name) => strsim::jaro_winkler(&place, &own),
            _ => 0.0,
        };
        (similar, strsim::jaro_winkler(&name.to_lowercase(), &lower), name)
    });
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    best.filter(|(similar, ..)| *similar >= MIN_SIMILARITY).map(|(.., name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_place_is_found() {
        for (written, zone) in [
            ("America/New_Yrk", "America/New_York"),
            ("America/New York", "America/New_York"),
            ("europe/berlin", "Europe/Berlin"),
            ("CEST/Berlin", "Europe/Berlin"),
            ("Berlin", "Europe/Berlin"),
            ("Asia/Tokio", "Asia/Tokyo"),
            ("utc", "UTC"),
            ("UTC+2", "Etc/GMT-2"),
            ("GMT-5", "Etc/GMT+5"),
        ] {
            assert_eq!(find_similar_zone(written), Some(zone), "{written}");
        }
        for none in ["Nowhere", "Europe/Atlantis", ""] {
            assert_eq!(find_similar_zone(none), None, "{none}");
        }
    }
}
