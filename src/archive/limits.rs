//! What an untrusted image may cost.

/// Caps on everything that an image's author chooses. Exceeding one is an error that names the limit and what was found.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of one PAX header or GNU long name.
    pub header_bytes: u64,
    /// Entries of one layer.
    pub entries: u64,
    /// Bytes of the names, link targets and extended attributes of one layer.
    pub metadata_bytes: u64,
    /// Uncompressed bytes of one layer.
    pub layer_bytes: u64,
    /// How many times larger than its compressed form a layer may be, once beyond `expansion_floor`.
    pub expansion: u64,
    /// Uncompressed bytes below which `expansion` is not looked at.
    pub expansion_floor: u64,
    /// Bytes of one JSON document (manifest, index, config).
    pub document_bytes: u64,
    /// Bytes of one captured file (package databases and the like).
    pub captured_bytes: u64,
    /// Bytes of all captured files of one layer.
    pub captured_total: u64,
    /// Bytes of a file that a buffering mask looks at.
    pub masked_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes: 1 << 20,
            entries: 2_000_000,
            metadata_bytes: 512 << 20,
            layer_bytes: 1 << 40,
            expansion: 200,
            expansion_floor: 256 << 20,
            document_bytes: 16 << 20,
            captured_bytes: 64 << 20,
            captured_total: 256 << 20,
            masked_bytes: 16 << 20,
        }
    }
}
