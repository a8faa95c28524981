;; Restores the bytes that `xtask/src/pack.rs` packed into a literal; the format is described there. One export besides
;; the memory: `u`. It cannot hang or leave its memory: each turn of a loop moves a pointer up, and beyond the end it traps.

(module
  ;; Enough for what `pack.rs` lets pass: the literal, and the result from 0 on. The result runs into the literal, but
  ;; never as far as what is still to be read.
  (memory (export "m") 4)

  ;; Unpacks the units in [at, end); answers how many bytes now stand at 0. Traps if any unit was changed.
  (func (export "u") (param $at i32) (param $end i32) (result i32)
    (local $from i32) (local $to i32) (local $stop i32) (local $token i32) (local $offset i32) (local $byte i32)
    (local $tail i32) (local $shift i32)
    (local $units i64) (local $bits i64) (local $sum i64)

    ;; Four units are a number of 59 bits: seven bytes, in place, and three bits more. Those of eight numbers are three
    ;; bytes, which are put behind the literal.
    (local.set $from (local.get $at))
    (local.set $to (local.get $at))
    (local.set $tail (local.get $end))
    (block $last
      (loop $group
        (local.set $units (i64.load (local.get $from)))
        (local.set $bits (i64.sub (local.get $units) (i64.const 0x3400340034003400)))
        (local.set $bits (i64.add
          (i64.and (local.get $bits) (i64.const 0xFFFF))
          (i64.mul (i64.const 27648) (i64.add
            (i64.and (i64.shr_u (local.get $bits) (i64.const 16)) (i64.const 0xFFFF))
            (i64.mul (i64.const 27648) (i64.add
              (i64.and (i64.shr_u (local.get $bits) (i64.const 32)) (i64.const 0xFFFF))
              (i64.mul (i64.const 27648) (i64.shr_u (local.get $bits) (i64.const 48)))))))))
        (local.set $from (i32.add (local.get $from) (i32.const 8)))
        (br_if $last (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $sum (i64.rotl
          (i64.mul (i64.xor (local.get $sum) (local.get $units)) (i64.const 0x9E3779B97F4A7C15))
          (i64.const 32)))
        (i64.store (local.get $to) (local.get $bits))
        (local.set $to (i32.add (local.get $to) (i32.const 7)))
        (i64.store (local.get $tail) (i64.or
          (i64.load (local.get $tail))
          (i64.shl (i64.shr_u (local.get $bits) (i64.const 56)) (i64.extend_i32_u (local.get $shift)))))
        (local.set $shift (i32.add (local.get $shift) (i32.const 3)))
        (if (i32.eq (local.get $shift) (i32.const 24)) (then
          (local.set $shift (i32.const 0))
          (local.set $tail (i32.add (local.get $tail) (i32.const 3)))))
        (br $group)))
    (if (i64.ne (local.get $bits) (i64.shr_u (local.get $sum) (i64.const 5))) (then (unreachable)))

    ;; What was put behind the literal comes behind the bytes. (What is copied beyond it is never read.)
    (local.set $from (local.get $end))
    (loop $more
      (i64.store (local.get $to) (i64.load (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 8)))
      (local.set $from (i32.add (local.get $from) (i32.const 8)))
      (br_if $more (i32.lt_u (local.get $from) (local.get $tail))))

    (local.set $to (i32.const 0))
    (loop $next
      (local.set $token (i32.load8_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))

      ;; Literals. Copies go by eight bytes: what is too much is overwritten by what comes next.
      (local.set $stop (i32.add (local.get $to) (i32.shr_u (local.get $token) (i32.const 6))))
      (if (i32.ge_u (local.get $token) (i32.const 0xC0)) (then
        (loop $more
          (local.set $byte (i32.load8_u (local.get $at)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (local.set $stop (i32.add (local.get $stop) (local.get $byte)))
          (br_if $more (i32.eq (local.get $byte) (i32.const 255))))))
      (loop $copy
        (i64.store (local.get $to) (i64.load (local.get $at)))
        (local.set $to (i32.add (local.get $to) (i32.const 8)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $copy (i32.lt_u (local.get $to) (local.get $stop))))
      (local.set $at (i32.sub (local.get $at) (i32.sub (local.get $to) (local.get $stop))))
      (local.set $to (local.get $stop))

      ;; How far back the match begins; 0 ends it all.
      (local.set $offset (i32.and (local.get $token) (i32.const 7)))
      (if (i32.eq (local.get $offset) (i32.const 7))
        (then
          (local.set $offset (i32.load16_u (local.get $at)))
          (local.set $at (i32.add (local.get $at) (i32.const 2))))
        (else
          (local.set $offset (i32.or
            (i32.shl (local.get $offset) (i32.const 8))
            (i32.load8_u (local.get $at))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))))
      (if (i32.eqz (local.get $offset)) (then (return (local.get $to))))
      (local.set $from (i32.sub (local.get $to) (local.get $offset)))

      (local.set $token (i32.and (local.get $token) (i32.const 0x38)))
      (local.set $stop (i32.add
        (i32.add (local.get $to) (i32.const 3))
        (i32.shr_u (local.get $token) (i32.const 3))))
      (if (i32.eq (local.get $token) (i32.const 0x38)) (then
        (loop $more
          (local.set $byte (i32.load8_u (local.get $at)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (local.set $stop (i32.add (local.get $stop) (local.get $byte)))
          (br_if $more (i32.eq (local.get $byte) (i32.const 255))))))
      ;; A match that overlaps what it makes goes byte by byte.
      (if (i32.lt_u (local.get $offset) (i32.const 8))
        (then
          (loop $copy
            (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (br_if $copy (i32.lt_u (local.get $to) (local.get $stop)))))
        (else
          (loop $copy
            (i64.store (local.get $to) (i64.load (local.get $from)))
            (local.set $to (i32.add (local.get $to) (i32.const 8)))
            (local.set $from (i32.add (local.get $from) (i32.const 8)))
            (br_if $copy (i32.lt_u (local.get $to) (local.get $stop))))
          (local.set $to (local.get $stop))))
      (br $next))
    (unreachable)))
