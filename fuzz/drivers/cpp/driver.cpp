// A driver of the reference implementation of Cap'n Proto in C++, by its dynamic API.
//
// The protocol is described in docs/drivers.md. Every object is a Handle: a struct, a list, a list of
// pointers, or an orphan. Pointers are used as AnyPointer, so one piece of code serves fields and elements.

#include <capnp/any.h>
#include <capnp/dynamic.h>
#include <capnp/message.h>
#include <capnp/schema-parser.h>
#include <capnp/serialize.h>
#include <kj/exception.h>
#include <kj/filesystem.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace {

using capnp::AnyList;
using capnp::AnyPointer;
using capnp::DynamicList;
using capnp::DynamicStruct;
using capnp::DynamicValue;
using capnp::word;
using PointerList = capnp::List<AnyPointer>;

// ---------------------------------------------------------------------------------------- lines

struct Line {
  std::string word;
  std::map<std::string, std::string> values;

  bool has(const char* key) const { return values.count(key) != 0; }
  const std::string& text(const char* key) const { return values.at(key); }
  uint64_t number(const char* key) const { return std::stoull(values.at(key)); }
};

std::string unhex(const std::string& text) {
  auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string result(text.size() / 2, '\0');
  for (size_t i = 0; i < result.size(); i++) {
    result[i] = static_cast<char>(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
  }
  return result;
}

std::string hex(const void* data, size_t size) {
  static const char digits[] = "0123456789abcdef";
  std::string result(size * 2, '\0');
  for (size_t i = 0; i < size; i++) {
    auto byte = static_cast<const unsigned char*>(data)[i];
    result[2 * i] = digits[byte >> 4];
    result[2 * i + 1] = digits[byte & 15];
  }
  return result;
}

std::string hex(const std::string& text) { return hex(text.data(), text.size()); }

void send(const std::string& line) {
  std::string data = line + "\n";
  for (size_t done = 0; done < data.size();) {
    ssize_t part = write(1, data.data() + done, data.size() - done);
    if (part <= 0) _exit(0);
    done += part;
  }
}

Line receive() {
  static std::string unread;
  size_t end;
  while ((end = unread.find('\n')) == std::string::npos) {
    char part[65536];
    ssize_t size = read(0, part, sizeof(part));
    if (size <= 0) _exit(0);
    unread.append(part, size);
  }
  Line line;
  size_t at = 0;
  for (size_t next; at < end; at = next + 1) {
    next = std::min(unread.find(' ', at), end);
    std::string pair = unread.substr(at, next - at);
    size_t equals = pair.find('=');
    if (at == 0) {
      line.word = pair;
    } else if (equals != std::string::npos) {
      line.values[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
  }
  unread.erase(0, end + 1);
  return line;
}

// --------------------------------------------------------------------------------------- memory

// The memory raised an exception that must pass unchanged.
struct Interrupted {
  std::string number;
};

struct Unsupported {
  std::string what;
};

char* writable;
char* readable;
// The last refusal that the library got, and its number.
std::string refusal;
std::string refusalNumber;

Line call(const std::string& line) {
  send(line);
  Line answer = receive();
  if (answer.word == "refused") {
    if (answer.text("kind") == "interrupt") throw Interrupted{answer.text("number")};
    refusalNumber = answer.text("number");
    refusal = "memory refused: " + unhex(answer.text("text"));
    kj::throwFatalException(
        kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__, kj::heapString(refusal.c_str())));
  }
  return answer;
}

// A message in memory of the harness.
class SharedMessage final : public capnp::MessageBuilder {
public:
  kj::ArrayPtr<word> allocateSegment(uint minimumSize) override {
    std::string number = call("allocate words=" + std::to_string(minimumSize)).text("segment");
    Line place = placeOf(number);
    bool none = place.word == "nothing";
    segments.push_back({number, none ? 0 : place.number("bytes") / sizeof(word)});
    if (none) return nullptr;
    char* base = place.text("readonly") == "1" ? readable : writable;
    return kj::arrayPtr(reinterpret_cast<word*>(base + place.number("at")),
                        place.number("bytes") / sizeof(word));
  }

  bool isEmpty() const { return segments.empty(); }

  // The words in use of each segment.
  std::vector<size_t> words() {
    std::vector<size_t> result;
    if (!segments.empty()) {
      for (auto segment : getSegmentsForOutput()) result.push_back(segment.size());
    }
    // A segment that the library did not take has no words in use.
    result.resize(segments.size());
    return result;
  }

  // The library never tells its memory how many words it used, so all that were granted count.
  void release() {
    std::vector<Granted> released;
    released.swap(segments);
    std::string interrupt;
    for (const Granted& segment : released) {
      // The driver makes this call, not the library, so a refusal is no fault of the library's.
      send("release segment=" + segment.number + " words=" + std::to_string(segment.words));
      Line answer = receive();
      if (answer.word == "refused" && answer.text("kind") == "interrupt") {
        interrupt = answer.text("number");
      }
    }
    if (!interrupt.empty()) throw Interrupted{interrupt};
  }

private:
  // The place of a new segment. If it has no place, release it: the library never gets it.
  Line placeOf(const std::string& number) {
    try {
      return call("segment segment=" + number);
    } catch (...) {
      send("release segment=" + number + " words=0");
      receive();
      throw;
    }
  }

  struct Granted {
    std::string number;
    size_t words;
  };

  std::vector<Granted> segments;
};

// ------------------------------------------------------------------------------------ coverage

// The libraries come compiled, so no compiler can instrument them. Instead, the first byte of each of
// their basic blocks is replaced by a breakpoint. When it is hit, the block's counter is set and the
// byte is put back, so a block costs time once in a process. build.py finds the blocks.
namespace coverage {

std::vector<uintptr_t> blocks;
std::vector<uint8_t> firstBytes;
uint8_t* counters;
bool counting = false;

#if defined(__linux__) && defined(__x86_64__)

const uint8_t BREAKPOINT = 0xcc;

void onBreakpoint(int, siginfo_t*, void* context) {
  auto& next = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP];
  uintptr_t at = next - 1;
  auto found = std::lower_bound(blocks.begin(), blocks.end(), at);
  if (found == blocks.end() || *found != at) {
    signal(SIGTRAP, SIG_DFL);
    return;
  }
  size_t index = found - blocks.begin();
  *reinterpret_cast<uint8_t*>(at) = firstBytes[index];
  counters[index] = 1;
  next = at;
}

// Read the blocks. There are none if the room is too small, or if code cannot be changed here.
void prepare(const std::string& program, char* room, size_t length) {
  std::ifstream listing(program + ".blocks");
  uintptr_t at;
  while (listing >> std::hex >> at) blocks.push_back(at);
  if (blocks.empty()) return;
  uintptr_t page = sysconf(_SC_PAGESIZE);
  uintptr_t first = blocks.front() / page * page;
  int access = PROT_READ | PROT_WRITE | PROT_EXEC;
  if (blocks.size() > length ||
      mprotect(reinterpret_cast<void*>(first), blocks.back() + 1 - first, access) != 0) {
    blocks.clear();
  }
  counters = reinterpret_cast<uint8_t*>(room);
}

// Set the breakpoints, at the first message: another process may use the same counters before.
void begin() {
  if (counting) return;
  counting = true;
  struct sigaction action = {};
  action.sa_sigaction = onBreakpoint;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGTRAP, &action, nullptr);
  for (uintptr_t block : blocks) {
    auto byte = reinterpret_cast<uint8_t*>(block);
    firstBytes.push_back(*byte);
    *byte = BREAKPOINT;
  }
}

#else

void prepare(const std::string&, char*, size_t) {}
void begin() {}

#endif

}  // namespace coverage

