// MessagePack, read into nodes that know where they stand and whether they are in the shortest form
// (docs/format.md, sections 8 and 9), and the few forms that are written here.
//
// A node is { kind, start, end, shortest } with `value` (int, bool, float), `octets` (str, bin,
// extension), `number` (extension), `items` (array) or `pairs` (map). `shortest` is of the node
// alone. Ints are BigInt.

import { concat } from "./envelope.mjs";
import { undecodable } from "./refused.mjs";

const MAX_DEPTH = 1024; // 255 must be read, more may be.
const FIXED_EXTENSIONS = [1, 2, 4, 8, 16];
// What the next smaller form of a length, and of a number, still holds.
const SMALLER_LENGTH = { 2: 255n, 4: 65535n };
const SMALLER_UNSIGNED = { 1: 127n, 2: 255n, 4: 65535n, 8: 4294967295n };
const SMALLER_SIGNED = { 1: -32n, 2: -128n, 4: -32768n, 8: -2147483648n };

const utf8 = new TextEncoder();

/** The string that octets stand for; refused where they are not UTF-8. */
export function stringOf(octets) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    throw undecodable();
  }
}

class Reader {
  constructor(octets) {
    this.octets = octets;
    this.at = 0;
  }

  take(count) {
    // Checked before anything is taken: no length makes this allocate what did not come.
    if (count > this.octets.length - this.at) throw undecodable();
    this.at += count;
    return this.octets.subarray(this.at - count, this.at);
  }

  view(size) {
    const octets = this.take(size);
    return new DataView(octets.buffer, octets.byteOffset, size);
  }

  unsigned(size) {
    return this.take(size).reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
  }

  read(depth = 0) {
    if (depth > MAX_DEPTH) throw undecodable();
    const start = this.at;
    const node = this.body(this.take(1)[0], depth);
    return { shortest: true, ...node, start, end: this.at };
  }

  body(first, depth) {
    if (first <= 0x7f) return { kind: "int", value: BigInt(first) };
    if (first <= 0x8f) return this.map(first & 15, depth);
    if (first <= 0x9f) return this.array(first & 15, depth);
    if (first <= 0xbf) return { kind: "str", octets: this.take(first & 31) };
    if (first >= 0xe0) return { kind: "int", value: BigInt(first) - 256n };
    if (first === 0xc0) return { kind: "nil" };
    if (first === 0xc1) throw undecodable();
    if (first <= 0xc3) return { kind: "bool", value: first === 0xc3 };
    if (first <= 0xc6) return this.sized("bin", 1 << (first - 0xc4), -1n);
    if (first <= 0xc9) return this.extension(1 << (first - 0xc7));
    if (first === 0xca) return { kind: "float", value: this.view(4).getFloat32(0), shortest: false };
    if (first === 0xcb) return { kind: "float", value: this.view(8).getFloat64(0) };
    if (first <= 0xcf) return this.int(1 << (first - 0xcc), false);
    if (first <= 0xd3) return this.int(1 << (first - 0xd0), true);
    if (first <= 0xd8) return this.contents(FIXED_EXTENSIONS[first - 0xd4], true);
    if (first <= 0xdb) return this.sized("str", 1 << (first - 0xd9), 31n);
    const size = first % 2 === 0 ? 2 : 4;
    const count = this.unsigned(size);
    const node = first <= 0xdd ? this.array(count, depth) : this.map(count, depth);
    return { ...node, shortest: count > (size === 2 ? 15n : SMALLER_LENGTH[size]) };
  }

  int(size, signed) {
    const bits = this.unsigned(size);
    const value = signed ? BigInt.asIntN(8 * size, bits) : bits;
    const shortest = signed ? value < SMALLER_SIGNED[size] : value > SMALLER_UNSIGNED[size];
    return { kind: "int", value, shortest };
  }

  sized(kind, size, fixed) {
    const length = this.unsigned(size);
    const shortest = length > (size === 1 ? fixed : SMALLER_LENGTH[size]);
    return { kind, octets: this.take(Number(length)), shortest };
  }

