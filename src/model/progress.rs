//! How far the work on each side is: counters that workers add to and any interface may read at any moment.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use super::Side;

/// The progress of both sides, and the wish to stop.
#[derive(Debug, Default)]
pub struct Progress {
    left: SideProgress,
    right: SideProgress,
    cancelled: AtomicBool,
}

/// The progress of one side.
#[derive(Debug, Default)]
pub struct SideProgress {
    stage: AtomicU8,
    done: AtomicU64,
    total: AtomicU64,
    entries: AtomicU64,
}

/// What one side is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Opening,
    Reading,
    Cataloguing,
    Done,
}

impl Progress {
    /// One side's counters.
    #[must_use]
    pub fn side(&self, side: Side) -> &SideProgress {
        match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        }
    }

    /// Asks all workers to stop at their next block.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether someone asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

impl SideProgress {
    /// Says what the side does now.
    pub fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    /// What the side does now.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Relaxed) {
            0 => Stage::Opening,
            1 => Stage::Reading,
            2 => Stage::Cataloguing,
            _ => Stage::Done,
        }
    }

    /// Says how many bytes of layer blobs there are to read.
    pub fn expect(&self, bytes: u64) {
        self.total.store(bytes, Ordering::Relaxed);
    }

    /// Adds bytes of layer blobs read.
    pub fn advance(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Adds one tar entry seen.
    pub fn saw_entry(&self) {
        self.entries.fetch_add(1, Ordering::Relaxed);
    }

    /// Bytes read and bytes to read.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// Tar entries seen.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries.load(Ordering::Relaxed)
    }
}

impl Stage {
    /// What a reader sees.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Reading => "reading layers",
            Self::Cataloguing => "finding packages",
            Self::Done => "done",
        }
    }
}
