//! Random events: whatever is typed, clicked or resized, nothing panics and there is always a way out.

use super::*;

/// A small generator (Marsaglia's xorshift), so that a failure comes again.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed))
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn small(&mut self, sides: u16) -> u16 {
        u16::try_from(self.roll(sides.into())).unwrap()
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.roll(choices.len() as u64)).unwrap()]
    }

    fn key(&mut self) -> Event {
        const CODES: [KeyCode; 17] = [
            KeyCode::Enter,
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Tab,
            KeyCode::BackTab,
            KeyCode::Down,
            KeyCode::Up,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::Home,
            KeyCode::End,
            KeyCode::PageDown,
            KeyCode::PageUp,
            KeyCode::Backspace,
            KeyCode::Delete,
            KeyCode::Insert,
            KeyCode::Null,
        ];
        let code = match self.roll(8) {
            0..=2 => self.one_of(&CODES),
            3 => KeyCode::F(u8::try_from(self.roll(13)).unwrap()),
            4 => KeyCode::Char(self.one_of(&['漢', 'é', '\u{301}', '\u{202e}', '\u{1b}', '\u{0}', '🦀'])),
            _ => KeyCode::Char(char::from(u8::try_from(32 + self.roll(95)).unwrap())),
        };
        let modifiers = match self.roll(12) {
            0 => KeyModifiers::CONTROL,
            1 => KeyModifiers::ALT,
            2 => KeyModifiers::SHIFT,
            _ => KeyModifiers::NONE,
        };
        Event::Key(KeyEvent::new(code, modifiers))
    }

    fn mouse(&mut self) -> Event {
        let kind = self.one_of(&[
            MouseEventKind::Down(MouseButton::Left),
            MouseEventKind::Down(MouseButton::Left),
            MouseEventKind::Down(MouseButton::Right),
            MouseEventKind::Up(MouseButton::Left),
            MouseEventKind::Drag(MouseButton::Left),
            MouseEventKind::Moved,
            MouseEventKind::ScrollDown,
            MouseEventKind::ScrollUp,
            MouseEventKind::ScrollLeft,
        ]);
        // Now and then outside of every terminal.
        let (x, y) = if self.roll(50) == 0 { (u16::MAX, u16::MAX) } else { (self.small(190), self.small(64)) };
        mouse(kind, x, y)
    }

    fn event(&mut self) -> Event {
        match self.roll(20) {
            0..=5 => self.mouse(),
            6 => Event::Resize,
            7 => Event::Tick,
            8 => Event::Said("\u{1b}[2J said".to_owned()),
            _ => self.key(),
        }
    }
}

fn is_quit(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Quit))
}

/// Plays `count` random events. Answers come at once, later, or after newer ones; what the events ask to quit goes on.
fn storm(app: &mut App, dice: &mut Dice, count: usize) {
    let mut late: Vec<Event> = Vec::new();
    let mut area = Rect::new(0, 0, 120, 40);
    for _ in 0..count {
        let resized = dice.roll(40) == 0;
        if resized {
            area = Rect::new(0, 0, dice.small(180), dice.small(60));
        }
        let event = if !late.is_empty() && dice.roll(4) == 0 {
            late.swap_remove(usize::try_from(dice.roll(late.len() as u64)).unwrap())
        } else {
            dice.event()
        };
        for effect in app.update(event) {
            if let Effect::Work(job) = effect
                && is_harmless(&job)
            {
                late.push(Event::Answer(worker::answer(&job, &fixture::services())));
            }
        }
        // Every event need not wait for its frame.
        if resized || dice.roll(3) == 0 {
            app.render(area, &mut Buffer::empty(area));
        }
        if dice.roll(100) == 0 {
            assert!(is_quit(&app.update(ctrl_c())), "Ctrl-C always leaves");
        }
    }
}

/// Presses Esc until `q` quits, a bounded number of times.
fn assert_a_way_out(app: &mut App, what: &str) {
    const MOST: usize = 12;
    for _ in 0..MOST {
        app.update(Event::Key(KeyCode::Esc.into()));
    }
    let buffer = render(app, (140, 45));
    assert!(is_quit(&app.update(Event::Key(KeyCode::Char('q').into()))), "{what} is stuck in\n{}", text(&buffer));
}

#[test]
fn a_storm_of_events_neither_panics_nor_gets_stuck() {
    let alone = Arc::new(fixture::alone());
    let empty = Arc::new(fixture::empty());
    for (name, report, count) in
        [("the report", fixture::report(), 4_000), ("one image alone", alone, 2_000), ("nothing at all", empty, 1_000)]
    {
        for seed in 1..=3 {
            let mut app = App::new(Arc::clone(&report), setup(Colours::Indexed));
            storm(&mut app, &mut Dice::new(seed), count);
            let what = format!("{name}, seed {seed},");
            assert_a_way_out(&mut app, &what);
            let overview = play(&mut app, (140, 45), keys("1"));
            assert!(text(&overview).contains("Look at these first"), "{what}\n{}", text(&overview));
        }
    }
}

#[test]
fn events_before_the_report_neither_panic_nor_keep_it_away() {
    for seed in 1..=4 {
        let (mut app, _progress) = loading();
        storm(&mut app, &mut Dice::new(seed), 300);
        app.update(Event::Ready(Ok(Box::new(Explorer::new(fixture::report())))));
        storm(&mut app, &mut Dice::new(seed + 10), 300);
        assert_a_way_out(&mut app, &format!("seed {seed}"));
    }
}