// ------------------------------------------------------------------------------------- handles

using Orphan = capnp::Orphan<AnyPointer>;
// A list of pointers is an AnyList, because the dynamic API has no elements of type AnyPointer.
using Handle =
    std::variant<DynamicStruct::Builder, DynamicList::Builder, AnyList::Builder, std::shared_ptr<Orphan>>;

capnp::SchemaParser* parser;
capnp::ParsedSchema schemas;
std::unique_ptr<SharedMessage> message;
std::map<uint64_t, Handle> handles;

bool isPointer(const std::string& kind) {
  return kind == "Text" || kind == "Data" || kind == "List" || kind == "AnyPointer";
}

capnp::StructSchema structOf(const std::string& name) {
  if (name == "Wide") throw Unsupported{"a struct that the schema does not have"};
  return schemas.getNested(name).asStruct();
}

// The schema of the list that a line describes.
capnp::ListSchema listOf(const Line& line) {
  using Which = capnp::schema::Type::Which;
  static const std::map<std::string, Which> scalars = {
      {"Void", Which::VOID},       {"Bool", Which::BOOL},       {"Int8", Which::INT8},
      {"Int16", Which::INT16},     {"Int32", Which::INT32},     {"Int64", Which::INT64},
      {"UInt8", Which::UINT8},     {"UInt16", Which::UINT16},   {"UInt32", Which::UINT32},
      {"UInt64", Which::UINT64},   {"Float32", Which::FLOAT32}, {"Float64", Which::FLOAT64},
      {"Enum", Which::UINT16},     {"Text", Which::TEXT},       {"Data", Which::DATA},
  };
  const std::string& element = line.text("element");
  if (element == "Struct") {
    const std::string& type = line.text("type");
    return capnp::ListSchema::of(structOf(type.substr(5, type.size() - 6)));
  }
  if (element == "List") return capnp::ListSchema::of(capnp::ListSchema::of(Which::UINT16));
  auto found = scalars.find(element);
  if (found == scalars.end()) throw Unsupported{"lists of " + element};
  return capnp::ListSchema::of(found->second);
}

