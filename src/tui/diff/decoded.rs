//! How two contents of a known format differ, part by part.

use std::collections::HashMap;

use crate::model::{Anatomy, Part, Value};

/// Rows beyond which a reader is told a number.
const MAX_ROWS: usize = 60;

/// What came of taking both contents apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoding {
    /// The format is not known.
    None,
    /// The contents were not read whole, so they were not taken apart.
    TooLong,
    Done(Box<Decoded>),
}

/// Two anatomies side against side; only what differs is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// `None` where there is no content, or one of no known format.
    pub left: Option<String>,
    pub right: Option<String>,
    pub fields: Tally,
    pub members: Tally,
    /// What the members are called.
    pub noun: &'static str,
    /// The members that both sides have stand in another order.
    pub reordered: bool,
    /// Members that differ in nothing but their time; they are among `members.rows` too.
    pub only_times: usize,
    /// Whether both contents were taken apart to their end.
    pub complete: bool,
}

/// How many parts there are, how many are equal, and those that are not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    pub total: usize,
    pub equal: usize,
    pub rows: Vec<DecodedRow>,
    /// Parts that differ but are not among the rows.
    pub left_out: usize,
}

/// A part that differs, or that only one side has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodedRow {
    pub name: String,
    pub left: Option<Value>,
    pub right: Option<Value>,
}

impl Decoded {
    /// Whether everything that was taken apart is equal.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.left == self.right && self.fields.differing() + self.members.differing() == 0 && !self.reordered
    }

    /// The one side that has a known format.
    #[must_use]
    pub fn is_one_sided(&self) -> bool {
        self.left.is_none() || self.right.is_none()
    }
}

impl Tally {
    /// Parts that differ or that only one side has.
    #[must_use]
    pub fn differing(&self) -> usize {
        self.total - self.equal
    }
}

/// Compares two anatomies.
#[must_use]
pub fn compare(left: Option<&Anatomy>, right: Option<&Anatomy>) -> Decoding {
    let Some(noun) = left.or(right).map(|anatomy| anatomy.noun) else { return Decoding::None };
    let parts = |pick: fn(&Anatomy) -> &Vec<Part>| {
        let side = |anatomy: Option<&Anatomy>| anatomy.map(pick).cloned().unwrap_or_default();
        matched(side(left), side(right))
    };
    let (fields, _) = parts(|anatomy| &anatomy.fields);
    let (members, reordered) = parts(|anatomy| &anatomy.members);
    let only_times = members.iter().filter(|row| differs_in_time_only(row)).count();
    Decoding::Done(Box::new(Decoded {
        fields: tally(fields),
        members: tally(members),
        noun,
        reordered,
        only_times,
        complete: [left, right].into_iter().flatten().all(|anatomy| anatomy.complete),
        left: left.map(|anatomy| anatomy.format.clone()),
        right: right.map(|anatomy| anatomy.format.clone()),
    }))
}

/// Finds the parts of one name on both sides, the nth with the nth; those of the left first, in its order. Also says
/// whether those that both have stand in another order.
fn matched(left: Vec<Part>, right: Vec<Part>) -> (Vec<DecodedRow>, bool) {
    let mut places: HashMap<(String, usize), usize> = HashMap::with_capacity(left.len());
    let mut rows: Vec<DecodedRow> = Vec::with_capacity(left.len());
    let mut seen: HashMap<String, usize> = HashMap::new();
    let numbered = |seen: &mut HashMap<String, usize>, name: &str| {
        let count = seen.entry(name.to_owned()).or_default();
        *count += 1;
        (name.to_owned(), *count)
    };
    for part in left {
        places.insert(numbered(&mut seen, &part.name), rows.len());
        rows.push(DecodedRow { name: part.name, left: Some(part.value), right: None });
    }
    seen.clear();
    let (mut last, mut reordered) = (0, false);
    for part in right {
        match places.get(&numbered(&mut seen, &part.name)).copied() {
            Some(at) => {
                reordered |= at < last;
                last = at;
                if let Some(row) = rows.get_mut(at) {
                    row.right = Some(part.value);
                }
            }
            None => rows.push(DecodedRow { name: part.name, left: None, right: Some(part.value) }),
        }
    }
    (rows, reordered)
}

fn tally(rows: Vec<DecodedRow>) -> Tally {
    let total = rows.len();
    let mut differing: Vec<DecodedRow> = rows.into_iter().filter(|row| row.left != row.right).collect();
    let equal = total - differing.len();
    // Contents before mere times: with many rows the ones that matter must be among those that show.
    differing.sort_by_key(differs_in_time_only);
    let left_out = differing.len().saturating_sub(MAX_ROWS);
    differing.truncate(MAX_ROWS);
    Tally { total, equal, rows: differing, left_out }
}

fn differs_in_time_only(row: &DecodedRow) -> bool {
    match (&row.left, &row.right) {
        (
            Some(Value::Member { size, seal, access, time }),
            Some(Value::Member { size: other_size, seal: other_seal, access: other_access, time: other_time }),
        ) => (size, seal, access) == (other_size, other_seal, other_access) && time != other_time,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(members: &[(&str, u64, i64)]) -> Anatomy {
        let member = |(name, size, time): &(&str, u64, i64)| Part {
            name: (*name).to_owned(),
            value: Value::Member { size: *size, seal: String::new(), access: String::new(), time: Some(*time) },
        };
        Anatomy {
            format: "archive".to_owned(),
            members: members.iter().map(member).collect(),
            noun: "members",
            complete: true,
            ..Anatomy::default()
        }
    }

    fn decoded(left: &[(&str, u64, i64)], right: &[(&str, u64, i64)]) -> Decoded {
        match compare(Some(&archive(left)), Some(&archive(right))) {
            Decoding::Done(decoded) => *decoded,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn members_that_differ_stand_before_those_of_another_time() {
        let found = decoded(&[("a", 1, 1), ("b", 1, 1), ("c", 1, 1)], &[("a", 1, 2), ("b", 2, 1), ("c", 1, 1)]);
        let names: Vec<&str> = found.members.rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!((names, found.members.equal, found.only_times), (vec!["b", "a"], 1, 1));
        assert!(!found.reordered && !found.is_equal());
    }

    #[test]
    fn members_of_one_name_meet_in_order_and_another_order_is_noticed() {
        let found = decoded(&[("a", 1, 1), ("a", 2, 1), ("b", 3, 1)], &[("b", 3, 1), ("a", 1, 1), ("c", 4, 1)]);
        assert!(found.reordered);
        let rows: Vec<(&str, bool, bool)> =
            found.members.rows.iter().map(|row| (row.name.as_str(), row.left.is_some(), row.right.is_some())).collect();
        assert_eq!(rows, [("a", true, false), ("c", false, true)]);
        assert!(decoded(&[("a", 1, 1)], &[("a", 1, 1)]).is_equal());
    }

    #[test]
    fn many_rows_are_counted_and_unknown_formats_are_none() {
        let many: Vec<(String, u64, i64)> = (0..200).map(|at| (format!("m{at}"), at, 0)).collect();
        let many: Vec<(&str, u64, i64)> = many.iter().map(|(name, size, time)| (name.as_str(), *size, *time)).collect();
        let found = decoded(&many, &[]);
        assert_eq!((found.members.rows.len(), found.members.left_out), (MAX_ROWS, 200 - MAX_ROWS));
        assert_eq!(compare(None, None), Decoding::None);
    }
}
