//! How fast the explorer answers with 250,000 paths a side: `cargo bench --bench explorer`.
//!
//! A long script of keys, the wheel and resizes is played at two sizes of the terminal. A step ends when its frame
//! stands in the buffer; a typed letter of the search when the frame with its matches does, the worker's time included.
//! Then the real program is started and the time to its first frame taken: on the demo, or on the two images named in
//! `IMGDRIFT_BENCH_IMAGES`, apart by a blank.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench stops where it fails, and prints what it found")]

mod images;

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};
use std::{env, fs};

use imgdrift::compare::{DriftReport, PackageRow};
use imgdrift::model::{Changelog, ImagePath, Side, Watch};
use imgdrift::tui::app::{App, Effect};
use imgdrift::tui::event::Event;
use imgdrift::tui::explorer::Explorer;
use imgdrift::tui::overlay::export::ExportRequest;
use imgdrift::tui::worker::{Task, Workers};
use imgdrift::tui::{Contents, Exports, Services, Setup};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};

/// Sizes of the terminal.
const SIZES: [(u16, u16); 2] = [(140, 45), (300, 100)];

/// How often everything is played.
const PLAYS: usize = 3;

/// How long each step took, and its name.
type Times = Vec<(Duration, String)>;

/// What is done, in order. A word is typed letter by letter unless it names a key, and `*9` repeats it.
const SCRIPT: &str = "
    j*9 k*3 Enter Esc 2 j*20 G g a j*9 Enter h Esc / f l a s k Enter Esc s n j*5 s d j*5 g g n
    1 j*4 Enter Esc j Enter Esc 2 g Enter j*6 Enter j*3 Esc Enter Enter Esc*3 4 j*4 Enter Enter j*9 Esc*3
    3 j*40 k*10 PageDown*5 PageUp*5 G g Enter j*3 l*6 h*6 L j*30 PageDown*20 G k*20 g H
    f c j*5 f u j*5 f n j*5 f t j*5 f h 6 7 Esc j*5 f - + Esc j*9 F a j*20 L PageDown*30 G k*9 PageUp*9 g Wheel*30 h H a
    u j*20 l*3 L j*20 u j*9 s d j*9 s s j*9 G s c g L j*20 s n f r j*9 G k*5 Esc z j*20 z Esc Tab j*9 Tab j*9 Tab Tab
    3 g a g L j*50 PageDown*20 h*5 l*5 Narrow j*5 Wide j*5 G h*4 l*4 f c f a u j*5 u j*5 g h l h l G k*9 g L H g L
    s d G k*20 PageUp*20 g j*20 s u G g s s G k*9 s n a a F
";

/// Texts typed into the search of all paths, then taken back letter by letter.
const SEARCHES: [&str; 8] =
    ["libcrypto.so", "site-packages/torch", "attn", "usr lib py", "numpy core init", "xqzj", "e", "'cache $.pyc"];

struct NoContents;

impl Contents for NoContents {
    fn read(&self, side: Side, path: &ImagePath, _limit: u64, _watch: &Watch) -> Result<Vec<u8>, String> {
        let words = if side == Side::Left { "before" } else { "after" };
        Ok(format!("{words}\n{path}\n").into_bytes())
    }

    fn copy(&self, _side: Side, _path: &ImagePath, _out: &mut dyn Write) -> Result<u64, String> {
        Ok(0)
    }

    fn changelog(&self, _package: &PackageRow) -> Result<Option<Changelog>, String> {
        Ok(None)
    }
}

struct NoExports;

impl Exports for NoExports {
    fn write(&self, report: &DriftReport, _request: &ExportRequest) -> Result<Vec<u8>, String> {
        Ok(report.headline().into_bytes())
    }
}

/// The explorer, its workers, and how long each step took.
struct Bench {
    app: App,
    terminal: Terminal<TestBackend>,
    size: (u16, u16),
    workers: Workers,
    answers: Receiver<Event>,
    steps: Times,
    letters: Times,
}

