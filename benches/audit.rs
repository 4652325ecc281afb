//! What trust costs: an image indexed for its digests alone, then with masks, MD5 sums and what the checks read, then
//! with packages found and all checks run. `IMGDRIFT_BENCH_IMAGE=IMAGE.tar cargo bench --bench audit`, where IMAGE.tar is
//! what `docker save` wrote; it is held in memory, so that no disk is measured.

#![expect(clippy::unwrap_used, reason = "a bench that cannot read its image has nothing to measure")]
#![expect(clippy::print_stderr, reason = "a bench that is skipped says so")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::Read as _;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use imgdrift::archive::Limits;
use imgdrift::image::{IndexOptions, LayerIndex, index_layer};
use imgdrift::model::{Digest, ImageConfig, Progress, Side};
use imgdrift::nondeterminism::Rules;
use imgdrift::snapshot::{LayerPart, Parts, Snapshot, capture};

/// The layers of what `docker save` wrote, of whichever version.
fn layers(path: &str) -> Vec<Vec<u8>> {
    let mut archive = tar::Archive::new(std::fs::File::open(path).unwrap());
    let mut layers = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut bytes = Vec::new();
        entry.unwrap().read_to_end(&mut bytes).unwrap();
        if bytes.get(257..262) == Some(b"ustar") {
            layers.push(bytes);
        }
    }
    layers
}

fn index(layers: &[Vec<u8>], limits: &Limits, for_audit: bool) -> Vec<Arc<LayerIndex>> {
    let progress = Progress::default();
    let mut options = IndexOptions::new(limits, &progress, &[Side::Left]);
    if for_audit {
        options = IndexOptions { capture: &capture::wants, keep: &capture::keeps, md5: &capture::wants_md5, ..options };
    }
    layers.iter().map(|layer| Arc::new(index_layer(Box::new(layer.as_slice()), &options).unwrap())).collect()
}

fn snapshot(indexes: Vec<Arc<LayerIndex>>) -> Snapshot {
    let layers = indexes.into_iter().map(|index| LayerPart { digest: None, stored_size: None, index });
    Snapshot::new(Parts {
        reference: "image".to_owned(),
        source: "docker-archive",
        name: None,
        recording: None,
        variants: Vec::new(),
        manifest_digest: None,
        config_digest: Digest([0; 32]),
        config: ImageConfig::default(),
        annotations: BTreeMap::new(),
        attestations: Vec::new(),
        layers: layers.collect(),
        is_read: true,
        layers_unread: 0,
        warnings: Vec::new(),
        gaps: Vec::new(),
        secrets: imgdrift::model::Secrets::Hidden,
    })
}

fn audit(criterion: &mut Criterion) {
    let Ok(path) = std::env::var("IMGDRIFT_BENCH_IMAGE") else {
        eprintln!("skipped: IMGDRIFT_BENCH_IMAGE names no image");
        return;
    };
    let layers = layers(&path);
    let without_masks = Limits { masked_bytes: 0, ..Limits::default() };
    let limits = Limits::default();
    let mut group = criterion.benchmark_group("audit");
    group.sample_size(10).throughput(Throughput::Bytes(layers.iter().map(|layer| layer.len() as u64).sum()));
    group.bench_function("index-alone", |bencher| bencher.iter(|| index(black_box(&layers), &without_masks, false)));
    group.bench_function("index-with-masks", |bencher| bencher.iter(|| index(black_box(&layers), &limits, false)));
    group.bench_function("index-for-audit", |bencher| bencher.iter(|| index(black_box(&layers), &limits, true)));
    group.bench_function("index-and-audit", |bencher| {
        bencher.iter(|| snapshot(index(black_box(&layers), &limits, true)).findings(Side::Left, Rules::built_in()));
    });
    group.finish();
}

criterion_group!(benches, audit);
criterion_main!(benches);
