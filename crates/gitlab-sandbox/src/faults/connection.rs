//! A connection that can break in ways that no HTTP server breaks by itself: reset, or speaking gibberish.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// What comes in the place of the next answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BreakKind {
    /// The end of the connection, at once (RST).
    Reset = 1,
    /// Bytes that are no HTTP, then the end of the connection.
    Garbage = 2,
}

/// Breaks the connection that a request came over.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConnectionBreaker(Arc<AtomicU8>);

impl ConnectionBreaker {
    /// Whatever is written to the connection from now on becomes this.
    pub(crate) fn break_with(&self, how: BreakKind) {
        self.0.store(how as u8, Ordering::Relaxed);
    }

    fn current(&self) -> Option<BreakKind> {
        [BreakKind::Reset, BreakKind::Garbage].into_iter().find(|how| *how as u8 == self.0.load(Ordering::Relaxed))
    }
}

/// Accepts connections that can break.
pub(crate) struct BreakableListener(pub(crate) TcpListener);

impl Listener for BreakableListener {
    type Io = BreakableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (BreakableStream, SocketAddr) {
        loop {
            match self.0.accept().await {
                Ok((stream, address)) => {
                    return (BreakableStream { stream, breaker: ConnectionBreaker::default() }, address);
                }
                // Out of file descriptors, most likely: wait for some to come back, as axum's own listener does.
                Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, BreakableListener>> for ConnectionBreaker {
    fn connect_info(stream: IncomingStream<'_, BreakableListener>) -> Self {
        stream.io().breaker.clone()
    }
}

/// A connection that breaks at the next write once its breaker says so.
#[derive(Debug)]
pub(crate) struct BreakableStream {
    stream: TcpStream,
    breaker: ConnectionBreaker,
}

impl AsyncRead for BreakableStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for BreakableStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let broken = || Poll::Ready(Err(io::Error::from(io::ErrorKind::ConnectionReset)));
        match self.breaker.current() {
            None => Pin::new(&mut self.stream).poll_write(cx, bytes),
            Some(BreakKind::Reset) => {
                self.stream.set_zero_linger().ok();
                broken()
            }
            Some(BreakKind::Garbage) => {
                // Whether all of it is sent does not matter.
                let sent = Pin::new(&mut self.stream).poll_write(cx, b"\x16\x03\x01 this is no HTTP\r\n\r\n");
                if sent.is_pending() { Poll::Pending } else { broken() }
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
