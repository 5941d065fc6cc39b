// The envelope and its seal (docs/format.md, sections 3 to 5), with WebCrypto and nothing else.

import { Refused } from "./refused.mjs";

const MAX_CHARACTERS = 32768;
const SHORTEST = 50;
const HEADER = 10;
const NONCE = 24;
const PURPOSE = "session";

const { subtle } = globalThis.crypto;
const utf8 = new TextEncoder();

export const hex = (octets) =>
  Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");

/** The octets of several arrays, one behind the other. */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const numberOf = (octets) => octets.reduce((sum, octet) => sum * 256 + octet, 0);
const octetsOf = (number, length) =>
  Uint8Array.from({ length }, (_, at) => Math.floor(number / 256 ** (length - 1 - at)) % 256);

export function encode(octets) {
  const binary = Array.from(octets, (octet) => String.fromCharCode(octet)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The octets of canonical base64url without padding, or null: one text for the same octets. */
function decode(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const octets = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return encode(octets) === text ? octets : null;
}

/**
 * The fields of a text; nothing in it is trusted yet.
 *
 * @param {string} text the whole text of a session.
 * @throws {Refused} `too_large`, `missing_chunk`, `malformed` or `unknown_version`.
 */
export function parse(text) {
  if (text.length > MAX_CHARACTERS) throw new Refused("too_large");
  if (text.startsWith("~")) throw new Refused("missing_chunk");
  const octets = decode(text);
  if (octets === null || octets.length === 0) throw new Refused("malformed");
  if (octets[0] !== 1) throw new Refused("unknown_version");
  if (octets.length < SHORTEST || octets[1] > 1) throw new Refused("malformed");
  return {
    header: octets.subarray(0, HEADER),
    refreshable: octets[1] === 1,
    kid: hex(octets.subarray(2, 6)),
    sealedAt: numberOf(octets.subarray(6, HEADER)),
    nonce: octets.subarray(HEADER, HEADER + NONCE),
    sealed: octets.subarray(HEADER + NONCE),
  };
}

function associated(header, { name, audience }) {
  const texts = [PURPOSE, name, audience].map((text) => utf8.encode(text));
  return concat(header, ...texts.flatMap((text) => [octetsOf(text.length, 2), text]));
}

/** AES-256 of one block. WebCrypto has no ECB; the first block of CBC with a zero IV is the same. */
async function block(key, octets) {
  const iv = new Uint8Array(16);
  return new Uint8Array(await subtle.encrypt({ name: "AES-CBC", iv }, key, octets)).subarray(0, 16);
}

/** Steps 1 to 4 of section 5: the key of one nonce, and what AES-GCM takes beside it. */
async function derived(subkey, nonce, additionalData, usage) {
  const octets = typeof subkey === "string" ? decode(subkey) : null;
  if (octets?.length !== 32) {
    throw new TypeError("A subkey is 43 characters: what cookie-sessions keys export-subkeys printed.");
  }
  const key = await subtle.importKey("raw", octets, "AES-CBC", false, ["encrypt"]);
  const l = await block(key, new Uint8Array(16));
  const k1 = l.map((octet, at) => ((octet << 1) | (at < 15 ? l[at + 1] >> 7 : 0)) & 255);
  if (l[0] & 0x80) k1[15] ^= 0x87;
  const halves = [1, 2].map((number) => {
    const m = concat(Uint8Array.of(0, number, 0x58, 0), nonce.subarray(0, 12));
    return block(key, m.map((octet, at) => octet ^ k1[at]));
  });
  const raw = concat(...(await Promise.all(halves)));
  return [
    { name: "AES-GCM", iv: nonce.subarray(12), additionalData, tagLength: 128 },
    await subtle.importKey("raw", raw, "AES-GCM", false, [usage]),
  ];
}

/**
 * Open what {@link parse} gave.
 *
 * @param {object} envelope the fields.
 * @param {string} subkey the subkey of the key that it names.
 * @param {{name: string, audience: string}} place where the cookie was found.
 * @returns {Promise<Uint8Array>} the plaintext.
 * @throws {Refused} `bad_seal`.
 */
export async function open(envelope, subkey, place) {
  const { header, nonce, sealed } = envelope;
  const [algorithm, key] = await derived(subkey, nonce, associated(header, place), "decrypt");
  try {
    return new Uint8Array(await subtle.decrypt(algorithm, key, sealed));
  } catch {
    throw new Refused("bad_seal");
  }
}

/**
 * Seal a plaintext under a fresh nonce.
 *
 * @param {Uint8Array} plaintext claims and map.
 * @param {object} options `refreshable`, `kid` (eight hexadecimal digits), `sealedAt` (seconds).
 * @param {string} subkey the subkey of that key.
 * @param {{name: string, audience: string}} place where the cookie will be found.
 * @returns {Promise<string>} the text.
 */
export async function seal(plaintext, { refreshable, kid, sealedAt }, subkey, place) {
  const kidOctets = octetsOf(Number.parseInt(kid, 16), 4);
  const header = concat(Uint8Array.of(1, refreshable ? 1 : 0), kidOctets, octetsOf(sealedAt, 4));
  const nonce = globalThis.crypto.getRandomValues(new Uint8Array(NONCE));
  const [algorithm, key] = await derived(subkey, nonce, associated(header, place), "encrypt");
  return encode(concat(header, nonce, new Uint8Array(await subtle.encrypt(algorithm, key, plaintext))));
}