Handle& on(const Line& line) { return handles.at(line.number("on")); }

// Check an index as DynamicList does it.
template <typename List>
uint indexIn(List& list, const Line& line) {
  uint index = line.number("index");
  KJ_REQUIRE(index < list.size(), "List index out-of-bounds.");
  return index;
}

// The pointer at the place of a line.
AnyPointer::Builder pointerAt(const Line& line) {
  Handle& handle = on(line);
  if (auto* any = std::get_if<AnyList::Builder>(&handle)) {
    auto list = any->as<PointerList>();
    return list[indexIn(list, line)];
  }
  capnp::AnyStruct::Builder any = std::get<DynamicStruct::Builder>(handle);
  return any.getPointerSection()[line.number("slot")];
}

// The struct that has a field directly: fields of groups have dotted names.
DynamicStruct::Builder groupOf(DynamicStruct::Builder holder, std::string& name) {
  size_t dot;
  while ((dot = name.find('.')) != std::string::npos) {
    holder = holder.get(name.substr(0, dot)).as<DynamicStruct>();
    name = name.substr(dot + 1);
  }
  return holder;
}

std::string made(const Line& line, Handle handle) {
  handles.insert_or_assign(line.number("makes"), kj::mv(handle));
  return " object=1";
}

// ------------------------------------------------------------------------------------- values

template <typename Float, typename Bits>
Float floatOf(Bits bits) {
  Float result;
  memcpy(&result, &bits, sizeof(result));
  return result;
}

template <typename Bits, typename Float>
uint64_t bitsOf(Float value, Bits quiet) {
  Bits bits;
  memcpy(&bits, &value, sizeof(bits));
  return value != value ? bits | quiet : bits;
}

// A number of a line as a value of the dynamic API.
DynamicValue::Reader numberOf(const std::string& kind, const std::string& text) {
  if (kind == "Bool") return text == "1";
  if (kind == "Float32") return floatOf<float>(static_cast<uint32_t>(std::stoul(text)));
  if (kind == "Float64") return floatOf<double>(static_cast<uint64_t>(std::stoull(text)));
  if (text[0] == '-') return static_cast<int64_t>(std::stoll(text));
  return static_cast<uint64_t>(std::stoull(text));
}

std::string tell(const std::string& kind, DynamicValue::Builder value) {
  std::string text;
  if (kind == "Bool") {
    text = value.as<bool>() ? "1" : "0";
  } else if (kind == "Float32") {
    text = std::to_string(bitsOf<uint32_t>(value.as<float>(), 1u << 22));
  } else if (kind == "Float64") {
    text = std::to_string(bitsOf<uint64_t>(value.as<double>(), 1ull << 51));
  } else if (kind == "Enum" && value.getType() == DynamicValue::ENUM) {
    text = std::to_string(value.as<capnp::DynamicEnum>().getRaw());
  } else if (kind[0] == 'I') {
    text = std::to_string(value.as<int64_t>());
  } else {
    text = std::to_string(value.as<uint64_t>());
  }
  return " value=" + text;
}

void setBlob(AnyPointer::Builder pointer, const std::string& kind, const std::string& value) {
  if (kind == "Text") {
    pointer.setAs<capnp::Text>(capnp::Text::Reader(value.c_str(), value.size()));
  } else {
    pointer.setAs<capnp::Data>(
        kj::arrayPtr(reinterpret_cast<const kj::byte*>(value.data()), value.size()));
  }
}

// -------------------------------------------------------------------------------- operations

