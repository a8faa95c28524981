//! The fuzz targets as one table: `targets/` and the tests of the main workspace run the same bodies.

pub mod bodies;
#[path = "../../xtask/src/pack.rs"]
mod pack;
pub mod packing;
#[path = "../../xtask/src/squeeze.rs"]
mod squeeze;
#[path = "../../xtask/src/unpack.rs"]
mod unpack;

/// What `pack.rs` answers with.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Runs the body of a target over one input.
pub fn run(target: &str, data: &[u8]) {
    if target == "pack" {
        return packing::pack(data);
    }
    let (_, body) = bodies::BODIES.iter().find(|(name, _)| *name == target).expect("a target");
    body(data);
}
