// What a session says of itself, and whether it is over (docs/format.md, sections 7 and 11).

import { concat, hex } from "./envelope.mjs";
import { Refused, undecodable } from "./refused.mjs";

const AUTH_TIME = 1;
const SUBJECT = 2;
const BINDINGS = 3;
const FORMER_KIDS = 4;
const IMPORTED_FROM = 5;
const LASTS = 7;
const BESIDE = 8;
const CRITICAL = 0x80;
const MAX_FORMER_KIDS = 8;

// Numbers that a double can't hold exactly stay BigInt: they compare with numbers all the same.
const plain = (number) => (number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : number);

function readVarint(octets, start) {
  let value = 0n;
  for (let at = start; at < Math.min(octets.length, start + 9); at += 1) {
    value |= BigInt(octets[at] & 127) << BigInt(7 * (at - start));
    if (octets[at] < 128) {
      if (octets[at] === 0 && at > start) break;
      return [value, at + 1];
    }
  }
  throw undecodable();
}

function wholeVarint(octets) {
  const [value, end] = readVarint(octets, 0);
  if (end !== octets.length) throw undecodable();
  return value;
}

function varint(number) {
  const octets = [];
  let rest = BigInt(number);
  for (; rest > 127n; rest >>= 7n) octets.push(Number(rest & 127n) | 128);
  return Uint8Array.from([...octets, Number(rest)]);
}

function subjectOf(octets) {
  if (octets?.[0] !== 0x74) return octets ?? null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets.subarray(1));
  } catch {
    return octets;
  }
}

/**
 * Read claims.
 *
 * @param {Uint8Array} octets the packed claims.
 * @returns {object} `sid` (hexadecimal), `iat`, `until`, `authTime`, `lasts` (seconds), `since`
 *   (milliseconds), `subject` (a string where it is one, else octets), `formerKids`, and
 *   `optional`, the optional claims as they stand, unknown ones among them.
 * @throws {Refused} `undecodable`, or `unknown_version` for a critical claim.
 */
export function readClaims(octets) {
  if (octets.length < 20) throw undecodable();
  const iat = new DataView(octets.buffer, octets.byteOffset).getUint32(16);
  const [since, behindSince] = readVarint(octets, 20);
  const [until, behindUntil] = readVarint(octets, behindSince);
  const optional = new Map();
  let last = 0;
  for (let at = behindUntil; at < octets.length; ) {
    const tag = octets[at];
    const [length, start] = readVarint(octets, at + 1);
    if (tag <= last || length > BigInt(octets.length - start)) throw undecodable();
    at = start + Number(length);
    optional.set(tag, octets.slice(start, at));
    last = tag;
  }
  // A reader that does not know a critical claim can't know what the session means.
  if (last >= CRITICAL) throw new Refused("unknown_version");
  const authTime = optional.get(AUTH_TIME);
  const former = optional.get(FORMER_KIDS);
  const lasts = optional.get(LASTS);
  if (former && (!former.length || former.length % 4 || former.length > 4 * MAX_FORMER_KIDS)) {
    throw undecodable();
  }
  if (optional.get(BINDINGS)?.length === 0) throw undecodable();
  for (const tag of [IMPORTED_FROM, BESIDE]) {
    if ((optional.get(tag) ?? { length: 8 }).length !== 8) throw undecodable();
  }
  return {
    sid: hex(octets.subarray(0, 16)),
    iat,
    since: plain(BigInt(iat) * 1000n + since),
    until: plain(BigInt(iat) + until),
    authTime: authTime ? plain(BigInt(iat) + wholeVarint(authTime)) : null,
    subject: subjectOf(optional.get(SUBJECT)),
    lasts: lasts ? plain(wholeVarint(lasts)) : null,
    formerKids: hex(former ?? []).match(/.{8}/g) ?? [],
    optional,
  };
}

/**
 * Why a session is over.
 *
 * @param {object} claims what {@link readClaims} gave.
 * @param {number} sealedAt when the cookie was sealed, in seconds.
 * @param {object} options `now`, and the deployment's `idle`, `absolute`, `remember` and `skew`,
 *   in seconds; they shorten a sealed end.
 * @returns {string | null} a Reason, or null while it lives.
 */
export function verdict(claims, sealedAt, { now, idle, absolute, remember, skew }) {
  if (claims.iat > now + skew || claims.authTime > now + skew) return "not_yet_valid";
  const seconds = Math.floor(now);
  const remembered = claims.lasts !== null && remember !== null;
  const lasts = remembered && claims.lasts < remember ? claims.lasts : remember;
  const longest = remembered ? lasts : absolute;
  if (longest !== null && BigInt(seconds) > BigInt(claims.iat) + BigInt(longest)) {
    return "expired_absolute";
  }
  const unused = !remembered && idle !== null && seconds > sealedAt + idle;
  return unused || seconds > claims.until ? "expired_idle" : null;
}

/**
 * The claims of a session that is sealed now, with everything else as it came.
 *
 * @param {object} claims what {@link readClaims} gave.
 * @param {object} options `now`, `idle`, `absolute` and `remember` as for {@link verdict}, and
 *   `sealedBefore`, the kid of another key that sealed it until now, or null.
 * @returns {Uint8Array}
 */
export function writeClaims(claims, { now, idle, absolute, remember, sealedBefore }) {
  const optional = new Map(claims.optional);
  if (sealedBefore !== null) {
    const others = claims.formerKids.filter((kid) => kid !== sealedBefore);
    const kids = [...others, sealedBefore].slice(-MAX_FORMER_KIDS).join("");
    optional.set(FORMER_KIDS, fromHex(kids));
  }
  const remembered = claims.lasts !== null && remember !== null;
  const lasts = remembered && claims.lasts < remember ? claims.lasts : remember;
  const ends = [
    remembered ? Number(lasts) : Math.floor(now) + idle - claims.iat,
    remembered || absolute === null ? Infinity : absolute,
  ];
  const fields = [...optional].sort(([left], [right]) => left - right);
  const packed = concat(
    fromHex(claims.sid),
    fromHex(claims.iat.toString(16).padStart(8, "0")),
    varint(BigInt(claims.since) - BigInt(claims.iat) * 1000n),
    varint(Math.max(0, Math.min(...ends))),
    ...fields.flatMap(([tag, octets]) => [Uint8Array.of(tag), varint(octets.length), octets]),
  );
  if (packed.length > 255) throw new RangeError("The claims do not fit. Leave this to the origin.");
  return packed;
}

const fromHex = (text) =>
  Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
