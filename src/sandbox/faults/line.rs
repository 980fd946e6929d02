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
pub(in crate::sandbox) enum Break {
    /// The end of the connection, at once (RST).
    Reset = 1,
    /// Bytes that are no HTTP, then the end of the connection.
    Garbage = 2,
}

/// Breaks the connection that a request came over.
#[derive(Clone, Debug, Default)]
pub(in crate::sandbox) struct Breaker(Arc<AtomicU8>);

impl Breaker {
    /// What is written to the connection from now on comes to this.
    pub(in crate::sandbox) fn set(&self, how: Break) {
        self.0.store(how as u8, Ordering::Relaxed);
    }

    fn get(&self) -> Option<Break> {
        [Break::Reset, Break::Garbage].into_iter().find(|how| *how as u8 == self.0.load(Ordering::Relaxed))
    }
}

/// Accepts connections that can break.
pub(in crate::sandbox) struct Lines(pub(in crate::sandbox) TcpListener);

impl Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        loop {
            match self.0.accept().await {
                Ok((stream, address)) => return (Line { stream, breaker: Breaker::default() }, address),
                // Out of file descriptors, most likely: wait for some to come back, as axum's own listener does.
                Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Lines>> for Breaker {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().breaker.clone()
    }
}

/// One connection.
#[derive(Debug)]
pub(in crate::sandbox) struct Line {
    stream: TcpStream,
    breaker: Breaker,
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let broken = || Poll::Ready(Err(io::Error::from(io::ErrorKind::ConnectionReset)));
        match self.breaker.get() {
            None => Pin::new(&mut self.stream).poll_write(cx, bytes),
            Some(Break::Reset) => {
                self.stream.set_zero_linger().ok();
                broken()
            }
            Some(Break::Garbage) => {
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
