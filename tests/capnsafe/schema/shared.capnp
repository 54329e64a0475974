@0xb1f6c2f0d8a54b11;
# Declarations that another file imports.

struct Date {
  # A day of the calendar.

  year @0 :Int16 = 1970;
  month @1 :UInt8 = 1;
  day @2 :UInt8 = 1;

  enum Season { spring @0; summer @1; autumn @2; winter @3; }
}

struct Box(Item) {
  # A generic struct.
  item @0 :Item;
  note @1 :Text;
}

annotation unit @0xc5f0a7e1b39d2c46 (field) :Text;
