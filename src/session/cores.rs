//! Independent pieces of work, as many at a time as there are cores.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Does `work` on all `items`, in their order but not one after the other. The results are in the order of completion.
///
/// # Errors
/// The first failure; it keeps what was not begun from being begun.
pub(super) fn each<T: Sync, R: Send, E: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let next = AtomicUsize::new(0);
    let outcome = Mutex::new(Ok(Vec::with_capacity(items.len())));
    let worker = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            let done = work(item);
            let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
            match (outcome.as_mut(), done) {
                (Ok(results), Ok(result)) => results.push(result),
                (Ok(_), Err(error)) => {
                    *outcome = Err(error);
                    next.store(items.len(), Ordering::Relaxed);
                }
                (Err(_), _) => {}
            }
        }
    };
    thread::scope(|scope| {
        let others = thread::available_parallelism().map_or(1, NonZero::get).min(items.len()).saturating_sub(1);
        for _ in 0..others {
            scope.spawn(worker);
        }
        worker();
    });
    outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_done_or_the_failure_is_told() {
        let items: Vec<u32> = (0..1000).collect();
        let mut doubled = each(&items, |item| Ok::<_, String>(item * 2)).unwrap();
        doubled.sort_unstable();
        assert_eq!(doubled, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        let begun = AtomicUsize::new(0);
        let failed = each(&items, |item| {
            begun.fetch_add(1, Ordering::Relaxed);
            if *item < 10 { Ok(()) } else { Err(*item) }
        });
        assert!(failed.unwrap_err() >= 10);
        assert!(begun.into_inner() < items.len(), "the rest is not begun");
        assert_eq!(each(&[] as &[u8], |_| Err::<(), _>("never called")), Ok(Vec::new()));
    }
}
