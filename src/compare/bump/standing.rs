//! Which layers of an app are its base's.

use crate::model::{ImageFacts, Side};

/// What an app stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The base whose layers all are the app's first ones: the old one is left, the new one right.
    pub on: Option<Side>,
    /// How many of the app's layers are its base's; `None` when nothing tells.
    pub layers: Option<usize>,
    /// What says so, for a reader.
    pub evidence: String,
}

impl Standing {
    pub(super) fn of(app: &ImageFacts, old: &ImageFacts, new: &ImageFacts) -> Self {
        let (of_old, of_new) = (common(app, old), common(app, new));
        let is_whole = |common: usize, base: &ImageFacts| common > 0 && common == base.layers.len();
        // The old base may be the first layers of the new one, and then the app may stand on both.
        if is_whole(of_new, new) && of_new >= of_old {
            return Self::on(Side::Right, of_new, "the new base already");
        }
        if is_whole(of_old, old) {
            return Self::on(Side::Left, of_old, "the old base");
        }
        let shared = of_old.max(of_new);
        let said = app.base.as_ref().and_then(|base| Some((base.layers?, base)));
        match said {
            Some((layers, base)) if layers >= shared && layers <= app.layers.len() => {
                let sure = base.layers_confidence.unwrap_or(base.confidence).as_str();
                let said = base.evidence.iter().find(|said| said.layers == Some(layers));
                let said = said.map_or_else(String::new, |said| format!(": {}", said.words));
                let name = base.reference().unwrap_or_else(|| "another image".to_owned());
                let evidence = format!(
                    "it stands on neither base; its lowest layers ({layers}) seem to be those of {name} ({sure} confidence{said})"
                );
                Self { on: None, layers: Some(layers), evidence }
            }
            _ if shared > 0 => Self {
                on: None,
                layers: Some(shared),
                evidence: format!("it stands on neither base, but shares its lowest layers ({shared}) with one"),
            },
            _ => Self {
                on: None,
                layers: None,
                evidence: "it stands on neither base, and nothing tells which of its layers are its own".to_owned(),
            },
        }
    }

    fn on(side: Side, layers: usize, which: &str) -> Self {
        Self { on: Some(side), layers: Some(layers), evidence: format!("it stands on {which}: same diffIDs") }
    }
}

/// How many of both images' first layers are the same.
fn common(app: &ImageFacts, base: &ImageFacts) -> usize {
    app.layers.iter().zip(&base.layers).take_while(|(left, right)| left.diff_id == right.diff_id).count()
}
