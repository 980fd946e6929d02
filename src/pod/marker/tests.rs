use proptest::prelude::*;

use super::*;

fn marker() -> Marker {
    Marker::Session(SessionKey::parse("alpha/weekly/2026-W48").unwrap())
}

fn block(text: &str) -> ManagedBlock {
    ManagedBlock::new(marker(), text.to_owned(), BlockState { title: Some("ab>c".to_owned()), ..BlockState::default() })
}

#[test]
fn a_block_reads_back() {
    let block = block("**When:** Thu\n\n- a");
    assert_eq!(parse_body(&render_block(&block)), ParsedBody::Block(Box::new(block)));
}

#[test]
fn the_block_may_stand_anywhere_and_the_rest_stays() {
    let body = format!("above\r\n\n{}\n\nbelow  \n\n", render_block(&block("old")));
    let spliced = replace_block(&body, &block("new"), "").unwrap();
    assert_eq!(spliced, format!("above\r\n\n{}\n\nbelow  \n\n", render_block(&block("new"))));
}

#[test]
fn damage_is_told_and_never_taken_for_absence() {
    let whole = render_block(&block("text"));
    let twice = format!("{whole}\n{whole}");
    let v2 = whole.replace("podkeeper:v1", "podkeeper:v2");
    let no_end = whole.replace(END, "");
    for (what, body) in [("twice", twice), ("v2", v2), ("no end", no_end), ("only end", END.to_owned())] {
        assert!(matches!(parse_body(&body), ParsedBody::Damaged { .. }), "{what}");
        assert!(replace_block(&body, &block("x"), "").is_err(), "{what}");
    }
    let ParsedBody::Damaged { marker: still, .. } = parse_body(&whole.replace(END, "")) else { panic!() };
    assert_eq!(still, Some(marker()));
}

#[test]
fn an_unreadable_state_is_made_anew() {
    let body = render_block(&block("text")).replace("\"title\"", "title");
    let ParsedBody::Block(found) = parse_body(&body) else { panic!() };
    assert_eq!(found.state, BlockState::default());
}

#[test]
fn a_quoted_marker_is_no_marker() {
    assert_eq!(parse_body("> <!-- podkeeper:v1 session alpha/weekly/2026-W48 -->"), ParsedBody::NoMarker);
    assert_eq!(parse_body("`<!-- podkeeper:v1 end -->`"), ParsedBody::NoMarker);
}

/// T4: every byte of a marker flipped, deleted, doubled or cut off: no panic, and never another identity
/// than the one that stands there.
#[test]
fn every_byte_may_be_damaged() {
    let body = format!("above\n{}\nbelow\n", render_block(&block("text")));
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
            if let ParsedBody::Block(found) = parse_body(&text) {
                let whole = ManagedBlock { marker_comments: MarkerComments::Complete, ..*found.clone() };
                assert_eq!(parse_body(&replace_block(&text, &found, "").unwrap()), ParsedBody::Block(Box::new(whole)));
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
        let ParsedBody::Block(found) = parse_body(&render_block(&wanted)) else { panic!("not whole: {:?}", render_block(&wanted)) };
        prop_assert_eq!(&found.marker, &wanted.marker);
        prop_assert_eq!(&found.state, &wanted.state);
        // And it is a fixed point: rendering what was parsed changes nothing.
        prop_assert_eq!(parse_body(&render_block(&found)), ParsedBody::Block(found));
    }

    /// P6: any text parses, and a splice keeps all that is outside.
    #[test]
    fn p6_splice_keeps_what_is_outside(before in any_text(), after in any_text(), old in "[a-z\n]{0,20}", new in "[a-z\n]{0,20}") {
        let body = format!("{before}\n{}\n{after}", render_block(&block(&old)));
        if let ParsedBody::Block(found) = parse_body(&body) {
            prop_assert_eq!(parse_body(&replace_block(&body, &found, "").unwrap()), ParsedBody::Block(found));
            let spliced = replace_block(&body, &block(&new), "").unwrap();
            prop_assert_eq!(spliced, format!("{before}\n{}\n{after}", render_block(&block(&new))));
        }
    }
}
