//! The program: reads the command line, carries the task out, says what failed.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use imgdrift::cli::Cli;
use imgdrift::session::{self, Outcome, Terminal};
use ratatui::crossterm::terminal::size;

/// Exit codes beside 0: `--fail-on` met, and error.
const FAIL_ON_MET: u8 = 1;
const ERROR: u8 = 2;

fn main() -> ExitCode {
    let task = match Cli::task(env::args_os()) {
        Ok(task) => task,
        Err(error) => {
            // Nothing is left to tell when the terminal is gone.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(ERROR) } else { ExitCode::SUCCESS };
        }
    };
    match session::carry_out(task, terminal()) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::FailOnMet) => ExitCode::from(FAIL_ON_MET),
        Err(failure) => {
            let _ = writeln!(io::stderr(), "imgdrift: {failure}");
            ExitCode::from(ERROR)
        }
    }
}

fn terminal() -> Terminal {
    let stdout = io::stdout().is_terminal();
    let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
    Terminal {
        interactive: stdout && io::stdin().is_terminal() && !dumb,
        color: stdout && !plain && !dumb,
        progress: io::stderr().is_terminal() && !dumb,
        width: if stdout { size().map_or(0, |(columns, _)| columns.into()) } else { 0 },
    }
}
