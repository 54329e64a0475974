@0x9d3c7ab05ef1642e;
# What the language has besides the types of fields, which `every.capnp` has.
#
# A docstring with a backslash \ and """quotes"""

using Shared = import "shared.capnp";
using Day = Shared.Date;

annotation important @0xf3a91d5be2c07f68 (*) :Void;

annotation place @0xd5c1f07b3ae94d26 (struct, field) :Point;
annotation share @0xe5c1f07b3ae94d27 (*) :Float64;
annotation tint @0xe5c1f07b3ae94d28 (*) :Colour;
annotation limits @0xe5c1f07b3ae94d29 (*) :List(UInt8);
annotation tag @0xe5c1f07b3ae94d2a (*) :Text;

const limit :UInt32 = 1000;
const ratio :Float64 = -0.5;
const worst :Float32 = inf;
const yes :Bool = true;
const zero :Int8 = 0;
const nothing :Void = void;
const title :Text = "A \"title\"";
const blob :Data = 0x"00 01 ff";
const shade :Colour = darkBlue;
const origin :Point = (x = 3, y = -4);
const primes :List(UInt16) = [2, 3, 5];
const noPoints :List(Point) = [];
const birthday :Day = (year = 2000, month = 2, day = 29);

enum Colour $important {
  # A colour.
  red @0;
  green @1;
  darkBlue @2 $tag("navy");
  class @3;
}

struct Point {
  const zero :Point = (x = 0, y = 0);
  const dimensions :UInt8 = 2;
  const discovery :Day = (year = 1637);
  const season :Shared.Date.Season = autumn;
  const names :List(Text) = ["x", "y"];

  x @0 :Int32;
  y @1 :Int32;
}

struct Keywords {
  # Names that Python needs for itself.
  class @0 :UInt16;
  def @1 :Text;
  import @2 :Int8 = -1;
  int @3 :Int64;
  str @4 :Text = "text";
  list @5 :List(Text) = ["a", "b"];
  property @6 :Bool;
  schema @7 :Float32;
  set @8 :Data = 0x"ff";
  toDict @9 :Void;
  whichOne :union {
    which @10 :Void;
    from @11 :UInt8;
    lambda :group {
      none @12 :Text;
      self @13 :Text;
    }
  }
  name @14 :Text;
  hasName @15 :Text;
  initName @16 :List(Int8);
  httpPort @17 :UInt16;
}

struct Scopes {
  # A class whose name is also the name of a class inside of another one.
  point @0 :Point;
  struct Point {
    # Not the Point above.
    z @0 :Float64;
    colour @1 :Colour = white;
    enum Colour { black @0; white @1; }
    outer @2 : .Colour = darkBlue;
    corner @3 : .Point;
    struct Deeper {
      struct Deepest {
        value @0 :UInt8;
      }
    }
  }
  other @1 : .Point;
  deepest @2 :Point.Deeper.Deepest;
}

interface Store $important {
  # A store.
  struct Entry {
    key @0 :Text;
    value @1 :AnyPointer;
  }
  const version :UInt16 = 3;
  get @0 (key :Text) -> (entry :Entry);
}

interface Empty {}

struct Pointers {
  any @0 :AnyPointer;
  anyStruct @1 :AnyStruct;
  anyList @2 :AnyList;
  capability @3 :Capability;
  store @4 :Store;
  stores @5 :List(Store);
  entry @6 :Store.Entry;
  day @7 :Day = (year = 2024);
  season @8 :Day.Season = winter;
  textBox @9 :Shared.Box(Text);
  pointBox @10 :Shared.Box(Point);
  boxes @11 :List(Shared.Box(Point));
  points @12 :List(Point) = [(x = 1), (y = 2)];
  grid @13 :List(List(Float32)) = [[1, 2], []];
  colours @14 :List(Colour) = [green];
  bits @15 :List(Bool) = [true, false, true];
  days @16 :List(Day);
  lengths @17 :List(List(Point));
  names @18 :List(List(Text));
  voids @19 :List(Void);
  more @20 :List(List(Colour));
}

