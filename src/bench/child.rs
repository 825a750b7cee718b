//! A program run as a process, and what it cost as the system counts it.

use crate::error::{Error, ErrorCode, Result, Stage};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a process is asked for the most memory it has had.
const ASKED_EVERY: Duration = Duration::from_millis(5);

/// What a process, or several side by side, took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// On the clock, from the first start to the last end.
    pub seconds: f64,
    /// Of all threads.
    pub cpu_seconds: f64,
    /// Most memory resident; of several processes the sum of each one's most.
    pub peak_mib: f64,
}

/// Runs commands side by side to their ends, their output thrown away.
///
/// # Errors
/// `Internal` where one can't be started or fails, with its command line.
pub fn run(mut commands: Vec<Command>) -> Result<Cost> {
    let start = Instant::now();
    let mut children = Vec::with_capacity(commands.len());
    for command in &mut commands {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        children.push(command.spawn());
    }
    let mut cost = Cost::default();
    let pids: Vec<u32> = children.iter().flatten().map(Child::id).collect();
    let ended = AtomicBool::new(false);
    let (ends, peaks) = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&pids, &ended));
        // All are waited for before any failure is told: none is left behind.
        let ends: Vec<_> = children.into_iter().map(|child| wait(child?)).collect();
        cost.seconds = start.elapsed().as_secs_f64();
        ended.store(true, Ordering::Relaxed);
        (ends, watcher.join().unwrap_or_default())
    });
    for (end, command) in ends.into_iter().zip(&commands) {
        let (status, usage) = end.map_err(|error| failed(command, &error.to_string()))?;
        if !status.success() {
            return Err(failed(command, &status.to_string()));
        }
        cost.cpu_seconds += usage.cpu_seconds;
        cost.peak_mib += usage.peak_mib;
    }
    if let Some(peak_mib) = peaks {
        cost.peak_mib = peak_mib;
    }
    Ok(cost)
}

fn failed(command: &Command, reason: &str) -> Error {
    let program = command.get_program().to_string_lossy();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    let line: Vec<_> = std::iter::once(program).chain(arguments).collect();
    Error::new(Stage::Input, ErrorCode::Internal, format!("a program failed: {reason}"))
        .hint(format!("run it by hand to see why: {}", line.join(" ")))
}

/// The sum of the most memory that each process has had, where the system tells it of processes that
/// run. Its count at their end won't do: there a process begins with the memory of the one that started
/// it, which is more than a small program ever has.
fn watch(pids: &[u32], ended: &AtomicBool) -> Option<f64> {
    let mut peaks: Vec<Option<f64>> = vec![None; pids.len()];
    while !ended.load(Ordering::Relaxed) {
        for (pid, peak) in pids.iter().zip(&mut peaks) {
            *peak = resident_peak(*pid).or(*peak);
        }
        std::thread::sleep(ASKED_EVERY);
    }
    peaks.into_iter().sum()
}

/// MiB.
fn resident_peak(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}

/// Waits for the end and takes the system's count.
#[allow(unsafe_code)]
fn wait(child: Child) -> io::Result<(ExitStatus, Cost)> {
    let mut status = 0;
    // SAFETY: rusage is a struct of integers, for which zeros are a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    let pid = child.id() as libc::pid_t;
    loop {
        // SAFETY: both pointers are to live values of the types that wait4 fills; the process is our
        // child and nobody else waits for it, since `child` is ours and is dropped without waiting.
        let ended = unsafe { libc::wait4(pid, &mut status, 0, &mut usage) };
        if ended == pid {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    // Linux counts KiB, macOS bytes.
    let unit = if cfg!(target_os = "macos") { 1.0 / 1024.0 / 1024.0 } else { 1.0 / 1024.0 };
    let cost = Cost {
        seconds: 0.0,
        cpu_seconds: cpu_seconds(&usage),
        peak_mib: usage.ru_maxrss as f64 * unit,
    };
    Ok((ExitStatus::from_raw(status), cost))
}

/// Processor seconds that this process has used so far.
#[allow(unsafe_code)]
pub fn own_cpu_seconds() -> f64 {
    // SAFETY: a struct of integers, for which zeros are a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live value of the type that getrusage fills.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    cpu_seconds(&usage)
}

fn cpu_seconds(usage: &libc::rusage) -> f64 {
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn processes_side_by_side_are_counted_together() {
        let cost = run(vec![shell("sleep 0.05"), shell("exit 0")]).unwrap();
        assert!(cost.seconds >= 0.05 && cost.peak_mib > 0.1, "{cost:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_of_the_one_that_measures_is_not_counted() {
        let mine = vec![1u8; 100 << 20];
        let cost = run(vec![shell("sleep 0.1")]).unwrap();
        assert!(cost.peak_mib < 50.0, "{cost:?} beside {}", std::hint::black_box(mine).len());
    }

    #[test]
    fn a_failing_program_is_told_with_its_command_line() {
        let error = run(vec![shell("exit 3"), shell("exit 0")]).unwrap_err();
        assert!(error.message.contains('3'), "{error}");
        assert!(error.hint.unwrap().contains("sh -c exit 3"));
        assert!(run(vec![Command::new("/no/such/program")]).is_err());
    }
}
