//! The small scripts that pip, uv and distlib write for a distribution's entry points.
//!
//! Their wording varies between installers; what they run does not. A file counts only when every line is one that
//! an installer writes, so nothing else can hide in it. What is left is the interpreter and the function called.

use super::Mask;
use crate::model::{Explanation, Hidden, ImagePath};

pub(super) const MASK: Mask = Mask {
    name: "console-script",
    covers: "scripts in any bin directory that are an installer's frame around one call",
    explanation: Explanation::Generated,
    cause: "the installer writes this script for an entry point, each version in its own words",
    fix: "install with the same version of pip or uv",
    each_build: false,
    max_bytes: 2048,
    matches,
    apply,
};

/// Lines that installers write around the call, trimmed: pip's template (distlib), its successors and uv's.
const FRAME: &[&str] = &[
    "",
    "# -*- coding: utf-8 -*-",
    "import re",
    "import sys",
    "if __name__ == '__main__':",
    "if __name__ == \"__main__\":",
    "sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])",
    "sys.argv[0] = re.sub(r'(-script\\.pyw?|\\.exe)?$', '', sys.argv[0])",
    "sys.argv[0] = re.sub(r\"(-script\\.pyw|\\.exe)?$\", \"\", sys.argv[0])",
    "if sys.argv[0].endswith('.exe'):",
    "if sys.argv[0].endswith(\".exe\"):",
    "sys.argv[0] = sys.argv[0][:-4]",
    "sys.argv[0] = sys.argv[0].removesuffix('.exe')",
    "sys.argv[0] = sys.argv[0].removesuffix(\".exe\")",
    "if sys.argv[0].endswith('-script.pyw'):",
    "if sys.argv[0].endswith(\"-script.pyw\"):",
    "elif sys.argv[0].endswith('.exe'):",
    "elif sys.argv[0].endswith(\".exe\"):",
    "sys.argv[0] = sys.argv[0][:-11]",
];

fn matches(path: &ImagePath, _: &[u8]) -> bool {
    path.as_bytes().rsplit(|byte| *byte == b'/').nth(1) == Some(b"bin")
}

fn apply(bytes: &mut Vec<u8>) -> Option<Vec<Hidden>> {
    *bytes = std::str::from_utf8(bytes).ok().and_then(meaning)?.into_bytes();
    Some(Vec::new())
}

/// Interpreter, module and function, when the script is nothing but an installer's frame around one call.
fn meaning(script: &str) -> Option<String> {
    let mut lines = script.lines();
    let interpreter = lines.next()?.strip_prefix("#!")?.trim();
    let (mut import, mut call) = (None, None);
    for line in lines.map(str::trim) {
        if let Some(rest) = line.strip_prefix("from ") {
            let (module, name) = rest.split_once(" import ")?;
            if import.replace((module, name)).is_some() || !is_dotted_name(module) || !is_dotted_name(name) {
                return None;
            }
        } else if let Some(rest) = line.strip_prefix("sys.exit(") {
            let function = rest.strip_suffix("())")?;
            if call.replace(function).is_some() || !is_dotted_name(function) {
                return None;
            }
        } else if !FRAME.contains(&line) {
            return None;
        }
    }
    let ((module, name), function) = (import?, call?);
    (function.split('.').next() == Some(name)).then(|| format!("{interpreter}\n{module}:{function}\n"))
}

fn is_dotted_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    // `flask` of Flask 3.0.0 as written by pip 23.0.1 and by pip 25.2.
    const PIP_23: &str = "#!/usr/bin/python3\n# -*- coding: utf-8 -*-\nimport re\nimport sys\n\
        from flask.cli import main\nif __name__ == '__main__':\n    \
        sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n    sys.exit(main())\n";
    const PIP_25: &str = "#!/usr/bin/python3\nimport sys\nfrom flask.cli import main\nif __name__ == '__main__':\n    \
        if sys.argv[0].endswith('.exe'):\n        sys.argv[0] = sys.argv[0][:-4]\n    sys.exit(main())\n";

    #[test]
    fn two_installers_words_mean_the_same_call() {
        assert_eq!(meaning(PIP_23).as_deref(), Some("/usr/bin/python3\nflask.cli:main\n"));
        assert_eq!(meaning(PIP_23), meaning(PIP_25));
    }

    #[test]
    fn another_interpreter_function_or_any_foreign_line_is_not_hidden() {
        assert_ne!(meaning(PIP_23), meaning(&PIP_25.replace("/usr/bin/python3", "/tmp/python3")));
        assert_ne!(meaning(PIP_23), meaning(&PIP_25.replace("main", "backdoor")));
        assert_eq!(meaning(&PIP_25.replace("import sys\n", "import sys\nimport os; os.system('x')\n")), None);
        assert_eq!(meaning(&PIP_25.replace("sys.exit(main())", "sys.exit(main(open('/etc/shadow')))")), None);
    }
}
