// The Cookie header read exactly, and one text over several cookies (docs/format.md, section 12).
//
// A pair ends at ";" alone, and only SP and HTAB are trimmed. A reader that splits at commas, drops
// Unicode spaces or interprets quotes lets a script of the page forge a cookie with a prefix.

import { Refused } from "./refused.mjs";

const MAX_HEADER = 65536;
const MAX_VALUES = 16;
const MAX_COOKIES = 8;
const LEAST_ROOM = 64;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

const isBlank = (character) => character === " " || character === "\t";

/** The text without SP and HTAB around it; each character is looked at once. */
function trimmed(text) {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start += 1;
  while (end > start && isBlank(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

const tagOf = (text) => text.slice(16, 22);

/**
 * Every value of the cookies with exactly this name, in their order, equal ones once.
 *
 * @param {string} header the Cookie header, or "".
 * @param {string} name the cookie's name, a token.
 * @returns {string[]}
 * @throws {Refused} `too_large` or `ambiguous`.
 */
export function find(header, name) {
  if (!TOKEN.test(name)) throw new TypeError("The name of a cookie has to be a token of RFC 6265.");
  if (header.length > MAX_HEADER) throw new Refused("too_large");
  const values = new Set();
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    if (equals < 0 || trimmed(pair.slice(0, equals)) !== name) continue;
    values.add(trimmed(pair.slice(equals + 1)));
    if (values.size > MAX_VALUES) throw new Refused("ambiguous");
  }
  return [...values];
}

/** The names of the chunks behind a head of this name. */
export const chunkNames = (name) =>
  Array.from({ length: MAX_COOKIES - 1 }, (_, index) => `${name}.${index + 1}`);

/**
 * The whole text that a value stands for: itself, or the head of a text in several cookies.
 *
 * @param {string} value what a cookie of the session's name holds.
 * @param {(name: string) => string[]} arrived gives the values of the cookies with a name.
 * @param {string} name the session's name.
 * @throws {Refused} `malformed`, `missing_chunk`, `mixed_chunks` or `ambiguous`.
 */
export function join(value, arrived, name) {
  if (!value.startsWith("~")) return value;
  if (!/^~[2-8]/.test(value) || value.length < 24) throw new Refused("malformed");
  const parts = [value.slice(2)];
  const tag = tagOf(parts[0]);
  for (const [index, chunkName] of chunkNames(name).slice(0, Number(value[1]) - 1).entries()) {
    const values = arrived(chunkName);
    const fitting = values.filter((chunk) => chunk.startsWith(`~${index + 1}${tag}`));
    if (fitting.length > 1) throw new Refused("ambiguous");
    if (fitting.length === 0) throw new Refused(values.length ? "mixed_chunks" : "missing_chunk");
    parts.push(fitting[0].slice(8));
  }
  return parts.join("");
}

/**
 * A text as pairs of name and value, chunks before their head, as they are to be set.
 *
 * @param {string} text the sealed text.
 * @param {string} name the session's name.
 * @param {number} room characters of a value that fit one cookie.
 * @returns {[string, string][]}
 * @throws {RangeError} it would need more than eight cookies.
 */
export function split(text, name, room) {
  if (text.length <= room) return [[name, text]];
  const parts = [];
  for (let at = room - 2; at < text.length; at += room - 10) {
    parts.push(text.slice(at, at + room - 10));
    if (room < LEAST_ROOM || parts.length >= MAX_COOKIES) {
      throw new RangeError("The session does not fit its cookies. Keep less in it.");
    }
  }
  const chunks = parts.map((part, index) => [
    `${name}.${index + 1}`,
    `~${index + 1}${tagOf(text)}${part}`,
  ]);
  return [...chunks, [name, `~${1 + parts.length}${text.slice(0, room - 2)}`]];
}
