//! One row of the tree: sign, name, explanation, sizes of both sides, their difference, how many paths differ.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::tree::{NodeId, Tree};
use crate::compare::{DriftReport, FileRow};
use crate::model::text::visible_bytes;
use crate::model::{Change, Explanation, Kind};
use crate::tui::paint;
use crate::tui::search::Finder;
use crate::tui::text;
use crate::tui::theme::{Role, Theme, delta_role, explanation_role, signs};

/// How wide each column is; 0 leaves it out.
pub struct Columns {
    name: usize,
    explanation: usize,
    mode: usize,
    size: usize,
    delta: usize,
    count: usize,
    /// Of one image on its own: one mode, one size, and nothing that differs.
    alone: bool,
}

impl Columns {
    #[must_use]
    pub fn new(width: u16, alone: bool) -> Self {
        let width = usize::from(width);
        if alone {
            let mode = if width >= 50 { 5 } else { 0 };
            let name = width.saturating_sub(3 + mode + 9 + 1);
            return Self { alone, name, explanation: 0, mode, size: 9, delta: 0, count: 0 };
        }
        let explanation = if width >= 52 { 13 } else { 2 };
        let mode = if width >= 110 { 5 } else { 0 };
        let size = if width >= 74 { 8 } else { 0 };
        let count = if width >= 60 { 7 } else { 0 };
        let delta = 9;
        let fixed = 3 + explanation + 2 * mode + 2 * size + delta + count + 1;
        Self { alone, name: width.saturating_sub(fixed), explanation, mode, size, delta, count }
    }

