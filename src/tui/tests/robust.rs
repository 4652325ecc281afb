//! What every frame keeps to: any size, any colours, ASCII, hostile and wide names, styles by role.

use ratatui::buffer::Cell;
use ratatui::style::{Modifier, Style};

use super::*;
use crate::tui::theme::{Palette, signs};

/// From nothing to more than anybody has.
const SIZES: [(u16, u16); 10] =
    [(0, 0), (1, 1), (20, 5), (40, 10), (41, 11), (60, 16), (99, 20), (100, 12), (140, 45), (300, 100)];

/// The smallest terminal in which every view is of use.
const SMALL: (u16, u16) = (60, 16);

/// The interface after `script`, with this theme.
fn after(script: &str, theme: Theme) -> App {
    let setup = Setup { formats: fixture::FORMATS.to_vec(), ..Setup::from(theme) };
    let mut app = App::new(fixture::report(), setup);
    play(&mut app, (80, 24), keys(script));
    app
}

#[test]
fn no_size_makes_a_view_panic() {
    for (_, script) in VIEWS {
        let mut app = after(script, Theme::new(Colours::Indexed));
        for size in SIZES {
            render(&mut app, size);
        }
    }
    let (mut app, _progress) = loading();
    for size in SIZES {
        render(&mut app, size);
    }
}

#[test]
fn ascii_frames_hold_no_sign_that_is_not_ascii_in_any_palette() {
    // Letters of a name stay what they are.
    let is_fine = |character: char| character.is_ascii() || character.is_alphanumeric();
    for (palette, colours) in
        [(Palette::Dark, Colours::None), (Palette::Light, Colours::Sixteen), (Palette::HighContrast, Colours::True)]
    {
        let theme = Theme::new(colours).with_palette(palette).with_ascii(true);
        for (name, script) in VIEWS {
            let mut app = after(script, theme);
            for size in [SMALL, (140, 45)] {
                let frame = render(&mut app, size);
                for cell in &frame.content {
                    let symbol = cell.symbol();
                    assert!(!signs::ASCII.iter().any(|(sign, _)| *sign == symbol), "{symbol} in {name}");
                    assert!(symbol.chars().all(is_fine), "{symbol} in {name} at {size:?}");
                }
            }
        }
    }
}

#[test]
fn a_terminal_too_small_says_so_in_words_that_fit() {
    for (size, words) in
        [((39, 24), "imgdrift needs 40 x 10"), ((80, 9), "imgdrift needs 40 x 10"), ((20, 5), "needs 40 x 10")]
    {
        let shown = text(&frame(size.0, size.1, Colours::Indexed, ""));
        assert_eq!(shown.trim(), words, "at {size:?}");
    }
}

#[test]
fn every_view_is_of_use_in_a_small_terminal() {
    let theme = Theme::new(Colours::Indexed);
    for view in ["1", "2", "3", "4", "5", "6"] {
        let small = frame(SMALL.0, SMALL.1, Colours::Indexed, view);
        let shown = text(&small);
        for title in ["1 Overview", "2 Packages", "3 Files", "4 Layers", "5 Config", "6 Findings"] {
            assert!(shown.contains(title), "{title} in\n{shown}");
        }
        assert!(shown.contains("? help"), "{shown}");
        let selection = theme.style(Role::Selected).bg.unwrap();
        let selected = rows(&small).skip(2).filter(|row| row.iter().any(|cell| cell.bg == selection));
        assert_eq!(selected.count(), 1, "one row is selected in\n{shown}");
        if view != "1" {
            assert!(shown.lines().any(|line| line.starts_with("── ")), "the detail has its title in\n{shown}");
        }
    }
    for overlay in ["3 ?", "1 :", "3 f", "2 s", "3 y", "e"] {
        let shown = text(&frame(SMALL.0, SMALL.1, Colours::Indexed, overlay));
        assert!(shown.contains('╭') && shown.contains('╯'), "the whole frame of {overlay} shows in\n{shown}");
    }
}

fn rows(buffer: &Buffer) -> impl Iterator<Item = &[Cell]> {
    buffer.content.chunks(usize::from(buffer.area.width))
}

#[test]
fn nothing_from_an_image_drives_the_terminal_and_no_column_breaks() {
    for (_, script) in VIEWS {
        for script in [script.to_owned(), format!("{script} Esc Esc 3 a L"), format!("{script} Esc Esc 2 a End")] {
            let buffer = frame(140, 45, Colours::Indexed, &script);
            for cell in &buffer.content {
                let unsafe_one =
                    |character: char| character.is_control() || matches!(character, '\u{202a}'..='\u{202e}');
                assert!(!cell.symbol().chars().any(unsafe_one), "{script}: {:?}", cell.symbol());
            }
        }
    }
    for script in ["1", "2 a", "3 a L", "4", "5", "6"] {
        let buffer = frame(140, 45, Colours::Indexed, script);
        let (divider, first) = find(&buffer, "│");
        for y in first..43 {
            assert_eq!(buffer[(divider, y)].symbol(), "│", "row {y} of\n{}", text(&buffer));
        }
    }
}

/// In which columns of the list's rows one of `words` starts.
fn places(buffer: &Buffer, words: &[&str]) -> Vec<usize> {
    let is_list = |row: &&[Cell]| !row[0].symbol().starts_with('─');
    let place = |row: &[Cell]| {
        let own = row.split(|cell| cell.symbol() == "│").next().unwrap_or_default();
        let starts = |at: &usize| {
            let rest: String = own[*at..].iter().map(Cell::symbol).collect();
            words.iter().any(|word| rest.starts_with(word))
        };
        (0..own.len()).find(starts)
    };
    rows(buffer).skip(3).take_while(is_list).filter_map(place).collect()
}

