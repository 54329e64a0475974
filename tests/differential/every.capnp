@0xe9b1c7d3a5f08246;
# Every type that a field can have, for values that are written by one library and read by another.
# Layouts are asked of the compiler that reads this file, so nothing here is repeated elsewhere.

enum Colour { red @0; green @1; blue @2; }

struct Empty {}

struct Leaf {
  number @0 :UInt32;
  label @1 :Text;
  flag @2 :Bool = true;
}

struct Every {
  void @0 :Void;
  bool @1 :Bool;
  int8 @2 :Int8;
  int16 @3 :Int16;
  int32 @4 :Int32;
  int64 @5 :Int64;
  uint8 @6 :UInt8;
  uint16 @7 :UInt16;
  uint32 @8 :UInt32;
  uint64 @9 :UInt64;
  float32 @10 :Float32;
  float64 @11 :Float64;
  colour @12 :Colour;

  boolOther @13 :Bool = true;
  int8Other @14 :Int8 = -128;
  int16Other @15 :Int16 = 12345;
  int32Other @16 :Int32 = -2147483648;
  int64Other @17 :Int64 = 9223372036854775807;
  uint8Other @18 :UInt8 = 255;
  uint16Other @19 :UInt16 = 1;
  uint32Other @20 :UInt32 = 4294967295;
  uint64Other @21 :UInt64 = 18446744073709551615;
  float32Other @22 :Float32 = -0.0;
  float64Other @23 :Float64 = inf;
  colourOther @24 :Colour = blue;

  text @25 :Text;
  data @26 :Data;
  leaf @27 :Leaf;
  empty @28 :Empty;
  child @29 :Every;
  any @30 :AnyPointer;

  textOther @31 :Text = "other";
  dataOther @32 :Data = 0x"00 ff 00";
  leafOther @33 :Leaf = (number = 7, label = "leaf");
  listOther @34 :List(Int16) = [1, -1];

  voids @35 :List(Void);
  bools @36 :List(Bool);
  int8s @37 :List(Int8);
  int16s @38 :List(Int16);
  int32s @39 :List(Int32);
  int64s @40 :List(Int64);
  uint8s @41 :List(UInt8);
  uint16s @42 :List(UInt16);
  uint32s @43 :List(UInt32);
  uint64s @44 :List(UInt64);
  float32s @45 :List(Float32);
  float64s @46 :List(Float64);
  colours @47 :List(Colour);
  texts @48 :List(Text);
  datas @49 :List(Data);
  leaves @50 :List(Leaf);
  empties @51 :List(Empty);
  children @52 :List(Every);
  grid @53 :List(List(UInt16));
  cube @54 :List(List(List(Text)));
  rows @55 :List(List(Leaf));

  group :group {
    number @56 :Int64;
    label @57 :Text;
    inner :group {
      flag @58 :Bool;
      bytes @59 :List(UInt8);
    }
  }

  choice :union {
    none @60 :Void;
    small @61 :Bool;
    large @62 :UInt64 = 3;
    real @63 :Float32;
    words @64 :Text;
    leaf @65 :Leaf;
    list @66 :List(Colour);
    pair :group {
      left @67 :UInt16;
      right @68 :Text;
    }
  }

  union {
    nothing @69 :Void;
    count @70 :Int8;
    name @71 :Data;
  }
}

# One struct in two versions, and lists that became lists of structs.

struct Older {
  number @0 :UInt32;
  name @1 :Text;
  parts @2 :List(OlderPart);
  values @3 :List(UInt16);
  names @4 :List(Text);
  next @5 :Older;
}

struct OlderPart {
  id @0 :UInt16;
}

struct Newer {
  number @0 :UInt32;
  name @1 :Text;
  parts @2 :List(NewerPart);
  values @3 :List(Value);
  names @4 :List(Name);
  next @5 :Newer;
  more @6 :UInt64 = 5;
  notes @7 :List(Text);
}

struct NewerPart {
  id @0 :UInt16;
  weight @1 :Float64;
  label @2 :Text;
}

struct Value {
  value @0 :UInt16;
  unit @1 :Text;
}

struct Name {
  name @0 :Text;
  rank @1 :Int32;
}
