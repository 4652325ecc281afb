//! What one pass over a layer and applying it cost: `cargo bench --bench index`.
//!
//! The layers are made here: many small files as in a Python application, and few large ones, where only hashing
//! counts. The floor is each byte hashed twice, once for the layer and once for its file.

#![expect(clippy::unwrap_used, reason = "a bench that cannot make its own layer has nothing to measure")]

use std::hint::black_box;
use std::io::Write as _;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use imgdrift::archive::{Limits, sha256};
use imgdrift::image::{IndexOptions, LayerIndex, index_layer, squash};
use imgdrift::model::{Progress, Side};

/// A tar of `files` files of `bytes` bytes each, a hundred to a directory.
fn layer(files: usize, bytes: usize) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut content = vec![0; bytes];
    for number in 0..files {
        // Differs from file to file and hardly compresses.
        let mut state = number as u64 + 1;
        for byte in &mut content {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (state >> 56) as u8 & 0x3f;
        }
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes as u64);
        header.set_mode(0o644);
        let path = format!("usr/lib/python3/dist-packages/package{:05}/module_number_{number:07}.py", number / 100);
        builder.append_data(&mut header, path, content.as_slice()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn index(blob: &[u8]) -> LayerIndex {
    let (limits, progress) = (Limits::default(), Progress::default());
    let options = IndexOptions::new(&limits, &progress, &[Side::Left]);
    index_layer(Box::new(blob), &options).unwrap()
}

fn indexing(criterion: &mut Criterion) {
    for (name, files, bytes) in [("small-files", 10_000, 4000), ("large-files", 4, 16 << 20)] {
        let tar = layer(files, bytes);
        let packed = gzip(&tar);
        let mut group = criterion.benchmark_group(name);
        group.sample_size(20).throughput(Throughput::Bytes(tar.len() as u64));
        group.bench_function("sha256", |bencher| bencher.iter(|| sha256(black_box(&tar))));
        group.bench_function("plain", |bencher| bencher.iter(|| index(black_box(&tar))));
        group.bench_function("gzip", |bencher| bencher.iter(|| index(black_box(&packed))));
        group.finish();
    }
}

fn squashing(criterion: &mut Criterion) {
    let layers: Vec<Arc<LayerIndex>> = (1..=4).map(|part| Arc::new(index(&layer(60_000 / part, 0)))).collect();
    let mut group = criterion.benchmark_group("squash");
    group.sample_size(10).throughput(Throughput::Elements(layers.iter().map(|layer| layer.entries.len() as u64).sum()));
    group.bench_function("four-layers", |bencher| bencher.iter(|| squash(black_box(&layers).clone())));
    group.finish();
}

criterion_group!(benches, indexing, squashing);
criterion_main!(benches);