#[test]
fn columns_start_at_the_same_place_for_wide_and_hostile_names() {
    for (width, height) in [SMALL, (80, 24), (140, 45)] {
        for (script, words) in [("2 a G", [" deb ", " pypi "].as_slice()), ("3 a L /static", &[" unexplained"])] {
            let buffer = frame(width, height, Colours::Indexed, script);
            let places = places(&buffer, words);
            assert!(places.len() >= 3 && places.iter().all(|x| *x == places[0]), "{places:?} in\n{}", text(&buffer));
            assert!(text(&buffer).contains("漢字"), "a wide name is among them\n{}", text(&buffer));
        }
    }
}

/// What each cell looks like without colour: `r`everse, `u`nderlined, `b`old, `d`im, or a dot.
fn plain_styles(buffer: &Buffer) -> String {
    let letter = |cell: &Cell| match cell.modifier {
        modifier if modifier.contains(Modifier::REVERSED) => 'r',
        modifier if modifier.contains(Modifier::UNDERLINED) => 'u',
        modifier if modifier.contains(Modifier::BOLD) => 'b',
        modifier if modifier.contains(Modifier::DIM) => 'd',
        _ => '.',
    };
    let line = |row: &[Cell]| row.iter().map(letter).collect::<String>().trim_end_matches('.').to_owned();
    rows(buffer).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_stands_out_without_colour() {
    for (name, script) in VIEWS.iter().filter(|(name, _)| !name.contains('_')) {
        insta::assert_snapshot!(format!("{name}_no_colour_80x24"), plain_styles(&frame(80, 24, Colours::None, script)));
    }
}

#[test]
fn what_colour_says_a_sign_or_a_word_says_too() {
    let theme = Theme::new(Colours::Indexed);
    // The roles whose colour says something, and what else says it in the same row.
    let told: [(Role, &[&str]); 4] = [
        (Role::Alarm, &["!", " v ", "alarm", "downgraded", "same-version"]),
        (Role::Unexplained, &["?", "unexplained", "warning", "w "]),
        (Role::Left, &["-", "left", "≠", "→", "!", "   L "]),
        (Role::Right, &["+", "right", "≠", "→", "   R "]),
    ];
    let mut seen = [0; 4];
    for view in ["1", "2", "2 a", "3", "3 a L", "4", "5"] {
        let buffer = frame(140, 45, Colours::Indexed, view);
        // A column is told by its head.
        let head = rows(&buffer).nth(3).unwrap();
        for row in rows(&buffer).skip(2) {
            let words: String = row.iter().chain(head).map(Cell::symbol).collect();
            for (seen, (role, signs)) in seen.iter_mut().zip(told) {
                let is_role = |cell: &Cell| cell.symbol() != " " && looks(cell, theme.style(role));
                if row.iter().any(is_role) {
                    *seen += 1;
                    assert!(signs.iter().any(|sign| words.contains(sign)), "{role:?} in {view}: {words}");
                }
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 0), "every role was seen: {seen:?}");
    // Findings stand below a word for their colour.
    let findings = words("6");
    assert!(findings.contains("▾ alarm") && findings.contains("▾ warning"), "{findings}");
}

fn looks(cell: &Cell, style: Style) -> bool {
    Some(cell.fg) == style.fg && cell.modifier == style.add_modifier
}

#[test]
fn styles_follow_roles() {
    for (palette, colours) in Palette::ALL
        .into_iter()
        .flat_map(|palette| [Colours::Sixteen, Colours::Indexed].map(|colours| (palette, colours)))
    {
        let theme = Theme::new(colours).with_palette(palette);
        let same = |buffer: &Buffer, wanted: &str, role: Role| {
            let (shown, meant) = (buffer[find(buffer, wanted)].style(), theme.style(role));
            let of =
                |style: Style| (style.fg.filter(|colour| *colour != ratatui::style::Color::Reset), style.add_modifier);
            assert_eq!(of(shown), of(meant), "{wanted} as {role:?} in {palette:?} {colours:?}");
        };
        let files = render(&mut after("3", theme), (140, 45));
        same(&files, "drifted", Role::VerdictBad);
        same(&files, "team/shop:1.3.0", Role::Left);
        same(&files, "team/shop:1.4.0", Role::Right);
        same(&files, "same-version", Role::Alarm);
        same(&files, "unexplained  ", Role::Unexplained);
        same(&files, "package  ", Role::Explained);
        same(&files, "3 Files", Role::TabActive);
        same(&files, "1 Overview", Role::Tab);
        let background = |buffer: &Buffer, wanted: &str| buffer[find(buffer, wanted)].style().bg;
        assert_eq!(background(&files, "app/"), theme.style(Role::Selected).bg, "the first row is selected");
        let detail = render(&mut after("3 Enter", theme), (140, 45));
        assert_ne!(text(&detail), text(&files));

        let overview = render(&mut after("1", theme), (140, 45));
        same(&overview, "? /app/settings.toml", Role::Unexplained);
        same(&overview, "v protobuf", Role::Alarm);
        assert_eq!(background(&overview, "! /usr/bin/sort"), theme.style(Role::Selected).bg);
        let config = render(&mut after("5", theme), (140, 45));
        same(&config, "3.11.9", Role::Left);
        same(&config, "3.11.10", Role::Right);
        let marked = render(&mut after("3 m", theme), (140, 45));
        same(&marked, "* 1 marked", Role::Mark);
    }
}
