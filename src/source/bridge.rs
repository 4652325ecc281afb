//! From asynchronous clients to the blocking readers that the rest of the program is made of.

use std::future::Future;
use std::io::{self, Read};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use futures_util::{Stream, StreamExt as _};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{self, Receiver};
use tokio::time::timeout;

use crate::model::Progress;

/// Chunks that may wait for their reader; with chunks of at most some hundred KB this bounds the memory.
const CHUNKS: usize = 16;

/// How long a wish to stop may go unnoticed while a server is silent.
const GLANCE: Duration = Duration::from_millis(100);

/// One runtime for all clients. Its workers only move bytes, so few do.
static RUNTIME: LazyLock<io::Result<Runtime>> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build());

fn runtime() -> io::Result<&'static Runtime> {
    RUNTIME.as_ref().map_err(|error| io::Error::new(error.kind(), format!("no network client can run: {error}")))
}

/// Waits for `work`; `None` when someone asked to stop before it was done. Never to be called from within the runtime.
pub(super) fn wait<T>(work: impl Future<Output = T>, progress: &Progress) -> io::Result<Option<T>> {
    let mut work = Box::pin(work);
    runtime()?.block_on(async {
        loop {
            match timeout(GLANCE, &mut work).await {
                Ok(done) => return Ok(Some(done)),
                Err(_) if progress.is_cancelled() => return Ok(None),
                Err(_) => {}
            }
        }
    })
}

/// Reads `chunks`, which a task of the runtime fetches a little ahead. Reading fails once someone asks to stop.
pub(super) fn reader(
    chunks: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    progress: Arc<Progress>,
) -> io::Result<ChunkReader> {
    let (sender, receiver) = mpsc::channel(CHUNKS);
    runtime()?.spawn(async move {
        let mut chunks = Box::pin(chunks);
        while let Some(chunk) = chunks.next().await {
            // Without a reader there is nothing to fetch for.
            if sender.send(chunk).await.is_err() {
                break;
            }
        }
    });
    Ok(ChunkReader { chunks: receiver, current: Bytes::new(), progress })
}

/// Bytes that arrive in chunks.
pub(super) struct ChunkReader {
    chunks: Receiver<io::Result<Bytes>>,
    current: Bytes,
    progress: Arc<Progress>,
}

impl Read for ChunkReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            let next = match self.chunks.try_recv() {
                Ok(chunk) => Some(chunk),
                Err(_) => {
                    wait(self.chunks.recv(), &self.progress)?.ok_or_else(|| io::Error::other("stopped on request"))?
                }
            };
            match next {
                Some(chunk) => self.current = chunk?,
                None => return Ok(0),
            }
        }
        let length = self.current.len().min(buffer.len());
        self.current.copy_to_slice(buffer.get_mut(..length).unwrap_or_default());
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[test]
    fn chunks_are_read_as_one_and_an_error_stays_one() {
        let chunks = ["ab", "", "cde"].map(|text| Ok(Bytes::from_static(text.as_bytes())));
        let mut whole = reader(stream::iter(chunks), Arc::default()).unwrap();
        let mut text = String::new();
        whole.read_to_string(&mut text).unwrap();
        assert_eq!(text, "abcde");
        let broken = [Ok(Bytes::from_static(b"ab")), Err(io::Error::other("the server hung up"))];
        let error = reader(stream::iter(broken), Arc::default()).unwrap().read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "the server hung up");
    }

    #[test]
    fn a_silent_server_does_not_hold_up_who_asks_to_stop() {
        let progress = Arc::new(Progress::default());
        let mut silent = reader(stream::pending(), Arc::clone(&progress)).unwrap();
        progress.cancel();
        assert!(silent.read(&mut [0; 10]).is_err());
        assert!(wait(std::future::pending::<()>(), &progress).unwrap().is_none());
    }
}
