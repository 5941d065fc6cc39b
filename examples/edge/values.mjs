// The map of a session and its values as JavaScript has them (docs/format.md, sections 8 and 9).
//
// What has no exact form here, or is compressed or kept elsewhere, is not read and not refused: its
// octets stay, and are sealed again as they came.

import { encode, hex } from "./envelope.mjs";
import { pack, packBin, packMap, readWhole, stringOf } from "./msgpack.mjs";
import { STATIC_NAMES } from "./names.mjs";
import { undecodable } from "./refused.mjs";

const MAX_WRITTEN_DEPTH = 255;
const ESCAPE = 0xc1;
const BIG_INT = 1;
const SURROGATES = 2;
const LAST_LEAF = 13;
const HEX = 32;
const BASE64URL = 33;
const UUID_TEXT = 34;
const TUPLE = 64;
const SET = 65;
const FROZENSET = 66;
const DICT = 67;
const MARKUP = 68;
const REGISTERED = 70;

/** What is left to the origin. */
class Unread extends Error {}

/** The number of the marker that leads an array, or null. */
function markerOf(node) {
  const first = node.items?.[0];
  if (first?.kind !== "extension" || first.octets.length > 0) return null;
  return first.shortest ? first.number : -1;
}

const signed = (octets) => BigInt.asIntN(8 * octets.length, BigInt(`0x${hex(octets)}`));

function bigInt(octets) {
  const size = octets.length;
  const value = signed(octets);
  const longer = size > 1 && BigInt.asIntN(8 * (size - 1), value) === value;
  if (longer || (value < 2n ** 64n && value >= -(2n ** 63n))) throw new Unread();
  return value;
}