  extension(size) {
    const length = this.unsigned(size);
    const fixed = FIXED_EXTENSIONS.includes(Number(length));
    return this.contents(Number(length), size === 1 ? !fixed : length > SMALLER_LENGTH[size]);
  }

  contents(length, shortest) {
    const number = this.view(1).getInt8(0);
    return { kind: "extension", number, octets: this.take(length), shortest };
  }

  array(count, depth) {
    const items = [];
    while (items.length < count) items.push(this.read(depth + 1));
    return { kind: "array", items };
  }

  map(count, depth) {
    const pairs = [];
    while (pairs.length < count) pairs.push([this.read(depth + 1), this.read(depth + 1)]);
    return { kind: "map", pairs };
  }
}

/** The one node that octets are, with nothing behind it. */
export function readWhole(octets) {
  const reader = new Reader(octets);
  const node = reader.read();
  if (reader.at !== octets.length) throw undecodable();
  return node;
}

function number(first, size, value) {
  const digits = BigInt.asUintN(8 * size, value).toString(16).padStart(2 * size, "0");
  return Uint8Array.from([first, ...digits.match(/../g).map((pair) => Number.parseInt(pair, 16))]);
}

function packInt(value) {
  if (value >= -32n && value <= 127n) return Uint8Array.of(Number(BigInt.asUintN(8, value)));
  if (value >= 2n ** 64n || value < -(2n ** 63n)) {
    throw new RangeError("Integers beyond 64 bits are left to the origin.");
  }
  const [limits, first] = value < 0n ? [SMALLER_SIGNED, 0xd0] : [SMALLER_UNSIGNED, 0xcc];
  const fits = ([, limit]) => (value < 0n ? value < limit : value > limit);
  const size = Number(Object.entries(limits).findLast(fits)[0]);
  return number(first + Math.log2(size), size, value);
}

function headed(length, [fixed, room, first8, first16]) {
  if (length <= room) return Uint8Array.of(fixed | length);
  if (first8 !== null && length <= 255) return number(first8, 1, BigInt(length));
  return length <= 65535
    ? number(first16, 2, BigInt(length))
    : number(first16 + 1, 4, BigInt(length));
}

const STR = [0xa0, 31, 0xd9, 0xda];
const BIN = [0, -1, 0xc4, 0xc5];
const ARRAY = [0x90, 15, null, 0xdc];
const MAP = [0x80, 15, null, 0xde];

function packFloat(value) {
  const octets = new Uint8Array(9);
  octets[0] = 0xcb;
  new DataView(octets.buffer).setFloat64(1, value);
  return octets;
}

export const packBin = (octets) => concat(headed(octets.length, BIN), octets);
export const packMap = (pairs) => concat(headed(pairs.length, MAP), ...pairs.flat());

/**
 * Pack a value as docs/format.md, section 9, says. A number without a fraction is an int.
 *
 * @param {unknown} value null, a boolean, number, bigint, string, Uint8Array, an array, a Map, or an
 *   object of properties.
 * @returns {Uint8Array}
 * @throws {TypeError} it is or holds something else.
 */
export function pack(value) {
  if (value === null) return Uint8Array.of(0xc0);
  if (typeof value === "boolean") return Uint8Array.of(value ? 0xc3 : 0xc2);
  if (typeof value === "bigint") return packInt(value);
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return packInt(BigInt(value));
  if (typeof value === "number") return packFloat(value);
  if (typeof value === "string" && value.isWellFormed()) {
    const octets = utf8.encode(value);
    return concat(headed(octets.length, STR), octets);
  }
  if (value instanceof Uint8Array) return packBin(value);
  if (Array.isArray(value)) return concat(headed(value.length, ARRAY), ...value.map(pack));
  const prototype = typeof value === "object" ? Object.getPrototypeOf(value) : undefined;
  if (value instanceof Map || prototype === null || prototype === Object.prototype) {
    const pairs = value instanceof Map ? [...value] : Object.entries(value);
    if (pairs.every(([key]) => typeof key === "string")) {
      return packMap(pairs.map(([key, item]) => [pack(key), pack(item)]));
    }
  }
  throw new TypeError("Null, booleans, numbers, strings, octets, arrays and maps are written here.");
}
