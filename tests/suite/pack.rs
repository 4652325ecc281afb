//! Images of a few files, as `docker save` writes them.

use imgdrift::archive::sha256;
use serde_json::json;

/// One file of a layer.
pub(super) struct Entry<'a> {
    pub(super) path: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) mode: u32,
    /// The target of a symlink.
    pub(super) link: Option<&'a str>,
}

/// Plain files.
pub(super) fn files<'a>(files: &[(&'a str, &'a str)]) -> Vec<Entry<'a>> {
    let entry = |(path, text): &(&'a str, &'a str)| Entry { path, bytes: text.as_bytes(), mode: 0o644, link: None };
    files.iter().map(entry).collect()
}

/// An image of these layers, each with the instruction that made it.
pub(super) fn image(layers: &[(&str, &[Entry<'_>])]) -> Vec<u8> {
    let tars: Vec<Vec<u8>> = layers.iter().map(|(_, entries)| tar(entries)).collect();
    let history: Vec<_> = layers.iter().map(|(instruction, _)| json!({"created_by": instruction})).collect();
    let config = json!({
        "architecture": "amd64", "os": "linux", "config": {}, "history": history,
        "rootfs": {"type": "layers", "diff_ids": tars.iter().map(|tar| sha256(tar)).collect::<Vec<_>>()},
    });
    let config = config.to_string().into_bytes();
    let names: Vec<String> = tars.iter().map(|tar| format!("{}/layer.tar", sha256(tar).hex())).collect();
    let manifest = json!([{"Config": "config.json", "RepoTags": ["app:1"], "Layers": names}]).to_string();
    let plain = |path, bytes| Entry { path, bytes, mode: 0o644, link: None };
    let mut entries = vec![plain("manifest.json", manifest.as_bytes()), plain("config.json", &config)];
    entries.extend(names.iter().zip(&tars).map(|(name, tar)| plain(name, tar)));
    tar(&entries)
}

fn tar(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for entry in entries {
        let mut header = tar::Header::new_gnu();
        header.set_mode(entry.mode);
        if let Some(target) = entry.link {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_size(0);
            builder.append_link(&mut header, entry.path, target).unwrap();
        } else {
            header.set_size(entry.bytes.len() as u64);
            builder.append_data(&mut header, entry.path, entry.bytes).unwrap();
        }
    }
    builder.into_inner().unwrap()
}
