//! A shell's text cut into its simple commands (POSIX, Shell Command Language), as far as needed to know what was run:
//! quotes, substitutions, here-documents and redirections are understood, nothing is expanded.

/// Bytes of a text that are read; a longer one is no hand's work.
const MAX_BYTES: usize = 1 << 18;
/// Substitutions within substitutions, and texts for shells within texts for shells.
const MAX_DEPTH: usize = 8;
/// Simple commands of one text.
const MAX_COMMANDS: usize = 4096;

/// A simple command: a program with its arguments, wrappers such as `sudo` and `env` taken off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SimpleCommand {
    /// `NAME=value` in front of it, and those given to `env`.
    pub(super) assignments: Vec<String>,
    /// At least the program, quotes removed.
    pub(super) words: Vec<String>,
    /// Whether a pipe leads from the command before into this one.
    pub(super) is_piped: bool,
}

impl SimpleCommand {
    /// The program, without the directories it is in.
    pub(super) fn program(&self) -> &str {
        self.words.first().map_or("", |word| word.rsplit('/').next().unwrap_or_default())
    }

    pub(super) fn arguments(&self) -> &[String] {
        self.words.get(1..).unwrap_or_default()
    }

    /// The value given to `name` in front of the command.
    pub(super) fn assigned(&self, name: &str) -> Option<&str> {
        self.assignments.iter().find_map(|assignment| assignment.strip_prefix(name)?.strip_prefix('='))
    }

    /// Whether it is a shell, whatever it runs.
    pub(super) fn is_shell(&self) -> bool {
        matches!(self.program(), "sh" | "bash" | "dash" | "ash" | "ksh" | "zsh")
    }
}

/// The simple commands of a shell's text, in order, those within substitutions before the ones they stand in.
pub(super) fn commands(script: &str) -> Vec<SimpleCommand> {
    let mut found = Vec::new();
    let mut texts = vec![(script.to_owned(), 0)];
    while let Some((text, depth)) = texts.pop() {
        for command in Reader::read(&text) {
            if found.len() >= MAX_COMMANDS {
                return found;
            }
            let Some(command) = unwrapped(command) else { continue };
            if depth < MAX_DEPTH
                && let Some(inner) = inner_script(&command)
            {
                texts.push((inner, depth + 1));
            }
            found.push(command);
        }
    }
    found
}

/// A program's words, as histories tell them: joined by spaces.
pub(super) fn words(joined: &str) -> Vec<SimpleCommand> {
    let words = joined.split_whitespace().map(str::to_owned).collect();
    unwrapped(SimpleCommand { words, ..SimpleCommand::default() }).into_iter().collect()
}

/// The text that a shell is given by `-c`.
fn inner_script(command: &SimpleCommand) -> Option<String> {
    if !command.is_shell() {
        return None;
    }
    let arguments = command.arguments();
    let is_option = |word: &&String| word.starts_with('-') && !word.starts_with("--") && word.contains('c');
    let at = arguments.iter().position(|word| is_option(&word))?;
    arguments.get(at + 1).cloned()
}

/// Without reserved words, assignments and programs that only run another.
fn unwrapped(mut command: SimpleCommand) -> Option<SimpleCommand> {
    const RESERVED: [&str; 14] =
        ["if", "then", "else", "elif", "fi", "while", "until", "do", "done", "esac", "!", "{", "}", "time"];
    let mut words = std::mem::take(&mut command.words).into_iter().peekable();
    loop {
        let word = words.peek()?.as_str();
        let name = word.rsplit('/').next().unwrap_or_default();
        if is_assignment(word) {
            command.assignments.extend(words.next());
        } else if RESERVED.contains(&word) {
            words.next();
        } else if let Some(taking) = wrapper(name) {
            words.next();
            while let Some(option) = words.next_if(|word| word.starts_with('-')) {
                if taking.contains(&option.as_str()) {
                    words.next();
                }
            }
        } else {
            break;
        }
    }
    command.words = words.collect();
    Some(command)
}

/// The options with an argument of a program that runs the one named behind it.
fn wrapper(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "sudo" | "doas" => &["-u", "-g", "-h", "-p", "-C", "-D"],
        "env" => &["-u", "-C", "--unset", "--chdir"],
        "nice" => &["-n"],
        "xargs" => &["-n", "-P", "-I", "-L", "-a", "-d", "-s", "-E"],
        "exec" | "command" | "nohup" | "eatmydata" | "builtin" => &[],
        _ => return None,
    })
}

