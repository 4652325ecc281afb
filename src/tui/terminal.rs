//! The loop, and the real terminal around it: entered once, left as it was on every way out.

use std::io::{self, Stdout, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{self, DisableMouseCapture, EnableMouseCapture};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::layout::{Position, Rect};
use signal_hook::consts::{SIGINT, SIGTERM};

use super::app::{App, Effect};
use super::event::{Closed, Event, World};
use super::explorer::Explorer;
use super::loading::Screen;
use super::outside::{Versions, Viewer};
use super::worker::{Job, Workers};
use super::{Loading, Services, Setup};
use crate::model::Progress;

/// How often the gauges move while loading.
const TICK: Duration = Duration::from_millis(80);
/// How often the listener looks whether it should stop.
const LISTEN: Duration = Duration::from_millis(50);
/// With nothing to wait for but the user.
const IDLE: Duration = Duration::from_hours(1);
/// Events taken in before a frame is drawn, so that a held key or a paste does not queue frames.
const BATCH: usize = 256;

/// Why the explorer ended before the user left it.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    #[error("the terminal: {0}")]
    Terminal(#[from] io::Error),
    /// The report could not be made; the message says why.
    #[error("{0}")]
    Failed(String),
}

/// Shows the explorer until the user leaves it. Starts before there is a report.
///
/// # Errors
/// When the terminal cannot be used, or the report could not be made.
pub fn run(source: Loading, services: &Services, setup: Setup, viewer: Viewer) -> Result<(), TuiError> {
    let mut screen = RealTerminal::enter()?;
    let (events, input) = mpsc::channel();
    let terminated = hear_signals()?;
    let mut world = RealWorld {
        workers: Workers::start(services, &events),
        listener: Listener::start(events.clone(), Arc::clone(&terminated)),
        terminated,
        progress: Arc::clone(&source.progress),
        events: events.clone(),
        viewer,
        input,
    };
    let loading = Screen { progress: source.progress, left: source.left, right: source.right };
    let report = source.report;
    // The views are made on this thread too: for a large report that takes a moment.
    thread::spawn(move || {
        let ready = match report.recv() {
            Ok(made) => made.map(|report| Box::new(Explorer::new(report))),
            Err(_) => Err("the comparison stopped unexpectedly".to_owned()),
        };
        // Nobody listens any more when the user left before.
        let _ = events.send(Event::Ready(ready));
    });
    let mut app = App::loading(loading, setup);
    drive(&mut screen.terminal, &mut app, &mut world)
}

/// The loop: draw, wait, take in what happened.
///
/// # Errors
/// When drawing fails, or the report could not be made.
pub fn drive<B: Backend>(terminal: &mut Terminal<B>, app: &mut App, world: &mut impl World) -> Result<(), TuiError> {
    loop {
        terminal.draw(|frame| app.draw(frame)).map_err(io_error)?;
        let timeout = if app.is_waiting() { TICK } else { IDLE };
        let Ok(event) = world.next(timeout) else { return Ok(()) };
        let mut event = event.unwrap_or(Event::Tick);
        let size = terminal.size().map_err(io_error)?;
        let mut unseen = Buffer::empty(Rect::from((Position::ORIGIN, size)));
        for _ in 0..BATCH {
            for effect in app.update(event) {
                match effect {
                    Effect::Quit => return Ok(()),
                    Effect::Fail(message) => return Err(TuiError::Failed(message)),
                    Effect::Cancel => world.cancel(),
                    Effect::Work(job) => world.work(job),
                    Effect::Copy(text) => world.copy(&text),
                    Effect::Outside(versions) => {
                        let shown = world.outside(&versions);
                        // The other program painted over everything. `Terminal::clear` would ask the terminal for its
                        // cursor and wait for an answer that the listener may take.
                        terminal.backend_mut().clear().map_err(io_error)?;
                        terminal.swap_buffers();
                        if let Err(words) = shown {
                            app.update(Event::Said(words));
                        }
                    }
                }
            }
            match world.next(Duration::ZERO) {
                Ok(Some(next)) => {
                    // The next key or click means what the user would have seen by now: lay it out, without the cost
                    // of sending it to the terminal.
                    app.render(unseen.area, &mut unseen);
                    event = next;
                }
                Ok(None) => break,
                Err(Closed) => return Ok(()),
            }
        }
    }
}

fn io_error(error: impl std::error::Error) -> io::Error {
    io::Error::other(error.to_string())
}

struct RealWorld {
    input: Receiver<Event>,
    events: Sender<Event>,
    workers: Workers,
    listener: Listener,
    terminated: Arc<AtomicBool>,
    progress: Arc<Progress>,
    viewer: Viewer,
}

impl World for RealWorld {
    fn next(&mut self, timeout: Duration) -> Result<Option<Event>, Closed> {
        match self.input.recv_timeout(timeout) {
            Ok(event) => Ok(Some(event)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Closed),
        }
    }

    fn work(&mut self, job: Job) {
        self.workers.post(job);
    }

    fn copy(&mut self, text: &str) {
        // A terminal that is gone has no clipboard either.
        let _ = execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text));
    }

    fn outside(&mut self, versions: &Versions) -> Result<(), String> {
        let mut command = self.viewer.command(versions).ok_or("no program to show it with")?;
        // The other program reads the keyboard now.
        self.listener.stop();
        restore();
        let status = command.status();
        let entered = enter();
        self.listener = Listener::start(self.events.clone(), Arc::clone(&self.terminated));
        entered.map_err(|error| format!("the terminal: {error}"))?;
        let program = command.get_program().to_string_lossy();
        match status {
            Ok(status) if status.success() || status.code() == Some(1) => Ok(()),
            Ok(status) => Err(format!("{program} ended with {status}")),
            Err(error) => {
                Err(format!("{program} cannot be run: {error}; set diff-tool in the configuration, or PAGER"))
            }
        }
    }

    fn cancel(&mut self) {
        self.progress.cancel();
    }
}

