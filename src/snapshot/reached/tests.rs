use super::looks::{is_git_object, is_local_host};
use super::words::{path, words};
use crate::model::{Form, ImagePath};

#[test]
fn words_are_found_in_any_language() {
    let found = |text: &'static str| -> Vec<&str> {
        words(text.as_bytes()).map(|word| std::str::from_utf8(word).unwrap()).collect()
    };
    assert_eq!(
        found("exec app --config=/etc/x -f\t/tmp/y;"),
        ["exec", "app", "--config=/etc/x", "config", "/etc/x", "-f", "/tmp/y"]
    );
    assert_eq!(found("{\"Test\":[\"CMD\",\"/x\"]}"), ["Test", ":", "CMD", "/x"]);
    assert_eq!(found("$(. /tmp/a)`/tmp/b`"), [".", "/tmp/a", "/tmp/b"]);
    assert_eq!(found("file:/var/repo"), ["file:/var/repo", "file", "/var/repo"]);
    assert_eq!(
        found("EnvironmentFile=-/etc/default/x"),
        ["EnvironmentFile=-/etc/default/x", "EnvironmentFile", "/etc/default/x"]
    );
    assert!(words(&[b'x'; 5000]).next().is_none());
}

#[test]
fn words_are_paths_from_where_they_are_used() {
    let base = ImagePath::parse(b"srv/app").unwrap();
    let of = |word: &str| path(&base, word.as_bytes()).map(|path| path.to_string());
    for (word, expected) in [
        ("run", "/srv/app/run"),
        ("./run", "/srv/app/run"),
        ("../run", "/srv/run"),
        ("/../../run", "/run"),
        ("..//../..", "/"),
    ] {
        assert_eq!(of(word).as_deref(), Some(expected), "{word}");
    }
    assert_eq!(of("a\0b"), None);
}

#[test]
fn a_host_names_only_itself() {
    for calm in ["", "# x", "127.0.0.1 localhost", "::1 localhost ip6-localhost # x", "ff02::1 ip6-allnodes"] {
        assert!(is_local_host(calm.as_bytes()), "{calm}");
    }
    for other in ["127.0.0.1 pypi.org", "6.6.6.6 localhost", "::1 localhost pypi.org", "localhost"] {
        assert!(!is_local_host(other.as_bytes()), "{other}");
    }
}

#[test]
fn an_object_that_does_not_end_is_none() {
    let name = ImagePath::parse(b"x.git/objects/ce/013625030ba8dba906f756967f9e9ca394464a").unwrap();
    assert!(!is_git_object(&name, b"") && !is_git_object(&name, b"x\x9c"));
}

#[test]
fn first_bytes_make_a_program() {
    assert_eq!(Form::of(b"#!/bin/sh"), Form::Program);
    assert_eq!(Form::of(b"\x7fELF\x02"), Form::Program);
    assert_eq!(Form::of(b"!<arch>\ndebian-binary   "), Form::Deb);
    assert_eq!(Form::of(b"!<arch>\n/               "), Form::Other);
    assert_eq!(Form::of(b""), Form::Other);
}
