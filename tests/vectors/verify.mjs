// Reads v1.json as docs/format.md describes it, computes every recorded value anew and compares.
//
//   node verify.mjs [--self-test] [--dictionary FILE] [VECTORS]
//
// --self-test changes the vectors in memory, one thing at a time, and asks that each change is
// found. --dictionary names the dictionary of number 1; frames with compressed blocks are unpacked
// with it where this Node.js can do that, and are else counted as not unpacked.

import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from "node:crypto";
import { readFileSync } from "node:fs";
import * as zlib from "node:zlib";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const MAX_CHARACTERS = 32768;
const MAX_CONTENT = 1048576;
const MAX_BLOCK = 131072;
const MAX_DEPTH = 1024; // 255 must be read, more may be.
const MAX_ROWS = 4096;
const MAX_KEYS = 2 ** 20;
const MAX_JWT_PART = 8192;
const CLOCK_ALLOWANCE = 300;
const LAST_DAY = 3652059; // 9999-12-31
const DAY = 86400;
const DAY_IN_MICROSECONDS = 86400000000n;
const DICTIONARY = 1;
const DICTIONARY_SHA256 = "0c2bd0366806302b7c21a457dd48132cc64e5f6e533d216420979ecdf7d9c465";
const REGISTERED_TYPES = ["money"];

const STATIC_NAMES = [
  "_permanent", "_user_id", "_fresh", "_id", "csrf_token", "_flashes", "_remember",
  "_remember_seconds", "next", "user_id", "user", "username", "email", "name", "role", "roles",
  "cart", "cart_id", "basket", "locale", "lang", "language", "timezone", "theme", "currency",
  "country", "last_seen", "last_login", "recent", "recently_viewed", "history", "token",
  "access_token", "refresh_token", "id_token", "expires_at", "userinfo", "profile", "state",
  "nonce", "code_verifier", "oauth_state", "oauth_token", "oauth_token_secret",
  "google_oauth_token", "google_oauth_state", "github_oauth_token", "github_oauth_state",
  "oidc_auth_token", "oidc_auth_profile", "flow", "token_cache", "samlNameId", "samlSessionIndex",
  "samlUserdata", "identity.id", "identity.auth_type", "fs_cc", "fs_paa", "fs_gexp", "fs_pwd",
  "tf_state", "tf_primary_method", "tf_remember_login", "logged_in", "authenticated", "is_admin",
  "admin", "permissions", "groups", "account_id", "tenant_id", "organization_id", "project_id",
  "customer_id", "order_id", "next_url", "redirect_url", "return_to", "referrer", "filters",
  "search", "query", "sort", "page", "per_page", "step", "wizard", "form", "form_data",
  "preferences", "settings", "count", "counter", "visits", "views", "created_at", "updated_at",
  "started_at", "_csrf_token", "consent", "captcha", "impersonator_id",
];

class Refused extends Error {
  constructor(reason, detail) {
    super(`refused as ${reason}: ${detail}`);
    this.reason = reason;
  }
}

class NotUnpacked extends Error {
  constructor(contentSize) {
    super("the frame has compressed blocks");
    this.contentSize = contentSize;
  }
}

const undecodable = (detail) => new Refused("undecodable", detail);
const fromHex = (text) => Buffer.from(text, "hex");
const range = (count) => Array.from({ length: count }, (_, index) => index);

// --- Base64url ------------------------------------------------------------------------------

function encodeText(octets) {
  let text = "";
  for (let at = 0; at < octets.length; at += 3) {
    const taken = octets.subarray(at, at + 3);
    const bits = (taken[0] << 16) | ((taken[1] ?? 0) << 8) | (taken[2] ?? 0);
    for (const place of range(taken.length + 1)) text += ALPHABET[(bits >> (18 - 6 * place)) & 63];
  }
  return text;
}

function decodeText(text) {
  const characters = [...text];
  if (characters.length > MAX_CHARACTERS) throw new Refused("too_large", "the text");
  if (text.startsWith("~")) throw new Refused("missing_chunk", "a split session");
  const digits = characters.map((character) => ALPHABET.indexOf(character));
  if (digits.includes(-1)) throw new Refused("malformed", "a foreign character");
  if (digits.length % 4 === 1) throw new Refused("malformed", "the length is 1 modulo 4");
  const octets = [];
  for (let at = 0; at < digits.length; at += 4) {
    const taken = digits.slice(at, at + 4);
    const bits = taken.reduce((sum, digit, place) => sum | (digit << (18 - 6 * place)), 0);
    for (const place of range(taken.length - 1)) octets.push((bits >> (16 - 8 * place)) & 255);
  }
  const decoded = Buffer.from(octets);
  if (encodeText(decoded) !== text) throw new Refused("malformed", "spare bits are not zero");
  if (decoded.length === 0) throw new Refused("malformed", "there are no octets");
  return decoded;
}

// --- Keys and the seal ----------------------------------------------------------------------

const derive = (key, salt, info, length) =>
  Buffer.from(hkdfSync("sha256", key, Buffer.from(salt), Buffer.from(info), length));
const kidOf = (key) => derive(key, "", "cookie_sessions v1 kid", 4);
const subkeyOf = (key, purpose) => derive(key, "", `cookie_sessions v1 subkey ${purpose}`, 32);
const keyFromSecret = (secret) =>
  derive(secret, "cookie_sessions v1", "cookie_sessions v1 key from secret key", 32);

