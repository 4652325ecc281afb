//! Scripted sessions and the frames of every view.

mod robust;
mod storm;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use super::app::{App, Effect};
use super::event::{Closed, Event, World};
use super::explorer::Explorer;
use super::fixture;
use super::loading::Screen;
use super::outside::Versions;
use super::setup::Setup;
use super::terminal::{TuiError, drive};
use super::theme::{Colours, Role, Theme};
use super::worker::{self, Answer, Found, Job, Task};
use crate::model::{Progress, Side, SourcePackage, Stage};

/// A scripted session: work is done at once, and its answer is the next event.
#[derive(Default)]
struct Script {
    events: VecDeque<Event>,
    cancelled: bool,
}

impl World for Script {
    fn next(&mut self, _timeout: Duration) -> Result<Option<Event>, Closed> {
        self.events.pop_front().map(Some).ok_or(Closed)
    }

    fn work(&mut self, job: Job) {
        if is_harmless(&job) {
            self.events.push_front(Event::Answer(worker::answer(&job, &fixture::services())));
        }
    }

    fn copy(&mut self, _text: &str) {}

    fn outside(&mut self, _versions: &Versions) -> Result<(), String> {
        Err("no other program in a script".to_owned())
    }

    fn cancel(&mut self) {
        self.cancelled = true;
    }
}

/// Random keys must not leave files behind.
fn is_harmless(job: &Job) -> bool {
    !matches!(job.task, Task::Write(..) | Task::Save(..) | Task::Extract(_))
}

/// `"2 j Enter /ssl Esc"`: words are keys by name, or their characters typed one by one.
fn keys(script: &str) -> impl Iterator<Item = Event> + '_ {
    script.split_whitespace().flat_map(|word| {
        let named = match word {
            "Enter" => Some(KeyCode::Enter),
            "Esc" => Some(KeyCode::Esc),
            "Tab" => Some(KeyCode::Tab),
            "Down" => Some(KeyCode::Down),
            "End" => Some(KeyCode::End),
            _ => None,
        };
        match named {
            Some(code) => vec![Event::Key(KeyEvent::from(code))],
            None => word.chars().map(|typed| Event::Key(KeyEvent::from(KeyCode::Char(typed)))).collect(),
        }
    })
}

/// Plays the script to its end on a terminal of this size.
fn run(
    app: &mut App,
    (width, height): (u16, u16),
    events: impl IntoIterator<Item = Event>,
) -> (Script, Result<(), TuiError>) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut world = Script { events: events.into_iter().collect(), ..Script::default() };
    let end = drive(&mut terminal, app, &mut world);
    (world, end)
}

/// The frame after the script.
fn play(app: &mut App, size: (u16, u16), events: impl IntoIterator<Item = Event>) -> Buffer {
    run(app, size, events).1.unwrap();
    render(app, size)
}

fn render(app: &mut App, (width, height): (u16, u16)) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    app.render(area, &mut buffer);
    buffer
}

fn setup(colours: Colours) -> Setup {
    Setup { formats: fixture::FORMATS.to_vec(), ..Setup::from(Theme::new(colours)) }
}

/// The frame after `script` on a terminal of this size.
fn frame(width: u16, height: u16, colours: Colours, script: &str) -> Buffer {
    let mut app = App::new(fixture::report(), setup(colours));
    play(&mut app, (width, height), keys(script))
}

/// The words on screen after `script`.
fn words(script: &str) -> String {
    text(&frame(140, 45, Colours::Indexed, script))
}

fn click(column: u16, row: u16) -> Event {
    mouse(MouseEventKind::Down(MouseButton::Left), column, row)
}

fn mouse(kind: MouseEventKind, column: u16, row: u16) -> Event {
    Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
}

