//! TLS for the web of the sandbox: an authority made at start, a certificate for each name at its first handshake.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::serve::Listener;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::{ClientHello, ResolvesServerCert, ServerConfig};
use rustls::sign::{CertifiedKey, SigningKey};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Whether the listener hangs up on everybody just now.
pub(super) type IsDown = Box<dyn Fn() -> bool + Send>;

/// A listener whose connections speak TLS, and the PEM of the authority that a client has to trust.
pub(super) async fn listen(address: SocketAddr, down: IsDown) -> io::Result<(TlsListener, String)> {
    let (authority, pem) = CertificateAuthority::new().map_err(io::Error::other)?;
    // The provider is named, because a program may have none or another one as its default.
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(authority));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let tcp = TcpListener::bind(address).await?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Ok((TlsListener { tcp, acceptor, is_down: down, handshakes: JoinSet::new() }, pem))
}

/// Accepts connections; handshakes run side by side, so that a client that stalls holds up nobody.
pub(super) struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    is_down: IsDown,
    handshakes: JoinSet<io::Result<(TlsStream<TcpStream>, SocketAddr)>>,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                accepted = self.tcp.accept() => match accepted {
                    Ok(_) if (self.is_down)() => {}
                    Ok((stream, address)) => {
                        let handshake = self.acceptor.accept(stream);
                        self.handshakes.spawn(async move { Ok((handshake.await?, address)) });
                    }
                    // Out of file descriptors, most likely: wait for some to come back, as axum's own listener does.
                    Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
                },
                // A handshake that failed is the client's affair: it does not trust the sandbox, or speaks no TLS.
                Some(done) = self.handshakes.join_next() => if let Ok(Ok(connection)) = done { return connection },
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

/// The sandbox's own certificate authority.
struct CertificateAuthority {
    issuer: Issuer<'static, KeyPair>,
    /// One key serves all names: it is the sandbox that is proved, not the host.
    key_pair: KeyPair,
    key: Arc<dyn SigningKey>,
    certificates: Mutex<BTreeMap<String, Arc<CertifiedKey>>>,
}

impl CertificateAuthority {
    fn new() -> Result<(CertificateAuthority, String), Box<dyn std::error::Error + Send + Sync>> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "GitLab sandbox authority");
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca_key = KeyPair::generate()?;
        let pem = params.self_signed(&ca_key)?.pem();
        let key_pair = KeyPair::generate()?;
        let der = PrivateKeyDer::try_from(key_pair.serialize_der())?;
        let key = aws_lc_rs::sign::any_supported_type(&der)?;
        let issuer = Issuer::new(params, ca_key);
        Ok((CertificateAuthority { issuer, key_pair, key, certificates: Mutex::new(BTreeMap::new()) }, pem))
    }

    fn get_or_issue_certificate(&self, name: &str) -> Result<Arc<CertifiedKey>, rcgen::Error> {
        let mut made = self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(name) {
            return Ok(known.clone());
        }
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        // The default name is the same for every certificate; the real one stands in the alternative names.
        params.distinguished_name.push(DnType::CommonName, "GitLab sandbox");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&self.key_pair, &self.issuer)?;
        let certified = Arc::new(CertifiedKey::new(vec![certificate.der().clone()], self.key.clone()));
        made.insert(name.to_owned(), certified.clone());
        Ok(certified)
    }
}

impl ResolvesServerCert for CertificateAuthority {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // Without a name (an IP literal was asked) there is nothing to prove.
        self.get_or_issue_certificate(hello.server_name()?).ok()
    }
}

impl std::fmt::Debug for CertificateAuthority {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Authority").finish_non_exhaustive()
    }
}
