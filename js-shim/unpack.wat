;; Restores the bytes that were packed into a literal: `xtask/src/pack.rs` describes how units carry bits, `squeeze.rs` what
;; these say. One export besides the memory: `u`. It cannot hang or leave its memory: each turn of a loop reads a unit, or
;; makes a code, a table or a byte, and beyond the end it traps.

(module
  ;; 0x0000: tables of 0x800 bytes each, 1024 words of 16 bits: what the next ten bits begin with. A word: bits 0-3 the
  ;;         code's length; 4-11 the symbol's low byte; 12-15 the next token's table if the symbol is a byte, 0 if it is a
  ;;         match.
  ;; 0x7800: for each byte the table of a token that comes after it.
  ;; 0x8000: the result. It runs into the literal, but never as far as what is still to be read: each page of memory that
  ;;         is not touched is time saved.
  (memory (export "m") 4)

  ;; Unpacks the units in [at, end); answers how many bytes now stand at 0x8000. Traps if any unit was changed.
  (func (export "u") (param $at i32) (param $end i32) (result i32)
    (local $from i32) (local $to i32) (local $stop i32) (local $word i32) (local $symbol i32) (local $extra i32)
    (local $table i32) (local $reader i32) (local $size i32) (local $code i32) (local $offset i32) (local $length i32)
    (local $tail i32) (local $shift i32) (local $place i32) (local $last i32) (local $new i32)
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

    ;; A place in the stream is counted in bits. Table 0 has the slots of five bits that describe table 1.
    (local.set $place (i32.shl (local.get $at) (i32.const 3)))
    (loop $fill
      (i32.store16 (local.get $table) (i32.add
        (i32.shl (i32.and (local.get $table) (i32.const 0x3E)) (i32.const 3))
        (i32.const 5)))
      (local.set $table (i32.add (local.get $table) (i32.const 2)))
      (br_if $fill (i32.lt_u (local.get $table) (i32.const 0x800))))
    (local.set $stop (i32.shl (i32.and (i32.load8_u (local.get $at)) (i32.const 15)) (i32.const 11)))
    (local.set $place (i32.add (local.get $place) (i32.const 4)))

    (loop $tables
      ;; The table for codes of one bit. For codes of one bit more it is put behind itself: a code's first bit is its lowest.
      (local.set $size (i32.const 4))
      (local.set $symbol (i32.const -1))
      (local.set $code (i32.const 0))
      (loop $list
        (local.set $bits (i64.shr_u
          (i64.load (i32.shr_u (local.get $place) (i32.const 3)))
          (i64.extend_i32_u (i32.and (local.get $place) (i32.const 7)))))
        (local.set $word (i32.load16_u (i32.add
          (local.get $reader)
          (i32.shl (i32.and (i32.wrap_i64 (local.get $bits)) (i32.const 0x3FF)) (i32.const 1)))))
        (local.set $shift (i32.and (local.get $word) (i32.const 15)))
        (local.set $place (i32.add (local.get $place) (local.get $shift)))
        (local.set $bits (i64.shr_u (local.get $bits) (i64.extend_i32_u (local.get $shift))))
        (local.set $word (i32.and (i32.shr_u (local.get $word) (i32.const 4)) (i32.const 0xFF)))
        (if (i32.eqz (local.get $word)) (then
          (memory.copy
            (i32.add (local.get $table) (local.get $size))
            (local.get $table)
            (local.get $size))
          (local.set $size (i32.shl (local.get $size) (i32.const 1)))
          (local.set $symbol (i32.const -1))
          (br $list)))
        (local.set $extra (i32.sub (i32.shr_u (local.get $word) (i32.const 1)) (i32.const 1)))
        (local.set $place (i32.add (local.get $place) (local.get $extra)))
        (local.set $shift (i32.shl (i32.const 1) (local.get $extra)))
        (local.set $symbol (i32.sub
          (i32.add
            (local.get $symbol)
            (i32.or
              (i32.mul
                (i32.or (i32.and (local.get $word) (i32.const 1)) (i32.const 2))
                (local.get $shift))
              (i32.and
                (i32.wrap_i64 (local.get $bits))
                (i32.sub (local.get $shift) (i32.const 1)))))
          (i32.const 1)))
        ;; The first time that a byte appears, it is followed by the table of what comes after it.
        (local.set $new (i32.and
          (i32.eqz (i32.load8_u offset=0x7800 (local.get $symbol)))
          (i32.lt_s (local.get $symbol) (i32.const 256))))
        (if (local.get $new) (then
          (i32.store8 offset=0x7800 (local.get $symbol) (i32.and
            (i32.shr_u
              (i32.load16_u (i32.shr_u (local.get $place) (i32.const 3)))
              (i32.and (local.get $place) (i32.const 7)))
            (i32.const 15)))
          (local.set $place (i32.add (local.get $place) (i32.const 4)))))
        (i32.store16
          (i32.add (local.get $table) (i32.shl (local.get $code) (i32.const 1)))
          (i32.add
            (i32.add
              (i32.shl (i32.and (local.get $symbol) (i32.const 0xFF)) (i32.const 4))
              (i32.sub (i32.ctz (local.get $size)) (i32.const 1)))
            (i32.shl (i32.load8_u offset=0x7800 (local.get $symbol)) (i32.const 12))))
        ;; The next code: one more, read from the other end. After the last all bits are set.
        (local.set $shift (i32.xor
          (local.get $code)
          (i32.sub (i32.shr_u (local.get $size) (i32.const 1)) (i32.const 1))))
        (if (local.get $shift) (then
          (local.set $shift (i32.shr_u (i32.const 0x80000000) (i32.clz (local.get $shift))))
          (local.set $code (i32.or
            (i32.and (local.get $code) (i32.sub (local.get $shift) (i32.const 1)))
            (local.get $shift)))
          (br $list))))
      (loop $grow
        (if (i32.lt_u (local.get $size) (i32.const 0x800)) (then
          (memory.copy
            (i32.add (local.get $table) (local.get $size))
            (local.get $table)
            (local.get $size))
          (local.set $size (i32.shl (local.get $size) (i32.const 1)))
          (br $grow))))
      (local.set $reader (i32.const 0x800))
      (local.set $table (i32.add (local.get $table) (i32.const 0x800)))
      (br_if $tables (i32.lt_u (local.get $table) (local.get $stop))))

    (local.set $table (i32.const 0x2800))
    (local.set $to (i32.const 0x8000))
    (loop $next
      ;; Fifty-seven bits: more than a match takes, or five bytes.
      (local.set $bits (i64.shr_u
        (i64.load (i32.shr_u (local.get $place) (i32.const 3)))
        (i64.extend_i32_u (i32.and (local.get $place) (i32.const 7)))))
      (local.set $last (i32.add (local.get $place) (i32.const 47)))
      (loop $byte
        (local.set $word (i32.load16_u (i32.add
          (local.get $table)
          (i32.shl (i32.and (i32.wrap_i64 (local.get $bits)) (i32.const 0x3FF)) (i32.const 1)))))
        (local.set $shift (i32.and (local.get $word) (i32.const 15)))
        (local.set $place (i32.add (local.get $place) (local.get $shift)))
        (local.set $bits (i64.shr_u (local.get $bits) (i64.extend_i32_u (local.get $shift))))
        (if (i32.ge_u (local.get $word) (i32.const 0x1000)) (then
          (i32.store8 (local.get $to) (i32.shr_u (local.get $word) (i32.const 4)))
          (local.set $to (i32.add (local.get $to) (i32.const 1)))
          (local.set $table (i32.and (i32.shr_u (local.get $word) (i32.const 1)) (i32.const 0x7800)))
          (br_if $byte (i32.le_u (local.get $place) (local.get $last)))
          (br $next))))

      ;; A match, or the end.
      (local.set $bits (i64.shr_u
        (i64.load (i32.shr_u (local.get $place) (i32.const 3)))
        (i64.extend_i32_u (i32.and (local.get $place) (i32.const 7)))))
      (local.set $symbol (i32.and (i32.shr_u (local.get $word) (i32.const 4)) (i32.const 31)))
      (if (i32.ge_u (local.get $symbol) (i32.const 24)) (then
        (return (i32.sub (local.get $to) (i32.const 0x8000)))))
      (local.set $length (i32.add (local.get $symbol) (i32.const 2)))
      (if (i32.ge_u (local.get $symbol) (i32.const 12)) (then
        (local.set $extra (i32.sub (i32.shr_u (local.get $symbol) (i32.const 1)) (i32.const 5)))
        (local.set $shift (i32.shl (i32.const 1) (local.get $extra)))
        (local.set $length (i32.add
          (i32.or
            (i32.mul
              (i32.or (i32.and (local.get $symbol) (i32.const 1)) (i32.const 2))
              (local.get $shift))
            (i32.and
              (i32.wrap_i64 (local.get $bits))
              (i32.sub (local.get $shift) (i32.const 1))))
          (i32.const 10)))
        (local.set $place (i32.add (local.get $place) (local.get $extra)))
        (local.set $bits (i64.shr_u (local.get $bits) (i64.extend_i32_u (local.get $extra))))))
      (if (i32.eqz (i32.and (local.get $word) (i32.const 0x200))) (then
        ;; Its offset, from the table that has the length's number: 2, 3, or 4.
        (local.set $word (i32.load16_u (i32.add
          (i32.shl
            (select (local.get $length) (i32.const 4) (i32.lt_u (local.get $length) (i32.const 4)))
            (i32.const 11))
          (i32.shl (i32.and (i32.wrap_i64 (local.get $bits)) (i32.const 0x3FF)) (i32.const 1)))))
        (local.set $shift (i32.and (local.get $word) (i32.const 15)))
        (local.set $bits (i64.shr_u (local.get $bits) (i64.extend_i32_u (local.get $shift))))
        (local.set $word (i32.and (i32.shr_u (local.get $word) (i32.const 4)) (i32.const 0xFF)))
        (local.set $extra (i32.sub (i32.shr_u (local.get $word) (i32.const 1)) (i32.const 1)))
        (local.set $place (i32.add (local.get $place) (i32.add (local.get $shift) (local.get $extra))))
        (local.set $shift (i32.shl (i32.const 1) (local.get $extra)))
        (local.set $offset (i32.sub
          (i32.or
            (i32.mul
              (i32.or (i32.and (local.get $word) (i32.const 1)) (i32.const 2))
              (local.get $shift))
            (i32.and
              (i32.wrap_i64 (local.get $bits))
              (i32.sub (local.get $shift) (i32.const 1))))
          (i32.const 1)))))

      ;; Copies go by sixteen bytes: what is too much is overwritten by what comes next. A match that overlaps what it makes
      ;; goes byte by byte.
      (local.set $from (i32.sub (local.get $to) (local.get $offset)))
      (local.set $stop (i32.add (local.get $to) (local.get $length)))
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
            (i64.store offset=8 (local.get $to) (i64.load offset=8 (local.get $from)))
            (local.set $to (i32.add (local.get $to) (i32.const 16)))
            (local.set $from (i32.add (local.get $from) (i32.const 16)))
            (br_if $copy (i32.lt_u (local.get $to) (local.get $stop))))
          (local.set $to (local.get $stop))))
      ;; The last byte is looked up where it was copied from: it stands there for longer.
      (local.set $table (i32.shl
        (i32.load8_u offset=0x7800 (i32.load8_u (i32.sub
          (i32.sub (local.get $to) (local.get $offset))
          (i32.const 1))))
        (i32.const 11)))
      (br $next))
    (unreachable)))
