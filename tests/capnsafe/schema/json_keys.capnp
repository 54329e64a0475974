@0xc6d41e8a9b7f3052;
# Structs with each annotation of JSON.

using Json = import "/capnp/compat/json.capnp";

enum Size {
  small @0;
  veryLarge @1 $Json.name("very-large");
}

struct Plain {
  number @0 :Int32;
  text @1 :Text = "as it was";
  wide @2 :UInt64;
}

struct Named {
  number @0 :Int32 $Json.name("a number");
  size @1 :Size $Json.name("size_");
  sizes @2 :List(Size);
  base @3 :Data $Json.base64;
  hex @4 :Data = 0x"01 ff" $Json.hex;
  list @5 :Data;
  place :group $Json.name("where") {
    x @6 :Int16 $Json.name("X");
    y @7 :Float64;
  }
}

struct Flat {
  own @0 :Int32;
  plain @1 :Plain $Json.flatten();
  given @2 :Plain = (number = 7, text = "given", wide = 8) $Json.flatten(prefix = "given.");
  deep @3 :Deep $Json.flatten(prefix = "deep.");
  near :group $Json.flatten(prefix = "near-") {
    x @4 :Int16;
    shape @5 :Shape $Json.flatten(prefix = "shape-");
  }
  place :union $Json.flatten(prefix = "p.") $Json.discriminator() {
    nowhere @6 :Void;
    town @7 :Text $Json.name("city");
  }
}

struct Deep {
  named @0 :Named $Json.flatten(prefix = "named.");
  shapes @1 :List(Shape);
}

struct Shape $Json.discriminator(name = "kind") {
  name @0 :Text;
  union {
    nothing @1 :Void;
    circle @2 :Float64 $Json.name("ring");
    plain @3 :Plain $Json.flatten(prefix = "plain-");
    other @4 :Plain $Json.flatten(prefix = "plain-");
    group :group $Json.flatten(prefix = "plain-") {
      plain @5 :Text $Json.name("number");
      octets @6 :Data $Json.hex;
    }
    data @7 :Data $Json.base64;
    struct @8 :Plain;
    size @9 :Size;
    given @10 :Plain = (number = 9) $Json.flatten(prefix = "g-");
  }
}

struct Valued $Json.discriminator(name = "is", valueName = "value") {
  union {
    nothing @0 :Void;
    number @1 :Int64 $Json.name("NUMBER");
    data @2 :Data $Json.base64;
    shape @3 :Shape;
    group :group {
      x @4 :Int32;
    }
    list @5 :List(Text);
  }
}

struct Unions {
  inside :union $Json.discriminator(name = "of") {
    a @0 :Int32;
    b @1 :Plain $Json.flatten();
  }
  valued :union $Json.discriminator(name = "v", valueName = "w") $Json.flatten() {
    c @2 :Int32;
    d @3 :Text;
  }
  valueds @4 :List(Valued);
}

struct Untagged {
  union {
    a @0 :Int32;
    b @1 :Plain $Json.flatten();
    c @2 :Text;
  }
}

struct Box(T) {
  item @0 :T $Json.name("thing");
  union {
    none @1 :Void;
    member @2 :T;
  }
}

struct Spread(T) {
  item @0 :T $Json.flatten(prefix = "s.");
}

struct Coded(T) {
  item @0 :T $Json.hex;
}

struct Boxes {
  text @0 :Box(Text);
  data @1 :Box(Data);
  spread @2 :Spread(Plain);
  nested @3 :Spread(Spread(Plain)) $Json.flatten();
  coded @4 :List(Coded(Data));
}

struct Scalars {
  float32 @0 :Float32;
  float64 @1 :Float64;
  int8 @2 :Int8;
  int64 @3 :Int64;
  uint64 @4 :UInt64;
  bool @5 :Bool;
  text @6 :Text;
  data @7 :Data;
  size @8 :Size;
  list @9 :List(Int32);
  hex @10 :Data $Json.hex;
  base64 @11 :Data $Json.base64;
  void @12 :Void;
  plain @13 :Plain;
  uint16 @14 :UInt16;
}
