//! The allocator of the wasm builds: an arena that lives as long as one call of `run`.
//! It knows no free list: giving a block back does nothing, `clear` gives all of them back at once.
//!
//! Nothing outlives a call (the outcome is copied into JavaScript before), so a kept instance does not grow: every call
//! starts at the same address. An empty `dealloc` also lets the optimizer delete all code that only walks values to
//! free them, which is a good part of a small module.

use core::{
    alloc::{GlobalAlloc, Layout},
    arch::wasm32::{memory_grow, memory_size},
    cell::Cell,
    ptr,
};

const PAGE: usize = 0x1_0000;

/// The address of the first free byte; 0 stands for the start of the heap.
struct Arena(Cell<usize>);

#[global_allocator]
static ARENA: Arena = Arena(Cell::new(0));

/// Forgets every block. To be called when the call's values are no longer read.
pub fn clear() {
    ARENA.0.set(0);
}

// SAFETY: a wasm32-unknown-unknown module without atomics has a single thread.
unsafe impl Sync for Arena {}

unsafe extern "C" {
    /// The first address behind stack and data, given by the linker.
    static __heap_base: u8;
}

// SAFETY: blocks are cut at a rising address below the end of memory, so they never overlap between two `clear`s.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let free = match self.0.get() {
            0 => &raw const __heap_base as usize,
            free => free,
        };
        let start = (free + layout.align() - 1) & layout.align().wrapping_neg();
        let end = start + layout.size();
        let missing = end.div_ceil(PAGE).saturating_sub(memory_size(0));
        if missing > 0 && memory_grow(0, missing) == usize::MAX {
            // No memory is left: a trap, which the shim reports as an internal fault.
            core::arch::wasm32::unreachable();
        }
        self.0.set(end);
        start as *mut u8
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if block as usize + layout.size() == self.0.get() {
            // The topmost block, such as a text that is being written, grows where it is.
            self.0.set(block as usize);
        }
        // SAFETY: the caller vouches for size and alignment.
        unsafe {
            let target = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if target != block {
                ptr::copy_nonoverlapping(block, target, layout.size().min(size));
            }
            target
        }
    }
}
