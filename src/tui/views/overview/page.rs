//! The sections of the overview.

use ratatui::style::Style;
use ratatui::text::Span;

use super::first::{First, is_new};
use super::{alone, bar, base, checklist, growth, identity};
use crate::compare::DriftReport;
use crate::model::text::visible;
use crate::model::{Explanation, Finding, FindingDrift, PackageMove, Severity, SideGap, Verdict};
use crate::tui::Jump;
use crate::tui::document::Row;
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::{Role, Theme, explanation_role, move_role, severity_role};

/// Rows of a section that has more to say elsewhere.
const MOST: usize = 5;

/// The user's own files of rules, and how many paths they are "explaining", or of one image "naming".
pub(super) fn rule_files(report: &DriftReport, what: &str, theme: Theme) -> impl Iterator<Item = Row> {
    report.rule_files.iter().map(move |used| {
        let (rules, paths) = (text::plural(used.rules, "rule", "rules"), text::plural(used.paths, "path", "paths"));
        let words = format!("{}: {rules} of your own, {what} {paths}", visible(&used.file));
        Row::styled(words, Role::Notice, theme).wrapped(2)
    })
}

/// What is not known: a line for each gap, the ones that could change the answer first.
pub(super) fn completeness(report: &DriftReport, theme: Theme) -> impl Iterator<Item = Row> {
    report.completeness.iter().take(MOST).map(move |SideGap { side, gap, decides }| {
        let side = if report.alone { "" } else { side.as_str() };
        let role = if *decides { Role::Unexplained } else { Role::Notice };
        Row::styled(format!("not known {side}: {}", visible(&gap.why)).replace(" :", ":"), role, theme).wrapped(2)
    })
}

/// What the sections are made from.
pub(super) struct Page<'a> {
    pub(super) report: &'a DriftReport,
    pub(super) theme: Theme,
    pub(super) first: &'a First,
    /// Packages that moved, by position, what deserves a look first.
    pub(super) moved: &'a [usize],
}

