//! Text that was read in the wrong encoding: `Ã©` where `é` was meant.
//!
//! The proof is the way back: characters that turn into valid UTF-8 when they are written in the encoding
//! in which they were read. Copies of pod pages went through `MacRoman`, whose sign for the first byte of
//! every emoji is U+F8FF, invisible in most fonts; a check for Windows-1252 alone misses them.
//!
//! The way back alone proves too much: a capital with an ellipsis behind it (`CAFÉ…`) is valid UTF-8 as
//! well. So the mended text must also be one that pages hold, and the broken one none that people write.

use std::ops::Range;

use encoding_rs::{Encoding, ISO_8859_15, MACINTOSH, WINDOWS_1252};

use super::{MAX_ENTRIES, ParsedPage};
use crate::pod::finding::Finding;
use crate::pod::rule::Rule;
use crate::pod::text::one_line;

/// The encodings that text is wrongly read in, the likeliest first.
const ENCODINGS: [(&Encoding, &str); 3] =
    [(MACINTOSH, "MacRoman"), (WINDOWS_1252, "Windows-1252"), (ISO_8859_15, "ISO-8859-15")];

/// Finds broken characters everywhere but in code, where they may be an example.
pub(super) fn check(page: &ParsedPage<'_>, findings: &mut Vec<Finding>) {
    let text = page.source.text;
    let mut code = None;
    let mut from = 0;
    while let Some(start) = find_non_ascii(text, from)
        && findings.len() < MAX_ENTRIES
    {
        let end = text.as_bytes()[start..].iter().position(u8::is_ascii).map_or(text.len(), |at| start + at);
        let before = text[..start].chars().next_back();
        let after = text[end..].chars().next();
        if let Some((mended, encoding)) = mend(&text[start..end], before, after)
            && !is_in_code(code.get_or_insert_with(|| sort_code_ranges(page.outline.code_ranges())), start)
        {
            findings.push(mojibake_finding(&text[start..end], &mended, encoding).with_place(page.place_at(start)));
        }
        from = end;
    }
}

/// Code from the beginning to the end of the page; no code stands in other code.
fn sort_code_ranges(code: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut code: Vec<_> = code.collect();
    code.sort_by_key(|range| range.start);
    code
}

fn is_in_code(code: &[Range<usize>], offset: usize) -> bool {
    let behind = code.partition_point(|range| range.start <= offset);
    behind > 0 && code[behind - 1].contains(&offset)
}

/// Where the first character from an offset on stands that is not ASCII; most text is, and is passed over in large
/// steps.
fn find_non_ascii(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    for part in text.as_bytes()[from..].chunks(64) {
        if !part.is_ascii() {
            return Some(at + part.iter().take_while(|byte| byte.is_ascii()).count());
        }
        at += part.len();
    }
    None
}

fn mojibake_finding(run: &str, mended: &str, encoding: &str) -> Finding {
    let (run, mended) = (to_visible_text(run), to_visible_text(mended));
    let message = format!("\"{run}\" should be \"{mended}\": UTF-8 was read as {encoding}.");
    Finding::new(Rule::TextMojibake, mended.as_str(), message).with_advice(format!("Replace it by \"{mended}\"."))
}

/// A text as it may be shown, as code points where nothing of it can be seen.
fn to_visible_text(text: &str) -> String {
    let line = one_line(text);
    if !line.is_empty() {
        return line;
    }
    let points: Vec<String> = text.chars().take(8).map(|c| format!("U+{:04X}", u32::from(c))).collect();
    points.join(" ")
}

/// What a run of non-ASCII characters was before, and the encoding it was wrongly read in.
fn mend(run: &str, before: Option<char>, after: Option<char>) -> Option<(String, &'static str)> {
    if is_intentional(run) && !(before.is_some_and(char::is_lowercase) && after.is_some_and(char::is_lowercase)) {
        return None;
    }
    let (mended, name) = ENCODINGS.iter().find_map(|(encoding, name)| Some((repair_once(run, encoding)?, *name)))?;
    // Some texts were broken more than once.
    let again = ENCODINGS.iter().find_map(|(encoding, _)| repair_once(&mended, encoding));
    Some((again.unwrap_or(mended), name))
}

fn repair_once(run: &str, encoding: &'static Encoding) -> Option<String> {
    let (bytes, _, lossy) = encoding.encode(run);
    let mended = String::from_utf8(bytes.into_owned()).ok().filter(|_| !lossy)?;
    let shorter = mended.chars().count() < run.chars().count();
    (shorter && is_plausible_text(&mended)).then_some(mended)
}

