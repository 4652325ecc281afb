//! The documents of an image: descriptors, indexes, manifests, configs, docker's `manifest.json` (OCI image spec; moby).