impl Bench {
    fn new(report: &Arc<DriftReport>, size: (u16, u16)) -> Self {
        let (events, answers) = mpsc::channel();
        let services = Services { contents: Arc::new(NoContents), exports: Arc::new(NoExports) };
        Self {
            app: App::new(Arc::clone(report), Setup::default()),
            terminal: Terminal::new(TestBackend::new(size.0, size.1)).unwrap(),
            size,
            workers: Workers::start(&services, &events),
            answers,
            steps: Vec::new(),
            letters: Vec::new(),
        }
    }

    fn played(report: &Arc<DriftReport>, size: (u16, u16)) -> Self {
        let mut bench = Self::new(report, size);
        bench.play();
        bench
    }

    /// One event up to its frame, then the answers to what it asked for.
    fn step(&mut self, name: &str, event: Event) {
        let start = Instant::now();
        let effects = self.frame(event);
        self.steps.push((start.elapsed(), name.to_owned()));
        for effect in effects {
            let Effect::Work(job) = effect else { continue };
            let is_search = matches!(job.task, Task::Search(..));
            let asked = Instant::now();
            self.workers.post(job);
            let answer = self.answers.recv().unwrap();
            let answered = Instant::now();
            let more = self.frame(answer);
            let shown = Instant::now();
            self.steps.push((shown - answered, format!("answer to {name}")));
            if is_search {
                self.letters.push((shown - asked + (asked - start), name.to_owned()));
            }
            for effect in more {
                if let Effect::Work(job) = effect {
                    self.workers.post(job);
                    let answer = self.answers.recv().unwrap();
                    self.frame(answer);
                }
            }
        }
    }

    fn frame(&mut self, event: Event) -> Vec<Effect> {
        let effects = self.app.update(event);
        self.terminal.draw(|frame| self.app.draw(frame)).unwrap();
        effects
    }

    fn key(&mut self, name: &str, code: KeyCode) {
        self.step(name, Event::Key(KeyEvent::from(code)));
    }

    fn word(&mut self, word: &str) {
        match word {
            "Enter" => self.key(word, KeyCode::Enter),
            "Esc" => self.key(word, KeyCode::Esc),
            "Tab" => self.key(word, KeyCode::Tab),
            "PageDown" => self.key(word, KeyCode::PageDown),
            "PageUp" => self.key(word, KeyCode::PageUp),
            "Narrow" => self.resize(word, (self.size.0 / 2, self.size.1 / 2)),
            "Wide" => self.resize(word, self.size),
            "Wheel" => {
                let (kind, modifiers) = (MouseEventKind::ScrollDown, KeyModifiers::NONE);
                self.step(word, Event::Mouse(MouseEvent { kind, column: 5, row: 9, modifiers }));
            }
            letters => letters.chars().for_each(|letter| self.key(word, KeyCode::Char(letter))),
        }
    }

    fn resize(&mut self, name: &str, (width, height): (u16, u16)) {
        self.terminal.backend_mut().resize(width, height);
        self.step(name, Event::Resize);
    }

    fn play(&mut self) {
        for word in SCRIPT.split_whitespace() {
            let (word, times) = word.split_once('*').map_or((word, 1), |(word, times)| (word, times.parse().unwrap()));
            for _ in 0..times {
                self.word(word);
            }
        }
        for text in SEARCHES {
            self.key("/", KeyCode::Char('/'));
            for (at, letter) in text.char_indices() {
                self.key(&text[..at + letter.len_utf8()], KeyCode::Char(letter));
            }
            for at in (1..text.len()).rev() {
                self.key(&text[..at], KeyCode::Backspace);
            }
            for (at, letter) in text.char_indices().skip(1) {
                self.key(&text[..at + letter.len_utf8()], KeyCode::Char(letter));
            }
            self.key("Down", KeyCode::Down);
            self.key("Enter", KeyCode::Enter);
            for _ in 0..12 {
                self.key("n", KeyCode::Char('n'));
            }
            for _ in 0..3 {
                self.key("N", KeyCode::Char('N'));
            }
            self.key("Esc", KeyCode::Esc);
            self.key("Esc", KeyCode::Esc);
            self.key("3", KeyCode::Char('3'));
        }
    }
}

