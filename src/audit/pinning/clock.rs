//! Whether the build's clock is in the image: its created time, the times of its files, `SOURCE_DATE_EPOCH`
//! (reproducible-builds.org, the `SOURCE_DATE_EPOCH` specification; `BuildKit`'s docs/build-repro.md).

use jiff::Timestamp;

use super::{Build, Item, Judged};
use crate::image::Node;
use crate::model::text::visible;
use crate::model::{Answer, Severity};

pub(super) const EPOCH: Item = Item {
    name: "epoch-unset",
    check: "epoch-unset",
    asks: "SOURCE_DATE_EPOCH was given and applied",
    severity: Some(Severity::Info),
    subject: "SOURCE_DATE_EPOCH",
    why: "tools that could write a fixed time write that of the build",
    fix: "docker buildx build --build-arg SOURCE_DATE_EPOCH=$(git log -1 --pretty=%ct)",
    judge: epoch,
};

pub(super) const CREATED: Item = Item {
    name: "created-by-clock",
    check: "created-by-clock",
    asks: "the created time is not the build's clock",
    severity: Some(Severity::Info),
    subject: "created",
    why: "two builds of the same bytes have different digests",
    fix: "docker buildx build --build-arg SOURCE_DATE_EPOCH=... (BuildKit 0.11 or later)",
    judge: created,
};

pub(super) const FILES: Item = Item {
    name: "clock-leaks",
    check: "clock-leaks",
    asks: "no file has a time of the build's clock",
    severity: Some(Severity::Info),
    subject: "file times",
    why: "the next build's files have other times, and the layers other digests",
    fix: "docker buildx build --output type=image,rewrite-timestamp=true with SOURCE_DATE_EPOCH (BuildKit 0.13 or later)",
    judge: files,
};

/// The end of 1980-01-01, the latest of the days that tools write for "no time".
const FIXED: i64 = 315_619_200;

/// What the history and the configuration tell of the build's time.
struct Clock {
    /// `SOURCE_DATE_EPOCH` of a build argument.
    epoch: Option<i64>,
    /// Of the image.
    created: Option<Timestamp>,
    /// Of each of the judged instructions.
    steps: Vec<Timestamp>,
}

impl Clock {
    fn of(build: &Build<'_>) -> Self {
        let time = |text: &String| text.parse::<Timestamp>().ok();
        let instructions = || build.steps.iter().map(|step| step.instruction);
        Self {
            epoch: instructions().filter_map(|instruction| instruction.epoch).next_back(),
            created: build.config.created.as_ref().and_then(time),
            steps: instructions().filter_map(|instruction| instruction.created.as_ref().and_then(time)).collect(),
        }
    }

    /// Whether the created time is chosen, not the clock's; `None` where that is not told.
    fn is_chosen(&self) -> Option<bool> {
        let Some(created) = self.created else { return Some(true) };
        if created.as_second() < FIXED {
            return Some(true);
        }
        let is_whole = created.subsec_nanosecond() == 0;
        if let Some(epoch) = self.epoch {
            return Some(is_whole && created.as_second() == epoch);
        }
        // Whoever chooses a time chooses whole seconds, and one for all.
        let are_equal = self.steps.iter().all(|step| *step == created);
        match (is_whole && are_equal, self.steps.len()) {
            (false, _) => Some(false),
            (true, 0 | 1) => None,
            (true, _) => Some(true),
        }
    }
}

fn created<'a>(build: &Build<'a>) -> Judged<'a> {
    let clock = Clock::of(build);
    let shown = visible(build.config.created.as_deref().unwrap_or_default()).into_owned();
    if build.config.created.is_some() && clock.created.is_none() {
        return Judged::new(Answer::Unknown, format!("{shown} is no time"));
    }
    let words = match (clock.is_chosen(), clock.created) {
        (_, None) => "none is recorded".to_owned(),
        (Some(true), Some(_)) => format!("{shown}, a chosen time"),
        (Some(false), Some(_)) => format!("{shown}, the clock's"),
        (None, Some(_)) => format!("{shown}, chosen or not is not told"),
    };
    Judged::new(answer(clock.is_chosen()), words)
}

fn epoch<'a>(build: &Build<'a>) -> Judged<'a> {
    let clock = Clock::of(build);
    let declares = build
        .steps
        .iter()
        .find(|step| step.instruction.keyword == Some("ARG") && step.instruction.text.starts_with("SOURCE_DATE_EPOCH"));
    match (clock.epoch, clock.is_chosen()) {
        (Some(epoch), Some(true)) => {
            Judged::new(Answer::Yes, format!("SOURCE_DATE_EPOCH={epoch}, and created says so"))
        }
        (Some(epoch), _) => {
            Judged::new(Answer::No, format!("SOURCE_DATE_EPOCH={epoch} was given, but created is another time"))
        }
        (None, Some(false)) if declares.is_some() => {
            Judged::new(Answer::No, "declared by ARG, but created is the clock's time")
        }
        (None, Some(false)) => Judged::new(Answer::No, "created is the clock's time"),
        (None, Some(true)) if clock.created.is_none_or(|created| created.as_second() < FIXED) => {
            Judged::new(Answer::NotApplicable, "the builder writes a fixed time without it")
        }
        (None, Some(true)) => Judged::new(Answer::Yes, "one chosen time throughout"),
        (None, None) => Judged::new(Answer::Unknown, "one time only, chosen or not is not told"),
    }
}

fn files<'a>(build: &Build<'a>) -> Judged<'a> {
    /// Before the first instruction was done it had begun; few take longer than this.
    const HOUR: i64 = 3600;
    if !build.facts.is_read {
        return Judged::new(Answer::Unknown, "the image's layers were not read");
    }
    let clock = Clock::of(build);
    let own = || build.tree.nodes().iter().filter(|node| build.is_own(node));
    let (limit, than) = match (clock.epoch, clock.created, clock.is_chosen()) {
        (Some(epoch), ..) => (epoch + 1, "newer than SOURCE_DATE_EPOCH"),
        (None, None, _) => (FIXED, "newer than a fixed time"),
        (None, Some(created), Some(true)) => (created.as_second().max(FIXED - 1) + 1, "newer than the created time"),
        (None, Some(created), _) => {
            let first = clock.steps.iter().min().copied().unwrap_or(created).min(created);
            (first.as_second().saturating_sub(HOUR), "written while it was built")
        }
    };
    let late: Vec<&Node> = own().filter(|node| node.file.entry.mtime >= limit).collect();
    match late.len() {
        0 => Judged::new(Answer::Yes, format!("no path is {than}")),
        number => Judged::new(Answer::No, format!("{number} of {} paths are {than}", own().count())).at(&late),
    }
}

fn answer(holds: Option<bool>) -> Answer {
    match holds {
        Some(true) => Answer::Yes,
        Some(false) => Answer::No,
        None => Answer::Unknown,
    }
}
