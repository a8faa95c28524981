//! The allocator of the wasm builds: an arena that lives as long as one call, and the buffer at its
//! start, through which a call's texts cross. It knows no free list: giving a block back does
//! nothing, the next call's `buffer` gives all of them back at once.
//!
//! An empty `dealloc` also lets the optimizer delete all code that only walks values to free them,
//! which is a good part of a small module.

use alloc::string::String;
use core::{
    alloc::{GlobalAlloc, Layout},
    arch::wasm32::{memory_grow, memory_size},
    cell::Cell,
    ptr, slice,
};

const PAGE: usize = 0x1_0000;
/// The largest alignment that a value of this crate asks for.
const ALIGN: usize = 16;

/// The address of the first free byte; 0 stands for the start of the heap.
struct Arena(Cell<usize>);

#[global_allocator]
static ARENA: Arena = Arena(Cell::new(0));

// SAFETY: a wasm32-unknown-unknown module without atomics has a single thread.
unsafe impl Sync for Arena {}

unsafe extern "C" {
    /// The first address behind stack and data, given by the linker.
    static __heap_base: u8;
}

/// Where the heap begins, and with it the buffer.
fn start() -> *mut u8 {
    (&raw const __heap_base).cast_mut()
}

/// Makes room for `size` bytes at the start of the heap and answers their address.
///
/// # Safety
///
/// It forgets every block: no value that lives on the heap may be used any more.
pub unsafe fn buffer(size: usize) -> usize {
    ARENA.0.set(start() as usize);
    ARENA.take(size, ALIGN) as usize
}

/// Runs over the text of `length` bytes in the buffer, and writes what it answers over it.
/// A text that is no UTF-8 is answered by nothing.
///
/// # Safety
///
/// [`buffer`] was called with at least `length`, and no value has been put on the heap since.
pub unsafe fn answer(length: usize, run: impl FnOnce(&str) -> String) -> usize {
    // The room was made for the longest text possible: what it did not need is free.
    ARENA.0.set(start() as usize);
    let buffer = ARENA.take(length, ALIGN);
    // SAFETY: the block is taken, so that nothing else is put there while `input` is read.
    let input = unsafe { slice::from_raw_parts(buffer, length) };
    let Ok(input) = str::from_utf8(input) else { return 0 };
    let outcome = run(input);
    // SAFETY: the outcome lies behind the input, so that from its start on there is room for it; `input` is no longer
    // read. `copy` allows the two to overlap.
    unsafe { ptr::copy(outcome.as_ptr(), buffer, outcome.len()) };
    outcome.len()
}

impl Arena {
    /// Takes a block behind all others; memory grows where it must.
    fn take(&self, size: usize, align: usize) -> *mut u8 {
        let free = match self.0.get() {
            0 => start() as usize,
            free => free,
        };
        let block = (free + align - 1) & align.wrapping_neg();
        let end = block + size;
        let missing = end.div_ceil(PAGE).saturating_sub(memory_size(0));
        if missing > 0 && memory_grow(0, missing) == usize::MAX {
            // No memory is left: a trap, which the shim reports as an internal fault.
            core::arch::wasm32::unreachable();
        }
        self.0.set(end);
        block as *mut u8
    }
}

// SAFETY: blocks are cut at a rising address below the end of memory, so they never overlap between two calls.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.take(layout.size(), layout.align())
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if block as usize + layout.size() == self.0.get() {
            // The topmost block, such as a text that is being written, grows where it is.
            self.0.set(block as usize);
        }
        let target = self.take(size, layout.align());
        if target != block {
            // SAFETY: both blocks hold so many bytes, and the new one lies behind the old one.
            unsafe { ptr::copy_nonoverlapping(block, target, layout.size().min(size)) };
        }
        target
    }
}
