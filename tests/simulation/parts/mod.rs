//! A simulation of whole worlds: devices, platform, services, people who read. Only the core is real.
//! `plan` says what a world is, `draw` makes one from a seed, `sim` runs it, `observer` judges what groups read,
//! `shrink` finds the shortest story of a failing one, `walk` goes through all stories of a small world.
//! `storm` is a fleet on one time line, counted instead of judged.
#![allow(dead_code)]

pub mod boundary;
pub mod draw;
pub mod observer;
pub mod plan;
pub mod random;
pub mod services;
pub mod shrink;
pub mod sim;
pub mod storm;
pub mod walk;
