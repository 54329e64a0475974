@0xf49850cd1bd8ae91;
# The people that somebody knows.

struct Person {
  # A person with a name, and ways to reach them.

  id @0 :UInt32;
  name @1 :Text;
  email @2 :Text;
  # An address for electronic mail.
  phones @3 :List(PhoneNumber);
  birthdate @4 :Date;

  struct PhoneNumber {
    number @0 :Text;
    type @1 :Type;

    enum Type {
      mobile @0;
      home @1;
      work @2;
    }
  }

  employment :union {
    # The occupation of the person.
    unemployed @5 :Void;
    employer @6 :Text;
    school @7 :Text;
    selfEmployed @8 :Void;
  }
}

struct Date {
  year @0 :Int16;
  month @1 :UInt8;
  day @2 :UInt8;
}

struct AddressBook {
  people @0 :List(Person);
}