// Open the list of pointers of a pointer or an orphan, as its own type if the dynamic API has it.
template <typename Holder>
AnyList::Builder pointersOf(const Line& line, Holder& holder) {
  if (line.text("element") != "AnyPointer") return holder.template getAs<DynamicList>(listOf(line));
  auto list = holder.template getAs<AnyList>();
  if (list.getElementSize() == capnp::ElementSize::INLINE_COMPOSITE) {
    throw Unsupported{"lists of structs as lists of AnyPointer"};
  }
  KJ_REQUIRE(list.getElementSize() == capnp::ElementSize::POINTER, "not a list of pointers");
  return list;
}

std::string open(const Line& line, AnyPointer::Builder pointer, bool make) {
  if (!make && pointer.isNull()) return " object=0";
  if (!line.has("element")) {
    auto schema = structOf(line.text("type"));
    return made(line, make ? pointer.initAs<DynamicStruct>(schema)
                           : pointer.getAs<DynamicStruct>(schema));
  }
  uint count = make ? line.number("count") : 0;
  if (isPointer(line.text("element"))) {
    if (make) {
      return made(line, pointer.initAsAnyList(capnp::ElementSize::POINTER, count));
    }
    return made(line, pointersOf(line, pointer));
  }
  auto schema = listOf(line);
  return made(line, make ? pointer.initAs<DynamicList>(schema, count)
                         : pointer.getAs<DynamicList>(schema));
}

std::string doRoot(const Line& line) {
  return made(line, message->initRoot<DynamicStruct>(structOf(line.text("type"))));
}

std::string doReopen(const Line& line) {
  return open(line, message->getRoot<AnyPointer>(), false);
}

std::string doSet(const Line& line) {
  const std::string& kind = line.has("as") ? line.text("as") : line.text("kind");
  if (kind == "Capability") throw Unsupported{"capabilities"};
  if (isPointer(kind)) {
    setBlob(pointerAt(line), kind, unhex(line.text("value")));
    return "";
  }
  auto value = numberOf(kind, line.text("value"));
  if (auto* list = std::get_if<DynamicList::Builder>(&on(line))) {
    list->set(line.number("index"), value);
    return "";
  }
  std::string name = line.text("field");
  auto holder = groupOf(std::get<DynamicStruct::Builder>(on(line)), name);
  auto field = holder.getSchema().getFieldByName(name);
  if (kind == "Enum") {
    auto raw = static_cast<uint16_t>(line.number("value"));
    holder.set(field, capnp::DynamicEnum(field.getType().asEnum(), raw));
  } else {
    holder.set(field, value);
  }
  return "";
}

std::string doGet(const Line& line) {
  const std::string& kind = line.text("kind");
  if (kind == "Capability") throw Unsupported{"capabilities"};
  if (kind == "AnyPointer") {
    auto pointer = pointerAt(line);
    const char* name = pointer.isNull() ? "null" : pointer.isStruct() ? "struct" : "list";
    return std::string(" value=") + (pointer.isCapability() ? "capability" : name);
  }
  if (isPointer(kind)) {
    auto pointer = pointerAt(line);
    if (pointer.isNull()) return "";
    if (kind == "Text") {
      auto text = pointer.getAs<capnp::Text>();
      return " value=" + hex(text.begin(), text.size());
    }
    auto data = pointer.getAs<capnp::Data>();
    return " value=" + hex(data.begin(), data.size());
  }
  if (auto* list = std::get_if<DynamicList::Builder>(&on(line))) {
    return tell(kind, (*list)[line.number("index")]);
  }
  std::string name = line.text("field");
  auto holder = groupOf(std::get<DynamicStruct::Builder>(on(line)), name);
  if (kind == "Union") {
    auto member = KJ_REQUIRE_NONNULL(holder.get(name).as<DynamicStruct>().which());
    return " value=" + std::to_string(member.getProto().getDiscriminantValue());
  }
  return tell(kind, holder.get(name));
}

std::string doInit(const Line& line) { return open(line, pointerAt(line), true); }

std::string doOpen(const Line& line) {
  if (auto* list = std::get_if<DynamicList::Builder>(&on(line))) {
    return made(line, (*list)[line.number("index")].as<DynamicStruct>());
  }
  return open(line, pointerAt(line), false);
}

std::string doClear(const Line& line) {
  pointerAt(line).clear();
  return "";
}

std::string doSelect(const Line& line) {
  auto holder = std::get<DynamicStruct::Builder>(on(line));
  auto group = holder.get(line.text("field")).as<DynamicStruct>();
  // The library leaves the value of the old member in place.
  KJ_IF_MAYBE(old, group.which()) group.clear(*old);
  group.clear(line.text("member"));
  return "";
}

