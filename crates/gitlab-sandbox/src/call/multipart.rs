//! `multipart/form-data` (RFC 7578): how clients send files.

/// One part of a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) name: String,
    /// The file's name; a part without one is an ordinary field.
    pub(super) file_name: Option<String>,
    pub(super) bytes: &'a [u8],
}

/// The boundary in a content type, if that is `multipart/form-data`.
pub(super) fn parse_boundary(content_type: &str) -> Option<&str> {
    let rest = content_type.strip_prefix("multipart/form-data")?;
    let value = rest.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?;
    Some(value.trim_matches('"')).filter(|value| !value.is_empty())
}

/// The parts of a body; what does not read as one is left out.
pub(super) fn parse<'a>(body: &'a [u8], boundary: &str) -> Vec<Part<'a>> {
    let mark = format!("--{boundary}");
    let mut starts = Vec::new();
    let mut at = 0;
    while let Some(found) = find_bytes(&body[at..], mark.as_bytes()) {
        starts.push(at + found);
        at += found + mark.len();
    }
    starts.windows(2).filter_map(|pair| parse_part(&body[pair[0] + mark.len()..pair[1]])).collect()
}

/// `\r\n`, headers, an empty line, the content, `\r\n`.
fn parse_part(bytes: &[u8]) -> Option<Part<'_>> {
    let end = find_bytes(bytes, b"\r\n\r\n")?;
    let headers = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let bytes = &bytes[end + 4..];
    let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
    let disposition = headers.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let name = find_quoted_value(disposition, "; name=")?;
    Some(Part { name, file_name: find_quoted_value(disposition, "; filename="), bytes })
}

fn find_quoted_value(line: &str, key: &str) -> Option<String> {
    let rest = line.split_once(key)?.1.strip_prefix('"')?;
    Some(rest.split('"').next()?.to_owned())
}

fn find_bytes(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_files_are_told_apart_and_bytes_stay_bytes() {
        let body = b"--b1\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nfoo\r\n--b1\r\n\
            Content-Disposition: form-data; name=\"avatar\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\x89\r\n\xff\r\n--b1--\r\n";
        let kind = "multipart/form-data; boundary=b1";
        let parts = parse(body, parse_boundary(kind).unwrap());
        let field = Part { name: "name".to_owned(), file_name: None, bytes: b"foo" };
        let file = Part { name: "avatar".to_owned(), file_name: Some("a.png".to_owned()), bytes: b"\x89\r\n\xff" };
        assert_eq!(parts, [field, file]);
        assert_eq!(parse_boundary("application/json; boundary=x"), None);
        assert_eq!(parse_boundary("multipart/form-data"), None);
    }
}
