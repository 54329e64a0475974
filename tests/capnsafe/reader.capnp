@0xd2c1f5a09b7e4c63;
# What the tests of the reader let the reference implementation write.

enum Colour { red @0; green @1; blue @2; }

struct Everything {
  bool0 @0 :Bool;
  bool1 @1 :Bool = true;
  int8 @2 :Int8;
  int8d @3 :Int8 = -7;
  int16 @4 :Int16;
  int16d @5 :Int16 = -700;
  int32 @6 :Int32;
  int32d @7 :Int32 = -70000;
  int64 @8 :Int64;
  int64d @9 :Int64 = -7000000000;
  uint8 @10 :UInt8;
  uint8d @11 :UInt8 = 200;
  uint16 @12 :UInt16;
  uint16d @13 :UInt16 = 50000;
  uint32 @14 :UInt32;
  uint32d @15 :UInt32 = 3000000000;
  uint64 @16 :UInt64;
  uint64d @17 :UInt64 = 10000000000000000000;
  float32 @18 :Float32;
  float32d @19 :Float32 = -0.5;
  float64 @20 :Float64;
  float64d @21 :Float64 = 1.0e300;
  enum @22 :Colour;
  enumd @23 :Colour = blue;

  text @24 :Text;
  data @25 :Data;
  child @26 :Everything;
  empty @27 :Empty;

  voids @28 :List(Void);
  bools @29 :List(Bool);
  int8s @30 :List(Int8);
  int16s @31 :List(Int16);
  int32s @32 :List(Int32);
  int64s @33 :List(Int64);
  uint8s @34 :List(UInt8);
  uint16s @35 :List(UInt16);
  uint32s @36 :List(UInt32);
  uint64s @37 :List(UInt64);
  float32s @38 :List(Float32);
  float64s @39 :List(Float64);
  enums @40 :List(Colour);

  texts @41 :List(Text);
  datas @42 :List(Data);
  children @43 :List(Everything);
  smalls @44 :List(Small);
  empties @45 :List(Empty);
  matrix @46 :List(List(UInt16));
}

struct Small { number @0 :UInt32; name @1 :Text; }

struct Empty {}

# Two versions of one struct, and of lists that became lists of structs.

struct Older { number @0 :UInt16; name @1 :Text; }

struct Newer {
  number @0 :UInt16;
  name @1 :Text;
  more @2 :Float64 = 2.5;
  flag @3 :Bool = true;
  tail @4 :Text;
}

struct Lists {
  voids @0 :List(Void);
  bools @1 :List(Bool);
  bytes @2 :List(UInt8);
  shorts @3 :List(Int16);
  ints @4 :List(UInt32);
  longs @5 :List(Int64);
  texts @6 :List(Text);
}

struct ListsOfStructs {
  voids @0 :List(Unit);
  bools @1 :List(Flag);
  bytes @2 :List(Byte);
  shorts @3 :List(Short);
  ints @4 :List(Int);
  longs @5 :List(Long);
  texts @6 :List(Named);

  struct Unit { value @0 :Void; name @1 :Text; }
  struct Flag { value @0 :Bool; name @1 :Text; }
  struct Byte { value @0 :UInt8; name @1 :Text; }
  struct Short { value @0 :Int16; name @1 :Text; }
  struct Int { value @0 :UInt32; name @1 :Text; }
  struct Long { value @0 :Int64; name @1 :Text; }
  struct Named { value @0 :Text; number @1 :UInt64; }
}
