//! Why no connection to a server came about, in words that are no library's.

use std::error::Error;
use std::io;

use rustls::CertificateError as Cert;

use crate::text::one_line;

/// Why no connection came about, or none that can be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectFault {
    /// The name has no address.
    NoSuchHost,
    /// Nobody said whether the name has one.
    DnsSilent,
    /// Nothing listens there.
    Refused,
    /// No way leads there.
    Unreachable,
    /// It was not there in time.
    TimedOut,
    /// It ended before anything was said.
    Closed,
    /// The certificate is signed by an authority that is not known here.
    UnknownAuthority,
    /// The certificate is an authority's own, and none for a server.
    AuthorityAsServer,
    /// The certificate's last day has passed.
    CertificateExpired,
    /// Its first day is to come.
    CertificateNotYetValid,
    /// It is for another name.
    CertificateOfOtherName,
    /// It is not valid otherwise.
    CertificateInvalid,
    /// What answers does not speak TLS.
    NoTls,
    /// The two found no TLS that both speak.
    TlsFailed,
    /// The proxy did not connect.
    ProxyRefused,
    /// Something else, in one line.
    Other(String),
}

impl ConnectFault {
    /// What an error and its causes say. A client's own text is not taken: it may hold an address with its query.
    pub fn from_error(error: &(dyn Error + 'static), timed_out: bool) -> Self {
        let mut last = error;
        for cause in causes(error) {
            if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
                return Self::from_tls(tls);
            }
            if let Some(fault) = cause.downcast_ref::<io::Error>().and_then(Self::from_io) {
                return fault;
            }
            let text = cause.to_string();
            if text.contains("tunnel") || text.contains("proxy authorization") {
                return Self::ProxyRefused;
            }
            last = cause;
        }
        if timed_out {
            return Self::TimedOut;
        }
        match last.downcast_ref::<reqwest::Error>() {
            Some(_) => Self::Other("no connection came about".to_owned()),
            None => Self::Other(one_line(&last.to_string())),
        }
    }

    fn from_io(error: &io::Error) -> Option<Self> {
        // The resolver of the system has no kinds of its own: its words come from the C library.
        let text = error.to_string();
        if text.contains("failed to lookup address information") {
            let is_silent = text.contains("Temporary failure") || text.contains("Try again");
            return Some(if is_silent { Self::DnsSilent } else { Self::NoSuchHost });
        }
        Some(match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => Self::Unreachable,
            io::ErrorKind::TimedOut => Self::TimedOut,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::UnexpectedEof => {
                Self::Closed
            }
            _ => return None,
        })
    }

    /// What is wrong with a server's TLS.
    pub fn from_tls(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(cert) => match cert {
                Cert::Expired | Cert::ExpiredContext { .. } => Self::CertificateExpired,
                Cert::NotValidYet | Cert::NotValidYetContext { .. } => Self::CertificateNotYetValid,
                Cert::NotValidForName | Cert::NotValidForNameContext { .. } => Self::CertificateOfOtherName,
                // A signature is bad where another authority has the same name.
                Cert::UnknownIssuer | Cert::BadSignature => Self::UnknownAuthority,
                other if format!("{other:?}").contains("CaUsedAsEndEntity") => Self::AuthorityAsServer,
                _ => Self::CertificateInvalid,
            },
            rustls::Error::InvalidMessage(_) => Self::NoTls,
            _ => Self::TlsFailed,
        }
    }

    /// What is wrong, as the end of a sentence about a link.
    pub fn reason(&self) -> &str {
        match self {
            Self::NoSuchHost => "no such host",
            Self::DnsSilent => "no DNS server answers for its host",
            Self::Refused => "the connection is refused: nothing listens there",
            Self::Unreachable => "no way leads to its host",
            Self::TimedOut => "no connection in time",
            Self::Closed => "the connection was closed before an answer",
            Self::UnknownAuthority => "its certificate is of an unknown authority",
            Self::AuthorityAsServer => "its certificate is an authority's own and none for a server",
            Self::CertificateExpired => "its certificate has expired",
            Self::CertificateNotYetValid => "its certificate is not valid yet",
            Self::CertificateOfOtherName => "its certificate is for another name",
            Self::CertificateInvalid => "its certificate is not valid",
            Self::NoTls => "what answers there does not speak TLS",
            Self::TlsFailed => "no secure connection comes about",
            Self::ProxyRefused => "the proxy does not connect to it",
            Self::Other(words) => words,
        }
    }

    /// Whether a server is there that cannot be trusted, so that asking again changes nothing.
    pub fn is_untrusted(&self) -> bool {
        matches!(
            self,
            Self::UnknownAuthority
                | Self::AuthorityAsServer
                | Self::CertificateExpired
                | Self::CertificateNotYetValid
                | Self::CertificateOfOtherName
                | Self::CertificateInvalid
                | Self::NoTls
                | Self::TlsFailed
        )
    }
}

/// Whether a resolver's words say that there is no such name, and not that nobody could say: those of glibc, musl, macOS
/// and Windows for `EAI_NONAME` and `EAI_NODATA` (RFC 3493, section 6.1).
pub(super) fn is_unknown_name(words: &str) -> bool {
    const UNKNOWN: [&str; 7] = [
        "Name or service not known",
        "No address associated with hostname",
        "Name does not resolve",
        "Name has no usable address",
        "nodename nor servname provided",
        "No such host is known",
        "no data of the requested type was found",
    ];
    UNKNOWN.iter().any(|unknown| words.contains(unknown))
}

/// An error and what it came from. An I/O error leaves what it wraps out of its sources.
pub(super) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause| {
        let cause: &'a (dyn Error + 'static) = *cause;
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| cause.source())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_such_name_differs_from_no_answer() {
        let lookup = |words: &str| format!("failed to lookup address information: {words}");
        for unknown in ["Name or service not known", "No address associated with hostname", "Name does not resolve"] {
            assert!(is_unknown_name(&lookup(unknown)), "{unknown}");
        }
        for silent in ["Temporary failure in name resolution", "Try again", "Non-recoverable failure", "System error"] {
            assert!(!is_unknown_name(&lookup(silent)), "{silent}");
        }
    }

    #[test]
    fn what_a_system_says_has_its_meaning() {
        let lookup = |words: &str| io::Error::other(format!("failed to lookup address information: {words}"));
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let tls = |cert| io::Error::new(io::ErrorKind::InvalidData, rustls::Error::InvalidCertificate(cert));
        for (error, fault) in [
            (lookup("Name or service not known"), ConnectFault::NoSuchHost),
            (lookup("Temporary failure in name resolution"), ConnectFault::DnsSilent),
            (refused, ConnectFault::Refused),
            (io::Error::from(io::ErrorKind::ConnectionReset), ConnectFault::Closed),
            (tls(Cert::UnknownIssuer), ConnectFault::UnknownAuthority),
            (tls(Cert::Expired), ConnectFault::CertificateExpired),
            (tls(Cert::NotValidForName), ConnectFault::CertificateOfOtherName),
            (tls(Cert::BadSignature), ConnectFault::UnknownAuthority),
            (tls(Cert::BadEncoding), ConnectFault::CertificateInvalid),
        ] {
            assert_eq!(ConnectFault::from_error(&error, false), fault, "{error}");
            assert!(!fault.reason().contains("error"), "{fault:?}");
        }
        assert_eq!(ConnectFault::from_error(&io::Error::other("odd"), true), ConnectFault::TimedOut);
        assert_eq!(ConnectFault::from_error(&io::Error::other("odd\nand long"), false).reason(), "odd and long");
    }
}