fn is_assignment(word: &str) -> bool {
    let Some((name, _)) = word.split_once('=') else { return false };
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

/// What is being read: the text itself, or a substitution in it.
#[derive(Default)]
struct Frame {
    command: SimpleCommand,
    /// The word that was begun, if only by a pair of quotes.
    word: Option<String>,
    is_quoted: bool,
    /// Whether the next word is a file's name.
    redirects: bool,
    /// What ends the frame: `)` or a backquote.
    end: Option<char>,
    /// Whether the frame stands for a part of a word of the one below.
    is_part: bool,
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    frames: Vec<Frame>,
    found: Vec<SimpleCommand>,
    /// The words that end the here-documents whose bodies follow the line.
    here: Vec<(String, bool)>,
    /// Whether the next word ends a here-document, and whether tabs are taken off its lines.
    names_here: Option<bool>,
}

impl<'a> Reader<'a> {
    fn read(text: &'a str) -> Vec<SimpleCommand> {
        let end = (0..=MAX_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        let text = text.get(..end).unwrap_or_default();
        let mut reader = Self {
            rest: text.chars().peekable(),
            frames: vec![Frame::default()],
            found: Vec::new(),
            here: Vec::new(),
            names_here: None,
        };
        while let Some(character) = reader.rest.next() {
            reader.take(character);
        }
        while let Some(frame) = reader.frames.pop() {
            reader.frames.push(frame);
            reader.end_command(false);
            reader.frames.pop();
        }
        reader.found
    }

    fn frame(&mut self) -> Option<&mut Frame> {
        self.frames.last_mut()
    }

    fn push(&mut self, character: char) {
        if let Some(word) = self.word() {
            word.push(character);
        }
    }

    /// The word that is read, begun if none is.
    fn word(&mut self) -> Option<&mut String> {
        self.frame().map(|frame| frame.word.get_or_insert_default())
    }

    fn take(&mut self, character: char) {
        let (is_quoted, end, in_word) =
            self.frames.last().map_or((false, None, false), |frame| (frame.is_quoted, frame.end, frame.word.is_some()));
        match character {
            '\\' => match self.rest.next() {
                Some('\n') | None => {}
                Some(next) => self.push(next),
            },
            '"' => {
                if let Some(frame) = self.frame() {
                    frame.is_quoted = !is_quoted;
                    frame.word.get_or_insert_default();
                }
            }
            '`' if end == Some('`') => self.close(),
            '`' => self.open('`', true),
            '$' if self.rest.peek() == Some(&'(') => {
                self.rest.next();
                self.push('$');
                self.open(')', true);
            }
            plain if is_quoted => self.push(plain),
            '\'' => {
                self.word();
                while let Some(quoted) = self.rest.next_if(|next| *next != '\'') {
                    self.push(quoted);
                }
                self.rest.next();
            }
            '#' if !in_word => while self.rest.next_if(|next| *next != '\n').is_some() {},
            '\n' => {
                self.end_command(false);
                self.skip_here_documents();
            }
            ' ' | '\t' | '\r' => self.end_word(),
            ')' if end == Some(')') => self.close(),
            ';' | ')' => self.end_command(false),
            '&' => {
                self.rest.next_if_eq(&'&');
                self.end_command(false);
            }
            '|' => {
                let is_pipe = self.rest.next_if_eq(&'|').is_none();
                self.rest.next_if_eq(&'&');
                self.end_command(is_pipe);
            }
            '>' | '<' => self.redirect(character),
            '(' => self.open(')', false),
            plain => self.push(plain),
        }
    }

    fn redirect(&mut self, character: char) {
        if self.rest.peek() == Some(&'(') {
            self.rest.next();
            self.open(')', true);
            return;
        }
        if let Some(frame) = self.frame()
            && frame.word.as_ref().is_some_and(|word| word.chars().all(|digit| digit.is_ascii_digit()))
        {
            frame.word = None;
        }
        self.end_word();
        let mut is_here = false;
        while let Some(next) = self.rest.next_if(|next| matches!(next, '>' | '<' | '&' | '|')) {
            is_here = character == '<' && next == '<' && !is_here;
        }
        if is_here {
            self.names_here = Some(self.rest.next_if_eq(&'-').is_some());
        }
        if let Some(frame) = self.frame() {
            frame.redirects = true;
        }
    }

    /// Begins a substitution or a subshell; one too deep is read as if it were none.
    fn open(&mut self, end: char, is_part: bool) {
        if !is_part {
            self.end_command(false);
        }
        if self.frames.len() <= MAX_DEPTH {
            self.frames.push(Frame { end: Some(end), is_part, ..Frame::default() });
        }
    }

    fn close(&mut self) {
        self.end_command(false);
        if let Some(frame) = self.frames.pop()
            && frame.is_part
            && let Some(word) = self.word()
        {
            word.push_str("()");
        }
    }

    fn end_word(&mut self) {
        let here = self.names_here;
        let Some(frame) = self.frame() else { return };
        let Some(word) = frame.word.take() else { return };
        if std::mem::take(&mut frame.redirects) {
            if let Some(strips_tabs) = here {
                self.here.push((word, strips_tabs));
                self.names_here = None;
            }
        } else {
            frame.command.words.push(word);
        }
    }

    fn end_command(&mut self, is_pipe: bool) {
        self.end_word();
        let Some(frame) = self.frame() else { return };
        frame.redirects = false;
        let command = std::mem::take(&mut frame.command);
        frame.command.is_piped = is_pipe;
        if !command.words.is_empty() && self.found.len() < MAX_COMMANDS {
            self.found.push(command);
        }
    }

    /// Here-documents are somebody's input and no commands.
    fn skip_here_documents(&mut self) {
        for (end, strips_tabs) in std::mem::take(&mut self.here) {
            loop {
                let mut line = String::new();
                while let Some(character) = self.rest.next_if(|next| *next != '\n') {
                    line.push(character);
                }
                let is_last = self.rest.next().is_none();
                let line = if strips_tabs { line.trim_start_matches('\t') } else { &line };
                if is_last || line == end {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(script: &str) -> Vec<String> {
        commands(script).iter().map(|command| command.words.join("|")).collect()
    }

    #[test]
    fn commands_end_where_a_shell_ends_them() {
        for (script, expected) in [
            ("apt-get update &&     apt-get install -y a", &["apt-get|update", "apt-get|install|-y|a"][..]),
            ("set -ex; a||b|c&d\ne", &["set|-ex", "a", "b", "c", "d", "e"]),
            ("echo 'a && b' \"c; d\" e\\;f", &["echo|a && b|c; d|e;f"]),
            ("x \\\n  y # z && w\nv", &["x|y", "v"]),
            ("a > /f 2>&1 >>g <h b", &["a|b"]),
            ("A=1 B='x y' sudo -E -u app env C=2 pip install x", &["pip|install|x"]),
            ("if a; then ! b; else c; fi", &["a", "b", "c"]),
            ("(cd /x && { make; })", &["cd|/x", "make"]),
            ("x=\"$(curl -s \"http://a/b\" | jq .v)\" && y `z w`", &["curl|-s|http://a/b", "jq|.v", "z|w", "y|()"]),
            ("cat <<A > /x && cat <<-'B'\nrm 1\nA\n\trm 2\n\tB\nz", &["cat", "cat", "z"]),
            ("cat <<< x; y", &["cat", "y"]),
            ("diff <(a) <(b)", &["a", "b", "diff|()|()"]),
            ("bash -euxo pipefail -c 'a; b'", &["bash|-euxo|pipefail|-c|a; b", "a", "b"]),
            ("sh -c 'a; sh -c \"b\"'", &["sh|-c|a; sh -c \"b\"", "a", "sh|-c|b", "b"]),
            ("case $x in a) b;; esac", &["case|$x|in|a", "b"]),
            ("find . | xargs -n 1 rm", &["find|.", "rm"]),
            ("", &[]),
        ] {
            assert_eq!(told(script), expected, "{script}");
        }
    }

    #[test]
    fn a_pipe_and_assignments_are_told() {
        let found = commands("curl x | A=1 sh");
        assert!(!found[0].is_piped && found[1].is_piped && found[1].is_shell());
        assert_eq!((found[1].assigned("A"), found[1].assigned("B")), (Some("1"), None));
        assert_eq!(words("/usr/bin/apt-get install -y less")[0].program(), "apt-get");
    }

    #[test]
    fn depth_and_number_have_limits() {
        assert!(commands(&"$(".repeat(100_000)).len() < 2 * MAX_DEPTH);
        assert_eq!(commands(&"a;".repeat(100_000)).len(), MAX_COMMANDS);
        assert!(!commands(&format!("{}a", "sh -c '".repeat(1000))).is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_its_end(script in "[a-z$()`'\"\\\\<>|&;# \n-]{0,200}", any in ".{0,200}") {
            for text in [&script, &any] {
                prop_assert!(commands(text).iter().all(|command| !command.words.is_empty()));
            }
        }
    }
}
