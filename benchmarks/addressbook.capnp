@0xa1d8c1bd3c4bb0f5;
# What the benchmarks build: two people, three phones.

struct AddressBook {
  people @0 :List(Person);
}

struct Person {
  id @0 :UInt32;
  name @1 :Text;
  email @2 :Text;
  phones @3 :List(Phone);
  employer @4 :Text;
}

struct Phone {
  number @0 :Text;
  kind @1 :Kind;
  enum Kind {
    mobile @0;
    home @1;
    work @2;
  }
}