/// Where a text starts on screen.
fn find(buffer: &Buffer, wanted: &str) -> (u16, u16) {
    let first = wanted.chars().next().unwrap().to_string();
    let at = |x: u16, y: u16| {
        (0_u16..).zip(wanted.chars()).all(|(ahead, character)| {
            buffer.cell((x + ahead, y)).is_some_and(|cell| cell.symbol() == character.to_string())
        })
    };
    let area = buffer.area;
    (area.top()..area.bottom())
        .flat_map(|y| (area.left()..area.right()).map(move |x| (x, y)))
        .find(|(x, y)| buffer[(*x, *y)].symbol() == first && at(*x, *y))
        .unwrap_or_else(|| panic!("{wanted:?} is not on screen:\n{}", text(buffer)))
}

fn text(buffer: &Buffer) -> String {
    let area = buffer.area;
    let lines = (area.top()..area.bottom()).map(|y| {
        let mut line = String::new();
        let mut x = area.left();
        while x < area.right() {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += u16::try_from(unicode_width::UnicodeWidthStr::width(symbol)).unwrap().max(1);
        }
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Writes the frames as pictures where a person can look at them: `IMGDRIFT_PICTURES=DIR cargo test`.
fn picture(name: &str, buffer: &Buffer) {
    if let Some(directory) = std::env::var_os("IMGDRIFT_PICTURES") {
        std::fs::write(
            std::path::Path::new(&directory).join(format!("{name}.svg")),
            super::picture::svg(buffer, super::picture::DARK),
        )
        .unwrap();
    }
}

/// Every view and what stands over it, and the keys that lead there.
const VIEWS: [(&str, &str); 25] = [
    ("overview", "1"),
    ("packages", "2"),
    ("packages_grouped", "2 a g"),
    ("packages_detail", "2 /ssl Enter Enter"),
    ("files", "3"),
    ("files_text", "3 /settings Enter Enter"),
    ("files_hex", "3 /usr/bin/sort Enter"),
    ("files_code", "3 /main.py Enter Enter G"),
    ("files_beside", "3 /main.py Enter Enter z"),
    ("files_decoded", "3 /abc.pyc Enter Enter G"),
    ("files_search", "3 /lib"),
    ("layers", "4 j"),
    ("config", "5"),
    ("config_list", "5 a G"),
    ("config_lock", "5 j j j j Enter"),
    ("findings", "6 j j"),
    ("help", "3 ?"),
    ("palette", "1 :"),
    ("filter_menu", "3 f"),
    ("sort_menu", "2 s"),
    ("copy_menu", "3 /settings Enter y"),
    ("save_menu", "3 /settings Enter x"),
    ("note_prompt", "3 /settings Enter Mwhy"),
    ("marked", "3 m m"),
    ("export", "e"),
];

#[test]
fn every_view_at_both_sizes() {
    for (name, script) in VIEWS {
        for (width, height) in [(80, 24), (140, 45)] {
            let name = format!("{name}_{width}x{height}");
            let dark = frame(width, height, Colours::Indexed, script);
            picture(&name, &dark);
            insta::assert_snapshot!(name.clone(), text(&dark));
            let plain = frame(width, height, Colours::None, script);
            assert_eq!(text(&plain), text(&dark), "colour changes no character of {name}");
            let painted = |cell: &ratatui::buffer::Cell| {
                cell.fg != ratatui::style::Color::Reset || cell.bg != ratatui::style::Color::Reset
            };
            assert!(!plain.content.iter().any(painted), "{name} has no colours under NO_COLOR");
        }
    }
}

#[test]
fn the_first_screen_answers_what_changed() {
    let first = words("");
    for fact in
        ["drifted", "7 unexplained, 1 alarm", "11 packages moved", "+12.3 MB", "/usr/bin/sort", "4.25.3 → 4.25.1"]
    {
        assert!(first.contains(fact), "{fact} in\n{first}");
    }
}

#[test]
fn enter_leads_from_the_alarm_to_the_bytes_and_escape_back() {
    let file = words("Enter");
    assert!(file.contains("first difference at byte 70") && file.contains("coreutils did not move"), "{file}");
    assert_eq!(words("Enter Esc"), words(""));
}

#[test]
fn a_file_leads_to_its_package_and_its_layer() {
    let package = words("Enter Enter Enter");
    assert!(package.contains("deb:coreutils") && package.contains("all packages"), "{package}");
    let layer = words("3 /main.py Enter Enter Enter");
    assert!(layer.contains("COPY . /app") && layer.contains("left instruction"), "{layer}");
    assert!(words("3 /main.py Enter Enter Enter Esc").contains("main.py"));
}

#[test]
fn a_package_leads_to_those_that_require_it() {
    let detail = words("2 /libssl3 Enter");
    assert!(detail.contains("required by 1 package"), "{detail}");
    // Up from the first of its rows: two layers, then the package that needs it.
    let other = words("2 /libssl3 Enter Enter j j Enter");
    assert!(other.contains("deb:openssl"), "{other}");
}

#[test]
fn a_package_that_moved_tells_what_its_changelog_says() {
    let read = words("2 /libssl3 Enter");
    assert!(read.contains("2 changelog entries, fixes named: CVE-2024-5535"), "{read}");
    assert!(read.contains("Changes 3.0.13-1~deb12u1 → 3.0.15-1~deb12u1"), "{read}");
    assert!(read.contains("- CVE-2024-5535 (\\x1b[31mbuffer overread)"), "{read}");
    assert!(read.contains("does not go back to the older version"), "{read}");
    let none = words("2 /numpy Enter");
    assert!(none.contains("Python distributions carry no changelog."), "{none}");
    let unmoved = words("2 a /coreutils Enter");
    assert!(!unmoved.contains("Changes "), "{unmoved}");
}

#[test]
fn findings_are_filtered_folded_and_lead_to_their_files() {
    let all = words("6");
    assert!(all.contains("+ right /app/\\x1b[31m/.ssh/id_rsa"), "{all}");
    assert!(all.contains("- left  pypi:Flask") && all.contains("= both  pypi:protobuf"), "{all}");
    let new = words("6 f s g d Esc");
    assert!(new.contains("pypi:numpy") && !new.contains("pypi:Flask") && !new.contains("same-version"), "{new}");
    let none = words("6 f a w i Esc");
    assert!(none.contains("The filter hides all"), "{none}");
    assert!(words("6 f a w i Esc F").contains("pypi:numpy"));
    let closed = words("6 H");
    assert!(closed.contains("record-missing (3)") && !closed.contains("pypi:numpy"), "{closed}");
    let jumped = words("6 Enter Enter");
    assert!(jumped.contains("── /usr/bin/sort"), "{jumped}");
}

#[test]
fn a_package_leads_to_its_files() {
    let file = words("2 /numpy Enter Enter G Enter");
    assert!(file.contains("…/version.py ──"), "{file}");
}

#[test]
fn a_search_goes_from_match_to_match() {
    assert!(words("3 /numpyversion").contains("1 match"));
    let second = words("3 /'.pyc Enter n");
    assert!(second.contains("match 2 of 2") && second.contains("ast.pyc"), "{second}");
    assert!(words("3 /nosuchthing").contains("Nothing matches."));
    assert_eq!(words("3 /main Esc"), words("3"));
}

#[test]
fn filters_show_what_their_words_say() {
    let suspicious = words("3 f u");
    assert!(suspicious.contains("unexplained and alarms") && !suspicious.contains("ld.so.cache"), "{suspicious}");
    let all = words("3 a L j j j j j j j");
    assert!(all.contains("all paths") && all.contains("passwd"), "{all}");
    let times = words("3 f t G Enter");
    assert!(times.contains("changed, with times") && times.contains("mtime"), "{times}");
    let row = |screen: &str| screen.lines().find(|line| line.contains(" var/")).unwrap_or_default().to_owned();
    assert!(row(&times).starts_with(" t "), "{times}");
    let open = words("3 G Enter");
    assert!(row(&open).starts_with("   ") && !row(&open).contains("mtime"), "times are hidden: {open}");
    let only = words("j j j j j Enter");
    assert!(only.contains("only unexplained"), "{only}");
}

#[test]
fn switches_of_the_filter_combine() {
    let both = words("3 f h - Esc");
    assert!(both.contains("only ! ? m p, not removed"), "{both}");
    assert!(!both.contains("ld.so.cache"), "{both}");
    let unfolded = words("3 f h - Esc G k k L");
    assert!(unfolded.contains("libssl") && !unfolded.contains("libxml2"), "{unfolded}");
    assert_eq!(words("3 f h - - Esc f c"), words("3"));
}

#[test]
fn a_layer_shows_what_it_brought_until_escape() {
    let layer = words("3 f r L");
    assert!(layer.contains("changed, without times, layer #2 right") && layer.contains("main.py"), "{layer}");
    assert!(!layer.contains(" usr/"), "{layer}");
    assert_eq!(words("3 f r Esc"), words("3"));
    let jumped = words("4 j j j Enter Enter");
    assert!(jumped.contains("all paths, layer #2 right") && jumped.contains("app/"), "{jumped}");
    assert_eq!(words("4 j j j Enter Enter Esc"), words("4 j j j Enter"));
    assert_eq!(words("4 j j j Enter Enter Esc 3"), words("3"));
}

#[test]
fn directories_sort_by_every_column() {
    for (key, says) in [("u", "urgent first"), ("d", "by delta"), ("c", "by count")] {
        let sorted = words(&format!("3 s {key}"));
        assert!(sorted.contains(says), "{sorted}");
        let first = sorted.lines().nth(4).unwrap_or_default();
        assert!(first.contains(" usr/"), "{sorted}");
    }
    assert_eq!(words("3 s d s n"), words("3"));
}

#[test]
fn contents_are_compared_beside_the_interface_and_failures_are_told() {
    let diff = words("3 /settings Enter");
    assert!(diff.contains("- port = 80") && diff.contains("+ port = 8080") && diff.contains("-1 +2 lines"), "{diff}");
    let failed = words("3 /shadow Enter");
    assert!(failed.contains("the contents cannot be shown: left side"), "{failed}");
}

#[test]
fn contents_stand_side_by_side_when_asked_and_move_under_the_eye() {
    let unified = words("3 /main.py Enter Enter");
    let beside = words("3 /main.py Enter Enter v");
    assert!(unified.contains("  1 - #!/usr/bin/python3\n"), "{unified}");
    assert!(beside.contains("  1 - #!/usr/bin/python3     │ 1 + #!/usr/bin/env python3"), "{beside}");
    assert!(beside.contains("side by side"), "{beside}");
    let panned = words("3 /main.py Enter Enter ]");
    assert!(panned.contains("  1 - n3\n") && panned.contains(" 20 + m.price * item.count"), "{panned}");
    assert_eq!(words("3 /main.py Enter Enter ] ["), unified);
}

#[test]
fn reading_shows_how_far_it_is_and_stops_for_a_newer_question() {
    let mut app = App::new(fixture::report(), setup(Colours::Indexed));
    let mut jobs: Vec<Job> = Vec::new();
    for event in keys("3 j j") {
        jobs.extend(app.update(event).into_iter().filter_map(|effect| match effect {
            Effect::Work(job) => Some(job),
            _ => None,
        }));
    }
    let (first, last) = (jobs.first().unwrap().clone(), jobs.last().unwrap().clone());
    last.watch.advance(120_000_000);
    assert!(app.is_waiting());
    let reading = text(&render(&mut app, (140, 45)));
    assert!(reading.contains("reading the contents … 120 MB"), "{reading}");
    let (events, answers) = std::sync::mpsc::channel();
    let mut workers = worker::Workers::start(&fixture::services(), &events);
    for job in jobs {
        workers.post(job);
    }
    assert!(first.watch.is_stopped() && !last.watch.is_stopped());
    while app.is_waiting() {
        app.update(answers.recv_timeout(Duration::from_secs(10)).unwrap());
    }
}

/// The questions that the app asks for these keys, unanswered.
fn asked(app: &mut App, script: &str) -> Vec<Job> {
    let mut jobs = Vec::new();
    for event in keys(script) {
        jobs.extend(app.update(event).into_iter().filter_map(|effect| match effect {
            Effect::Work(job) => Some(job),
            _ => None,
        }));
    }
    jobs
}

#[test]
fn a_comparison_that_comes_too_late_is_not_shown_under_another_file() {
    let mut app = App::new(fixture::report(), setup(Colours::Indexed));
    play(&mut app, (140, 45), keys("3 /settings Enter"));
    // Back and forth between two files: the answer about the first comes when the second is selected.
    let mut late = asked(&mut app, "k");
    let job = late.pop().expect("the row above has contents to compare");
    assert!(late.is_empty());
    asked(&mut app, "j");
    let before = text(&play(&mut app, (140, 45), []));
    assert!(job.watch.is_stopped(), "nobody waits for it any more");
    app.update(Event::Answer(worker::answer(&job, &fixture::services())));
    assert_eq!(text(&play(&mut app, (140, 45), [])), before);
}

#[test]
fn a_search_that_is_dropped_leads_back_to_where_it_began() {
    for search in ["/main Esc", "/ Enter", "/nosuchthing Enter Esc"] {
        assert_eq!(words(&format!("3 j j j {search}")), words("3 j j j"), "{search}");
    }
}

#[test]
fn the_way_back_leads_to_the_row_that_a_jump_left() {
    // From a package to one that requires it, and back.
    let before = words("2 /libssl3 Enter");
    let there = words("2 /libssl3 Enter Enter Enter");
    assert_ne!(there, before);
    let back = words("2 /libssl3 Enter Enter Enter Esc Esc");
    assert!(back.contains("── deb:libssl3"), "{back}");
}

#[test]
fn what_is_typed_is_not_lost_when_a_file_is_written_meanwhile() {
    let mut app = App::new(fixture::report(), setup(Colours::Indexed));
    play(&mut app, (140, 45), keys("2 M abc"));
    for written in [Ok("wrote x, 3 B".to_owned()), Err("no room".to_owned().into())] {
        app.update(Event::Answer(Answer { ticket: 7, found: Found::Written(written) }));
        assert!(text(&play(&mut app, (140, 45), [])).contains("Note to"));
    }
}

#[test]
fn the_mouse_selects_opens_and_switches() {
    let mut app = App::new(fixture::report(), setup(Colours::Indexed));
    let overview = play(&mut app, (140, 45), []);
    let (x, y) = find(&overview, "2 Packages");
    let packages = play(&mut app, (140, 45), [click(x, y)]);
    let (x, y) = find(&packages, "numpy");
    let selected = play(&mut app, (140, 45), [click(x, y)]);
    assert!(text(&selected).contains("── pypi:numpy"), "{}", text(&selected));
    let (x, y) = find(&selected, "content ");
    let file = play(&mut app, (140, 45), [click(x, y), click(x, y)]);
    assert!(text(&file).contains("…/__init__.py ──"), "{}", text(&file));
    let wheeled = play(&mut app, (140, 45), [mouse(MouseEventKind::ScrollDown, 5, 10)]);
    assert_ne!(text(&wheeled), text(&file));
}

fn loading() -> (App, Arc<Progress>) {
    let progress = Arc::new(Progress::default());
    let screen = Screen {
        progress: Arc::clone(&progress),
        left: "shop:1.3".to_owned(),
        right: Some("shop:\u{1b}1.4".to_owned()),
    };
    (App::loading(screen, setup(Colours::Indexed)), progress)
}

#[test]
fn loading_shows_how_far_each_side_is() {
    let (mut app, progress) = loading();
    progress.side(Side::Left).enter(Stage::Reading);
    progress.side(Side::Left).expect(400_000_000);
    progress.side(Side::Left).advance(100_000_000);
    progress.side(Side::Left).saw_entry();
    for (width, height) in [(80, 24), (140, 45)] {
        let shown = play(&mut app, (width, height), []);
        let name = format!("loading_{width}x{height}");
        picture(&name, &shown);
        insta::assert_snapshot!(name, text(&shown));
    }
}

#[test]
fn leaving_while_loading_cancels() {
    for event in [Event::Key(KeyCode::Char('q').into()), Event::Terminate, ctrl_c()] {
        let (mut app, _progress) = loading();
        let (world, end) = run(&mut app, (80, 24), [event, Event::Tick]);
        end.unwrap();
        assert!(world.cancelled && world.events.len() == 1, "it left before the next event");
    }
}

#[test]
fn the_report_replaces_the_loading_screen_and_a_failure_is_returned() {
    let (mut app, _progress) = loading();
    let ready = Event::Ready(Ok(Box::new(Explorer::new(fixture::report()))));
    let shown = play(&mut app, (80, 24), [ready]);
    assert!(text(&shown).contains("1 Overview"));

    let (mut app, _progress) = loading();
    let (_, end) = run(&mut app, (80, 24), [Event::Ready(Err("no such file".to_owned()))]);
    let error = end.unwrap_err();
    assert!(matches!(error, TuiError::Failed(message) if message == "no such file"));
}

fn ctrl_c() -> Event {
    Event::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL))
}

#[test]
fn one_image_on_its_own_shows_what_is_in_it_and_no_side() {
    for (script, shows) in [
        ("1", "Largest layers"),
        ("2", "version"),
        ("3", "usr"),
        ("3 /settings Enter", "8080"),
        ("4", "instruction"),
        ("5", "Configuration"),
        ("5 a", "Configuration"),
        ("2 s", "Sort by"),
        ("2 s v", "by version"),
        ("3 /settings Enter f", "only layer #"),
        ("3 /settings Enter y", "digest"),
    ] {
        let mut app = App::new(Arc::new(fixture::alone()), setup(Colours::Indexed));
        let frame = play(&mut app, (140, 45), keys(script));
        let screen = text(&frame);
        assert!(screen.contains(shows) && screen.starts_with(" registry.example/team/shop:1.4.0"), "{screen}");
        assert!(!screen.contains("delta") && !screen.contains("right"), "{screen}");
    }
}

#[test]
fn a_group_stays_selected_and_its_detail_follows_what_shows() {
    let mut report = Arc::into_inner(fixture::report()).unwrap();
    for row in report.packages.iter_mut().filter(|row| row.either().unwrap().name.len() < 11) {
        let source =
            SourcePackage { name: format!("all-{}", row.either().unwrap().ecosystem), version: "1".to_owned() };
        for package in [&mut row.left, &mut row.right].into_iter().flatten() {
            Arc::make_mut(package).source = Some(source.clone());
        }
    }
    let mut app = App::new(Arc::new(report), setup(Colours::Indexed));
    let mut words = |script: &str| text(&play(&mut app, (140, 45), keys(script)));
    let moved = words("2 g");
    assert!(moved.contains("─ all-deb ") && moved.contains("source package, 5 packages"), "{moved}");
    let all = words("a");
    assert!(all.contains("─ all-deb ") && all.contains("source package, 6 packages"), "{all}");
    let sorted = words("s d");
    assert!(sorted.contains("─ all-deb ") && sorted.contains("source package, 6 packages"), "{sorted}");
    assert!(sorted.find("all-pypi (") < sorted.find("all-deb ("), "{sorted}");
}
