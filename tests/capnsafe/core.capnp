@0xb8a6f1d2c3e4f507;
# What the tests of the builders build, so that the reference implementation can read it.
# Layout: 4 data words and 10 pointers.

struct Empty {}

struct Node {
  u64 @0 :UInt64;       # word 0
  i32 @1 :Int32;        # get_int32(2)
  u16 @2 :UInt16;       # get_uint16(6)
  u8 @3 :UInt8;         # get_uint8(14)
  flag @4 :Bool;        # get_bool(120)
  f64 @5 :Float64;      # get_float64(2)
  i16 @6 :Int16 = -5;   # get_int16(12)

  text @7 :Text;                 # pointer 0
  data @8 :Data;                 # 1
  child @9 :Node;                # 2
  children @10 :List(Node);      # 3
  numbers @11 :List(UInt32);     # 4
  texts @12 :List(Text);         # 5
  empty @13 :Empty;              # 6
  empties @14 :List(Empty);      # 7
  bools @15 :List(Bool);         # 8
  any @16 :AnyPointer;           # 9
}
