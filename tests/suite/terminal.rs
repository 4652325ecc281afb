//! The real binary in a pseudo-terminal: keys in, screen out.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How long anything may take before a test fails; far more than it should.
const PATIENCE: Duration = Duration::from_mins(1);
const TICK: Duration = Duration::from_millis(20);

/// A running program and its screen.
pub(crate) struct Session {
    screen: Arc<Mutex<vt100::Parser>>,
    /// All bytes that the program sent to the terminal.
    written: Arc<Mutex<Vec<u8>>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
}

impl Session {
    /// Starts `program` on a terminal of this size, whatever preferences the user of this machine has.
    pub(crate) fn start(program: &str, arguments: &[&str], columns: u16, rows: u16) -> Self {
        Self::at(program, arguments, (columns, rows), &std::env::temp_dir(), Path::new("/dev/null"))
    }

    /// As [`Session::start`], in this folder and with this file of preferences.
    pub(crate) fn at(
        program: &str,
        arguments: &[&str],
        (columns, rows): (u16, u16),
        folder: &Path,
        preferences: &Path,
    ) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.env("IMGDRIFT_CONFIG", preferences);
        command.env("IMGDRIFT_CACHE", "");
        command.env_remove("NO_COLOR");
        command.env_remove("COLORFGBG");
        command.cwd(folder);
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let mut output = pair.master.try_clone_reader().expect("a reader");
        let keys = pair.master.take_writer().expect("a writer");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(rows, columns, 0)));
        let written = Arc::new(Mutex::new(Vec::new()));
        let (painter, record) = (Arc::clone(&screen), Arc::clone(&written));
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(read @ 1..) = output.read(&mut buffer) {
                record.lock().unwrap().extend_from_slice(&buffer[..read]);
                painter.lock().unwrap().process(&buffer[..read]);
            }
        });
        Self { screen, written, keys, child, master: pair.master }
    }

    /// Types `text` as it is; `\x1b` and other control characters are keys.
    pub(crate) fn keys(&mut self, text: &str) {
        self.keys.write_all(text.as_bytes()).and_then(|()| self.keys.flush()).expect("the terminal takes keys");
    }

    /// Changes the terminal's size.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.lock().unwrap().screen_mut().set_size(rows, columns);
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("the terminal resizes");
    }

    /// What is on the screen, a line each.
    pub(crate) fn contents(&self) -> String {
        self.with(vt100::Screen::contents)
    }

    /// Looks at the screen.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.screen.lock().unwrap().screen())
    }

    /// Waits until the program has sent these bytes, which no screen need show.
    pub(crate) fn wait_for_bytes(&self, bytes: &[u8]) {
        let sent = |_: &vt100::Screen| self.written.lock().unwrap().windows(bytes.len()).any(|window| window == bytes);
        self.wait(&String::from_utf8_lossy(bytes), sent);
    }

    /// Waits until the screen shows `text`.
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait(text, |screen| screen.contents().contains(text));
    }

    /// Waits until `holds`; `what` names it when it never does.
    pub(crate) fn wait(&self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        let start = Instant::now();
        while !self.with(&holds) {
            assert!(start.elapsed() < PATIENCE, "never saw {what:?}; the screen is\n{}", self.contents());
            thread::sleep(TICK);
        }
    }

    /// Waits until the program ends.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the child can be waited for") {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "the program does not end; the screen is\n{}", self.contents());
            thread::sleep(TICK);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
    }
}