    #[must_use]
    pub fn header(&self, title: &str, theme: Theme) -> Line<'static> {
        if self.alone {
            let title = text::pad(title, self.name + self.mode);
            return Line::styled(format!("   {title}{}", text::pad_left("size", self.size)), theme.style(Role::Muted));
        }
        let side = |name: &str, width: usize| if width > 0 { text::pad_left(name, width) } else { String::new() };
        let (left, right) = if self.size > 0 { ("left", "right") } else { ("", "") };
        // A long title takes the room of the next one's too.
        let (title, why) = if self.explanation > 2 && text::width(title) <= self.name {
            (text::pad(title, self.name), text::pad(" why", self.explanation))
        } else {
            (text::pad(title, self.name + self.explanation), String::new())
        };
        let words = format!(
            "   {title}{why}{}{}{}{}{}{}",
            side("", self.mode),
            side(left, self.size),
            side("", self.mode),
            side(right, self.size),
            text::pad_left("delta", self.delta),
            side("differ", self.count),
        );
        Line::styled(words, theme.style(Role::Muted))
    }

    /// A row of the tree.
    #[must_use]
    pub fn node(
        &self,
        tree: &Tree,
        id: NodeId,
        report: &DriftReport,
        finder: Option<&mut Finder>,
        theme: Theme,
    ) -> Option<Line<'static>> {
        let (node, sum) = (tree.node(id)?, tree.sum(id)?);
        let file = node.row.and_then(|row| report.files.rows.get(row as usize));
        let name = file.map_or_else(|| "?".to_owned(), |file| visible_bytes(file.path.file_name()));
        let fold = match (node.is_directory, sum.open) {
            (true, true) => signs::OPEN,
            (true, false) => signs::CLOSED,
            (false, _) => " ",
        };
        let lead = format!("{}{fold} ", " ".repeat(usize::from(node.depth).min(12) * 2));
        let suffix = file.map_or("/", |file| kind_sign(file));
        let room = self.name.saturating_sub(text::width(&lead) + suffix.len());
        let shown = text::middle(&name, room).into_owned();
        let hits = match finder {
            Some(finder) if shown == name => finder.hits(&name),
            _ => Vec::new(),
        };
        // A directory is on the way to what the filter shows even when its own difference is hidden.
        let own = node.own.filter(|_| tree.filter().has(node)).map(|(_, own)| own);
        let (sign, style) = mark(file.filter(|_| own.is_some()), theme);
        let calm = !self.alone && sum.worst.is_none_or(|worst| worst < Explanation::Package);
        let name_style = if calm { theme.style(Role::Muted) } else { theme.style(Role::Text) };
        let used = text::width(&lead) + text::width(&shown) + suffix.len();
        let mut spans = vec![Span::styled(format!(" {sign} "), style), Span::styled(lead, theme.style(Role::Muted))];
        spans.extend(paint::lit(&shown, &hits, name_style, theme));
        spans.push(Span::styled(suffix.to_owned(), theme.style(Role::Muted)));
        spans.push(Span::raw(" ".repeat(self.name.saturating_sub(used))));
        // A closed directory speaks for what is below it; an open one leaves that to its rows.
        let worst = if node.is_directory && !sum.open { sum.worst } else { own };
        spans.push(self.why(worst, theme));
        self.sizes(&mut spans, file, (sum.left_size, sum.right_size), theme);
        let count = if node.is_directory { sum.differing } else { 0 };
        if self.count > 0 {
            let words = if count == 0 { String::new() } else { text::count(count) };
            spans.push(Span::styled(text::pad_left(&words, self.count), theme.style(Role::Muted)));
        }
        Some(Line::from(spans))
    }

    /// A row of the list of matches: the whole path.
    #[must_use]
    pub fn hit(&self, file: &FileRow, finder: &mut Finder, theme: Theme) -> Line<'static> {
        let path = visible_bytes(file.path.as_bytes());
        let shown = text::cut_path(&path, self.name).into_owned();
        let hits = if shown == path { finder.hits(&path) } else { Vec::new() };
        let (sign, style) = mark(Some(file), theme);
        let mut spans = vec![Span::styled(format!(" {sign} "), style)];
        let blank = self.name.saturating_sub(text::width(&shown));
        spans.extend(paint::lit(&shown, &hits, theme.style(Role::Text), theme));
        spans.push(Span::raw(" ".repeat(blank)));
        spans.push(self.why(file.drift.as_ref().map(|drift| drift.explanation), theme));
        self.sizes(&mut spans, Some(file), file.sizes(), theme);
        Line::from(spans)
    }

    fn why(&self, explanation: Option<Explanation>, theme: Theme) -> Span<'static> {
        let Some(explanation) = explanation else { return Span::raw(" ".repeat(self.explanation)) };
        let style = theme.style(explanation_role(explanation));
        if self.explanation > 2 {
            Span::styled(text::pad(&format!(" {explanation}"), self.explanation), style)
        } else {
            Span::styled(format!(" {}", explanation.sign()), style)
        }
    }

    fn sizes(
        &self,
        spans: &mut Vec<Span<'static>>,
        file: Option<&FileRow>,
        (left_size, right_size): (u64, u64),
        theme: Theme,
    ) {
        let muted = theme.style(Role::Muted);
        let (left, right) = (file.and_then(|file| file.left.as_ref()), file.and_then(|file| file.right.as_ref()));
        let modes = (left.map(|file| file.entry.mode), right.map(|file| file.entry.mode));
        let sides = [(modes.0, left_size, left.is_some()), (modes.1, right_size, right.is_some())];
        for (mode, size, present) in sides.into_iter().skip(usize::from(self.alone)) {
            if self.mode > 0 {
                let words = mode.map(|mode| format!("{mode:04o}")).unwrap_or_default();
                let style = if modes.0.is_some() && modes.1.is_some() && modes.0 != modes.1 {
                    theme.style(Role::Notice)
                } else {
                    muted
                };
                spans.push(Span::styled(text::pad_left(&words, self.mode), style));
            }
            if self.size > 0 {
                let words = if present || file.is_none() { text::bytes(size) } else { "-".to_owned() };
                spans.push(Span::styled(text::pad_left(&words, self.size), muted));
            }
        }
        let style = theme.style(delta_role(left_size, right_size));
        let words = if left_size == right_size { String::new() } else { text::delta(left_size, right_size) };
        spans.push(Span::styled(text::pad_left(&words, self.delta), style));
    }
}

/// The sign of what changed, and its style.
fn mark(file: Option<&FileRow>, theme: Theme) -> (char, Style) {
    let Some(drift) = file.and_then(|file| file.drift.as_ref()) else { return (' ', theme.style(Role::Muted)) };
    let style = match drift.change {
        Change::Added => theme.style(Role::Right),
        Change::Removed => theme.style(Role::Left),
        Change::Content => theme.style(explanation_role(drift.explanation)),
        Change::Metadata => theme.style(Role::Notice),
        Change::Mtime => theme.style(Role::Quiet),
    };
    (drift.change.sign(), style)
}

/// What `ls -F` puts after a name.
fn kind_sign(file: &FileRow) -> &'static str {
    match file.either().map(|file| file.entry.kind) {
        Some(Kind::Directory) => "/",
        Some(Kind::Symlink) => "@",
        Some(Kind::Fifo) => "|",
        Some(Kind::CharDevice | Kind::BlockDevice) => "%",
        Some(Kind::File) | None => "",
    }
}
