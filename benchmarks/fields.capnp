@0xd6a5f1b3c09e7d42;
# A field of each kind, whose generated properties B9 compares with the calls that they make.

enum Colour {
  red @0;
  green @1;
}

struct Fields {
  number @0 :UInt32;
  real @1 :Float64;
  truth @2 :Bool;
  colour @3 :Colour;
  text @4 :Text;
  octets @5 :Data;
  inner @6 :Inner;
  numbers @7 :List(UInt32);
  structs @8 :List(Inner);
  texts @9 :List(Text);
  union {
    member @10 :UInt32;
    other @11 :Text;
  }
}

struct Inner {
  number @0 :UInt32;
}