impl Drop for RealWorld {
    fn drop(&mut self) {
        self.listener.stop();
    }
}

/// A flag that SIGTERM sets. SIGINT does nothing: while the terminal is ours Ctrl-C is a key, and in another program, which
/// shares our process group, it is that program's.
fn hear_signals() -> io::Result<Arc<AtomicBool>> {
    let terminated = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGTERM, Arc::clone(&terminated))?;
    signal_hook::flag::register(SIGINT, Arc::default())?;
    Ok(terminated)
}

/// The thread that reads the keyboard, and hears SIGTERM.
struct Listener {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// `terminated`: set by the system when the program is to end.
    fn start(events: Sender<Event>, terminated: Arc<AtomicBool>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let event = match event::poll(LISTEN) {
                    Ok(true) => event::read().ok().as_ref().and_then(Event::from_terminal),
                    Ok(false) => None,
                    // A signal interrupts the wait; anything else means that the terminal is gone.
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => None,
                    Err(_) => Some(Event::Terminate),
                };
                let event = if terminated.load(Ordering::Relaxed) { Some(Event::Terminate) } else { event };
                if event.is_some_and(|event| events.send(event).is_err()) || terminated.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        Self { stop, thread: Some(thread) }
    }

    /// Waits for the thread, so that it does not take keys meant for the shell.
    fn stop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has nothing to report; a panic in it was shown by the hook.
            let _ = thread.join();
        }
    }
}

/// The terminal in raw mode and on its alternate screen, until dropped.
struct RealTerminal {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    /// What other threads said when they panicked: printed when the screen is the shell's again.
    panics: Arc<Mutex<Vec<String>>>,
}

impl RealTerminal {
    fn enter() -> io::Result<Self> {
        let panics = Arc::new(Mutex::new(Vec::new()));
        hook_panics(Arc::clone(&panics));
        let entered = enter().and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())));
        match entered {
            Ok(terminal) => Ok(Self { terminal, panics }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }
}

impl Drop for RealTerminal {
    fn drop(&mut self) {
        restore();
        if !thread::panicking() {
            // Back to the standard hook: a later panic has no screen to restore.
            drop(panic::take_hook());
        }
        for message in self.panics.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // With stderr gone there is nobody to tell.
            let _ = writeln!(io::stderr(), "{message}");
        }
    }
}

/// Takes the terminal.
fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture)
}

/// Gives the terminal back. Each step is tried whatever became of the ones before.
fn restore() {
    let _ = execute!(io::stdout(), DisableMouseCapture, LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}

/// A panic on this thread restores the terminal before it is reported; one on another thread, whose text would be
/// painted over, is kept for later.
fn hook_panics(panics: Arc<Mutex<Vec<String>>>) {
    let ui = thread::current().id();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == ui {
            restore();
            before(info);
        } else {
            panics.lock().unwrap_or_else(PoisonError::into_inner).push(info.to_string());
        }
    }));
}