impl Page<'_> {
    /// All sections one below the other, what answers first at the top.
    pub(super) fn whole(&self, width: u16) -> Vec<Row> {
        let (report, theme) = (self.report, self.theme);
        if report.alone {
            return join([
                alone::summary(report, theme),
                self.first(width),
                checklist::open(report, width, theme),
                alone::layers(report, width, theme),
                alone::packages(report, width, theme),
                identity::alone(&report.right, theme),
                self.warnings(),
            ]);
        }
        join([
            self.verdict(),
            self.first(width),
            self.explanations(width),
            base::rows(report, theme),
            identity::rows(report, width, theme),
            self.findings(width),
            checklist::differing(report, width, theme),
            self.packages(width),
            growth::packages(report, width, theme),
            growth::layers(report, width, theme),
            self.config(width),
            self.warnings(),
        ])
    }

    /// The sections of the left column.
    pub(super) fn left(&self, width: u16) -> Vec<Row> {
        let (report, theme) = (self.report, self.theme);
        if report.alone {
            return join([alone::summary(report, theme), identity::alone(&report.right, theme), self.warnings()]);
        }
        join([
            self.verdict(),
            self.explanations(width),
            base::rows(report, theme),
            identity::rows(report, width, theme),
            growth::layers(report, width, theme),
            self.warnings(),
        ])
    }

    /// The sections of the right column: what leads on.
    pub(super) fn right(&self, width: u16) -> Vec<Row> {
        let (report, theme) = (self.report, self.theme);
        if report.alone {
            return join([
                self.first(width),
                checklist::open(report, width, theme),
                alone::layers(report, width, theme),
                alone::packages(report, width, theme),
            ]);
        }
        join([
            self.first(width),
            self.findings(width),
            checklist::differing(report, width, theme),
            self.packages(width),
            growth::packages(report, width, theme),
            self.config(width),
        ])
    }

    /// The verdict in words, what to read, and the figures: a line each where there is room.
    pub(super) fn verdict(&self) -> Vec<Row> {
        let strong = self.theme.style(Role::Strong);
        let word = Span::styled(format!("{}: ", self.report.verdict.as_str()), strong);
        let mut rows = vec![
            Row::new(vec![word, Span::raw(self.inputs())]).wrapped(2),
            Row::styled(self.to_read(), Role::Strong, self.theme).wrapped(2),
            Row::styled(self.figures(), Role::Muted, self.theme).wrapped(2),
        ];
        rows.extend(completeness(self.report, self.theme));
        rows.extend(rule_files(self.report, "explaining", self.theme));
        rows
    }

    fn inputs(&self) -> String {
        let (report, moved) = (self.report, self.report.moved(None));
        if report.verdict == Verdict::Drifted && moved > 0 {
            return format!("not the same inputs, {} moved.", text::plural(moved, "package", "packages"));
        }
        format!("{}.", report.meaning())
    }

    /// For who does not know what a digest is.
    fn to_read(&self) -> String {
        let (unexplained, alarms) = (self.report.unexplained(), self.report.alarms());
        let behind = if alarms == 1 { "behind an unmoved package" } else { "behind unmoved packages" };
        let unexplained_words = format!("{} that nothing explains", text::plural(unexplained, "change", "changes"));
        match (unexplained, alarms) {
            (0, 0) if self.report.verdict == Verdict::Unknown => {
                "What was not read could account for any change.".to_owned()
            }
            (0, 0) => "Every change is accounted for.".to_owned(),
            (_, 0) => format!("Read these: {unexplained_words}."),
            (0, _) => format!("Read these: {} {behind}.", text::plural(alarms, "change", "changes")),
            _ => format!("Read these: {unexplained_words}, {} {behind}.", text::count(alarms as u64)),
        }
    }

    fn figures(&self) -> String {
        let report = self.report;
        let summary = report.files.summary;
        let differ = summary.added + summary.removed + summary.content + summary.metadata + summary.mtime_only;
        let [differ, all] = [differ, report.files.rows.len()].map(|number| text::count(number as u64));
        let settings = match report.config.iter().filter(|change| change.runtime).count() {
            0 => String::new(),
            count => format!(" and {}", text::plural(count, "setting", "settings")),
        };
        let size = match text::delta(report.left.size, report.right.size) {
            same if same == "=" => "same size".to_owned(),
            delta => format!("{delta} in size"),
        };
        format!("{differ} of {all} paths{settings} differ; {size}")
    }

    /// What a person should look at before anything else.
    pub(super) fn first(&self, width: u16) -> Vec<Row> {
        let mut rows = vec![Row::heading("Look at these first", self.theme)];
        rows.extend(self.first.things.iter().filter_map(|thing| self.thing(*thing, width)));
        if self.first.things.is_empty() {
            let words = if self.report.alone {
                "Nothing: no alarm and no warning."
            } else if self.report.verdict == Verdict::Unknown {
                "Nothing in what was read."
            } else {
                "Nothing: every difference is accounted for."
            };
            rows.push(Row::styled(words, Role::Explained, self.theme));
        }
        let rest = &self.first.rest;
        if let Some(next) = rest.first() {
            let kinds: Vec<String> =
                rest.iter().map(|kind| text::plural(kind.count, kind.words.0, kind.words.1)).collect();
            let words = format!("  and {}", kinds.join(", "));
            let words = text::cut(&words, usize::from(width)).into_owned();
            rows.push(Row::styled(words, Role::Muted, self.theme).to(next.jump));
        }
        rows
    }

    fn thing(&self, thing: Jump, width: u16) -> Option<Row> {
        match thing {
            Jump::File(at) => self.file(at, width),
            Jump::Finding(at) => self.finding(at, width),
            Jump::Package(at) => self.package(at, width),
            Jump::Config(at) => self.setting(at, "c", width),
            _ => None,
        }
    }

    fn file(&self, at: u32, width: u16) -> Option<Row> {
        let row = self.report.files.rows.get(at as usize)?;
        let drift = row.drift.as_ref()?;
        let (sign, role) = (drift.explanation.sign(), explanation_role(drift.explanation));
        Some(self.told((sign, role), &row.path.to_string(), 3, &drift.detail, width).to(Jump::File(at)))
    }

    fn finding(&self, at: usize, width: u16) -> Option<Row> {
        let finding = self.report.findings.get(at)?;
        let (sign, role) = (severity_sign(finding.severity), severity_role(finding.severity));
        let subject = visible(&finding.subject);
        Some(self.told((sign, role), &subject, 2, &finding.message, width).to(Jump::Finding(at)))
    }

    /// A thing and what is the matter with it; the thing has `fifths` of the room, and what the matter leaves.
    fn told(&self, (sign, role): (char, Role), thing: &str, fifths: usize, matter: &str, width: u16) -> Row {
        let room = usize::from(width).saturating_sub(2);
        let matter = visible(matter);
        let thing_room = room.saturating_sub(text::width(&matter) + 2).max(room * fifths / 5);
        let thing = text::cut_path(thing, thing_room).into_owned();
        let rest = room.saturating_sub(text::width(&thing) + 2);
        Row::new(vec![
            Span::styled(format!("{sign} "), self.theme.style(role)),
            Span::raw(thing),
            Span::raw("  "),
            Span::styled(text::cut(&matter, rest).into_owned(), self.theme.style(Role::Muted)),
        ])
    }

    /// Counts by explanation, the alarming first; the two that matter also when they are nought.
    pub(super) fn explanations(&self, width: u16) -> Vec<Row> {
        let counts = &self.report.files.by_explanation;
        let mut rows = vec![Row::heading("Why paths differ", self.theme)];
        rows.extend(bar::row(counts, width, self.theme));
        for explanation in Explanation::ALARMING_FIRST {
            let count = counts.get(explanation);
            if count == 0 && !matches!(explanation, Explanation::SameVersion | Explanation::Unexplained) {
                continue;
            }
            let role = if count == 0 { Role::Quiet } else { explanation_role(explanation) };
            let room = usize::from(width).saturating_sub(2 + 13 + 8 + 2);
            let row = Row::new(vec![
                Span::styled(format!("{} {:<13}", explanation.sign(), explanation.as_str()), self.theme.style(role)),
                Span::styled(text::pad_left(&text::count(count as u64), 8), self.theme.style(role)),
                Span::styled(format!("  {}", text::cut(explanation.meaning(), room)), self.theme.style(Role::Muted)),
            ]);
            rows.push(if count == 0 { row } else { row.to(Jump::Explained(explanation)) });
        }
        rows
    }

    /// The findings that the left image had not, the calm ones only counted.
    pub(super) fn findings(&self, width: u16) -> Vec<Row> {
        let findings = &self.report.findings;
        let deserves = |finding: &Finding| is_new(finding) && finding.severity > Severity::Info;
        let new: Vec<usize> = findings.iter().enumerate().filter(|(_, one)| deserves(one)).map(|(at, _)| at).collect();
        let count = |drift| findings.iter().filter(|finding| finding.drift == Some(drift)).count() as u64;
        let (gone, same) = (count(FindingDrift::Gone), count(FindingDrift::Same));
        if new.is_empty() && gone == 0 {
            return Vec::new();
        }
        let words = format!("  {} to read; {} gone, {} on both sides", new.len(), text::count(gone), text::count(same));
        let mut rows = vec![Row::new(vec![
            Span::styled("New findings", self.theme.style(Role::Heading)),
            Span::styled(words, self.theme.style(Role::Muted)),
        ])];
        rows.extend(new.iter().take(MOST).filter_map(|at| self.finding(*at, width)));
        if let Some(next) = new.get(MOST) {
            rows.push(self.more(new.len() - MOST, Jump::Finding(*next)));
        }
        rows
    }

    /// Packages moved by kind, and those that deserve a look.
    pub(super) fn packages(&self, width: u16) -> Vec<Row> {
        let moved = self.report.moved(None);
        let mut rows = vec![Row::heading("Packages that moved", self.theme)];
        let mut counts = Vec::new();
        let kinds = [
            PackageMove::Downgraded,
            PackageMove::Removed,
            PackageMove::Added,
            PackageMove::Upgraded,
            PackageMove::Rebuilt,
        ];
        for kind in kinds {
            let count = self.report.moved(Some(kind));
            if count > 0 {
                let words = format!("{}\u{a0}{}\u{a0}{}", kind.sign(), text::count(count as u64), kind.as_str());
                counts.push(Span::styled(words, self.theme.style(move_role(kind))));
                counts.push(Span::raw("   "));
            }
        }
        if !counts.is_empty() {
            rows.push(Row::new(counts).wrapped(0));
        }
        if moved == 0 {
            let words = match self.report.packages.len() {
                0 => "No package is known.".to_owned(),
                known => format!("None of {}.", text::plural(known, "known package", "known packages")),
            };
            rows.push(Row::styled(words, Role::Muted, self.theme));
        }
        rows.extend(self.moved.iter().take(MOST).filter_map(|at| self.package(*at, width)));
        if moved > MOST {
            rows.push(self.more(moved - MOST, Jump::Moved));
        }
        rows
    }

    fn package(&self, at: usize, width: u16) -> Option<Row> {
        let row = self.report.packages.get(at)?;
        let change = row.change?;
        let package = row.either()?;
        let (style, muted) = (self.theme.style(move_role(change)), self.theme.style(Role::Muted));
        let room = usize::from(width).saturating_sub(2 + 6);
        let name = text::pad(&text::middle(&visible(&package.name), room * 2 / 5), (room * 2 / 5).min(26));
        let rest = room.saturating_sub(text::width(&name) + 1);
        let mut spans = vec![
            Span::styled(format!("{} ", change.sign()), style),
            Span::raw(name),
            Span::raw(" "),
            Span::styled(text::pad(package.ecosystem.as_str(), 5), muted),
            Span::raw(" "),
        ];
        if let (Some(left), Some(right)) = (&row.left, &row.right) {
            let (left, right) = (visible(&left.version), visible(&right.version));
            spans.extend(paint::moved(&left, &right, rest, (muted, style), self.theme));
        } else {
            let words = format!("{} {}", change.as_str(), visible(&package.version));
            spans.push(Span::styled(text::middle(&words, rest).into_owned(), style));
        }
        Some(Row::new(spans).to(Jump::Package(at)))
    }

    /// The configuration, what an engine acts on first.
    pub(super) fn config(&self, width: u16) -> Vec<Row> {
        if self.report.config.is_empty() {
            return Vec::new();
        }
        let mut rows = vec![Row::heading("Configuration differs", self.theme)];
        let mut order: Vec<usize> = (0..self.report.config.len()).collect();
        let is_runtime = |at: usize| self.report.config.get(at).is_some_and(|change| change.runtime);
        order.sort_by_key(|at| !is_runtime(*at));
        let sign = |at: usize| if is_runtime(at) { "c" } else { " " };
        rows.extend(order.into_iter().filter_map(|at| self.setting(at, sign(at), width)));
        rows
    }

    fn setting(&self, at: usize, sign: &'static str, width: u16) -> Option<Row> {
        let change = self.report.config.get(at)?;
        let left = text::config(&change.key, change.left.as_deref());
        let right = text::config(&change.key, change.right.as_deref());
        let key = text::pad(&text::middle(&visible(&change.key), 20), 20);
        let style = if change.runtime { self.theme.style(Role::Notice) } else { Style::new() };
        let room = usize::from(width).saturating_sub(23);
        let mut spans = vec![Span::styled(format!("{sign} {key} "), style)];
        let styles = (self.theme.style(Role::Muted), Style::new());
        spans.extend(paint::moved(&left, &right, room, styles, self.theme));
        Some(Row::new(spans).to(Jump::Config(at)))
    }

    pub(super) fn warnings(&self) -> Vec<Row> {
        if self.report.warnings.is_empty() {
            return Vec::new();
        }
        let mut rows = vec![Row::heading("Warnings", self.theme)];
        rows.extend(self.report.warnings.iter().map(|warning| {
            Row::new(vec![
                Span::styled("! ", self.theme.style(Role::Warning)),
                Span::raw(visible(warning).into_owned()),
            ])
            .wrapped(2)
        }));
        rows
    }

    fn more(&self, count: usize, jump: Jump) -> Row {
        let words = format!("  {} more", text::count(count as u64));
        Row::styled(words, Role::Muted, self.theme).to(jump)
    }
}

/// Sections one after the other, a blank row between those that say something.
fn join<const N: usize>(sections: [Vec<Row>; N]) -> Vec<Row> {
    let mut rows = Vec::new();
    for section in sections.into_iter().filter(|section| !section.is_empty()) {
        if !rows.is_empty() {
            rows.push(Row::default());
        }
        rows.extend(section);
    }
    rows
}

fn severity_sign(severity: Severity) -> char {
    match severity {
        Severity::Alarm => '!',
        Severity::Warning => 'w',
        Severity::Info => ' ',
    }
}
