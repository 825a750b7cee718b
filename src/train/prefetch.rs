//! Batches made ready by several threads ahead of the model, handed on in their order.

use crate::error::Result;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, sync_channel};

/// Batches that may wait for the model, per thread.
const AHEAD: usize = 2;

/// Runs `consume` on the prepared jobs, in the order of the jobs, while `workers` threads prepare those
/// that follow. The result does not depend on the number of threads.
pub fn prefetch<Job: Send, Batch: Send, Answer>(
    jobs: impl Iterator<Item = (usize, Result<Job>)> + Send,
    workers: usize,
    prepare: impl Fn(usize, Job) -> Result<Batch> + Sync,
    consume: impl FnOnce(&mut dyn Iterator<Item = Result<Batch>>) -> Answer,
) -> Answer {
    let workers = workers.max(1);
    // Jobs are numbered anew: those of a resumed pass don't begin with 0.
    let jobs = Mutex::new(jobs.enumerate());
    let (sender, receiver) = sync_channel(workers * AHEAD);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (sender, jobs, prepare) = (sender.clone(), &jobs, &prepare);
            scope.spawn(move || {
                loop {
                    // A poisoned lock: another thread panicked, and the scope will say so.
                    let Some(job) = jobs.lock().ok().and_then(|mut jobs| jobs.next()) else {
                        return;
                    };
                    let (order, (index, job)) = job;
                    let batch = job.and_then(|job| prepare(index, job));
                    // Nobody listens any more: the run is over.
                    if sender.send((order, batch)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        consume(&mut InOrder { receiver, early: BTreeMap::new(), next: 0 })
    })
}

/// Puts what arrives into its order.
struct InOrder<Batch> {
    receiver: Receiver<(usize, Result<Batch>)>,
    early: BTreeMap<usize, Result<Batch>>,
    next: usize,
}

impl<Batch> Iterator for InOrder<Batch> {
    type Item = Result<Batch>;
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = self.early.remove(&self.next) {
                self.next += 1;
                return Some(batch);
            }
            let (order, batch) = self.receiver.recv().ok()?;
            self.early.insert(order, batch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn batches_come_in_order_whoever_is_quicker() {
        let jobs = (5..40usize).map(|job| (job, Ok(job)));
        let prepare = |index: usize, job: usize| {
            std::thread::sleep(std::time::Duration::from_millis((job % 3) as u64));
            Ok((index, job * 10))
        };
        let made: Vec<(usize, usize)> =
            prefetch(jobs, 4, prepare, |batches| batches.map(|batch| batch.unwrap()).collect());
        assert_eq!(made, (5..40).map(|job| (job, job * 10)).collect::<Vec<_>>());
    }

    #[test]
    fn a_run_that_ends_early_leaves_no_thread_waiting() {
        let jobs = (0..1_000_000usize).map(|job| (job, Ok(job)));
        let first = prefetch(jobs, 3, |_, job| Ok(job), |batches| batches.next().unwrap().unwrap());
        assert_eq!(first, 0);
    }

    #[test]
    fn an_error_stands_in_its_place() {
        let jobs =
            (0..4usize).map(|job| (job, if job == 2 { Err(Error::usage("no")) } else { Ok(job) }));
        let made: Vec<bool> =
            prefetch(jobs, 2, |_, job| Ok(job), |batches| batches.map(|b| b.is_ok()).collect());
        assert_eq!(made, [true, true, false, true]);
    }
}