function uuidText(octets) {
  if (octets.length !== 16) throw new Unread();
  return hex(octets).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function leaf({ number, octets }) {
  if (octets.length === 0) throw new Unread();
  if (number === BIG_INT) return bigInt(octets);
  if (number === HEX) return hex(octets);
  if (number === BASE64URL) return encode(octets);
  if (number === UUID_TEXT) return uuidText(octets);
  throw new Unread();
}

function marked(marker, nodes) {
  const items = nodes.map(valueOf);
  if (marker === TUPLE) return items;
  const isDict = marker === DICT;
  if ((!isDict && marker !== SET && marker !== FROZENSET) || (isDict && items.length % 2)) {
    throw new Unread();
  }
  const isKey = (_, at) => !isDict || at % 2 === 0;
  const keys = items.filter(isKey);
  const made = isDict
    ? new Map(keys.map((key, at) => [key, items[2 * at + 1]]))
    : new Set(items);
  // A set of JavaScript holds one NaN and no -0, and one of Python may hold several and one.
  const differs = made.size !== keys.length || keys.some((key) => Object.is(key, -0));
  if (differs || !nodes.filter(isKey).every(canBeKey)) throw new Unread();
  return made;
}

function valueOf(node) {
  switch (node.kind) {
    case "nil":
      return null;
    case "bool":
    case "float":
      return node.value;
    case "int":
      return Number.isSafeInteger(Number(node.value)) ? Number(node.value) : node.value;
    case "str":
      return stringOf(node.octets);
    case "bin":
      return node.octets.slice();
    case "extension":
      return leaf(node);
    case "map":
      if (node.pairs.some(([key]) => key.kind !== "str")) throw new Unread();
      return new Map(node.pairs.map((pair) => pair.map(valueOf)));
  }
  const marker = markerOf(node);
  return marker === null ? node.items.map(valueOf) : marked(marker, node.items.slice(1));
}

/** The value of an entry of the map; throws where it is left to the origin. */
function entryValue(node) {
  if (node.kind === "array" || node.kind === "map") throw new Unread();
  if (node.kind !== "bin") return valueOf(node);
  if (node.octets.length === 0 || node.octets[0] === ESCAPE) throw new Unread();
  return valueOf(readWhole(node.octets));
}

/** Whether a packed value can be a key: no list, dict or set is one. */
function canBeKey(node) {
  if (node.kind === "map") return false;
  if (node.kind === "str") return stringOf(node.octets) !== null;
  if (node.kind === "extension") {
    const { number, octets } = node;
    return octets.length > 0 && ((number > 0 && number <= LAST_LEAF) || isText(node));
  }
  if (node.kind !== "array") return true;
  const marker = markerOf(node);
  if (marker === TUPLE || marker === FROZENSET) return node.items.slice(1).every(canBeKey);
  return marker === MARKUP || marker === REGISTERED;
}

const isText = ({ number }) => number === HEX || number === BASE64URL || number === UUID_TEXT;

function isUtf8(octets) {
  try {
    return stringOf(octets) !== null;
  } catch {
    return false;
  }
}

// What is equal as a key has the same identity: 1, 1.0 and true are one.
function identity(node) {
  const { kind, value } = node;
  if (kind === "bool" || kind === "int") return `number ${BigInt(value)}`;
  if (kind === "float") return `number ${Number.isInteger(value) ? BigInt(value) : value}`;
  if (kind === "extension" && node.number === BIG_INT && node.octets.length > 0) {
    return `number ${signed(node.octets)}`;
  }
  if (kind === "array") {
    const items = node.items.map(identity);
    return `array (${(markerOf(node) === FROZENSET ? items.sort() : items).join()})`;
  }
  if (kind === "map") return `map (${node.pairs.flat().map(identity).join()})`;
  return `${kind} ${node.number ?? ""} ${hex(node.octets ?? [])}`;
}

function keyOf(node) {
  if (node.kind === "str") return [stringOf(node.octets), `text ${hex(node.octets)}`];
  if (node.kind === "int") {
    const name = STATIC_NAMES[Number(node.value)];
    if (name === undefined) throw undecodable();
    return [name, `text ${hex(new TextEncoder().encode(name))}`];
  }
  if (node.kind !== "bin") throw undecodable();
  const packed = readWhole(node.octets);
  const { kind, number, octets } = packed;
  const lone = kind === "extension" && number === SURROGATES;
  if (!canBeKey(packed) || kind === "str" || (kind === "extension" && isText(packed))) {
    throw undecodable();
  }
  if (lone && isUtf8(octets)) throw undecodable();
  try {
    return [valueOf(packed), identity(packed)];
  } catch (error) {
    if (!(error instanceof Unread)) throw error;
    // It has no form here, so nobody can ask for it: the whole entry is left to the origin.
    return [node.octets.slice(), identity(packed), true];
  }
}

/** Refuse what would be written otherwise; nothing in the map has two forms. */
function checkForms(node, depth = 1) {
  const inner = node.items ?? node.pairs?.flat() ?? null;
  if (inner !== null && depth > MAX_WRITTEN_DEPTH) throw undecodable();
  if (!node.shortest) throw undecodable();
  if (node.kind === "str") stringOf(node.octets);
  if (node.kind === "extension" && node.number < 0) throw undecodable();
  const keys = (node.pairs ?? []).map(([key]) => identity(key));
  if (new Set(keys).size !== keys.length) throw undecodable();
  for (const item of inner ?? []) checkForms(item, depth + 1);
}

/**
 * Read the map of a session.
 *
 * @param {Uint8Array} octets what stands behind the claims.
 * @returns {object[]} for each key, in order, `key`, its octets `packedKey` and those of its value
 *   `packedValue` as they stand in the map, and `value`, which is missing where it is left to the
 *   origin.
 * @throws {Refused} `undecodable`.
 */
export function readMap(octets) {
  const map = readWhole(octets);
  if (map.kind !== "map") throw undecodable();
  checkForms(map);
  const seen = new Set();
  return map.pairs.map(([keyNode, node]) => {
    let key;
    let name;
    let isLeft;
    try {
      [key, name, isLeft = false] = keyOf(keyNode);
    } catch {
      throw undecodable();
    }
    if (seen.size === seen.add(name).size) throw undecodable();
    const entry = {
      key,
      packedKey: octets.slice(keyNode.start, keyNode.end),
      packedValue: octets.slice(node.start, node.end),
    };
    try {
      const value = entryValue(node);
      if (!isLeft) entry.value = value;
    } catch {
      // A value that does not read spoils nothing but itself.
    }
    return entry;
  });
}

/**
 * The entry of a key and a value of {@link pack}.
 *
 * @throws {TypeError} the key is no string, or the value can't be written here.
 */
export function newEntry(key, value) {
  if (typeof key !== "string") throw new TypeError("Only strings are written here as keys.");
  const code = STATIC_NAMES.indexOf(key);
  const packed = pack(value);
  const inline = typeof value !== "object" || value === null;
  return {
    key,
    packedKey: code < 0 ? pack(key) : Uint8Array.of(code),
    packedValue: inline ? packed : packBin(packed),
    value,
  };
}

/** The map with these entries. */
export const writeMap = (entries) =>
  packMap(entries.map(({ packedKey, packedValue }) => [packedKey, packedValue]));
