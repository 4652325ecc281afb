use super::super::super::{DriftReport, compare};
use super::is_secret;
use crate::model::{Explanation, Verdict};
use crate::nondeterminism::Rules;
use crate::snapshot::testing::TestImage;

const PASSWD: &[u8] =
    b"root:x:0:0:root:/root:/bin/bash\napp:x:1000:1000::/home/app:/bin/sh\nweb:x:33:33::/:/bin/false\n";
const GROUP: &[u8] = b"root:x:0:\napp:x:1000:\nweb:x:33:\nstaff:x:50:web\n";

fn image() -> TestImage {
    let mut image = TestImage::new();
    image
        .write("etc/passwd", PASSWD)
        .write("etc/group", GROUP)
        .write("etc/shadow", b"root:*:")
        .mode("etc/shadow", 0o640);
    image.deb("x", "1", &[("usr/bin/x", b"x")]).mode("usr/bin/x", 0o755).write("app/main.py", b"print()");
    image.write("srv/data", b"data").directory("tmp").mode("tmp", 0o1777).directory("var/mail");
    image
}

fn changed(change: impl FnOnce(&mut TestImage)) -> DriftReport {
    let (left, mut right) = (image(), image());
    change(&mut right);
    compare(&left.snapshot(), &right.snapshot(), Rules::built_in())
}

fn alarms(report: &DriftReport) -> Vec<(String, String)> {
    let rows = report.files.rows.iter().filter_map(|row| Some((row, row.drift.as_ref()?.alarm.as_ref()?)));
    rows.map(|(row, alarm)| (row.path.to_string(), alarm.to_string())).collect()
}

fn alarm(change: impl FnOnce(&mut TestImage)) -> Option<String> {
    alarms(&changed(change)).into_iter().next().map(|(_, alarm)| alarm)
}

#[test]
fn wider_rights_are_alarms_whoever_owns_the_path() {
    let said = |change: fn(&mut TestImage)| alarm(change).unwrap_or_else(|| "nothing".to_owned());
    assert_eq!(said(|image| _ = image.mode("usr/bin/x", 0o777)), "world-writable");
    assert_eq!(said(|image| _ = image.mode("app/main.py", 0o666)), "world-writable");
    assert_eq!(said(|image| _ = image.mode("tmp", 0o777)), "sticky bit lost");
    assert_eq!(said(|image| _ = image.mode("var/mail", 0o2755)), "setgid");
    assert_eq!(said(|image| _ = image.mode("srv/data", 0o2644)), "setgid");
    assert_eq!(said(|image| _ = image.mode("etc/shadow", 0o644)), "a secret can be read by others");
    assert_eq!(said(|image| _ = image.owner("usr/bin/x", 1000, 0)), "owned by app instead of root");
    assert_eq!(said(|image| _ = image.owner("srv/data", 0, 50).mode("srv/data", 0o664)), "group staff may write it");
    assert_eq!(said(|image| _ = image.xattr("srv/data", "security.ima", b"\x03")), "integrity label changed");
    assert_eq!(
        said(|image| _ = image.xattr("srv/data", "system.posix_acl_access", b"x")),
        "access control list changed"
    );
    assert_eq!(said(|image| _ = image.write("opt/new", b"x").mode("opt/new", 0o666)), "world-writable");
    assert_eq!(said(|image| _ = image.write("opt/su", b"x").mode("opt/su", 0o4755)), "setuid");
}

#[test]
fn an_alarm_stands_beside_the_explanation_and_makes_the_verdict_drifted() {
    let report = changed(|image| _ = image.mode("srv/data", 0o666));
    assert_eq!((report.alarms(), report.verdict), (1, Verdict::Drifted));
    let row = report.files.rows.iter().find(|row| row.path.as_str() == Some("srv/data")).unwrap();
    assert_eq!(row.drift.as_ref().unwrap().explanation, Explanation::Metadata);
}

#[test]
fn what_grants_nothing_is_calm() {
    assert_eq!(alarm(|image| _ = image.mode("usr/bin/x", 0o700)), None);
    assert_eq!(alarm(|image| _ = image.owner("app/main.py", 1000, 1000)), None, "an app's own tree");
    assert_eq!(
        alarm(|image| _ = image.owner("app/main.py", 1000, 1000).mode("app/main.py", 0o664)),
        None,
        "its own group"
    );
    assert_eq!(alarm(|image| _ = image.write("opt/new", b"x").owner("opt/new", 1000, 50)), None, "a new file's owner");
    assert_eq!(alarm(|image| _ = image.directory("opt/new").mode("opt/new", 0o2775).owner("opt/new", 0, 50)), None);
    assert_eq!(alarm(|image| _ = image.symlink("opt/link", "/tmp").mode("opt/link", 0o777)), None);
}

#[test]
fn owners_are_compared_by_name() {
    let (mut left, mut right) = (image(), image());
    left.owner("usr/bin/x", 33, 33);
    right.write("etc/passwd", b"root:x:0:0:root:/root:/bin/bash\nweb:x:101:101::/:/bin/false\n");
    right.write("etc/group", b"root:x:0:\nweb:x:101:\n").owner("usr/bin/x", 101, 101);
    let report = compare(&left.snapshot(), &right.snapshot(), Rules::built_in());
    assert_eq!(alarms(&report), []);
}

#[test]
fn secrets_are_known_by_their_places() {
    for secret in ["etc/shadow", "etc/sudoers.d/x", "root/.ssh/id_ed25519", "etc/ssh/ssh_host_rsa_key"] {
        assert!(is_secret(secret.as_bytes()), "{secret}");
    }
    for other in ["etc/passwd", "root/.ssh/id_ed25519.pub", "etc/ssh/ssh_host_rsa_key.pub", "usr/share/id_x.png.pub"] {
        assert!(!is_secret(other.as_bytes()), "{other}");
    }
}
