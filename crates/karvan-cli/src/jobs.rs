//! Work on several inputs at a time, told in the order of the inputs.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How much of what later inputs say is kept while an earlier one is at work; then they wait.
const KEPT: usize = 64;

/// How many inputs a thread may be ahead of the one whose words are being told.
const AHEAD: usize = 8;

/// How often to look up while there is nothing to tell.
const PAUSE: Duration = Duration::from_millis(100);

/// What comes of the work, in the order of the inputs.
pub(crate) enum Told<E> {
    /// Something that the work on an input said.
    Said(E),
    /// Nothing was said for a while.
    Pause,
}

/// Does `work` on each of `inputs`, on `jobs` threads, and tells what it says in the order of the inputs, whatever
/// the number of threads.
///
/// What the work on the first unfinished input says is told at once. What later ones say waits its turn, and they wait
/// when that grows too long, so that memory does not grow with the inputs.
///
/// # Errors
/// That of `tell`, which ends the work: what else it says is not heard.
pub(crate) fn in_order<I: Sync, E: Send>(
    inputs: &[I],
    jobs: NonZeroUsize,
    work: impl Fn(&I, &mut dyn FnMut(E)) + Sync,
    mut tell: impl FnMut(Told<E>) -> io::Result<()>,
    stop: impl Fn(),
) -> io::Result<()> {
    let jobs = jobs.get().min(inputs.len());
    let (give, orders) = channel::<(&I, SyncSender<E>)>();
    let orders = Mutex::new(orders);
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    // The lock is held while waiting for an order, not while working on it.
                    let order = orders.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((input, say)) = order else { break };
                    // Nobody listens any more where sending fails; reading is about to be stopped.
                    work(input, &mut |event| drop(say.send(event)));
                }
            });
        }
        let mut waiting: VecDeque<Receiver<E>> = VecDeque::new();
        let mut inputs = inputs.iter();
        let told = loop {
            while waiting.len() < jobs * AHEAD
                && let Some(input) = inputs.next()
            {
                let (say, hear) = sync_channel(KEPT);
                // The threads take orders as long as there may be any.
                let _ = give.send((input, say));
                waiting.push_back(hear);
            }
            let Some(first) = waiting.pop_front() else { break Ok(()) };
            if let Err(error) = tell_all(&first, &mut tell) {
                stop();
                break Err(error);
            }
        };
        drop((give, waiting));
        told
    })
}

/// Tells all that is said there, until its end.
fn tell_all<E>(first: &Receiver<E>, tell: &mut impl FnMut(Told<E>) -> io::Result<()>) -> io::Result<()> {
    loop {
        let event = match first.try_recv() {
            Ok(event) => event,
            Err(TryRecvError::Disconnected) => return Ok(()),
            Err(TryRecvError::Empty) => {
                tell(Told::Pause)?;
                match first.recv_timeout(PAUSE) {
                    Ok(event) => event,
                    Err(RecvTimeoutError::Timeout) => continue,
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
            }
        };
        tell(Told::Said(event))?;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn told(inputs: &[usize], jobs: usize, work: impl Fn(&usize, &mut dyn FnMut(usize)) + Sync) -> Vec<usize> {
        let mut all = Vec::new();
        let tell = |told| {
            if let Told::Said(event) = told {
                all.push(event);
            }
            Ok(())
        };
        in_order(inputs, NonZeroUsize::new(jobs).unwrap(), work, tell, || {}).unwrap();
        all
    }

    #[test]
    fn the_order_is_that_of_the_inputs() {
        let inputs: Vec<_> = (0..300).collect();
        for jobs in [1, 2, 7] {
            // The earlier an input, the longer it takes.
            let all = told(&inputs, jobs, |&input, say| {
                thread::sleep(Duration::from_micros(300 - input as u64));
                (0..input % 5).for_each(|part| say(10 * input + part));
            });
            let expected: Vec<_> =
                inputs.iter().flat_map(|input| (0..input % 5).map(move |part| 10 * input + part)).collect();
            assert_eq!(all, expected, "{jobs} jobs");
        }
    }

    #[test]
    fn later_inputs_wait_when_they_say_much() {
        let said = AtomicUsize::new(0);
        let work = |&input: &usize, say: &mut dyn FnMut(usize)| {
            if input == 0 {
                // The second input gets as far as it can.
                thread::sleep(Duration::from_millis(100));
                assert!(said.load(Ordering::SeqCst) <= KEPT, "what waits is bounded");
            }
            for part in 0..10_000 * input {
                say(part);
                said.fetch_add(1, Ordering::SeqCst);
            }
        };
        assert_eq!(told(&[0, 1], 2, work).len(), 10_000);
    }

    #[test]
    fn who_tells_can_end_the_work() {
        let mut count = 0;
        let tell = |told: Told<usize>| {
            count += usize::from(matches!(told, Told::Said(_)));
            if count == 3 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
        };
        let inputs: Vec<_> = (0..1000).collect();
        let stopped = AtomicUsize::new(0);
        let work = |_: &usize, say: &mut dyn FnMut(usize)| (0..100).for_each(say);
        let stop = || stopped.store(1, Ordering::SeqCst);
        let error = in_order(&inputs, NonZeroUsize::new(2).unwrap(), work, tell, stop).unwrap_err();
        assert_eq!((error.kind(), stopped.into_inner()), (io::ErrorKind::BrokenPipe, 1));
    }
}
