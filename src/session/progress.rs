//! Progress on stderr, while a person waits for a report.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::model::{Progress, Side, text};

const REDRAW: Duration = Duration::from_millis(100);

/// Runs `work` with one bar per reference on stderr when `visible`, in silence otherwise.
pub(super) fn shown<T>(
    visible: bool,
    progress: &Arc<Progress>,
    references: &[(Side, &str)],
    work: impl FnOnce() -> T,
) -> T {
    if !visible {
        return work();
    }
    let (finished, waiting) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let bars = Bars::new(references);
            while waiting.recv_timeout(REDRAW) == Err(RecvTimeoutError::Timeout) {
                bars.update(progress);
            }
            bars.clear();
        });
        let result = work();
        drop(finished);
        result
    })
}

struct Bars {
    screen: MultiProgress,
    bars: Vec<(Side, ProgressBar)>,
}

impl Bars {
    fn new(references: &[(Side, &str)]) -> Self {
        let screen = MultiProgress::new();
        let template = "{prefix:24!} {wide_bar} {binary_bytes:>10} of {binary_total_bytes:<10} {msg:16}";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = |(side, reference): &(Side, &str)| {
            let bar = screen.add(ProgressBar::new(0).with_style(style.clone()));
            bar.set_prefix(text::visible(reference).into_owned());
            (*side, bar)
        };
        let bars = references.iter().map(bar).collect();
        Self { screen, bars }
    }

    fn update(&self, progress: &Progress) {
        for (side, bar) in &self.bars {
            let side = progress.side(*side);
            let (done, total) = side.bytes();
            bar.set_length(total.max(done));
            bar.set_position(done);
            bar.set_message(side.stage().as_str());
        }
    }

    fn clear(&self) {
        for (_, bar) in &self.bars {
            bar.finish_and_clear();
        }
        // A terminal that went away is no failure of the work.
        let _ = self.screen.clear();
    }
}
