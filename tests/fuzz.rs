//! The fuzz targets' bodies over their committed seeds, on the stable compiler. `npm run fuzz` looks for more.

use std::fs;

#[path = "../fuzz/src/bodies.rs"]
mod bodies;

#[test]
fn every_seed_holds_what_its_target_asserts() {
    for (name, body) in bodies::BODIES {
        let folder = format!("{}/fuzz/seeds/{name}", env!("CARGO_MANIFEST_DIR"));
        let mut seeds = 0;
        for seed in fs::read_dir(&folder).unwrap_or_else(|fault| panic!("{folder}: {fault}")) {
            let data = fs::read(seed.unwrap().path()).unwrap();
            // Whole, and cut where a reader may stop.
            for end in [data.len(), data.len() / 2, data.len().saturating_sub(1)] {
                body(&data[..end]);
            }
            seeds += 1;
        }
        assert!(seeds > 0, "{folder} is empty");
    }
}
