;; A guest for capnsafe.memory.wasm: it grants memory, takes it back, and reads a finished message
;; where it was built, in its own memory.
;;
;; The message is an Order (sections of 1 word and 3 pointers):
;;
;;   struct Order { number @0 :UInt64; customer @1 :Text; notes @2 :Data; lines @3 :List(Line); }
;;   struct Line { price @0 :UInt32; count @1 :UInt32; }
;;
;; Offsets and sizes in messages are words, as in the encoding specification; everything else here
;; is bytes. Every pointer of a message is checked before it is followed; a pointer out of its
;; segment traps.
(module
  (memory (export "memory") 1)

  ;; Bytes 8 to 4104 hold the segments of the message that is read: pointer and words, 32 bits each.
  ;; Grants lie behind them. Byte 0 is never granted, so that the pointer 0 can mean "refused".
  (global $table i32 (i32.const 8))
  (global $most_segments i32 (i32.const 512))
  (global $segments (mut i32) (i32.const 0))

  ;; The end of all memory ever granted, and the first released block (0: none). A released block
  ;; begins with the pointer of the next one and its own size.
  (global $top (mut i32) (i32.const 4104))
  (global $free (mut i32) (i32.const 0))

  ;; The results of $open: the shape of an object, its segment and its first word.
  (global $shape (mut i64) (i64.const 0))
  (global $segment (mut i32) (i32.const 0))
  (global $start (mut i32) (i32.const 0))

  ;; -- memory ---------------------------------------------------------------------------------------

  ;; Returns whether the memory reaches to $end. Grows it if necessary.
  (func $reach (param $end i32) (result i32)
    (local $missing i32)
    (if (i32.le_u (local.get $end) (i32.shl (memory.size) (i32.const 16)))
      (then (return (i32.const 1))))
    (local.set $missing
      (i32.sub
        (i32.shr_u (i32.add (local.get $end) (i32.const 65535)) (i32.const 16))
        (memory.size)))
    (i32.ne (memory.grow (local.get $missing)) (i32.const -1)))

  ;; Grants $bytes bytes, a multiple of 8. Returns their pointer, or 0.
  (func (export "allocate") (param $bytes i32) (result i32)
    (local $at i32) (local $before i32) (local $size i32) (local $rest i32)
    (local.set $bytes
      (i32.and (i32.add (local.get $bytes) (i32.const 7)) (i32.const -8)))
    (if (i32.or (i32.eqz (local.get $bytes))
                (i32.gt_u (local.get $bytes) (i32.const 0x40000000)))
      (then (return (i32.const 0))))
    (local.set $at (global.get $free))
    (block $none
      (loop $next
        (br_if $none (i32.eqz (local.get $at)))
        (local.set $size (i32.load offset=4 (local.get $at)))
        (if (i32.ge_u (local.get $size) (local.get $bytes))
          (then
            ;; The rest of the block replaces it in the list.
            (local.set $rest (i32.load (local.get $at)))
            (if (i32.gt_u (local.get $size) (local.get $bytes))
              (then
                (i32.store (i32.add (local.get $at) (local.get $bytes)) (local.get $rest))
                (local.set $rest (i32.add (local.get $at) (local.get $bytes)))
                (i32.store offset=4 (local.get $rest)
                  (i32.sub (local.get $size) (local.get $bytes)))))
            (if (local.get $before)
              (then (i32.store (local.get $before) (local.get $rest)))
              (else (global.set $free (local.get $rest))))
            (return (local.get $at))))
        (local.set $before (local.get $at))
        (local.set $at (i32.load (local.get $at)))
        (br $next)))
    (local.set $at (global.get $top))
    (if (i32.eqz (call $reach (i32.add (local.get $at) (local.get $bytes))))
      (then (return (i32.const 0))))
    (global.set $top (i32.add (local.get $at) (local.get $bytes)))
    (local.get $at))

  ;; Takes a block of $bytes bytes back; its first $used bytes were written.
  (func (export "release") (param $at i32) (param $bytes i32) (param $used i32)
    (if (i32.eq (i32.add (local.get $at) (local.get $bytes)) (global.get $top))
      (then (global.set $top (local.get $at)) (return)))
    (i32.store (local.get $at) (global.get $free))
    (i32.store offset=4 (local.get $at) (local.get $bytes))
    (global.set $free (local.get $at)))

  ;; Grows a block in place if it is the last one. Returns its pointer, or 0.
  (func (export "grow") (param $at i32) (param $bytes i32) (param $wanted i32) (result i32)
    (if (i32.or (i32.ne (i32.add (local.get $at) (local.get $bytes)) (global.get $top))
                (i32.gt_u (local.get $wanted) (i32.const 0x40000000)))
      (then (return (i32.const 0))))
    (if (i32.eqz (call $reach (i32.add (local.get $at) (local.get $wanted))))
      (then (return (i32.const 0))))
    (global.set $top (i32.add (local.get $at) (local.get $wanted)))
    (local.get $at))

  ;; -- the message that is read ---------------------------------------------------------------------

  (func (export "forget_segments")
    (global.set $segments (i32.const 0)))

  ;; Adds the next segment of the message: its first byte, and its number of words.
  (func (export "add_segment") (param $at i32) (param $words i32)
    (local $entry i32)
    (if (i32.ge_u (global.get $segments) (global.get $most_segments)) (then (unreachable)))
    (local.set $entry
      (i32.add (global.get $table) (i32.shl (global.get $segments) (i32.const 3))))
    (i32.store (local.get $entry) (local.get $at))
    (i32.store offset=4 (local.get $entry) (local.get $words))
    (global.set $segments (i32.add (global.get $segments) (i32.const 1))))

  (func $entry (param $segment i32) (result i32)
    (if (i32.ge_u (local.get $segment) (global.get $segments)) (then (unreachable)))
    (i32.add (global.get $table) (i32.shl (local.get $segment) (i32.const 3))))

  ;; Returns the first byte of the words $start to $start + $words. Traps outside the segment.
  (func $within (param $segment i32) (param $start i32) (param $words i64) (result i32)
    (local $entry i32)
    (local.set $entry (call $entry (local.get $segment)))
    (if (i64.gt_u
          (i64.add (i64.extend_i32_u (local.get $start)) (local.get $words))
          (i64.extend_i32_u (i32.load offset=4 (local.get $entry))))
      (then (unreachable)))
    (i32.add (i32.load (local.get $entry)) (i32.shl (local.get $start) (i32.const 3))))

  (func $word (param $segment i32) (param $at i32) (result i64)
    (i64.load (call $within (local.get $segment) (local.get $at) (i64.const 1))))

  ;; Bits 3 to 31 of a far pointer are the word of its landing pad.
  (func $pad (param $far i64) (result i32)
    (i32.wrap_i64 (i64.and (i64.shr_u (local.get $far) (i64.const 3)) (i64.const 0x1fffffff))))

  (func $upper (param $pointer i64) (result i32)
    (i32.wrap_i64 (i64.shr_u (local.get $pointer) (i64.const 32))))

  (func $kind (param $pointer i64) (result i32)
    (i32.and (i32.wrap_i64 (local.get $pointer)) (i32.const 3)))

  ;; Follows the pointer at a word, over any landing pad, and sets $shape, $segment and $start. A
  ;; null pointer is a $shape of 0.
  (func $open (param $segment i32) (param $at i32)
    (local $pointer i64) (local $pad i32)
    (local.set $pointer (call $word (local.get $segment) (local.get $at)))
    (if (i32.eq (call $kind (local.get $pointer)) (i32.const 2))
      (then
        (local.set $segment (call $upper (local.get $pointer)))
        (local.set $pad (call $pad (local.get $pointer)))
        (if (i64.ne (i64.and (local.get $pointer) (i64.const 4)) (i64.const 0))
          (then
            ;; Two words: a far pointer to the object, and its tag.
            (global.set $shape
              (call $word (local.get $segment) (i32.add (local.get $pad) (i32.const 1))))
            (local.set $pointer (call $word (local.get $segment) (local.get $pad)))
            (if (i64.ne (i64.and (local.get $pointer) (i64.const 7)) (i64.const 2))
              (then (unreachable)))
            (global.set $segment (call $upper (local.get $pointer)))
            (global.set $start (call $pad (local.get $pointer)))
            (return)))
        (local.set $at (local.get $pad))
        (local.set $pointer (call $word (local.get $segment) (local.get $at)))
        (if (i32.ge_u (call $kind (local.get $pointer)) (i32.const 2)) (then (unreachable)))))
    (global.set $shape (local.get $pointer))
    (global.set $segment (local.get $segment))
    (global.set $start
      (i32.add
        (i32.add (local.get $at) (i32.const 1))
        (i32.shr_s (i32.wrap_i64 (local.get $pointer)) (i32.const 2)))))

  (func $data_words (param $pointer i64) (result i32)
    (i32.and (call $upper (local.get $pointer)) (i32.const 0xffff)))

  (func $pointers (param $pointer i64) (result i32)
    (i32.shr_u (call $upper (local.get $pointer)) (i32.const 16)))

  ;; Opens the root struct.
  (func $root
    (call $open (i32.const 0) (i32.const 0))
    (if (i32.ne (call $kind (global.get $shape)) (i32.const 0)) (then (unreachable))))

  ;; Opens the list of pointer $index of the root, whose elements have the size $size
  ;; (specification, "Lists"). Returns its number of elements or, for structs, of words.
  (func $list (param $index i32) (param $size i32) (result i32)
    (local $data i32)
    (call $root)
    (local.set $data (call $data_words (global.get $shape)))
    (if (i32.ge_u (local.get $index) (call $pointers (global.get $shape)))
      (then (return (i32.const 0))))
    (call $open (global.get $segment)
      (i32.add (global.get $start) (i32.add (local.get $data) (local.get $index))))
    (if (i64.eqz (global.get $shape)) (then (return (i32.const 0))))
    (if (i32.or
          (i32.ne (call $kind (global.get $shape)) (i32.const 1))
          (i32.ne (i32.and (call $upper (global.get $shape)) (i32.const 7)) (local.get $size)))
      (then (unreachable)))
    (i32.shr_u (call $upper (global.get $shape)) (i32.const 3)))

  ;; The order's number.
  (func (export "number") (result i64)
    (call $root)
    (if (i32.eqz (call $data_words (global.get $shape))) (then (return (i64.const 0))))
    (call $word (global.get $segment) (global.get $start)))

  ;; The sum over the lines of price times count.
  (func (export "total") (result i64)
    (local $words i32) (local $tag i64) (local $step i32) (local $left i32)
    (local $at i32) (local $sum i64) (local $line i64)
    (local.set $words (call $list (i32.const 2) (i32.const 7)))
    (if (i64.eqz (global.get $shape)) (then (return (i64.const 0))))
    (local.set $tag (call $word (global.get $segment) (global.get $start)))
    (local.set $left (i32.shr_u (i32.wrap_i64 (local.get $tag)) (i32.const 2)))
    (local.set $step
      (i32.add (call $data_words (local.get $tag)) (call $pointers (local.get $tag))))
    (if (i64.gt_u
          (i64.mul (i64.extend_i32_u (local.get $left)) (i64.extend_i32_u (local.get $step)))
          (i64.extend_i32_u (local.get $words)))
      (then (unreachable)))
    (local.set $at
      (i32.add
        (call $within (global.get $segment) (global.get $start)
          (i64.add (i64.extend_i32_u (local.get $words)) (i64.const 1)))
        (i32.const 8)))
    (if (i32.eqz (call $data_words (local.get $tag))) (then (return (i64.const 0))))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $left)))
        (local.set $line (i64.load (local.get $at)))
        (local.set $sum
          (i64.add (local.get $sum)
            (i64.mul
              (i64.and (local.get $line) (i64.const 0xffffffff))
              (i64.shr_u (local.get $line) (i64.const 32)))))
        (local.set $at (i32.add (local.get $at) (i32.shl (local.get $step) (i32.const 3))))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next)))
    (local.get $sum))

  ;; Returns a hash (FNV-1a, 64 bits) of the bytes of pointer $index of the root, a Text or Data,
  ;; without the last $behind bytes: the NUL of a Text.
  (func $hash (param $index i32) (param $behind i32) (result i64)
    (local $left i32) (local $at i32) (local $hash i64)
    (local.set $hash (i64.const 0xcbf29ce484222325))
    (local.set $left (call $list (local.get $index) (i32.const 2)))
    (if (i32.lt_u (local.get $left) (local.get $behind)) (then (return (local.get $hash))))
    (if (i32.eqz (local.get $left)) (then (return (local.get $hash))))
    (local.set $at
      (call $within (global.get $segment) (global.get $start)
        (i64.shr_u (i64.add (i64.extend_i32_u (local.get $left)) (i64.const 7)) (i64.const 3))))
    (local.set $left (i32.sub (local.get $left) (local.get $behind)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $left)))
        (local.set $hash
          (i64.mul
            (i64.xor (local.get $hash) (i64.load8_u (local.get $at)))
            (i64.const 0x100000001b3)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next)))
    (local.get $hash))

  (func (export "customer_hash") (result i64)
    (call $hash (i32.const 0) (i32.const 1)))

  (func (export "notes_hash") (result i64)
    (call $hash (i32.const 1) (i32.const 0))))
