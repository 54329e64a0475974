@0xc3a1f0d5be27946e;
# The one schema that every scenario's program is written against. It has every kind of field once,
# so that a program can reach every code path of an encoder, and any Cap'n Proto library can run it.
#
# schema.py holds the same as a Python table; a test compares the two. A new field goes at the end of
# its struct and takes a new ordinal: that keeps scenarios in text form valid. It changes what byte
# strings mean, and DECODER_VERSION in bytesform.py with it.

enum Colour {
  red @0;
  green @1;
  blue @2;
}

struct Empty {}
# No words at all: a pointer to it, and lists of it, must still not be null.

struct Small {
  number @0 :UInt32;
  flag @1 :Bool;
  label @2 :Text;
}

struct Everything {
  # Scalars. Those with "Default" in their name have one that is not zero: on the wire, they are
  # stored XORed with it.
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

  # Blobs and structs.
  text @18 :Text;
  data @19 :Data;
  child @20 :Everything;
  small @21 :Small;
  empty @22 :Empty;

  group :group {
    scalar @23 :UInt32;
    text @24 :Text;
  }

  # Lists of every element size.
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
  texts @38 :List(Text);
  datas @39 :List(Data);
  children @40 :List(Everything);
  smalls @41 :List(Small);
  empties @42 :List(Empty);
  matrix @43 :List(List(UInt16));

  # Of a union one member is selected: the discriminant says which, and all share their words.
  choice :union {
    nothing @44 :Void;
    number @45 :UInt32;
    words @46 :Text;
    numbers :group {
      low @47 :Int16;
      high @48 :Int16;
    }
    mixed @49 :Mixed;
  }
}

# Two versions of one struct, for programs in which a message changes hands between an older and a
# newer writer.

struct Older {
  number @0 :UInt32;
  label @1 :Text;
}

struct Newer {
  number @0 :UInt32;
  label @1 :Text;
  total @2 :UInt64;
  note @3 :Text;
}

interface Service {}

struct Mixed {
  # Pointers that may lead to several kinds of things. A program says at each use what it takes it
  # for. It lies below the union: there it costs those that do without it not a word.
  any @0 :AnyPointer;
  other @1 :AnyPointer;

  # Capabilities are numbers, which lead to a table that is no part of the message.
  service @2 :Service;
  services @3 :List(Service);

  # What an older writer wrote and a newer one goes on with: an Older opened as a Newer; a list of
  # Older, of numbers or of texts opened as one of Newer.
  evolving @4 :Newer;
  evolvings @5 :List(Newer);

  # A Text and a Data that read as something else than nothing while their pointers are null.
  title @6 :Text = "untitled";
  blob @7 :Data = 0x"01 02";

  # A union whose members share a bit, and of which one has two pointers.
  either :union {
    blank @8 :Void;
    flag @9 :Bool;
    words @10 :Text;
    pair :group {
      first @11 :Text;
      second @12 :Data;
    }
  }
}
