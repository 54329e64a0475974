@0xd0b6e8f2a4c71593;
# The schema everything.capnp in disguise: another schema for the same words.
#
# Programs are written against everything.capnp, which every Cap'n Proto library can use. The code that
# capnsafe generates from this file reads and builds the same messages. It has what the other one lacks:
# generic structs, an unnamed union, the annotations of JSON, and older versions of structs, whose
# further fields a program must keep although it does not know them.
#
# A test compares the places of all fields with those of everything.capnp.

using Json = import "/capnp/compat/json.capnp";

enum Colour {
  red @0;
  green @1 $Json.name("GREEN");
  blue @2;
}

struct Empty {}

struct Small {
  # The struct before it had its label. It is smaller: a program must not cut off what it copies.
  number @0 :UInt32 $Json.name("no");
  flag @1 :Bool;
}

struct Everything {
  unit @0 :Void;
  flag @1 :Bool;
  flagDefault @2 :Bool = true;
  i8 @3 :Int8;
  i16 @4 :Int16;
  i32 @5 :Int32;
  i64 @6 :Int64;
  u8 @7 :UInt8;
  u16 @8 :UInt16;
  u32 @9 :UInt32;
  u64 @10 :UInt64;
  f32 @11 :Float32;
  f64 @12 :Float64;
  colour @13 :Colour;
  u16Default @14 :UInt16 = 4660;
  i32Default @15 :Int32 = -7;
  f64Default @16 :Float64 = 1.5;
  colourDefault @17 :Colour = blue;
  text @18 :Text $Json.name("a text");
  data @19 :Data $Json.base64;
  child @20 :Everything;
  small @21 :Small $Json.flatten(prefix = "small.");
  empty @22 :Empty;
  group :group $Json.flatten(prefix = "group-") {
    scalar @23 :UInt32;
    text @24 :Text $Json.name("words");
  }
  units @25 :List(Void);
  flags @26 :List(Bool);
  i8s @27 :List(Int8);
  i16s @28 :List(Int16);
  i32s @29 :List(Int32);
  i64s @30 :List(Int64);
  u8s @31 :List(UInt8);
  u16s @32 :List(UInt16);
  u32s @33 :List(UInt32);
  u64s @34 :List(UInt64);
  f32s @35 :List(Float32);
  f64s @36 :List(Float64);
  colours @37 :List(Colour);
  texts @38 :List(Text) $Json.name("all texts");
  datas @39 :List(Data);
  children @40 :List(Everything);
  smalls @41 :List(Small);
  empties @42 :List(Empty);
  matrix @43 :List(List(UInt16));
  choice :union $Json.flatten(prefix = "choice.") $Json.discriminator(name = "is") {
    nothing @44 :Void;
    number @45 :UInt32 $Json.name("NUMBER");
    words @46 :Text;
    numbers :group $Json.flatten(prefix = "n-") {
      low @47 :Int16 $Json.name("least");
      high @48 :Int16;
    }
    mixed @49 :Mixed(Older(Text), List(Older(Text)));
  }
}

struct Older(Label) {
  number @0 :UInt32;
  label @1 :Label;
}

interface Service {}

struct Mixed(One, Many) $Json.discriminator(name = "either", valueName = "value") {
  any @0 :AnyPointer;
  other @1 :AnyPointer;
  service @2 :Service;
  services @3 :List(Service);
  evolving @4 :One;
  evolvings @5 :Many;
  title @6 :Text = "untitled";
  blob @7 :Data = 0x"01 02" $Json.hex;
  union {
    blank @8 :Void;
    flag @9 :Bool;
    words @10 :Text $Json.name("said");
    pair :group {
      first @11 :Text;
      second @12 :Data $Json.hex;
    }
  }
}
