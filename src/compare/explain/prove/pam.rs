//! What pam-auth-update(8) makes of the profiles in `/usr/share/pam-configs`: `/etc/pam.d/common-*` from the templates in
//! `/usr/share/pam`.

use super::super::{Explainer, Row};
use super::{Of, differing, lines};
use crate::model::ImagePath;
use crate::model::text::visible;

const PROFILES: &[u8] = b"usr/share/pam-configs";
/// Profiles of one image.
const MAX_PROFILES: usize = 200;

/// One profile: what a module wants in the stacks.
#[derive(Debug, PartialEq, Eq)]
struct Profile<'a> {
    file: &'a str,
    is_default: bool,
    priority: i64,
    /// Only in sessions with a user at them.
    is_interactive: bool,
    /// `Auth`, `Auth-Initial`, `Auth-Type`, ... with the lines below each.
    fields: Vec<(&'a str, Vec<&'a str>)>,
}

impl<'a> Profile<'a> {
    fn parse(file: &'a str, text: &'a str) -> Self {
        let mut profile = Self { file, is_default: false, priority: 0, is_interactive: false, fields: Vec::new() };
        for line in text.lines() {
            if line.starts_with([' ', '\t']) {
                let line = line.trim();
                if let Some((_, lines)) = profile.fields.last_mut().filter(|_| !line.is_empty()) {
                    lines.push(line);
                }
            } else if let Some((name, value)) = line.split_once(':') {
                let value = value.trim();
                match name {
                    "Default" => profile.is_default = value == "yes",
                    "Priority" => profile.priority = value.parse().unwrap_or_default(),
                    "Session-Interactive-Only" => profile.is_interactive = value == "yes",
                    _ => profile.fields.push((name, if value.is_empty() { Vec::new() } else { vec![value] })),
                }
            }
        }
        profile
    }

    fn get(&self, field: &str) -> Option<&[&'a str]> {
        self.fields.iter().find(|(name, _)| *name == field).map(|(_, lines)| lines.as_slice())
    }

    /// Whether its lines for the stack belong to the block.
    fn is_in(&self, stack: &str, block: &str) -> bool {
        self.get(&format!("{stack}-Type")).is_some_and(|kind| kind == [block])
    }
}

impl<'a> Explainer<'a> {
    /// Each side's stack is what its template and its profiles make.
    pub(super) fn pam_common(&self, row: &Row<'a>) -> Result<(), String> {
        for of in self.sides(row) {
            let name = std::str::from_utf8(row.path().file_name()).unwrap_or_default();
            let template = self.sound_file(of, format!("usr/share/pam/{name}").as_bytes());
            let template = template.and_then(|node| std::str::from_utf8(node.bytes.as_deref()?).ok());
            let template = template.ok_or_else(|| format!("the {} image lacks the template", of.side))?;
            let profiles = self.profiles(of);
            let made = compose(template, name, &profiles);
            let found: Vec<String> = lines(of.text()?).map(spaced).collect();
            let odd = (0..found.len().max(made.len())).find(|at| found.get(*at) != made.get(*at));
            if let Some(at) = odd {
                let line = found.get(at).map_or("(the end)", String::as_str);
                return Err(format!("the {} stack is not what the profiles make, from {} on", of.side, visible(line)));
            }
        }
        Ok(())
    }

    /// Lines that differ are those of profiles that only one side has, or that differ themselves.
    pub(super) fn pam_state(&self, row: &Row<'a>) -> Result<(), String> {
        for (side, line) in differing(self.texts(row)?) {
            let known = self.sides(row).find(|of| of.side == side).is_some_and(|of| {
                let profiles = self.profiles(of);
                let mut texts = profiles.iter().flat_map(|profile| profile.fields.iter().flat_map(|(_, lines)| lines));
                let named = line.strip_prefix("Module:").map_or(line, str::trim);
                profiles.iter().any(|profile| profile.file == named)
                    || texts.any(|known| spaced(known) == spaced(line))
                    || profiles
                        .iter()
                        .any(|profile| profile.fields.iter().any(|(name, _)| line.trim_end_matches(':') == *name))
            });
            if !known {
                return Err(format!("no profile on the {side} has {}", visible(line)));
            }
        }
        Ok(())
    }