struct Choice {
  common @0 :UInt8;
  union {
    # The unnamed union.
    name @1 :Text = "nobody" $important;
    number @2 :Int64 = -7;
    flag @3 :Bool;
    point @4 :Point;
    points @5 :List(Point);
    numbers @6 :List(UInt16);
    texts @7 :List(Text);
    any @8 :AnyPointer;
    nothing @9 :Void;
    colour @10 :Colour = green;
    day @11 :Day = (month = 7);
    real @12 :Float32 = 1.5;
    data @13 :Data;
    store @14 :Store;
    pair :group {
      left @15 :Text;
      right @16 :UInt32 = 9;
      union {
        inner @17 :UInt8;
        outer @18 :Text;
      }
    }
  }
}

struct Tree {
  value @0 :UInt32;
  left @1 :Tree;
  right @2 :Tree;
  children @3 :List(Tree);
}

struct Generic(Key, Value) {
  key @0 :Key;
  value @1 :Value;
  inner @2 :Inner;
  struct Inner {
    key @0 :Key;
  }
}

struct Versions {
  # An older version of a struct, and of a union.
  old @0 :Old;
  new @1 :New;

  struct Old {
    id @0 :UInt32;
    union { a @1 :Text; b @2 :UInt8; }
    kind @3 :Kind;
    enum Kind { one @0; two @1; }
    items @4 :List(UInt16);
  }
  struct New {
    id @0 :UInt32;
    union { a @1 :Text; b @2 :UInt8; c @5 :Float64; }
    kind @3 :Kind;
    enum Kind { one @0; two @1; three @2; }
    items @4 :List(Item);
    extra @6 :Text;
    struct Item { value @0 :UInt16; note @1 :Text; }
  }
}

struct StructWithARatherLongNameThatFillsLines {
  # Lines of generated code break where they are too long.
  union {
    someMemberOfTheUnionWithALongName @0 :NestedStructWithAnEvenLongerName;
    otherMembersOfTheUnionWithALongName @1 :List(NestedStructWithAnEvenLongerName);
    lastGroupOfTheUnionWithALongName :group {
      field @2 :List(NestedStructWithAnEvenLongerName);
      grid @3 :List(List(NestedStructWithAnEvenLongerName)) = [[(text = "a, b \"c\"")]];
      kinds @5 :List(EnumerationWithALongNameToo) = [first, second, first, second, first, second];
    }
  }
  struct NestedStructWithAnEvenLongerName {
    text @0 :Text = "a default that is so long that the line of the field has to \"be\" broken, or it's not";
  }
  enum EnumerationWithALongNameToo { first @0; second @1; }
  things @4 :List(NestedStructWithAnEvenLongerName);
}

struct Recursive {
  # A struct that is the default of its own fields.
  itself @0 :Recursive = ();
  list @1 :List(Recursive) = [()];
  number @2 :UInt8;
  choice :union {
    member @3 :Recursive = ();
    members @4 :List(Recursive) = [()];
  }
}

struct Grouped {
  number @0 :UInt32;
  texts :group {
    # A group without a number.
    first @1 :Text;
    second @2 :Text;
  }
}

struct Chain(Item) {
  item @0 :Item;
  next @1 :Chain(Item);
  group :group {
    item @2 :Item;
    union { none @3 :Void; one @4 :Item; }
  }
  inner @5 :Inner;
  inners @6 :List(Inner);
  struct Inner {
    item @0 :Item;
    number @1 :UInt8;
  }
}

struct Generics {
  texts @0 :Chain(Text);
  points @1 :Chain(Point);
  numbers @2 :Chain(List(Int8));
  anything @3 :Chain;
  pairs @4 :List(Generic(Text, List(Point)));
  half @5 :Generic(Data, AnyPointer);
  stores @6 :Chain(Store);
}

struct Annotated $place(x = 1, y = 2) $share(inf) $important $Nested.own(7) {
  first @0 :UInt8 $tag("the \"first\"") $tint(darkBlue) $limits([1, 2]) $Shared.unit("m");
  second :group $tag("a group") {
    third @1 :Text $share(0.5);
  }
  struct Nested {
    annotation own @0xe5c1f07b3ae94d2b (*) :Int16;
  }
}