function aesBlock(key, block) {
  const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

const xor = (left, right) => Buffer.from(left.map((octet, at) => octet ^ right[at]));

function xaes(subkey, nonce) {
  const l = aesBlock(subkey, Buffer.alloc(16));
  const doubled = ((BigInt(`0x${l.toString("hex")}`) << 1n) & ((1n << 128n) - 1n)).toString(16);
  const k1 = fromHex(doubled.padStart(32, "0"));
  if (l[0] & 0x80) k1[15] ^= 0x87;
  const m1 = Buffer.concat([fromHex("00015800"), nonce.subarray(0, 12)]);
  const m2 = Buffer.concat([fromHex("00025800"), nonce.subarray(0, 12)]);
  const derivedKey = Buffer.concat([m1, m2].map((m) => aesBlock(subkey, xor(m, k1))));
  return { l, k1, m1, m2, derivedKey, gcmNonce: nonce.subarray(12) };
}

function associatedData(header, place) {
  const parts = [header];
  for (const text of [place.purpose, place.name, place.audience]) {
    const octets = Buffer.from(text, "utf8");
    const length = Buffer.alloc(2);
    length.writeUInt16BE(octets.length);
    parts.push(length, octets);
  }
  return Buffer.concat(parts);
}

function gcmSeal({ derivedKey, gcmNonce }, aad, plaintext) {
  const cipher = createCipheriv("aes-256-gcm", derivedKey, gcmNonce).setAAD(aad);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function gcmOpen({ derivedKey, gcmNonce }, aad, ciphertext, tag) {
  const options = { authTagLength: 16 };
  const cipher = createDecipheriv("aes-256-gcm", derivedKey, gcmNonce, options);
  cipher.setAAD(aad).setAuthTag(tag);
  try {
    return Buffer.concat([cipher.update(ciphertext), cipher.final()]);
  } catch {
    throw new Refused("bad_seal", "the tag does not match");
  }
}

// --- Claims ---------------------------------------------------------------------------------

function readVarint(octets, start) {
  let value = 0n;
  for (let at = start; at < octets.length && at < start + 9; at += 1) {
    value |= BigInt(octets[at] & 127) << BigInt(7 * (at - start));
    if (octets[at] < 128) {
      if (octets[at] === 0 && at > start) throw undecodable("a varint longer than needed");
      return [value, at + 1];
    }
  }
  throw undecodable("a varint cut short or too long");
}

function writeVarint(value) {
  const octets = [];
  let rest = value;
  while (rest > 127n) {
    octets.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Buffer.from([...octets, Number(rest)]);
}

function readClaims(octets) {
  if (octets.length < 20) throw undecodable("the claims are cut short");
  const iat = BigInt(octets.readUInt32BE(16));
  const [since, behindSince] = readVarint(octets, 20);
  const [until, behindUntil] = readVarint(octets, behindSince);
  const optional = [];
  let at = behindUntil;
  while (at < octets.length) {
    const tag = octets[at];
    if (tag <= (optional.at(-1)?.tag ?? 0)) throw undecodable("the tags do not ascend");
    const [length, start] = readVarint(octets, at + 1);
    if (length > BigInt(octets.length - start)) throw undecodable("a claim beyond the end");
    at = start + Number(length);
    optional.push({ tag, content: octets.subarray(start, at) });
  }
  const critical = optional.find(({ tag }) => tag >= 128);
  if (critical) throw new Refused("unknown_version", `the critical claim ${critical.tag}`);

  const claims = {
    sid: octets.subarray(0, 16),
    iat,
    since: iat * 1000n + since,
    until: iat + until,
    authTime: null,
    subject: null,
    bindings: Buffer.alloc(0),
    formerKids: [],
    importedFrom: Buffer.alloc(0),
    lasts: null,
    beside: Buffer.alloc(0),
    unknown: [],
  };
  for (const { tag, content } of optional) {
    if (tag === 1) {
      const [seconds, end] = readVarint(content, 0);
      if (end !== content.length) throw undecodable("octets behind auth_time");
      claims.authTime = iat + seconds;
    } else if (tag === 2) {
      claims.subject = content;
    } else if (tag === 3) {
      if (content.length === 0) throw undecodable("bindings without octets");
      claims.bindings = content;
    } else if (tag === 4) {
      if (content.length === 0 || content.length > 32 || content.length % 4 !== 0) {
        throw undecodable("former kids of a wrong length");
      }
      claims.formerKids = range(content.length / 4).map((n) => content.subarray(4 * n, 4 * n + 4));
    } else if (tag === 5) {
      if (content.length !== 8) throw undecodable("imported from something of a wrong length");
      claims.importedFrom = content;
    } else if (tag === 7) {
      const [seconds, end] = readVarint(content, 0);
      if (end !== content.length) throw undecodable("octets behind lasts");
      claims.lasts = seconds;
    } else if (tag === 8) {
      if (content.length !== 8) throw undecodable("beside something of a wrong length");
      claims.beside = content;
    } else {
      claims.unknown.push([tag, content]);
    }
  }
  return claims;
}

function writeClaims(claims) {
  const iat = Buffer.alloc(4);
  iat.writeUInt32BE(Number(claims.iat));
  const optional = [...claims.unknown];
  if (claims.authTime !== null) optional.push([1, writeVarint(claims.authTime - claims.iat)]);
  if (claims.subject !== null) optional.push([2, claims.subject]);
  if (claims.bindings.length > 0) optional.push([3, claims.bindings]);
  if (claims.formerKids.length > 0) optional.push([4, Buffer.concat(claims.formerKids)]);
  if (claims.importedFrom.length > 0) optional.push([5, claims.importedFrom]);
  if (claims.lasts !== null) optional.push([7, writeVarint(claims.lasts)]);
  if (claims.beside.length > 0) optional.push([8, claims.beside]);
  optional.sort(([left], [right]) => left - right);
  return Buffer.concat([
    claims.sid,
    iat,
    writeVarint(claims.since - claims.iat * 1000n),
    writeVarint(claims.until - claims.iat),
    ...optional.flatMap(([tag, content]) => [
      Buffer.from([tag]),
      writeVarint(BigInt(content.length)),
      content,
    ]),
  ]);
}

const describeClaims = (claims) => ({
  sid: claims.sid.toString("hex"),
  iat: Number(claims.iat),
  since: Number(claims.since),
  until: Number(claims.until),
  auth_time: claims.authTime === null ? null : Number(claims.authTime),
  subject: claims.subject === null ? null : claims.subject.toString("hex"),
  bindings: claims.bindings.toString("hex"),
  former_kids: claims.formerKids.map((kid) => kid.toString("hex")),
  imported_from: claims.importedFrom.toString("hex"),
  lasts: claims.lasts === null ? null : Number(claims.lasts),
  beside: claims.beside.toString("hex"),
  unknown: claims.unknown.map(([tag, content]) => [tag, content.toString("hex")]),
});

// --- MessagePack ----------------------------------------------------------------------------
//
// A node is { kind, shortest, start, end } and what belongs to its kind. `shortest` speaks of the
// node alone, without what is in it.

const SIGNED_LIMITS = { 1: -32n, 2: -128n, 4: -32768n, 8: -2147483648n };
const UNSIGNED_LIMITS = { 1: 127n, 2: 255n, 4: 65535n, 8: 4294967295n };
const HEADER_LIMITS = { 1: 0, 2: 255, 4: 65535 };
const FIXED_EXTENSIONS = [1, 2, 4, 8, 16];

class Reader {
  constructor(octets) {
    this.octets = octets;
    this.at = 0;
  }

  take(count) {
    if (count > this.octets.length - this.at) throw undecodable("MessagePack is cut short");
    this.at += count;
    return this.octets.subarray(this.at - count, this.at);
  }

  unsigned(size) {
    return this.take(size).readUIntBE(0, size);
  }

  read(depth = 0) {
    if (depth > MAX_DEPTH) throw undecodable("nested too deep");
    const start = this.at;
    const node = this.body(this.unsigned(1), depth);
    return { shortest: true, ...node, start, end: this.at };
  }

  body(first, depth) {
    if (first <= 0x7f) return { kind: "int", value: BigInt(first) };
    if (first <= 0x8f) return this.map(first & 15, depth);
    if (first <= 0x9f) return this.array(first & 15, depth);
    if (first <= 0xbf) return { kind: "str", octets: this.take(first & 31) };
    if (first >= 0xe0) return { kind: "int", value: BigInt(first) - 256n };
    if (first === 0xc0) return { kind: "nil" };
    if (first === 0xc1) throw undecodable("an octet that MessagePack does not use");
    if (first <= 0xc3) return { kind: "bool", value: first === 0xc3 };
    if (first <= 0xc6) return this.sized("bin", 1 << (first - 0xc4), 0);
    if (first <= 0xc9) return this.extensionOfAnyLength(1 << (first - 0xc7));
    if (first === 0xca) {
      const bits = Buffer.alloc(8);
      bits.writeDoubleBE(this.take(4).readFloatBE());
      return { kind: "float", bits, shortest: false };
    }
    if (first === 0xcb) return { kind: "float", bits: this.take(8) };
    if (first <= 0xcf) {
      const size = 1 << (first - 0xcc);
      const value = BigInt(`0x${this.take(size).toString("hex")}`);
      return { kind: "int", value, shortest: value > UNSIGNED_LIMITS[size] };
    }
    if (first <= 0xd3) {
      const size = 1 << (first - 0xd0);
      const value = BigInt.asIntN(8 * size, BigInt(`0x${this.take(size).toString("hex")}`));
      return { kind: "int", value, shortest: value < SIGNED_LIMITS[size] };
    }
    if (first <= 0xd8) return this.extension(FIXED_EXTENSIONS[first - 0xd4], true);
    if (first <= 0xdb) return this.sized("str", 1 << (first - 0xd9), 31);
    const size = first % 2 === 0 ? 2 : 4;
    const count = this.unsigned(size);
    const node = first <= 0xdd ? this.array(count, depth) : this.map(count, depth);
    return { ...node, shortest: count > (size === 2 ? 15 : HEADER_LIMITS[4]) };
  }

  sized(kind, size, fixed) {
    const length = this.unsigned(size);
    const shortest = size === 1 ? length > fixed || fixed === 0 : length > HEADER_LIMITS[size];
    return { kind, octets: this.take(length), shortest };
  }

  extensionOfAnyLength(size) {
    const length = this.unsigned(size);
    const fixed = FIXED_EXTENSIONS.includes(length);
    return this.extension(length, size === 1 ? !fixed : length > HEADER_LIMITS[size]);
  }

  extension(length, shortest) {
    const number = this.take(1).readInt8();
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

function readWhole(octets) {
  const reader = new Reader(octets);
  const node = reader.read();
  if (reader.at !== octets.length) throw undecodable("octets behind a MessagePack object");
  return node;
}

function header(octet, size, length) {
  const octets = Buffer.alloc(1 + size);
  octets[0] = octet;
  octets.writeUIntBE(length, 1, size);
  return octets;
}

function headerOf(length, fixed, fixedLimit, octet8, octet16) {
  if (length <= fixedLimit) return Buffer.from([fixed | length]);
  if (octet8 !== null && length <= 255) return header(octet8, 1, length);
  return length <= 65535 ? header(octet16, 2, length) : header(octet16 + 1, 4, length);
}

const packStr = (octets) =>
  Buffer.concat([headerOf(octets.length, 0xa0, 31, 0xd9, 0xda), octets]);
const packBin = (octets) => Buffer.concat([headerOf(octets.length, 0, -1, 0xc4, 0xc5), octets]);
const packArray = (items) =>
  Buffer.concat([headerOf(items.length, 0x90, 15, null, 0xdc), ...items]);
const packMap = (pairs) =>
  Buffer.concat([headerOf(pairs.length, 0x80, 15, null, 0xde), ...pairs.flat()]);

function packExtension(number, octets) {
  const fixed = FIXED_EXTENSIONS.indexOf(octets.length);
  const start =
    fixed < 0 ? headerOf(octets.length, 0, -1, 0xc7, 0xc8) : Buffer.from([0xd4 + fixed]);
  return Buffer.concat([start, Buffer.from([number]), octets]);
}

function packInt(value) {
  if (value >= 2n ** 64n || value < -(2n ** 63n)) return packExtension(1, fewestOctets(value));
  if (value >= -32n && value <= 127n) return Buffer.from([Number(BigInt.asUintN(8, value))]);
  const [limits, first] = value < 0n ? [SIGNED_LIMITS, 0xd0] : [UNSIGNED_LIMITS, 0xcc];
  const step = [8, 4, 2, 1].findIndex((size) =>
    value < 0n ? value < limits[size] : value > limits[size],
  );
  const size = 8 >> step;
  const digits = BigInt.asUintN(8 * size, value).toString(16).padStart(2 * size, "0");
  return Buffer.concat([Buffer.from([first + 3 - step]), fromHex(digits)]);
}

// --- Strings and JSON -----------------------------------------------------------------------
//
// A str is kept as UTF-8 in which a lone surrogate has three octets of its own.

const isUtf8 = (octets) => Buffer.from(octets.toString("utf8"), "utf8").equals(octets);

function codePoints(octets) {
  const points = [];
  let at = 0;
  while (at < octets.length) {
    const first = octets[at];
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4) throw undecodable("not UTF-8");
    const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    let point = more === 0 ? first : first & (0x3f >> more);
    const following = octets.subarray(at + 1, at + 1 + more);
    for (const octet of following) {
      if (octet >> 6 !== 2) throw undecodable("not UTF-8");
      point = (point << 6) | (octet & 0x3f);
    }
    const least = [0, 0x80, 0x800, 0x10000][more];
    if (following.length !== more || point < least || point > 0x10ffff) {
      throw undecodable("not UTF-8");
    }
    points.push(point);
    at += 1 + more;
  }
  return points;
}

const textOf = (octets) => codePoints(octets).map((point) => String.fromCodePoint(point)).join("");
const stringValue = (text) => ({ type: "str", octets: Buffer.from(text, "utf8") });
const hasSurrogates = (value) => !isUtf8(value.octets);

const JSON_ESCAPES = {
  '"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r",
};

function jsonString(value) {
  if (hasSurrogates(value)) throw undecodable("a lone surrogate in the JSON of a JWT");
  const escaped = [...textOf(value.octets)].map((character) => {
    if (character in JSON_ESCAPES) return JSON_ESCAPES[character];
    if (character >= " ") return character;
    return `\\u${character.codePointAt(0).toString(16).padStart(4, "0")}`;
  });
  return `"${escaped.join("")}"`;
}

function jsonFloat(bits) {
  const value = bits.readDoubleBE();
  if (Number.isNaN(value)) return "NaN";
  const sign = bits[0] & 0x80 ? "-" : "";
  if (!Number.isFinite(value)) return `${sign}Infinity`;
  const [mantissa, exponentText] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`;
}

function json(value) {
  switch (value.type) {
    case "none":
      return "null";
    case "bool":
      return String(value.value);
    case "int":
      return String(value.value);
    case "float":
      return jsonFloat(value.bits);
    case "str":
      return jsonString(value);
    case "list":
      return `[${value.items.map(json).join(",")}]`;
    case "dict":
      if (value.items.some(([key]) => key.type !== "str")) break;
      return `{${value.items.map(([key, item]) => `${json(key)}:${json(item)}`).join(",")}}`;
  }
  throw undecodable(`no JSON for ${value.type}`);
}

// --- Leaves ---------------------------------------------------------------------------------

const signed = (octets) =>
  BigInt.asIntN(8 * octets.length, BigInt(`0x${octets.toString("hex")}`));

function fewestOctets(value) {
  let size = 1;
  while (BigInt.asIntN(8 * size, value) !== value) size += 1;
  return fromHex(BigInt.asUintN(8 * size, value).toString(16).padStart(2 * size, "0"));
}

function readFewestOctets(octets) {
  const value = signed(octets);
  if (!fewestOctets(value).equals(octets)) throw undecodable("an int longer than needed");
  return value;
}

function exactly(octets, length) {
  if (octets.length !== length) throw undecodable(`${octets.length} octets, not ${length}`);
  return octets;
}

function readMoment(octets) {
  if (octets.length !== 5 && octets.length !== 8) throw undecodable("a wall of wrong length");
  const fold = octets[0] >> 7;
  const seconds = octets.readUIntBE(0, 5) - fold * 2 ** 39;
  const microseconds = octets.length === 8 ? octets.readUIntBE(5, 3) : 0;
  if (microseconds > 999999) throw undecodable("a million microseconds");
  return { seconds, microseconds, fold };
}

function readWall(octets) {
  const moment = readMoment(octets);
  const day = Math.floor(moment.seconds / DAY);
  if (day < 1 || day > LAST_DAY) throw undecodable("a day out of range");
  return moment;
}

function readClock(octets) {
  const moment = readMoment(exactly(octets, 8));
  if (moment.seconds >= DAY) throw undecodable("a time of day beyond midnight");
  return moment;
}

function readOffset(octets) {
  if (octets.length < 5) throw undecodable("an offset cut short");
  const offset = signed(octets.subarray(0, 5));
  if (offset <= -DAY_IN_MICROSECONDS || offset >= DAY_IN_MICROSECONDS) {
    throw undecodable("an offset of a day or more");
  }
  if (octets.length === 5) return { offset, name: null };
  const name = octets.subarray(6);
  if (octets[5] !== 0x3d || !isUtf8(name)) throw undecodable("not the name of an offset");
  return { offset, name };
}

function readZone(octets) {
  const key = octets.toString("utf8");
  try {
    if (!isUtf8(octets) || !/^[A-Za-z]/.test(key)) throw new RangeError(key);
    new Intl.DateTimeFormat("en", { timeZone: key });
  } catch {
    throw undecodable("an unknown zone");
  }
  return { key };
}

const UTC = { offset: 0n, name: null };

function writeDecimal(sign, digits, exponent) {
  const left = exponent + digits.length;
  if (exponent <= 0 && left > -6) {
    if (exponent === 0) return sign + digits;
    if (left <= 0) return `${sign}0.${"0".repeat(-left)}${digits}`;
    return `${sign}${digits.slice(0, left)}.${digits.slice(left)}`;
  }
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
  return `${sign}${digits[0]}${fraction}E${left > 0 ? "+" : "-"}${Math.abs(left - 1)}`;
}

function readDecimal(octets) {
  const text = octets.toString("latin1");
  if (/^-?(Infinity|s?NaN([1-9][0-9]*)?)$/.test(text)) return text;
  const found = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:E([+-][0-9]+))?$/.exec(text);
  if (!found) throw undecodable("not the text of a Decimal");
  const [, sign, whole, fraction = "", exponent = "0"] = found;
  const digits = (whole + fraction).replace(/^0+(?=[0-9])/, "");
  if (writeDecimal(sign, digits, Number(exponent) - fraction.length) !== text) {
    throw undecodable("a Decimal that is written otherwise");
  }
  return text;
}

function uuidText(octets) {
  const digits = exactly(octets, 16).toString("hex");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const zoned = (type, moment, zone) => ({ type, ...moment, zone });

const LEAVES = {
  1(octets) {
    const value = readFewestOctets(octets);
    if (value < 2n ** 64n && value >= -(2n ** 63n)) throw undecodable("MessagePack holds the int");
    return { type: "int", value };
  },
  2(octets) {
    codePoints(octets);
    return { type: "str", octets };
  },
  3: (octets) => zoned("datetime", readWall(octets), null),
  4: (octets) => zoned("datetime", readWall(octets), UTC),
  5: (octets) =>
    zoned("datetime", readWall(octets.subarray(0, 8)), readOffset(octets.subarray(8))),
  6(octets) {
    const wall = readWall(exactly(octets.subarray(0, 8), 8));
    return zoned("datetime", wall, readZone(octets.subarray(8)));
  },
  7(octets) {
    const day = exactly(octets, 3).readUIntBE(0, 3);
    if (day < 1 || day > LAST_DAY) throw undecodable("a day out of range");
    return { type: "date", day };
  },
  8: (octets) => zoned("time", readClock(octets), null),
  9: (octets) => zoned("time", readClock(octets.subarray(0, 8)), readOffset(octets.subarray(8))),
  10: (octets) => zoned("time", readClock(octets.subarray(0, 8)), readZone(octets.subarray(8))),
  11: (octets) => ({ type: "timedelta", microseconds: readFewestOctets(octets) }),
  12: (octets) => ({ type: "decimal", text: readDecimal(octets) }),
  13: (octets) => ({ type: "uuid", text: uuidText(octets) }),
  32: (octets) => stringValue(octets.toString("hex")),
  33: (octets) => stringValue(encodeText(octets)),
  34: (octets) => stringValue(uuidText(octets)),
};

function readLeaf({ number, octets }) {
  if (!Object.hasOwn(LEAVES, number)) throw undecodable(`extension ${number} is no leaf`);
  if (octets.length === 0) throw undecodable(`extension ${number} without octets`);
  return LEAVES[number](octets);
}

// --- Packed values --------------------------------------------------------------------------

function readPacked(octets) {
  return toValue(readWhole(octets));
}

function toValue(node) {
  switch (node.kind) {
    case "nil":
      return { type: "none" };
    case "bool":
    case "int":
      return { type: node.kind, value: node.value };
    case "float":
      return { type: "float", bits: node.bits };
    case "str":
      if (!isUtf8(node.octets)) throw undecodable("a str that is not UTF-8");
      return { type: "str", octets: node.octets };
    case "bin":
      return { type: "bytes", octets: node.octets };
    case "extension":
      return readLeaf(node);
    case "map":
      if (node.pairs.some(([key]) => key.kind !== "str")) throw undecodable("a key that is no str");
      return dictOf(node.pairs.map(([key, item]) => [toValue(key), toValue(item)]));
    case "array": {
      const [first, ...rest] = node.items;
      if (first?.kind !== "extension" || first.octets.length > 0) {
        return { type: "list", items: node.items.map(toValue) };
      }
      if (!Object.hasOwn(MARKERS, first.number) || !first.shortest) {
        throw undecodable(`extension ${first.number} is no marker`);
      }
      return MARKERS[first.number](rest);
    }
  }
  throw new Error(`no such kind of node: ${node.kind}`);
}

const UNHASHABLE = ["list", "dict", "set"];

function canBeKey(value) {
  if (value.type === "tuple") return value.items.every(canBeKey);
  return !UNHASHABLE.includes(value.type);
}

// What is equal as a key has the same identity: 1, 1.0 and true are one.
function identity(value) {
  if (value.type === "bool") return `number ${Number(value.value)}`;
  if (value.type === "int") return `number ${value.value}`;
  if (value.type === "float") {
    const number = value.bits.readDoubleBE();
    if (Number.isInteger(number)) return `number ${BigInt(number)}`;
    return `float ${value.bits.toString("hex")}`;
  }
  if (value.type === "tuple") return `tuple (${value.items.map(identity).join()})`;
  if (value.type === "frozenset") return `frozenset (${value.items.map(identity).sort().join()})`;
  return canonical(describe(value));
}

function dictOf(pairs) {
  const items = new Map();
  for (const [key, item] of pairs) {
    const id = identity(key);
    items.set(id, [items.get(id)?.[0] ?? key, item]);
  }
  return { type: "dict", items: [...items.values()] };
}

function setOf(type, nodes) {
  const items = new Map();
  for (const value of nodes.map(toValue)) {
    if (!canBeKey(value)) throw undecodable(`a ${value.type} in a set`);
    items.set(identity(value), value);
  }
  return { type, items: [...items.values()] };
}

function count(nodes, expected) {
  if (nodes.length !== expected) throw undecodable(`${nodes.length} items, not ${expected}`);
}

function need(type, value) {
  if (value.type !== type) throw undecodable(`a ${value.type} in place of a ${type}`);
  return value;
}

function readJwt(nodes) {
  count(nodes, 3);
  const [header, payload, signature] = nodes.map((node, place) => {
    const value = toValue(node);
    if (place === 2) need("bytes", value);
    if (value.type === "bytes") return encodeText(value.octets);
    const octets = Buffer.from(json(value), "utf8");
    if (octets.length > MAX_JWT_PART) throw undecodable("a part that stays a bin");
    return encodeText(octets);
  });
  return stringValue(`${header}.${payload}.${signature}`);
}

function readColumn(node) {
  const value = toValue(node);
  if (value.type === "list") return value.items;
  const octets = need("str", value).octets;
  const rows = [];
  let start = 0;
  for (let at = octets.indexOf(10); at >= 0; at = octets.indexOf(10, start)) {
    rows.push(octets.subarray(start, at));
    start = at + 1;
  }
  return [...rows, octets.subarray(start)].map((row) => ({ type: "str", octets: row }));
}

function readTable([keysNode, ...columnNodes]) {
  if (keysNode === undefined) throw undecodable("a table of nothing");
  const keys = need("list", toValue(keysNode)).items.map((key) => need("str", key));
  if (keys.length === 0) throw undecodable("a table without keys");
  if (new Set(keys.map(identity)).size !== keys.length) throw undecodable("a key twice");
  count(columnNodes, keys.length);
  const columns = columnNodes.map(readColumn);
  const rows = columns[0].length;
  if (rows > MAX_ROWS) throw undecodable("a table of too many rows");
  const characters = keys.reduce((sum, key) => sum + codePoints(key.octets).length, 0);
  if (rows * characters > MAX_KEYS) throw undecodable("a table that repeats too long keys");
  if (columns.some((column) => column.length !== rows)) throw undecodable("columns differ");
  return {
    type: "list",
    items: range(rows).map((row) => dictOf(keys.map((key, place) => [key, columns[place][row]]))),
  };
}

function readSmallInts(nodes) {
  if (nodes.length === 0) throw undecodable("a column of no ints");
  return nodes.map((node) => {
    const { value } = need("int", toValue(node));
    if (value <= -(2n ** 53n) || value >= 2n ** 53n) throw undecodable("an int out of range");
    return value;
  });
}

function floatValue(number) {
  const bits = Buffer.alloc(8);
  bits.writeDoubleBE(number);
  return { type: "float", bits };
}

const MARKERS = {
  64: (nodes) => ({ type: "tuple", items: nodes.map(toValue) }),
  65: (nodes) => setOf("set", nodes),
  66: (nodes) => setOf("frozenset", nodes),
  67(nodes) {
    if (nodes.length % 2 !== 0) throw undecodable("a key without a value");
    const values = nodes.map(toValue);
    const pairs = range(values.length / 2).map((n) => [values[2 * n], values[2 * n + 1]]);
    if (!pairs.every(([key]) => canBeKey(key))) throw undecodable("not a key");
    return dictOf(pairs);
  },
  68(nodes) {
    count(nodes, 1);
    return { type: "markup", octets: need("str", toValue(nodes[0])).octets };
  },
  69: readJwt,
  70(nodes) {
    count(nodes, 2);
    const [name, value] = nodes.map(toValue);
    if (!REGISTERED_TYPES.includes(textOf(need("str", name).octets))) {
      throw undecodable("an unknown registered type");
    }
    return { type: "registered", name, value };
  },
  71: readTable,
  72: (nodes) => ({
    type: "list",
    items: readSmallInts(nodes).map((value) => floatValue(Number(value) / 100)),
  }),
  73(nodes) {
    let sum = 0n;
    const items = readSmallInts(nodes).map((step) => ({ type: "int", value: (sum += step) }));
    return { type: "list", items };
  },
};

// --- Packing exactly ------------------------------------------------------------------------

function packMoment({ seconds, microseconds, fold }, always8) {
  const octets = Buffer.alloc(8);
  octets.writeUIntBE(seconds + fold * 2 ** 39, 0, 5);
  octets.writeUIntBE(microseconds, 5, 3);
  return microseconds === 0 && !always8 ? octets.subarray(0, 5) : octets;
}

function packZoned(value, [naive, utc, fixed, named]) {
  const { zone } = value;
  if (zone === null) return packExtension(naive, packMoment(value, utc === null));
  if (zone.key !== undefined) {
    return packExtension(named, Buffer.concat([packMoment(value, true), Buffer.from(zone.key)]));
  }
  if (utc !== null && zone.offset === 0n && zone.name === null) {
    return packExtension(utc, packMoment(value, false));
  }
  const offset = Buffer.alloc(8);
  offset.writeBigInt64BE(zone.offset);
  const name = zone.name === null ? [] : [Buffer.from("="), zone.name];
  const octets = [packMoment(value, true), offset.subarray(3), ...name];
  return packExtension(fixed, Buffer.concat(octets));
}

const packMarked = (number, items) =>
  packArray([Buffer.from([0xc7, 0, number]), ...items]);
const packSorted = (items) => items.map(pack).sort(Buffer.compare);

function packDict({ items }) {
  const pairs = items.map((pair) => pair.map(pack));
  const plain = items.every(([key]) => key.type === "str" && !hasSurrogates(key));
  return plain ? packMap(pairs) : packMarked(67, pairs.flat());
}

const PACKERS = {
  none: () => Buffer.from([0xc0]),
  bool: ({ value }) => Buffer.from([value ? 0xc3 : 0xc2]),
  int: ({ value }) => packInt(value),
  float: ({ bits }) => Buffer.concat([Buffer.from([0xcb]), bits]),
  str: (value) => (hasSurrogates(value) ? packExtension(2, value.octets) : packStr(value.octets)),
  bytes: ({ octets }) => packBin(octets),
  list: ({ items }) => packArray(items.map(pack)),
  dict: packDict,
  tuple: ({ items }) => packMarked(64, items.map(pack)),
  set: ({ items }) => packMarked(65, packSorted(items)),
  frozenset: ({ items }) => packMarked(66, packSorted(items)),
  markup: ({ octets }) => packMarked(68, [pack({ type: "str", octets })]),
  registered: ({ name, value }) => packMarked(70, [pack(name), pack(value)]),
  datetime: (value) => packZoned(value, [3, 4, 5, 6]),
  time: (value) => packZoned(value, [8, null, 9, 10]),
  date: ({ day }) => packExtension(7, header(0, 3, day).subarray(1)),
  timedelta: ({ microseconds }) => packExtension(11, fewestOctets(microseconds)),
  decimal: ({ text }) => packExtension(12, Buffer.from(text)),
  uuid: ({ text }) => packExtension(13, fromHex(text.replaceAll("-", ""))),
};

function pack(value) {
  return PACKERS[value.type](value);
}

// --- Descriptions ---------------------------------------------------------------------------

const padded = (number, width) => String(number).padStart(width, "0");

function describeDay(day) {
  // Counted from 0000-03-01, so that a leap day is the last of its year.
  const days = day + 305;
  const era = Math.floor(days / 146097);
  const dayOfEra = days % 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) -
      Math.floor(dayOfEra / 146096)) / 365,
  );
  const leaps = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  const dayOfYear = dayOfEra - 365 * yearOfEra - leaps;
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = 400 * era + yearOfEra + (month <= 2 ? 1 : 0);
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(dayOfMonth, 2)}`;
}

function describeClock({ seconds, microseconds }) {
  const ofDay = seconds % DAY;
  const parts = [Math.floor(ofDay / 3600), Math.floor(ofDay / 60) % 60, ofDay % 60];
  return `${parts.map((part) => padded(part, 2)).join(":")}.${padded(microseconds, 6)}`;
}

function describeZone(zone) {
  if (zone === null || zone.key !== undefined) return zone;
  return { offset: Number(zone.offset), name: zone.name === null ? null : textOf(zone.name) };
}

const describeItems = ({ type, items }) => ({ type, items: items.map(describe) });

function describeSorted({ type, items }) {
  const ordered = items.map((item) => [pack(item), item]);
  ordered.sort(([left], [right]) => Buffer.compare(left, right));
  return { type, items: ordered.map(([, item]) => describe(item)) };
}

const DESCRIBERS = {
  none: () => ({ type: "none" }),
  bool: ({ value }) => ({ type: "bool", value }),
  int: ({ value }) => ({ type: "int", value: String(value) }),
  float: ({ bits }) => ({ type: "float", bits: bits.toString("hex") }),
  str: ({ octets }) => ({ type: "str", value: textOf(octets) }),
  markup: ({ octets }) => ({ type: "markup", value: textOf(octets) }),
  bytes: ({ octets }) => ({ type: "bytes", value: octets.toString("hex") }),
  list: describeItems,
  tuple: describeItems,
  set: describeSorted,
  frozenset: describeSorted,
  dict: ({ items }) => ({ type: "dict", items: items.map((pair) => pair.map(describe)) }),
  datetime: (value) => ({
    type: "datetime",
    value: `${describeDay(Math.floor(value.seconds / DAY))}T${describeClock(value)}`,
    fold: value.fold,
    zone: describeZone(value.zone),
  }),
  time: (value) => ({
    type: "time",
    value: describeClock(value),
    fold: value.fold,
    zone: describeZone(value.zone),
  }),
  date: ({ day }) => ({ type: "date", value: describeDay(day) }),
  timedelta: ({ microseconds }) => ({ type: "timedelta", microseconds: String(microseconds) }),
  decimal: ({ text }) => ({ type: "decimal", value: text }),
  uuid: ({ text }) => ({ type: "uuid", value: text }),
  registered: ({ name, value }) => ({
    type: "registered",
    name: textOf(name.octets),
    value: describe(value),
  }),
};

function describe(value) {
  return DESCRIBERS[value.type](value);
}

function canonical(data) {
  if (Array.isArray(data)) return `[${data.map(canonical).join()}]`;
  if (data === null || typeof data !== "object") return JSON.stringify(data) ?? "nothing";
  const members = Object.keys(data).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(data[name])}`).join()}}`;
}

// --- Segments -------------------------------------------------------------------------------

const zstdDictionaries = (() => {
  if (typeof zlib.zstdCompressSync !== "function") return false;
  const sample = createHash("sha512").update("a sample that does not compress").digest();
  return zlib.zstdCompressSync(sample, { dictionary: sample }).length < sample.length;
})();
let dictionary = null;

// Dictionaries of an operator's own, by name; a vector brings them along.
const named = new Map();

function nameOfDictionary(octets) {
  const rest = createHash("sha256").update(octets.subarray(8)).digest();
  const number = (rest[0] << 16 | rest[1] << 8 | rest[2]) | 0x800000;
  if (octets.readUInt32LE(0) !== 0xec30a437) throw new Error("no zstd dictionary");
  if (octets.readUInt32LE(4) !== number) throw new Error("not the dictionary's own number");
  return number.toString(16);
}

function loadDictionary(path) {
  if (!zstdDictionaries) return;
  const octets = readFileSync(path);
  const sum = createHash("sha256").update(octets).digest("hex");
  if (sum !== DICTIONARY_SHA256) throw new Error(`${path} is not dictionary ${DICTIONARY}: ${sum}`);
  dictionary = octets;
}

function frameHeader(reader) {
  const descriptor = reader.take(1)[0];
  if (descriptor & 0x08) throw undecodable("a frame with the reserved bit");
  if (descriptor & 0x04) throw undecodable("a frame with a checksum");
  if (descriptor & 0x03) throw undecodable("a frame with a dictionary id");
  const single = (descriptor & 0x20) !== 0;
  if (!single) reader.take(1);
  const sizeOfSize = [single ? 1 : 0, 2, 4, 8][descriptor >> 6];
  if (sizeOfSize === 0) throw undecodable("a frame of unknown size");
  const digits = Buffer.from(reader.take(sizeOfSize)).reverse().toString("hex");
  return BigInt(`0x${digits}`) + (sizeOfSize === 2 ? 256n : 0n);
}

function unpackFrame(frame, trained = dictionary) {
  const reader = new Reader(frame);
  const stated = frameHeader(reader);
  if (stated > BigInt(MAX_CONTENT)) throw undecodable("a frame of too much content");
  const contentSize = Number(stated);
  const blocks = [];
  let compressed = false;
  for (let last = false; !last; ) {
    const start = reader.take(3).readUIntLE(0, 3);
    last = (start & 1) === 1;
    const type = (start >> 1) & 3;
    const size = start >> 3;
    if (type === 3 || size > MAX_BLOCK) throw undecodable("a block of a wrong type or size");
    if (type === 1) {
      blocks.push(Buffer.alloc(size, reader.take(1)));
    } else {
      blocks.push(reader.take(size));
      compressed ||= type === 2;
    }
  }
  if (reader.at !== frame.length) throw undecodable("octets behind a frame");
  const content = compressed ? unpackCompressed(frame, contentSize, trained) : Buffer.concat(blocks);
  if (content.length !== contentSize) throw undecodable("a frame that holds other than it says");
  return content;
}

function unpackCompressed(frame, contentSize, trained) {
  if (trained === null || !zstdDictionaries) throw new NotUnpacked(contentSize);
  const whole = Buffer.concat([fromHex("28b52ffd"), frame]);
  try {
    return zlib.zstdDecompressSync(whole, { dictionary: trained, maxOutputLength: contentSize });
  } catch {
    throw undecodable("a frame that does not unpack");
  }
}

// The content of a segment's frame, or null for a segment that is a packed value itself.
function segmentContent(octets) {
  if (octets[0] !== 0xc1) return null;
  const number = octets[1];
  if (number >= 0x80) {
    const trained = named.get(octets.subarray(1, 4).toString("hex"));
    if (trained === undefined) throw undecodable("a dictionary that is not there");
    return unpackFrame(octets.subarray(4), trained);
  }
  if (number !== DICTIONARY) throw undecodable(`the escape ${number}`);
  return unpackFrame(octets.subarray(2));
}

function readWireValue(node) {
  if (node.kind === "array" || node.kind === "map") throw undecodable(`an ${node.kind} inline`);
  if (node.kind !== "bin") return toValue(node);
  if (node.octets.length === 0) throw undecodable("an empty segment");
  return readPacked(segmentContent(node.octets) ?? node.octets);
}

// --- The map --------------------------------------------------------------------------------

function checkForms(node) {
  if (!node.shortest) throw undecodable("a form longer than needed");
  if (node.kind === "str" && !isUtf8(node.octets)) throw undecodable("a str that is not UTF-8");
  if (node.kind === "extension" && node.number < 0) throw undecodable("a negative extension");
  (node.items ?? node.pairs?.flat() ?? []).forEach(checkForms);
}

function readWireKey(node) {
  if (node.kind === "str") return toValue(node);
  if (node.kind === "int") {
    const name = STATIC_NAMES[Number(node.value)];
    if (name === undefined) throw undecodable(`the code ${node.value} has no name`);
    return stringValue(name);
  }
  if (node.kind !== "bin") throw undecodable(`a ${node.kind} as a key`);
  const key = readPacked(node.octets);
  if (!canBeKey(key)) throw undecodable(`a ${key.type} as a key`);
  if (key.type === "str" && !hasSurrogates(key)) throw undecodable("a plain str as octets");
  return key;
}

function readMap(octets) {
  const node = readWhole(octets);
  if (node.kind !== "map") throw undecodable(`a ${node.kind} in place of the map`);
  checkForms(node);
  const entries = node.pairs.map(([keyNode, valueNode]) => ({
    key: readWireKey(keyNode),
    wireKey: octets.subarray(keyNode.start, keyNode.end),
    wire: octets.subarray(valueNode.start, valueNode.end),
    valueNode,
  }));
  if (new Set(entries.map(({ key }) => identity(key))).size !== entries.length) {
    throw undecodable("a key twice");
  }
  return entries;
}

// --- A cookie -------------------------------------------------------------------------------

function readEnvelope(octets) {
  if (octets[0] !== 1) throw new Refused("unknown_version", `version ${octets[0]}`);
  if (octets.length < 50) throw new Refused("malformed", "fewer than 50 octets");
  if (octets[1] > 1) throw new Refused("malformed", "an unknown flag");
  return {
    header: octets.subarray(0, 10),
    flags: octets[1],
    kid: octets.subarray(2, 6),
    sealedAt: octets.readUInt32BE(6),
    nonce: octets.subarray(10, 34),
    ciphertext: octets.subarray(34, -16),
    tag: octets.subarray(-16),
  };
}

function splitPlaintext(plaintext) {
  const length = plaintext[0] ?? 0;
  if (length === 0) throw undecodable("no plaintext, or no claims");
  if (length > plaintext.length - 1) throw undecodable("claims beyond the end");
  return [plaintext.subarray(1, 1 + length), plaintext.subarray(1 + length)];
}

function checkTimes(vector, claims, sealedAt) {
  const { idle, absolute, remember } = vector.timeouts;
  const now = BigInt(Math.floor(vector.now));
  const latest = BigInt(Math.floor(vector.now + CLOCK_ALLOWANCE));
  if (claims.iat > latest) throw new Refused("not_yet_valid", "iat");
  if (claims.authTime !== null && claims.authTime > latest) {
    throw new Refused("not_yet_valid", "auth_time");
  }
  const remembered = claims.lasts !== null && remember !== null;
  let longest = absolute === null ? null : BigInt(absolute);
  if (remembered) {
    longest = claims.lasts < BigInt(remember) ? claims.lasts : BigInt(remember);
  }
  if (longest !== null && now > claims.iat + longest) {
    throw new Refused("expired_absolute", "as long as it may live");
  }
  if (now > claims.until || (!remembered && now > BigInt(sealedAt + idle))) {
    throw new Refused("expired_idle", "its end");
  }
}

// What a cookie holds, with every value on the way, or a Refused. `progress.opened` says whether
// the seal opened before that.
function openCookie(vector, progress = {}) {
  const envelope = readEnvelope(decodeText(vector.text.repeat(vector.repeat ?? 1)));
  const kid = envelope.kid.toString("hex");
  if (vector.revoked.includes(kid)) throw new Refused("key_revoked", kid);
  const ring = [vector.key, ...vector.other_keys].map(fromHex);
  const key = ring.find((candidate) => kidOf(candidate).equals(envelope.kid));
  if (key === undefined) throw new Refused("unknown_kid", kid);
  if (envelope.sealedAt > vector.now + CLOCK_ALLOWANCE) {
    throw new Refused("not_yet_valid", "sealed_at");
  }
  const subkey = subkeyOf(key, vector.place.purpose);
  const steps = xaes(subkey, envelope.nonce);
  const aad = associatedData(envelope.header, vector.place);
  const plaintext = gcmOpen(steps, aad, envelope.ciphertext, envelope.tag);
  progress.opened = true;

  const [claimsOctets, mapOctets] = splitPlaintext(plaintext);
  const entries = readMap(mapOctets);
  const claims = readClaims(claimsOctets);
  checkTimes(vector, claims, envelope.sealedAt);
  const revoked = claims.formerKids.find((kid) => vector.revoked.includes(kid.toString("hex")));
  if (revoked) throw new Refused("key_revoked", revoked.toString("hex"));
  const derived = { kid: kidOf(key), subkey, ...steps };
  return { envelope, derived, aad, plaintext, claimsOctets, claims, entries };
}

// --- Several cookies for one text -----------------------------------------------------------

const chunkName = (cookie, index) => `${cookie}.${index}`;
const tagOf = (text) => text.slice(16, 22);

function joinCookies({ cookie, cookies }) {
  const arrived = (name) => [
    ...new Set(cookies.filter(([other]) => other === name).map(([, value]) => value)),
  ];
  const [head, ...others] = arrived(cookie);
  if (head === undefined || others.length > 0) throw new Error("not exactly one head");
  if (!head.startsWith("~")) return head;
  if (!/^~[2-8]/.test(head) || head.length < 24) throw new Refused("malformed", "no head");
  const beginning = head.slice(2);
  const parts = [beginning];
  for (let index = 1; index < Number(head[1]); index += 1) {
    const values = arrived(chunkName(cookie, index));
    const fitting = values.filter((value) => value.startsWith(`~${index}${tagOf(beginning)}`));
    if (fitting.length > 1) throw new Refused("ambiguous", `chunk ${index}`);
    if (fitting.length === 0) {
      throw new Refused(values.length > 0 ? "mixed_chunks" : "missing_chunk", `chunk ${index}`);
    }
    parts.push(fitting[0].slice(8));
  }
  return parts.join("");
}

function splitText(text, cookie, room) {
  if (text.length <= room) return [[cookie, text]];
  if (room < 64) throw new Error("the room is too small");
  const parts = [];
  for (let at = room - 2; at < text.length; at += room - 10) {
    parts.push(text.slice(at, at + room - 10));
  }
  if (parts.length > 7) throw new Error("more than eight cookies");
  const head = [cookie, `~${1 + parts.length}${text.slice(0, room - 2)}`];
  const chunk = (part, place) => [
    chunkName(cookie, place + 1),
    `~${place + 1}${tagOf(text)}${part}`,
  ];
  return [head, ...parts.map(chunk)];
}

// --- Values that are kept elsewhere ---------------------------------------------------------

function readReference(octets) {
  if (octets.length !== 42 || octets.readUInt16BE(0) !== 0xc140) throw new Error("no reference");
  const seed = octets.subarray(2, 34);
  return {
    seed,
    octets: octets.readUInt32BE(34),
    ends: octets.readUInt32BE(38),
    nameInStore: derive(seed, "", "cookie_sessions v1 overflow name", 16).toString("hex"),
    entryKey: derive(seed, "", "cookie_sessions v1 overflow key", 32),
  };
}

const LOST = Symbol("lost");

// The content of an entry with every value on the way, or LOST.
function openEntry(reference, packedKey, entry) {
  if (entry.length < 40) return LOST;
  const nonce = entry.subarray(0, 24);
  const ciphertext = entry.subarray(24, -16);
  const tag = entry.subarray(-16);
  const steps = xaes(reference.entryKey, nonce);
  const aad = Buffer.concat([Buffer.from("cookie_sessions v1 overflow ", "latin1"), packedKey]);
  let content;
  let node;
  try {
    content = gcmOpen(steps, aad, ciphertext, tag);
    node = readWhole(content);
    checkForms(node);
  } catch (error) {
    if (error instanceof Refused) return LOST;
    throw error;
  }
  return { nonce, ciphertext, tag, aad, content, node, ...steps };
}

// --- The vectors ----------------------------------------------------------------------------

const notUnpacked = new Set();

function same(what, found, recorded) {
  const expected = canonical(recorded);
  const actual = canonical(Buffer.isBuffer(found) ? found.toString("hex") : found);
  if (actual === expected) return;
  const shown = [actual, expected].map((text) => text.slice(0, 120));
  throw new Error(`${what} is ${shown[0]}, not ${shown[1]}`);
}

function mustBeUndecodable(what, read) {
  try {
    read();
  } catch (error) {
    if (error instanceof Refused && error.reason === "undecodable") return;
    throw error;
  }
  throw new Error(`${what} reads`);
}

function verifyEntry(entry, recorded, where) {
  same("wire_key", entry.wireKey, recorded.wire_key);
  same("wire", entry.wire, recorded.wire);
  same("key", describe(entry.key), recorded.key);
  if ("undecodable" in recorded) {
    same("undecodable", true, recorded.undecodable);
    same("packed", undefined, recorded.packed);
    same("value", undefined, recorded.value);
    mustBeUndecodable("the value", () => readWireValue(entry.valueNode));
    return;
  }
  const { kind, octets } = entry.valueNode;
  let value;
  try {
    value = readWireValue(entry.valueNode);
    const content = kind === "bin" ? (segmentContent(octets) ?? undefined) : undefined;
    same("segment", content, recorded.segment);
  } catch (error) {
    if (!(error instanceof NotUnpacked)) throw error;
    notUnpacked.add(where);
    const segment = fromHex(recorded.segment ?? "");
    same("segment", segment, recorded.segment);
    same("the size of segment", segment.length, error.contentSize);
    value = readPacked(segment);
  }
  same("value", describe(value), recorded.value);
  same("packed", pack(value), recorded.packed);
  same("what packed reads as", describe(readPacked(pack(value))), recorded.value);
}

function verifyPositive(vector) {
  const opened = openCookie(vector);
  const { envelope, derived, aad, plaintext, claimsOctets, claims, entries } = opened;
  const { header, nonce, ciphertext, tag } = envelope;
  const found = {
    subkey: derived.subkey,
    kid: derived.kid,
    header,
    flags: envelope.flags,
    sealed_at: envelope.sealedAt,
    nonce,
    l: derived.l,
    k1: derived.k1,
    m1: derived.m1,
    m2: derived.m2,
    derived_key: derived.derivedKey,
    aad,
    ciphertext,
    tag,
    payload: plaintext,
    claims_octets: claimsOctets,
    claims: describeClaims(claims),
  };
  for (const [name, value] of Object.entries(found)) same(name, value, vector[name]);
  same("the claims written again", writeClaims(claims), vector.claims_octets);
  const sealed = gcmSeal(derived, aad, plaintext);
  same("the text sealed again", encodeText(Buffer.concat([header, nonce, sealed])), vector.text);
  same("the number of values", entries.length, vector.values.length);
  entries.forEach((entry, place) => {
    try {
      verifyEntry(entry, vector.values[place], `${vector.name} ${place}`);
    } catch (error) {
      throw new Error(`values[${place}]: ${error.message}`, { cause: error });
    }
  });
}

function verifyNegative(vector) {
  const progress = { opened: false };
  try {
    openCookie(vector, progress);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    same("the reason", error.reason, vector.reason);
    same("opens", progress.opened, vector.opens);
    return;
  }
  throw new Error("the cookie opens");
}

function verifyWire(vector) {
  named.clear();
  if ("dictionary" in vector) {
    const octets = fromHex(vector.dictionary);
    named.set(nameOfDictionary(octets), octets);
  }
  try {
    const read = () => readWireValue(readWhole(fromHex(vector.wire)));
    if ("reason" in vector) {
      same("the reason", "undecodable", vector.reason);
      mustBeUndecodable("the value", read);
    } else {
      same("value", describe(read()), vector.value);
    }
  } catch (error) {
    if (!(error instanceof NotUnpacked)) throw error;
    notUnpacked.add(vector.name);
  }
}

const positiveTexts = new Map();

function verifySplit(vector) {
  let text;
  try {
    text = joinCookies(vector);
  } catch (error) {
    if (!(error instanceof Refused) || vector.reason === undefined) throw error;
    same("the reason", error.reason, vector.reason);
    same("the text", undefined, vector.text);
    return;
  }
  same("the reason", undefined, vector.reason);
  same("the text", text, vector.text);
  if ("room" in vector) {
    same("the cookies", splitText(text, vector.cookie, vector.room), vector.cookies);
  }
  if ("opens_as" in vector) same("the text", positiveTexts.get(vector.opens_as), text);
}

function verifyOverflow(vector) {
  const reference = readReference(fromHex(vector.reference));
  same("seed", reference.seed, vector.seed);
  same("name_in_store", reference.nameInStore, vector.name_in_store);
  const packedKey = fromHex(vector.packed_key);
  const opened = openEntry(reference, packedKey, fromHex(vector.entry));
  same("lost", opened === LOST ? true : undefined, vector.lost);
  if (opened === LOST) return;
  const key = readPacked(packedKey);
  same("packed_key", pack(key), vector.packed_key);
  const found = {
    octets: reference.octets,
    ends: reference.ends,
    entry_key: reference.entryKey,
    key: describe(key),
    aad: opened.aad,
    nonce: opened.nonce,
    l: opened.l,
    k1: opened.k1,
    m1: opened.m1,
    m2: opened.m2,
    derived_key: opened.derivedKey,
    ciphertext: opened.ciphertext,
    tag: opened.tag,
    content: opened.content,
  };
  for (const [name, value] of Object.entries(found)) same(name, value, vector[name]);
  same("octets", vector.entry.length / 2, vector.octets);
  const sealed = Buffer.concat([opened.nonce, gcmSeal(opened, opened.aad, opened.content)]);
  same("the entry sealed again", sealed, vector.entry);
  try {
    same("value", describe(readWireValue(opened.node)), vector.value);
  } catch (error) {
    if (!(error instanceof NotUnpacked)) throw error;
    notUnpacked.add(`overflow ${vector.name}`);
  }
}

// --- Hand-offs ------------------------------------------------------------------------------

const HANDOFF_SECONDS = 60;
const VISIT_SECONDS = 600;
const SIMPLE = ["str", "int", "float", "bool", "none"];
const textFrom = (value) => value.octets.toString("utf8");

function withLengths(texts) {
  return Buffer.concat(texts.flatMap((text) => {
    const octets = Buffer.from(text, "utf8");
    const length = Buffer.alloc(2);
    length.writeUInt16BE(octets.length);
    return [length, octets];
  }));
}

function readHandoff(plaintext) {
  const said = readPacked(plaintext);
  if (said.type !== "list" || said.items.length !== 4) throw undecodable("not four members");
  const [source, visit, subject, claims] = said.items;
  for (const text of [source, visit, subject]) {
    if (text.type !== "str" || text.octets.length === 0) throw undecodable("no text");
  }
  if (claims.type !== "dict") throw undecodable("no claims");
  for (const [name, value] of claims.items) {
    if (name.type !== "str" || !SIMPLE.includes(value.type)) throw undecodable("a claim");
  }
  if (!pack(said).equals(plaintext)) throw undecodable("another form");
  return { said, source: textFrom(source), visit: textFrom(visit) };
}

// What a hand-off says, with every value on the way, or a Refused.
function openHandoff(vector) {
  if (!/^[A-Za-z0-9_-]{48}$/.test(vector.browser)) throw new Refused("no_nonce", vector.browser);
  const began = decodeText(vector.browser).readUInt32BE(0);
  const envelope = readEnvelope(decodeText(vector.text));
  const key = fromHex(vector.key);
  if (!kidOf(key).equals(envelope.kid)) throw new Refused("unknown_kid", "another key");
  if (envelope.sealedAt > vector.now + CLOCK_ALLOWANCE) throw new Refused("not_yet_valid", "");
  const subkey = subkeyOf(key, "handoff");
  const steps = xaes(subkey, envelope.nonce);
  const place = { purpose: "handoff", name: vector.target, audience: "" };
  const aad = associatedData(envelope.header, place);
  const plaintext = gcmOpen(steps, aad, envelope.ciphertext, envelope.tag);
  const { said, source, visit } = readHandoff(plaintext);
  if (!vector.sources.includes(source)) throw new Refused("unknown_source", source);
  const label = "cookie_sessions v1 handoff visit";
  const visitOctets = withLengths([label, vector.browser, source, vector.target]);
  const wanted = encodeText(createHash("sha256").update(visitOctets).digest());
  if (visit !== wanted) throw new Refused("other_visit", visit);
  const age = vector.now - envelope.sealedAt;
  if (age < -HANDOFF_SECONDS || age >= HANDOFF_SECONDS) throw new Refused("late", `${age}`);
  if (vector.now < began - CLOCK_ALLOWANCE || vector.now >= began + VISIT_SECONDS) {
    throw new Refused("visit_over", `${began}`);
  }
  const once = createHash("sha256").update(visit).digest("hex").slice(0, 32);
  return { began, envelope, subkey, steps, aad, plaintext, said, visitOctets, visit, once };
}

function verifyHandoff(vector) {
  let opened;
  try {
    opened = openHandoff(vector);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    same("why", error.reason, vector.why);
    return;
  }
  same("why", undefined, vector.why);
  const { envelope, steps } = opened;
  const found = {
    began: opened.began,
    visit_octets: opened.visitOctets,
    visit: opened.visit,
    subkey: opened.subkey,
    kid: kidOf(fromHex(vector.key)),
    header: envelope.header,
    flags: 0,
    sealed_at: envelope.sealedAt,
    nonce: envelope.nonce,
    l: steps.l,
    k1: steps.k1,
    m1: steps.m1,
    m2: steps.m2,
    derived_key: steps.derivedKey,
    aad: opened.aad,
    ciphertext: envelope.ciphertext,
    tag: envelope.tag,
    plaintext: opened.plaintext,
    said: describe(opened.said),
    once: opened.once,
    until: opened.began + VISIT_SECONDS + 2 * CLOCK_ALLOWANCE,
  };
  for (const [name, value] of Object.entries(found)) same(name, value, vector[name]);
  same("the plaintext packed again", pack(opened.said), vector.plaintext);
  const sealed = Buffer.concat([envelope.nonce, gcmSeal(steps, opened.aad, opened.plaintext)]);
  same("the text sealed again", encodeText(Buffer.concat([envelope.header, sealed])), vector.text);
}

// --- Form tokens ----------------------------------------------------------------------------

const TOKEN_OCTETS = 69;

// A token's parts, or a Refused.
function openToken(vector) {
  if (!/^[A-Za-z0-9_-]{92}$/.test(vector.text)) throw new Refused("token_malformed", "its form");
  const octets = decodeText(vector.text);
  if (octets.length !== TOKEN_OCTETS || octets[0] !== 1) throw new Refused("token_malformed", "");
  const kid = octets.subarray(1, 5);
  const key = vector.keys.map(fromHex).find((candidate) => kidOf(candidate).equals(kid));
  if (key === undefined) {
    const revoked = vector.revoked.includes(kid.toString("hex"));
    throw new Refused(revoked ? "token_key_revoked" : "token_unknown_kid", kid.toString("hex"));
  }
  const subkey = subkeyOf(key, "csrf");
  const mark = createHmac("sha256", subkey).update(fromHex(vector.sid)).digest();
  const [mask, masked] = [octets.subarray(5, 37), octets.subarray(37)];
  if (!xor(mask, mark).equals(masked)) throw new Refused("token_mismatch", "another mark");
  return { kid, subkey, mark, mask, masked, octets };
}

function verifyToken(vector) {
  let opened;
  try {
    opened = openToken(vector);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    same("the reason", error.reason, vector.reason);
    return;
  }
  same("the reason", undefined, vector.reason);
  for (const [name, value] of Object.entries(opened)) same(name, value, vector[name]);
}

function verifySecretKey(vector) {
  const key = keyFromSecret(fromHex(vector.secret));
  same("key", key, vector.key);
  same("kid", kidOf(key), vector.kid);
}

const VERIFIERS = {
  positive: verifyPositive,
  negative: verifyNegative,
  splits: verifySplit,
  overflow: verifyOverflow,
  wires: verifyWire,
  handoffs: verifyHandoff,
  form_tokens: verifyToken,
  secret_keys: verifySecretKey,
};

function isRefused(verify, vector) {
  try {
    verify(vector);
  } catch (error) {
    if (error instanceof Refused || error.constructor === Error) return true;
    throw error;
  }
  return false;
}

function verifyAll(vectors) {
  const failures = [];
  for (const { name, text } of vectors.positive ?? []) positiveTexts.set(name, text);
  for (const [list, verify] of Object.entries(VERIFIERS)) {
    if (!Array.isArray(vectors[list]) || vectors[list].length === 0) {
      failures.push(`${list}: there are no vectors`);
      continue;
    }
    vectors[list].forEach((vector, place) => {
      try {
        verify(vector);
      } catch (error) {
        failures.push(`${list}[${place}] "${vector.name ?? ""}": ${error.message}`);
      }
    });
  }
  return failures;
}

// --- The self-test --------------------------------------------------------------------------

const INPUTS = ["name", "key", "other_keys", "revoked", "place", "now", "timeouts", "text"];

function other(leaf) {
  if (typeof leaf === "boolean") return !leaf;
  if (typeof leaf === "number") return leaf + 1;
  if (leaf === null) return 1;
  return leaf.startsWith("0") ? `1${leaf.slice(1)}` : `0${leaf.slice(1)}`;
}

// Each place of what is recorded, as a path, and a function that gives something else for it.
function* changesOf(data, path) {
  if (data === null || typeof data !== "object") {
    yield [path, other];
    return;
  }
  if (Array.isArray(data)) yield [path, (list) => (list.length > 0 ? list.slice(0, -1) : [0])];
  for (const [name, member] of Object.entries(data)) yield* changesOf(member, [...path, name]);
}

function changed(vector, path, change) {
  const [name, ...rest] = path;
  const copy = Array.isArray(vector) ? [...vector] : { ...vector };
  copy[name] = rest.length > 0 ? changed(vector[name], rest, change) : change(vector[name]);
  return copy;
}

function* changedVectors(list, vector) {
  if (list === "positive") {
    for (const place of range(vector.text.length)) {
      const digit = ALPHABET[ALPHABET.indexOf(vector.text[place]) ^ 32];
      const text = vector.text.slice(0, place) + digit + vector.text.slice(place + 1);
      yield [`text[${place}]`, { ...vector, text }, openCookie];
    }
    for (const name of Object.keys(vector.place)) {
      const found = changed(vector, ["place", name], (text) => `${text}x`);
      yield [`place.${name}`, found, openCookie];
    }
    for (const name of Object.keys(vector).filter((name) => !INPUTS.includes(name))) {
      for (const [path, change] of changesOf(vector[name], [name])) {
        yield [path.join("."), changed(vector, path, change)];
      }
    }
  } else if (list === "negative") {
    yield ["reason", { ...vector, reason: other(vector.reason) }];
    yield ["opens", { ...vector, opens: !vector.opens }];
  } else if (list === "splits" && "room" in vector) {
    yield ["text", { ...vector, text: other(vector.text) }];
    yield ["room", { ...vector, room: vector.room + 1 }];
    for (const place of range(vector.cookies.length)) {
      for (const part of [0, 1]) {
        const path = ["cookies", place, part];
        yield [path.join("."), changed(vector, path, other)];
      }
      const cookies = vector.cookies.filter((_, other) => other !== place);
      yield [`cookies without ${place}`, { ...vector, cookies }];
    }
  } else if (list === "splits" && "text" in vector) {
    yield ["text", { ...vector, text: other(vector.text) }];
    yield ["a reason", { ...vector, reason: "missing_chunk" }];
  } else if (list === "overflow" && vector.lost) {
    const { lost, ...rest } = vector;
    yield ["lost", { ...rest, was: lost }];
    for (const name of ["seed", "name_in_store", "reference"]) {
      yield [name, changed(vector, [name], other)];
    }
  } else if (list === "overflow") {
    yield ["lost", { ...vector, lost: true }];
    for (const name of ["entry", "reference"]) {
      for (const place of range(vector[name].length)) {
        const digit = vector[name][place] === "0" ? "1" : "0";
        const text = vector[name].slice(0, place) + digit + vector[name].slice(place + 1);
        yield [`${name}[${place}]`, { ...vector, [name]: text }];
      }
    }
    const compressed = notUnpacked.has(`overflow ${vector.name}`) ? ["value"] : [];
    const inputs = ["name", "entry", "reference", ...compressed];
    for (const name of Object.keys(vector).filter((name) => !inputs.includes(name))) {
      for (const [path, change] of changesOf(vector[name], [name])) {
        yield [path.join("."), changed(vector, path, change)];
      }
    }
  } else if (list === "handoffs" || list === "form_tokens") {
    const refusal = list === "handoffs" ? "why" : "reason";
    if (refusal in vector) {
      yield [refusal, changed(vector, [refusal], other)];
      return;
    }
    for (const place of range(vector.text.length)) {
      const digit = ALPHABET[ALPHABET.indexOf(vector.text[place]) ^ 32];
      const text = vector.text.slice(0, place) + digit + vector.text.slice(place + 1);
      yield [`text[${place}]`, { ...vector, text }];
    }
    const inputs = ["name", "keys", "revoked", "now", "text"];
    for (const name of Object.keys(vector).filter((name) => !inputs.includes(name))) {
      for (const [path, change] of changesOf(vector[name], [name])) {
        yield [path.join("."), changed(vector, path, change)];
      }
    }
  } else if ("reason" in vector) {
    const { reason, ...rest } = vector;
    yield ["reason", { ...vector, reason: other(reason) }];
    yield ["no reason", { ...rest, value: { type: "none" } }];
  } else {
    const recorded = list === "wires" ? ["value"] : ["key", "kid"];
    for (const name of recorded) {
      for (const [path, change] of changesOf(vector[name], [name])) {
        yield [path.join("."), changed(vector, path, change)];
      }
    }
  }
}

function selfTest(vectors) {
  const failures = [];
  let count = 0;
  for (const [list, verify] of Object.entries(VERIFIERS)) {
    for (const vector of vectors[list]) {
      let changes = 0;
      for (const [what, changedVector, check = verify] of changedVectors(list, vector)) {
        changes += 1;
        if (!isRefused(check, changedVector)) {
          failures.push(`${list} "${vector.name ?? ""}": a change of ${what} is not found`);
        }
      }
      if (changes === 0) failures.push(`${list} "${vector.name ?? ""}": nothing was changed`);
      count += changes;
    }
  }
  return [failures, count];
}

function main(argv) {
  const options = [...argv];
  const testsItself = options.includes("--self-test");
  if (testsItself) options.splice(options.indexOf("--self-test"), 1);
  const named = options.indexOf("--dictionary");
  if (named >= 0) loadDictionary(options.splice(named, 2)[1]);
  const path = options[0] ?? new URL("v1.json", import.meta.url);
  const vectors = JSON.parse(readFileSync(path, "utf8"));
  const size = (list) => vectors[list]?.length ?? 0;

  const failures = verifyAll(vectors);
  const lines = [];
  const unpackedElsewhere = notUnpacked.size;
  if (failures.length === 0) {
    lines.push(`${size("positive")} positive, ${size("negative")} negative vectors verified`);
    lines.push(`${size("splits")} splits, ${size("overflow")} overflow entries verified`);
    lines.push(`${size("handoffs")} hand-offs, ${size("form_tokens")} form tokens verified`);
    lines.push(`${size("wires")} wires, ${size("secret_keys")} secret keys verified`);
    if (testsItself) {
      const [unnoticed, changes] = selfTest(vectors);
      failures.push(...unnoticed);
      lines.push(`${changes} changes made, ${changes - unnoticed.length} refused`);
    }
    if (unpackedElsewhere > 0) lines.push(`${unpackedElsewhere} segments not unpacked here`);
  }
  if (failures.length > 0) lines.push(`${failures.length} failures`);
  for (const line of [...failures, ...lines]) console.log(line);
  return failures.length === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