/// Prints all steps as they were, and each at its best: what else the machine does slows some, seldom the same ones.
fn print<'a>(what: &str, plays: impl Iterator<Item = &'a Times>) {
    let plays: Vec<&Times> = plays.collect();
    let all: Times = plays.iter().flat_map(|play| play.iter().cloned()).collect();
    let best = |(at, step): (usize, &(Duration, String))| {
        let times = plays.iter().filter_map(|play| play.get(at));
        (times.map(|(time, _)| *time).min().unwrap_or(step.0), step.1.clone())
    };
    let best: Times = plays.first().into_iter().flat_map(|play| play.iter().enumerate().map(best)).collect();
    print_line(what, all);
    print_line("  the best of the plays", best);
}

fn print_line(what: &str, mut times: Times) {
    times.sort_unstable();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let at =
        |share: usize| times.get((times.len() * share / 100).min(times.len() - 1)).map_or(Duration::ZERO, |at| at.0);
    let slowest = times.iter().rev().take(5).map(|(time, name)| format!("{name} {:.1}", milliseconds(*time)));
    println!(
        "{what:<26} {:>5} steps   p50 {:>6.2} ms   p99 {:>6.2} ms   max {:>6.2} ms   {}",
        times.len(),
        milliseconds(at(50)),
        milliseconds(at(99)),
        milliseconds(at(100)),
        slowest.collect::<Vec<_>>().join(", "),
    );
}

/// Bytes of memory that the process holds, where the system tells.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// From the start of the real program to the first frame on its terminal.
fn first_frame() -> Duration {
    let images = env::var("IMGDRIFT_BENCH_IMAGES").unwrap_or_else(|_| "demo".to_owned());
    let pair = native_pty_system().openpty(PtySize { rows: 45, cols: 140, ..PtySize::default() }).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_imgdrift"));
    command.args(images.split_whitespace());
    command.env("TERM", "xterm-256color");
    let mut output = pair.master.try_clone_reader().unwrap();
    let start = Instant::now();
    let mut child = pair.slave.spawn_command(command).unwrap();
    let mut screen = vt100::Parser::new(45, 140, 0);
    let mut bytes = [0; 8192];
    while !screen.screen().contents().contains("q cancels") {
        let read = output.read(&mut bytes).unwrap();
        assert!(read > 0, "the program ended: {}", screen.screen().contents());
        screen.process(&bytes[..read]);
    }
    let time = start.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    time
}

fn main() {
    let report = Arc::new(images::report());
    println!("{} paths in all, {} packages", report.files.rows.len(), report.packages.len());
    let before = resident();
    let start = Instant::now();
    let explorer = Explorer::new(Arc::clone(&report));
    println!("making the views: {:.0} ms, beside the interface", start.elapsed().as_secs_f64() * 1000.0);
    if let (Some(before), Some(after)) = (before, resident()) {
        let bytes = after.saturating_sub(before) / report.files.rows.len() as u64;
        println!("memory of the views: {bytes} bytes per path");
    }
    drop(explorer);
    for size in SIZES {
        let plays: Vec<Bench> = (0..PLAYS).map(|_| Bench::played(&report, size)).collect();
        let name = format!("key to frame, {} x {}", size.0, size.1);
        print(&name, plays.iter().map(|play| &play.steps));
        print("letter to its matches", plays.iter().map(|play| &play.letters));
    }
    let starts: Vec<Times> =
        (0..PLAYS).map(|_| (0..10).map(|_| (first_frame(), "start".to_owned())).collect()).collect();
    print("start to first frame", starts.iter());
}
