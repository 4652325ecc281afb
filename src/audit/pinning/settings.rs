//! What the image's configuration says: time zone, locale, user, platform.

use super::{Build, Item, Judged};
use crate::model::text::visible;
use crate::model::{Answer, Severity};

pub(super) const PLATFORM: Item = Item {
    name: "platform-unnamed",
    check: "platform-unnamed",
    asks: "the image names its platform",
    severity: Some(Severity::Info),
    subject: "platform",
    why: "an engine cannot tell whether it can run the image",
    fix: "docker build --platform os/arch",
    judge: platform,
};

pub(super) const ZONE: Item = Item {
    name: "time-zone-unset",
    check: "time-zone-unset",
    asks: "the time zone is set",
    severity: Some(Severity::Info),
    subject: "TZ",
    why: "local times are those of wherever it is built or run",
    fix: "ENV TZ=Etc/UTC",
    judge: zone,
};

pub(super) const LOCALE: Item = Item {
    name: "locale-unset",
    check: "locale-unset",
    asks: "the locale is set",
    severity: Some(Severity::Info),
    subject: "LANG",
    why: "sort orders, encodings and messages follow the environment of the build",
    fix: "ENV LANG=C.UTF-8",
    judge: locale,
};

pub(super) const USER: Item = Item {
    name: "runs-as-root",
    check: "runs-as-root",
    asks: "it runs as another user than root",
    severity: Some(Severity::Info),
    subject: "user",
    why: "who breaks out of the process is root in the container",
    fix: "USER 65532:65532",
    judge: user,
};

fn platform<'a>(build: &Build<'a>) -> Judged<'a> {
    let config = build.config;
    let shown = visible(&build.facts.platform).into_owned();
    match (config.os.is_empty(), config.architecture.is_empty()) {
        (false, false) => Judged::new(Answer::Yes, shown),
        _ => Judged::new(Answer::No, format!("its configuration says {shown}")),
    }
}

fn zone<'a>(build: &Build<'a>) -> Judged<'a> {
    const FILE: &str = "etc/localtime";
    if let Some(zone) = build.variable("TZ").filter(|zone| !zone.is_empty()) {
        return Judged::new(Answer::Yes, format!("TZ={}", visible(zone)));
    }
    if !build.facts.is_read {
        return Judged::new(Answer::Unknown, "TZ is not set, and the image's layers were not read");
    }
    match build.node(FILE) {
        Some(node) => Judged::new(Answer::Yes, "by /etc/localtime").by(&node.path.to_absolute(), None),
        None => Judged::new(Answer::No, "neither TZ nor /etc/localtime"),
    }
}

fn locale<'a>(build: &Build<'a>) -> Judged<'a> {
    let set = ["LC_ALL", "LANG", "LC_CTYPE"].into_iter().find_map(|name| {
        let value = build.variable(name).filter(|value| !value.is_empty())?;
        Some(format!("{name}={}", visible(value)))
    });
    match set {
        Some(set) => Judged::new(Answer::Yes, set),
        None => Judged::new(Answer::No, "neither LANG nor LC_ALL"),
    }
}

fn user<'a>(build: &Build<'a>) -> Judged<'a> {
    let user = build.config.runtime.user.as_str();
    let name = user.split(':').next().unwrap_or_default();
    let shown = format!("USER {}", visible(user));
    if name.is_empty() {
        return Judged::new(Answer::No, "no USER is set");
    }
    if let Ok(id) = name.parse::<u32>() {
        let answer = if id == 0 { Answer::No } else { Answer::Yes };
        return Judged::new(answer, shown);
    }
    match build.text("etc/passwd").map(|passwd| id_of(passwd, name)) {
        _ if name == "root" => Judged::new(Answer::No, shown),
        Some(Some(0)) => Judged::new(Answer::No, format!("{shown}, whose number is 0")),
        Some(Some(id)) => Judged::new(Answer::Yes, format!("{shown}, whose number is {id}")),
        Some(None) => Judged::new(Answer::Unknown, format!("{shown}, whom /etc/passwd does not know")),
        None => Judged::new(Answer::Unknown, format!("{shown}; /etc/passwd does not tell the number")),
    }
}

/// The number of a user (passwd(5)).
fn id_of(passwd: &str, name: &str) -> Option<u32> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok()).flatten()
    })
}