template <typename Number>
void fill(AnyPointer::Builder pointer, const std::string& octets) {
  auto list = pointer.initAs<capnp::List<Number>>(octets.size() / sizeof(Number));
  for (uint i = 0; i < list.size(); i++) {
    Number number;
    memcpy(&number, octets.data() + i * sizeof(Number), sizeof(Number));
    list.set(i, number);
  }
}

std::string doFill(const Line& line) {
  const std::string& element = line.text("element");
  std::string octets = unhex(line.text("value"));
  auto pointer = pointerAt(line);
  // Numbers are written as unsigned ones, so that no bit of a float changes.
  if (element.find("64") != std::string::npos) {
    fill<uint64_t>(pointer, octets);
  } else if (element.find("32") != std::string::npos) {
    fill<uint32_t>(pointer, octets);
  } else if (element.find("16") != std::string::npos || element == "Enum") {
    fill<uint16_t>(pointer, octets);
  } else {
    fill<uint8_t>(pointer, octets);
  }
  return open(line, pointer, false);
}

std::string doCopy(const Line& line) {
  Handle& source = handles.at(line.number("from"));
  if (auto* list = std::get_if<DynamicList::Builder>(&on(line))) {
    auto element = std::get<DynamicStruct::Builder>(source);
    if (element.getSchema() != list->getSchema().getStructElementType()) {
      throw Unsupported{"copies of another type into a list"};
    }
    list->set(line.number("index"), element.asReader());
    return "";
  }
  auto pointer = pointerAt(line);
  if (auto* object = std::get_if<DynamicStruct::Builder>(&source)) {
    pointer.setAs<DynamicStruct>(object->asReader());
  } else if (auto* list = std::get_if<DynamicList::Builder>(&source)) {
    pointer.setAs<DynamicList>(list->asReader());
  } else {
    pointer.setAs<AnyList>(std::get<AnyList::Builder>(source).asReader());
  }
  return "";
}

std::string doCopyroot(const Line& line) {
  message->setRoot(std::get<DynamicStruct::Builder>(on(line)).asReader());
  return "";
}

std::string doNew(const Line& line) {
  auto orphanage = message->getOrphanage();
  Handle& source = on(line);
  Orphan orphan;
  if (auto* object = std::get_if<DynamicStruct::Builder>(&source)) {
    orphan = orphanage.newOrphanCopy(object->asReader());
  } else if (auto* list = std::get_if<DynamicList::Builder>(&source)) {
    orphan = orphanage.newOrphanCopy(list->asReader());
  } else {
    throw Unsupported{"orphans of lists of pointers"};
  }
  return made(line, std::make_shared<Orphan>(kj::mv(orphan)));
}

std::string doDisown(const Line& line) {
  auto pointer = pointerAt(line);
  if (pointer.isNull()) return " object=0";
  return made(line, std::make_shared<Orphan>(pointer.disown()));
}

std::string doAdopt(const Line& line) {
  auto orphan = std::get<std::shared_ptr<Orphan>>(handles.at(line.number("from")));
  pointerAt(line).adopt(kj::mv(*orphan));
  return "";
}

std::string doUnwrap(const Line& line) {
  auto orphan = std::get<std::shared_ptr<Orphan>>(on(line));
  if (!line.has("element")) {
    return made(line, orphan->getAs<DynamicStruct>(structOf(line.text("type"))));
  }
  if (isPointer(line.text("element"))) return made(line, pointersOf(line, *orphan));
  return made(line, orphan->getAs<DynamicList>(listOf(line)));
}

std::string doDrop(const Line& line) {
  handles.erase(line.number("on"));
  return "";
}

std::string doOutput(const Line&) {
  // The library makes the first segment when the root is requested.
  message->getRoot<AnyPointer>();
  auto words = capnp::messageToFlatArray(*message);
  return " value=" + hex(words.begin(), words.asBytes().size());
}

std::string doCanonical(const Line&) {
  // To ask the library for the root makes the first segment.
  if (message->isEmpty()) throw Unsupported{"the canonical form of no root"};
  auto root = message->getRoot<AnyPointer>();
  if (root.isNull()) throw Unsupported{"the canonical form of no root"};
  capnp::AnyStruct::Reader any = root.getAs<DynamicStruct>(structOf("Everything")).asReader();
  auto words = any.canonicalize();
  return " value=" + hex(words.begin(), words.asBytes().size());
}