/// Whether people write such a run on purpose: a letter with the marks of typography behind it (`CAFÉ…`,
/// `Ä“`), or nothing but mathematics (`√π`).
fn is_intentional(run: &str) -> bool {
    let mut characters = run.chars();
    let word = characters.next().is_some_and(char::is_alphabetic);
    (word && characters.all(is_typographic_mark)) || run.chars().all(is_mathematics)
}

fn is_typographic_mark(c: char) -> bool {
    matches!(c, '…' | '–' | '—' | '‘' | '’' | '‚' | '“' | '”' | '„' | '‹' | '›' | '«' | '»' | '·')
}

fn is_mathematics(c: char) -> bool {
    matches!(c, '√' | '≈' | 'π' | '∞' | '∑' | '∏' | '∫' | 'Ω' | '≤' | '≥' | '±' | 'µ' | '∂' | '∆' | '÷' | '¬')
}

/// Whether a mended text is one that pages hold: Latin letters, punctuation, symbols and emoji always,
/// other scripts as whole words only, because two or three characters meet by chance.
fn is_plausible_text(mended: &str) -> bool {
    let common = |c: char| {
        matches!(c,
            '\u{a0}'..='\u{17f}' | '\u{2000}'..='\u{206f}' | '\u{20a0}'..='\u{20bf}' | '\u{2100}'..='\u{2bff}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fffd}' | '\u{1f000}'..='\u{1faff}'
            | '\u{e0020}'..='\u{e007f}')
    };
    mended.chars().all(common) || mended.chars().filter(|c| c.is_alphabetic()).count() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a text becomes if its UTF-8 is read in another encoding.
    fn broken(text: &str, encoding: &'static Encoding) -> String {
        encoding.decode_without_bom_handling(text.as_bytes()).0.into_owned()
    }

    #[test]
    fn broken_text_is_mended() {
        let cases = [
            ("\u{f8ff}\u{fc}\u{e9}\u{b4}", "\u{1f3ab}", "MacRoman"),
            ("\u{f8ff}\u{fc}\u{e7}\u{ea}", "\u{1f350}", "MacRoman"),
            ("Ã©", "é", "Windows-1252"),
            ("â€™", "’", "Windows-1252"),
            ("‚Äô", "’", "MacRoman"),
            ("Â\u{a0}", "\u{a0}", "Windows-1252"),
            ("âœ…", "✅", "Windows-1252"),
            ("â\u{80}\u{99}", "’", "ISO-8859-15"),
        ];
        for (run, mended, encoding) in cases {
            assert_eq!(mend(run, None, None), Some((mended.to_owned(), encoding)), "{run:?}");
        }
        assert_eq!(mend("Ä…", Some('i'), Some('z')), Some(("ą".to_owned(), "Windows-1252")));
        for text in ["🎫", "ℹ\u{fe0f}", "👩‍💻", "→", "日本語", "Привет"] {
            for (encoding, name) in ENCODINGS {
                assert_eq!(mend(&broken(text, encoding), None, None), Some((text.to_owned(), name)), "{text} {name}");
            }
        }
    }

    #[test]
    fn text_broken_twice_is_mended_twice() {
        let twice = broken(&broken("é", WINDOWS_1252), WINDOWS_1252);
        assert_eq!(mend(&twice, Some('f'), None), Some(("é".to_owned(), "Windows-1252")));
    }

    #[test]
    fn good_text_is_left_alone() {
        for text in [
            "é",
            "ü–",
            "É…",
            "Ä…",
            "„Ä“",
            "Ü–",
            "Å”",
            "Ã»",
            "é—“",
            "—É",
            "–ü",
            "“É",
            "‚Ä",
            "…Ü",
            "«É",
            "»",
            "\u{a0}»",
            "à\u{a0}»",
            "√π",
            "≈∞",
            "±",
            "°",
            "§",
            "Ł",
            "ń",
            "🎫",
            "👩‍💻",
            "ℹ\u{fe0f}",
            "日本語",
            "Привет",
            "→",
            "→…",
            "✅",
            "’",
            "…",
            "……",
            "——",
            "ÄÖÜ",
            "äöüß",
            "éèêëàâ",
            "œ",
            "ÿ",
            "Å",
            "\u{f8ff}",
            "½",
            "×",
            "€",
            "™",
            "ﬁ",
            "¿",
            "¡",
        ] {
            for before in [None, Some('A'), Some('a')] {
                assert_eq!(mend(text, before, None), None, "{text}");
            }
        }
    }
}