    /// The profiles of a side that are a package's and accounted for, in the order of their use.
    fn profiles(&self, of: Of<'a>) -> Vec<Profile<'a>> {
        let directory = ImagePath::parse(PROFILES).unwrap_or_else(|_| ImagePath::root());
        let files = of.snapshot.image.tree.under(&directory).take(MAX_PROFILES);
        let sound = files.filter(|node| self.is_accounted_for(&node.path) && self.is_owned(&node.path));
        let mut profiles: Vec<Profile<'_>> = sound
            .filter_map(|node| {
                let text = std::str::from_utf8(node.bytes.as_deref()?).ok()?;
                Some(Profile::parse(std::str::from_utf8(node.path.file_name()).ok()?, text))
            })
            .collect();
        profiles.sort_by(|one, other| (other.priority, other.file).cmp(&(one.priority, one.file)));
        profiles
    }
}

/// The lines of the stack `common-auth` and the like.
fn compose(template: &str, name: &str, profiles: &[Profile<'_>]) -> Vec<String> {
    let kind = name.strip_prefix("common-").unwrap_or_default();
    let is_batch = kind.ends_with("-noninteractive");
    let kind = kind.trim_end_matches("-noninteractive");
    let stack: String = kind.chars().take(1).flat_map(char::to_uppercase).chain(kind.chars().skip(1)).collect();
    let enabled = |block: &str| -> Vec<&Profile<'_>> {
        let enabled = profiles.iter().filter(|profile| profile.is_default && !(is_batch && profile.is_interactive));
        enabled.filter(|profile| profile.is_in(&stack, block)).collect()
    };
    let block = |name: &str| -> Vec<String> {
        let initial = format!("{stack}-Initial");
        let modules: Vec<&str> = enabled(name)
            .into_iter()
            .enumerate()
            .flat_map(|(at, profile)| {
                let first = profile.get(&initial).filter(|_| at == 0);
                first.or_else(|| profile.get(&stack)).unwrap_or_default().to_vec()
            })
            .collect();
        let count = modules.len();
        let line = |(at, module): (usize, &str)| {
            spaced(&format!("{kind} {}", module.replace("=end", &format!("={}", count - at))))
        };
        modules.into_iter().enumerate().map(line).collect()
    };
    lines(template)
        .flat_map(|line| match line.strip_prefix('$') {
            Some(variable) if variable.ends_with("_primary") => block("Primary"),
            Some(variable) if variable.ends_with("_additional") => block("Additional"),
            _ => vec![spaced(line)],
        })
        .collect()
}

/// With one space wherever there is any.
fn spaced(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    // From libpam-runtime, libpam-cap and libpam-systemd of Debian 12.
    const TEMPLATE: &str = "#\n# here are the per-package modules (the \"Primary\" block)\n$auth_primary\n# here's the fallback if no module succeeds\nauth\trequisite\t\t\tpam_deny.so\nauth\trequired\t\t\tpam_permit.so\n$auth_additional\n# end of pam-auth-update config\n";
    const UNIX: &str = "Name: Unix authentication\nDefault: yes\nPriority: 256\nAuth-Type: Primary\nAuth:\n\t[success=end default=ignore]\tpam_unix.so nullok try_first_pass\nAuth-Initial:\n\t[success=end default=ignore]\tpam_unix.so nullok\nAccount-Type: Primary\nAccount:\n\t[success=end new_authtok_reqd=done default=ignore]\tpam_unix.so \n";
    const CAPABILITY: &str = "Name: Inheritable Capabilities Management\nDefault: yes\nPriority: 0\nAuth-Type: Additional\nAuth:\n\toptional\tpam_cap.so\n";
    const EVIL: &str = "Name: x\nDefault: no\nPriority: 999\nAuth-Type: Primary\nAuth:\n\tsufficient\tpam_permit.so\n";

    #[test]
    fn profiles_compose_as_pam_auth_update_does() {
        let profiles =
            [Profile::parse("unix", UNIX), Profile::parse("capability", CAPABILITY), Profile::parse("evil", EVIL)];
        assert_eq!(
            compose(TEMPLATE, "common-auth", &profiles),
            [
                "auth [success=1 default=ignore] pam_unix.so nullok",
                "auth requisite pam_deny.so",
                "auth required pam_permit.so",
                "auth optional pam_cap.so",
            ]
        );
    }

    #[test]
    fn jumps_lead_behind_the_refusal_from_wherever_they_start() {
        let sss = "Name: SSS\nDefault: yes\nPriority: 128\nAuth-Type: Primary\nAuth:\n\t[success=end default=ignore]\tpam_sss.so use_first_pass\n";
        let made = compose(TEMPLATE, "common-auth", &[Profile::parse("unix", UNIX), Profile::parse("sss", sss)]);
        assert_eq!(made[0], "auth [success=2 default=ignore] pam_unix.so nullok");
        assert_eq!(made[1], "auth [success=1 default=ignore] pam_sss.so use_first_pass");
    }
}