std::string doBegin(const Line&) {
  coverage::begin();
  handles.clear();
  message = std::make_unique<SharedMessage>();
  return "";
}

std::string doClose(const Line&) {
  handles.clear();
  auto closing = kj::mv(message);
  closing->release();
  return "";
}

const std::map<std::string, std::string (*)(const Line&)> operations = {
    {"root", doRoot},         {"reopen", doReopen}, {"set", doSet},       {"get", doGet},
    {"init", doInit},         {"open", doOpen},     {"clear", doClear},   {"select", doSelect},
    {"fill", doFill},         {"copy", doCopy},     {"new", doNew},       {"copyroot", doCopyroot},
    {"disown", doDisown},     {"adopt", doAdopt},   {"unwrap", doUnwrap}, {"drop", doDrop},
    {"output", doOutput},     {"canonical", doCanonical},
};

std::string wordsInUse() {
  std::string text = " words=";
  if (message) {
    for (size_t words : message->words()) text += (text.back() == '=' ? "" : ",") + std::to_string(words);
  }
  return text;
}

std::string report(const kj::Exception& error) {
  std::string text = error.getDescription().cStr();
  std::string failure = "error";
  std::string cause;
  if (!refusal.empty() && text.find(refusal) != std::string::npos) {
    failure = "refused";
    cause = " cause=" + refusalNumber;
  } else if (text.find("List index out-of-bounds") != std::string::npos) {
    failure = "index";
  }
  std::string file = error.getFile();
  return "raised failure=" + failure + " class=kj::Exception text=" + hex(text) + cause + " at=" +
         file.substr(file.rfind('/') + 1);
}

std::string answer(const Line& line) {
  refusal.clear();
  try {
    if (line.word == "begin") return "done" + doBegin(line);
    if (line.word == "close") return "done" + doClose(line);
    auto found = operations.find(line.word);
    if (found == operations.end()) throw Unsupported{line.word};
    return "done" + found->second(line);
  } catch (const Unsupported& error) {
    return "unsupported text=" + hex(error.what);
  } catch (const Interrupted& error) {
    return "passed cause=" + error.number;
  } catch (const kj::Exception& error) {
    return report(error);
  } catch (const std::exception& error) {
    return "raised failure=foreign class=std::exception text=" + hex(std::string(error.what()));
  }
}

void demand(const char* name, const char* text) {
  std::string place = "capnp/message.h, MessageBuilder::allocateSegment";
  send(std::string("demand name=") + name + " text=" + hex(std::string(text)) + " place=" + hex(place));
}

void hello() {
  std::string names;
  for (auto& entry : operations) names += (names.empty() ? "" : ",") + entry.first;
  std::string version = std::to_string(CAPNP_VERSION / 1000000) + "." +
                        std::to_string(CAPNP_VERSION / 1000 % 1000) + "." +
                        std::to_string(CAPNP_VERSION % 1000);
  send("hello library=capnproto version=" + version + " language=C++ operations=" + names +
       " detects=index promises=P1,P2,P3,P8,P9,P11 able=memory,words" +
       (coverage::blocks.empty() ? "" : ",coverage counters=" + std::to_string(coverage::blocks.size())));
  demand("zeroed", "allocateSegment() is responsible for zeroing the memory before returning.");
  demand("enough", "Allocates an array of at least the given number of zero'd words");
  const char* valid =
      "The returned space remains valid at least until the MessageBuilder is destroyed.";
  demand("fixed", valid);
  demand("whole", valid);
  send("ready");
}

}  // namespace

int main(int, char** arguments) {
  Line start = receive();
  int file = open(start.text("memory").c_str(), O_RDWR);
  size_t memory = start.number("bytes");
  size_t room = start.has("counters") ? start.number("counters") : 0;
  size_t size = memory + room;
  writable = static_cast<char*>(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
  readable = static_cast<char*>(mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0));
  if (writable == MAP_FAILED || readable == MAP_FAILED) {
    perror("the memory cannot be mapped");
    return 1;
  }
  coverage::prepare(arguments[0], writable + memory, room);
  capnp::SchemaParser schemaParser;
  parser = &schemaParser;
  auto disk = kj::newDiskFilesystem();
  auto path = kj::Path::parse(kj::StringPtr(unhex(start.text("schema")).c_str() + 1));
  schemas = schemaParser.parseFromDirectory(disk->getRoot(), kj::mv(path), nullptr);
  hello();
  while (true) {
    Line line = receive();
    std::string reply = answer(line);
    send(reply + wordsInUse());
  }
}
