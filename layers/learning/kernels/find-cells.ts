/**
 * Finds the cells of rows of CSV that have nothing special: no quotes, no blanks at the edges of a cell, as many cells as
 * columns. It looks at 16 bytes at once, and stops before the first row that is not so, or that has not come to its end.
 *
 * Bytes from `$at` to `$end`; where cells begin and end is written to `$starts` and `$ends`, numbers of 32 bits that count
 * from `$base`. Returns the number of rows, `$most` at most, and writes to `$found` where the next one begins.
 */
export const FIND_CELLS = `
(func $find_cells
  (param $at i32) (param $end i32) (param $base i32) (param $starts i32) (param $ends i32) (param $columns i32)
  (param $most i32) (param $longest i32) (param $delimiter i32) (param $quote i32) (param $found i32)
  (result i32)
  (local $row i32) (local $from i32) (local $bits i32) (local $place i32) (local $code i32)
  (local $rows i32) (local $left i32) (local $cell i32)
  (local $delimiters v128) (local $quotes v128) (local $newlines v128) (local $returns v128) (local $bytes v128)
  (local.set $row (local.get $at))
  (local.set $from (local.get $at))
  ;; Cells of the row that come before its last one.
  (local.set $left (i32.sub (local.get $columns) (i32.const 1)))
  (local.set $delimiters (i8x16.splat (local.get $delimiter)))
  (local.set $quotes (i8x16.splat (local.get $quote)))
  (local.set $newlines (i8x16.splat (i32.const 10)))
  (local.set $returns (i8x16.splat (i32.const 13)))
  (block $stop
    (loop $blocks
      (br_if $stop (i32.gt_u (i32.add (local.get $at) (i32.const 16)) (local.get $end)))
      (local.set $bytes (v128.load (local.get $at)))
      (local.set $bits (i8x16.bitmask (v128.or
        (v128.or (i8x16.eq (local.get $bytes) (local.get $delimiters)) (i8x16.eq (local.get $bytes) (local.get $newlines)))
        (v128.or (i8x16.eq (local.get $bytes) (local.get $returns)) (i8x16.eq (local.get $bytes) (local.get $quotes))))))
      (block $next
        (loop $places
          (br_if $next (i32.eqz (local.get $bits)))
          (local.set $place (i32.add (local.get $at) (i32.ctz (local.get $bits))))
          (local.set $bits (i32.and (local.get $bits) (i32.sub (local.get $bits) (i32.const 1))))
          ;; The second byte of a line break.
          (br_if $places (i32.lt_u (local.get $place) (local.get $from)))
          (local.set $code (i32.load8_u (local.get $place)))
          (if (i32.or
                (i32.le_u (i32.load8_u (local.get $from)) (i32.const 32))
                (i32.le_u (i32.load8_u (i32.sub (local.get $place) (i32.const 1))) (i32.const 32)))
            ;; A blank or a control character, unless the cell is empty.
            (then (br_if $stop (i32.ne (local.get $place) (local.get $from)))))
          (br_if $stop (i32.gt_u (i32.sub (local.get $place) (local.get $from)) (local.get $longest)))
          (i32.store (i32.add (local.get $starts) (local.get $cell)) (i32.sub (local.get $from) (local.get $base)))
          (i32.store (i32.add (local.get $ends) (local.get $cell)) (i32.sub (local.get $place) (local.get $base)))
          (if (i32.eq (local.get $code) (local.get $delimiter))
            (then
              (br_if $stop (i32.eqz (local.get $left)))
              (local.set $left (i32.sub (local.get $left) (i32.const 1)))
              (local.set $cell (i32.add (local.get $cell) (i32.const 4)))
              (local.set $from (i32.add (local.get $place) (i32.const 1)))
              (br $places)))
          (br_if $stop (i32.eq (local.get $code) (local.get $quote)))
          ;; A line break that ends a short row, or a blank line.
          (br_if $stop (i32.or (local.get $left) (i32.eq (local.get $place) (local.get $row))))
          (local.set $from (i32.add (local.get $place) (i32.const 1)))
          (if (i32.eq (local.get $code) (i32.const 13))
            (then
              (br_if $stop (i32.ge_u (local.get $from) (local.get $end)))
              (local.set $from (i32.add (local.get $from) (i32.eq (i32.load8_u (local.get $from)) (i32.const 10))))))
          (local.set $row (local.get $from))
          (local.set $left (i32.sub (local.get $columns) (i32.const 1)))
          (local.set $cell (i32.add (local.get $cell) (i32.const 4)))
          (local.set $rows (i32.add (local.get $rows) (i32.const 1)))
          (br_if $stop (i32.eq (local.get $rows) (local.get $most)))
          (br $places)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $blocks)))
  (i32.store (local.get $found) (i32.sub (local.get $row) (local.get $base)))
  (local.get $rows))
`;
