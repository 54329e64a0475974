// A driver of capnp-es, by the functions that its generated code calls.
//
// The protocol is described in docs/drivers.md. The library takes no memory from outside.

import { readFileSync, readSync, writeSync } from "node:fs";
import * as capnp from "capnp-es";

const { utils } = capnp;

// ---------------------------------------------------------------------------------------- lines

let unread = "";

function receive() {
  const part = Buffer.alloc(65536);
  while (!unread.includes("\n")) {
    let size = 0;
    try {
      size = readSync(0, part);
    } catch (error) {
      if (error.code === "EAGAIN") continue;
      if (error.code !== "EOF") throw error;
    }
    if (size === 0) process.exit(0);
    unread += part.toString("latin1", 0, size);
  }
  const end = unread.indexOf("\n");
  const [word, ...pairs] = unread.slice(0, end).split(" ");
  unread = unread.slice(end + 1);
  return { word, ...Object.fromEntries(pairs.map((pair) => pair.split("="))) };
}

function send(line) {
  const data = Buffer.from(line + "\n", "latin1");
  for (let done = 0; done < data.length; ) {
    try {
      done += writeSync(1, data, done);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

const hex = (data) => Buffer.from(data).toString("hex");

class Unsupported extends Error {}

// ------------------------------------------------------------------------------------- objects

let message;
let handles;
let hasRoot;

const structs = new Map();

function structOf(line) {
  const key = `${line.data} ${line.pointers}`;
  if (!structs.has(key)) {
    const size = new capnp.ObjectSize(Number(line.data) * 8, Number(line.pointers));
    structs.set(
      key,
      class extends capnp.Struct {
        static _capnp = { displayName: "Struct", id: "0", size };
      },
    );
  }
  return structs.get(key);
}

const lists = {
  Void: capnp.VoidList,
  Bool: capnp.BoolList,
  Int8: capnp.Uint8List,
  Int16: capnp.Uint16List,
  Int32: capnp.Uint32List,
  Int64: capnp.Uint64List,
  UInt8: capnp.Uint8List,
  UInt16: capnp.Uint16List,
  UInt32: capnp.Uint32List,
  UInt64: capnp.Uint64List,
  Float32: capnp.Uint32List,
  Float64: capnp.Uint64List,
  Enum: capnp.Uint16List,
  Text: capnp.TextList,
  Data: capnp.DataList,
};

function listOf(line) {
  if (line.element === "Struct") {
    const Element = structOf(line);
    return class extends capnp.List {
      static _capnp = {
        compositeSize: Element._capnp.size,
        displayName: "List<Struct>",
        size: capnp.ListElementSize.COMPOSITE,
      };
      get(index) {
        return new Element(this.segment, this.byteOffset, this._capnp.depthLimit - 1, index);
      }
    };
  }
  const found = lists[line.element];
  if (!found) throw new Unsupported(`lists of ${line.element}`);
  return found;
}

const isPointer = (kind) => ["Text", "Data", "List", "Struct", "Evolving"].includes(kind);

function on(line) {
  return handles.get(line.on);
}

// The pointer at a place: fields of structs only.
function pointerAt(line) {
  if (["AnyPointer", "Capability"].includes(line.kind)) throw new Unsupported(line.kind);
  if (line.index !== undefined) throw new Unsupported("elements that are pointers");
  return utils.getPointer(Number(line.slot), on(line));
}

function made(line, handle) {
  handles.set(line.makes, handle);
  return " object=1";
}

// -------------------------------------------------------------------------------------- values

const widths = { Void: 0, Bool: 1, Enum: 16, Union: 16, Float32: 32, Float64: 64 };
const widthOf = (kind) => widths[kind] ?? Number(/\d+$/.exec(kind)[0]);

// A number of a line as the bits of its two's complement.
const bitsOf = (kind, text) => BigInt.asUintN(widthOf(kind), BigInt(text ?? 0));

function tell(kind, bits) {
  const width = widthOf(kind);
  let value = BigInt(bits);
  if (kind.startsWith("Int")) value = BigInt.asIntN(width, value);
  const isNaN32 = kind === "Float32" && (value & 0x7fffffffn) > 0x7f800000n;
  const isNaN64 = kind === "Float64" && (value & 0x7fffffffffffffffn) > 0x7ff0000000000000n;
  if (isNaN32) value |= 1n << 22n;
  if (isNaN64) value |= 1n << 51n;
  return ` value=${value}`;
}

function put(struct, slot, kind, bits) {
  const width = widthOf(kind);
  if (width === 0) return;
  if (width === 1) utils.setBit(slot, bits === 1n, struct);
  else if (width === 64) utils.setUint64(slot * 8, bits, struct);
  else utils[`setUint${width}`]((slot * width) / 8, Number(bits), struct);
}

function take(struct, slot, kind) {
  const width = widthOf(kind);
  if (width === 0) return 0n;
  if (width === 1) return BigInt(utils.getBit(slot, struct));
  return BigInt(utils[`getUint${width}`]((slot * width) / 8, struct));
}

function setElement(list, index, kind, bits) {
  const width = widthOf(kind);
  if (width) list.set(index, width === 1 ? bits === 1n : width === 64 ? bits : Number(bits));
}

// ---------------------------------------------------------------------------------- operations

const operations = {
  root(line) {
    hasRoot = true;
    return made(line, message.initRoot(structOf(line)));
  },
  reopen(line) {
    if (!hasRoot) throw new Unsupported("a root that may be null");
    return made(line, message.getRoot(structOf(line)));
  },
  set(line) {
    if (line.kind === "Text" && line.index !== undefined) {
      on(line).set(Number(line.index), Buffer.from(line.value, "hex").toString());
    } else if (line.kind === "Text") {
      pointerAt(line);
      utils.setText(Number(line.slot), Buffer.from(line.value, "hex").toString(), on(line));
    } else if (line.kind === "Data") {
      pointerAt(line);
      const octets = Buffer.from(line.value, "hex");
      const data = utils.initData(Number(line.slot), octets.length, on(line));
      data.copyBuffer(octets);
    } else if (isPointer(line.kind) || ["AnyPointer", "Capability"].includes(line.kind)) {
      throw new Unsupported(line.kind);
    } else if (line.index !== undefined) {
      setElement(on(line), Number(line.index), line.kind, bitsOf(line.kind, line.value));
    } else {
      const bits = bitsOf(line.kind, line.value) ^ bitsOf(line.kind, line.default);
      put(on(line), Number(line.slot), line.kind, bits);
    }
  },
  get(line) {
    if (line.kind === "Text" || line.kind === "Data") {
      const pointer = pointerAt(line);
      if (utils.isNull(pointer)) return "";
      if (line.kind === "Text") {
        return ` value=${hex(Buffer.from(utils.getText(Number(line.slot), on(line))))}`;
      }
      return ` value=${hex(utils.getData(Number(line.slot), on(line)).toUint8Array())}`;
    }
    if (["AnyPointer", "Capability"].includes(line.kind)) throw new Unsupported(line.kind);
    if (line.index !== undefined) return tell(line.kind, on(line).get(Number(line.index)) ?? 0);
    const bits = take(on(line), Number(line.slot), line.kind);
    return tell(line.kind, bits ^ bitsOf(line.kind, line.default));
  },
  init(line) {
    pointerAt(line);
    const slot = Number(line.slot);
    if (line.element === undefined) {
      return made(line, utils.initStructAt(slot, structOf(line), on(line)));
    }
    return made(line, utils.initList(slot, listOf(line), Number(line.count), on(line)));
  },
  open(line) {
    if (line.index !== undefined && line.kind === "Struct") {
      return made(line, on(line).get(Number(line.index)));
    }
    const pointer = pointerAt(line);
    const slot = Number(line.slot);
    if (utils.isNull(pointer)) return " object=0";
    if (line.element === undefined) {
      return made(line, utils.getStruct(slot, structOf(line), on(line)));
    }
    return made(line, utils.getList(slot, listOf(line), on(line)));
  },
  clear(line) {
    utils.erase(pointerAt(line));
  },
  select(line) {
    const struct = on(line);
    for (const slot of line.clears.split(",")) utils.erase(utils.getPointer(Number(slot), struct));
    for (const slot of line.slots.split(",")) {
      const [kind, offset] = slot.split(":");
      put(struct, Number(offset), kind, 0n);
    }
    put(struct, Number(line.slot), "Union", BigInt(line.number));
  },
  fill(line) {
    pointerAt(line);
    const octets = Buffer.from(line.value, "hex");
    const size = widthOf(line.element) / 8;
    const count = octets.length / size;
    const list = utils.initList(Number(line.slot), listOf(line), count, on(line));
    for (let index = 0; index < count; index++) {
      const number = octets.subarray(index * size, (index + 1) * size).toReversed();
      setElement(list, index, line.element, BigInt("0x" + hex(number)));
    }
    return made(line, list);
  },
  copy(line) {
    const source = handles.get(line.from);
    if (line.index !== undefined) throw new Unsupported("copies into a list");
    utils.copyFrom(source, pointerAt(line));
  },
  output() {
    return ` value=${hex(Buffer.from(message.toArrayBuffer()))}`;
  },
};

const control = {
  begin() {
    handles = new Map();
    message = new capnp.Message();
    hasRoot = false;
  },
  close() {
    handles = message = undefined;
  },
};

function answer(line) {
  try {
    const perform = control[line.word] ?? operations[line.word];
    if (!perform) throw new Unsupported(line.word);
    return "done" + (perform(line) ?? "");
  } catch (error) {
    if (error instanceof Unsupported) return `unsupported text=${hex(Buffer.from(error.message))}`;
    const own = error.constructor === Error || error instanceof RangeError;
    const text = hex(Buffer.from(String(error.message)));
    return `raised failure=${own ? "error" : "foreign"} class=${error.constructor.name} text=${text}`;
  }
}

receive();
const manifest = new URL("node_modules/capnp-es/package.json", import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, "utf8"));
send(
  `hello library=capnp-es version=${version} language=JavaScript ` +
    `operations=${Object.keys(operations).join(",")} promises=P1,P2,P9,P11`,
);
send("ready");
for (;;) send(answer(receive()));
