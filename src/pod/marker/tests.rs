use proptest::prelude::*;

use super::*;

fn marker() -> Marker {
    Marker::Session(SessionKey::parse("alpha/weekly/2026-W48").unwrap())
}

fn block(text: &str) -> Block {
    Block::new(marker(), text.to_owned(), State { title: Some("ab>c".to_owned()), ..State::default() })
}

#[test]
fn a_block_reads_back() {
    let block = block("**When:** Thu\n\n- a");
    assert_eq!(parse(&render(&block)), Marked::Block(block));
}

#[test]
fn the_block_may_stand_anywhere_and_the_rest_stays() {
    let body = format!("above\r\n\n{}\n\nbelow  \n\n", render(&block("old")));
    let spliced = splice(&body, &block("new"), "").unwrap();
    assert_eq!(spliced, format!("above\r\n\n{}\n\nbelow  \n\n", render(&block("new"))));
}

#[test]
fn damage_is_told_and_never_taken_for_absence() {
    let whole = render(&block("text"));
    let twice = format!("{whole}\n{whole}");
    let v2 = whole.replace("podkeeper:v1", "podkeeper:v2");
    let no_end = whole.replace(END, "");
    for (what, body) in [("twice", twice), ("v2", v2), ("no end", no_end), ("only end", END.to_owned())] {
        assert!(matches!(parse(&body), Marked::Damaged { .. }), "{what}");
        assert!(splice(&body, &block("x"), "").is_err(), "{what}");
    }
    let Marked::Damaged { marker: still, .. } = parse(&whole.replace(END, "")) else { panic!() };
    assert_eq!(still, Some(marker()));
}

#[test]
fn an_unreadable_state_is_made_anew() {
    let body = render(&block("text")).replace("\"title\"", "title");
    let Marked::Block(found) = parse(&body) else { panic!() };
    assert_eq!(found.state, State::default());
}

#[test]
fn a_quoted_marker_is_no_marker() {
    assert_eq!(parse("> <!-- podkeeper:v1 session alpha/weekly/2026-W48 -->"), Marked::No);
    assert_eq!(parse("`<!-- podkeeper:v1 end -->`"), Marked::No);
}

/// T4: every byte of a marker flipped, deleted, doubled or cut off: no panic, and never another identity
/// than the one that stands there.
#[test]
fn every_byte_may_be_damaged() {
    let body = format!("above\n{}\nbelow\n", render(&block("text")));
    let bytes = body.as_bytes();
    let mut seen = 0;
    for at in 0..bytes.len() {
        let mut variants = vec![bytes[..at].to_vec()];
        let mut deleted = bytes.to_vec();
        deleted.remove(at);
        variants.push(deleted);
        let mut doubled = bytes.to_vec();
        doubled.insert(at, bytes[at]);
        variants.push(doubled);
        for bit in 0..7 {
            let mut flipped = bytes.to_vec();
            flipped[at] ^= 1 << bit;
            variants.push(flipped);
        }
        for variant in variants {
            let Ok(text) = String::from_utf8(variant) else { continue };
            seen += 1;
            if let Marked::Block(found) = parse(&text) {
                let whole = Block { frame: Frame::Whole, ..found.clone() };
                assert_eq!(parse(&splice(&text, &found, "").unwrap()), Marked::Block(whole));
            }
        }
    }
    assert!(seen > 1_000, "{seen}");
}

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<!-- podkeeper:v1 end -->".to_owned()),
        Just("<!-- podkeeper:v1 session alpha/weekly/2026-W48 -->".to_owned()),
        Just("<!-- podkeeper:v1 state {} -->".to_owned()),
        Just("\r\n".to_owned()),
        Just("\n".to_owned()),
        any::<String>(),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// P6: what is rendered is what is parsed, for any text of a block.
    #[test]
    fn p6_parse_is_the_inverse_of_render(text in any_text()) {
        let wanted = block(&text);
        let Marked::Block(found) = parse(&render(&wanted)) else { panic!("not whole: {:?}", render(&wanted)) };
        prop_assert_eq!(&found.marker, &wanted.marker);
        prop_assert_eq!(&found.state, &wanted.state);
        // And it is a fixed point: rendering what was parsed changes nothing.
        prop_assert_eq!(parse(&render(&found)), Marked::Block(found));
    }

    /// P6: any text parses, and a splice keeps all that is outside.
    #[test]
    fn p6_splice_keeps_what_is_outside(before in any_text(), after in any_text(), old in "[a-z\n]{0,20}", new in "[a-z\n]{0,20}") {
        let body = format!("{before}\n{}\n{after}", render(&block(&old)));
        if let Marked::Block(found) = parse(&body) {
            prop_assert_eq!(parse(&splice(&body, &found, "").unwrap()), Marked::Block(found));
            let spliced = splice(&body, &block(&new), "").unwrap();
            prop_assert_eq!(spliced, format!("{before}\n{}\n{after}", render(&block(&new))));
        }
    }
}
