// Opens and seals the sessions of cookie_sessions where no Python runs, with WebCrypto alone.
//
// docs/edge.md says what this is for. Whoever holds a subkey can forge any session, and what is
// opened here is not compared with any list of ended sessions.

import { readClaims, verdict, writeClaims } from "./claims.mjs";
import { chunkNames, find, join, split } from "./cookies.mjs";
import { concat, hex, open, parse, seal } from "./envelope.mjs";
import { Refused, undecodable } from "./refused.mjs";
import { newEntry, readMap, writeMap } from "./values.mjs";

export { Refused };

const MAX_OPENS = 4;
const SKEW = 300;
const ROOM = 3800;
const KID = /^[0-9a-f]{8}$/;

function complete(options) {
  const { subkeys, name = "session", audience = "", revoked = [] } = options;
  const { idle = null, absolute = null, remember = null, skew = SKEW } = options;
  const now = options.now ?? Date.now() / 1000;
  // What is compared with a text, or with NaN, would end no session and revoke no key.
  const timeouts = [idle, absolute, remember].filter((seconds) => seconds !== null);
  if (!timeouts.every(Number.isSafeInteger) || ![now, skew].every(Number.isFinite)) {
    throw new TypeError("Times are numbers of seconds, and timeouts whole ones. Read texts by Number().");
  }
  if (!Array.isArray(revoked) || !revoked.every((kid) => KID.test(kid))) {
    throw new TypeError("Revoked keys are an array of ids, each eight lower-case hexadecimal digits.");
  }
  return { subkeys, name, audience, revoked, idle, absolute, remember, skew, now };
}

/**
 * The living session of a request.
 *
 * @param {string | null} cookieHeader the request's Cookie header.
 * @param {object} options `subkeys`, an object from key id to subkey; `name` of the cookie; the
 *   `audience`; the deployment's timeouts `idle`, `absolute` and `remember` in seconds, which
 *   shorten a session's own end; `revoked`, the ids of revoked keys; `now` in seconds since the
 *   epoch; `skew`, by how many seconds clocks may differ.
 * @returns {Promise<object | null>} null where no cookie of the name came; else `claims`, `values`
 *   (a Map), `unread` (the keys of values that are compressed, kept elsewhere, or of a type that
 *   JavaScript lacks), `sealedAt`, `refreshable`, `kid`; and `entries`, for {@link sealSession}.
 * @throws {Refused} none of the cookies is a living session; its `reason` says why the first is not.
 * @throws {TypeError} an option is not what it has to be.
 */
export async function openSession(cookieHeader, options) {
  const settings = complete(options);
  const arrived = (name) => find(cookieHeader ?? "", name);
  const texts = arrived(settings.name);
  if (texts.length === 0) return null;
  if (texts.length > MAX_OPENS) throw new Refused("ambiguous");
  const opened = [];
  const refusals = [];
  for (const text of texts) {
    try {
      const session = await openText(join(text, arrived, settings.name), settings);
      opened.push({ text, session });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refusals.push(error);
    }
  }
  if (opened.length === 0) throw refusals[0];
  if (new Set(opened.map(({ session }) => session.claims.sid)).size > 1) {
    throw new Refused("ambiguous");
  }
  // The order in the header never decides.
  const later = (one, other) => {
    const seconds = one.session.sealedAt - other.session.sealedAt;
    return seconds > 0 || (seconds === 0 && one.text > other.text) ? one : other;
  };
  return opened.reduce(later).session;
}

/**
 * The session of one whole text, as {@link openSession} gives it.
 *
 * @param {string} text what a cookie that is not split holds.
 * @param {object} options as for {@link openSession}.
 * @throws {Refused} it is not a living session.
 */
export async function openText(text, options) {
  const settings = complete(options);
  const { subkeys, revoked, now, skew } = settings;
  const envelope = parse(text);
  const { kid, sealedAt, refreshable } = envelope;
  if (revoked.includes(kid)) throw new Refused("key_revoked");
  if (!Object.hasOwn(subkeys, kid)) throw new Refused("unknown_kid");
  if (sealedAt > now + skew) throw new Refused("not_yet_valid");
  const plaintext = await open(envelope, subkeys[kid], settings);
  const length = plaintext[0] ?? 0;
  if (length === 0 || length >= plaintext.length) throw undecodable();
  const entries = readMap(plaintext.subarray(1 + length));
  const claims = readClaims(plaintext.subarray(1, 1 + length));
  const reason = verdict(claims, sealedAt, settings);
  if (reason !== null) throw new Refused(reason);
  if (claims.formerKids.some((former) => revoked.includes(former))) {
    throw new Refused("key_revoked");
  }
  const [read, unread] = [true, false].map((known) =>
    entries.filter((entry) => "value" in entry === known),
  );
  return {
    claims,
    values: new Map(read.map(({ key, value }) => [key, value])),
    unread: unread.map(({ key }) => key),
    sealedAt,
    refreshable,
    kid,
    entries,
  };
}

/**
 * A session that begins now, without values.
 *
 * @param {object} options `now` in seconds; `refreshable`, whether use moves its end.
 */
export function newSession({ now = Date.now() / 1000, refreshable = false } = {}) {
  const iat = Math.floor(now);
  const sid = hex(globalThis.crypto.getRandomValues(new Uint8Array(16)));
  const claims = { sid, iat, since: iat * 1000, until: iat, authTime: null, subject: null };
  Object.assign(claims, { lasts: null, formerKids: [], optional: new Map() });
  const session = { claims, values: new Map(), unread: [], sealedAt: iat, refreshable, kid: null };
  return { ...session, entries: [] };
}

/**
 * Seal a session anew, with some values changed and all others octet for octet as they came.
 *
 * @param {object} session what {@link openSession} or {@link newSession} gave.
 * @param {object} options as for {@link openSession}, and: `kid`, the id of the key that seals, the
 *   ring's primary; `idle` is needed; `set`, an object or Map of values to write under string keys;
 *   `remove`, keys to take out; `room`, characters of a value that fit a cookie with its attributes.
 * @returns {Promise<{cookies: [string, string][], unused: string[]}>} names and values to be set, in
 *   this order, and the names of the chunks to be deleted if the request brought them.
 * @throws {TypeError} a value can't be written here, or an option is missing.
 * @throws {RangeError} it does not fit.
 */
export async function sealSession(session, options) {
  const settings = complete(options);
  const { subkeys, name, now } = settings;
  const { kid, set = {}, remove = [], room = ROOM } = options;
  if (!KID.test(kid) || !Object.hasOwn(subkeys, kid) || settings.idle === null) {
    throw new TypeError("To seal, name the kid of one of the subkeys, and the idle timeout.");
  }
  const changes = set instanceof Map ? set : new Map(Object.entries(set));
  const written = new Map([...changes].map(([key, value]) => [key, newEntry(key, value)]));
  const kept = session.entries.filter(({ key }) => !remove.includes(key));
  const entries = kept.map((entry) => written.get(entry.key) ?? entry);
  const known = new Set(kept.map(({ key }) => key));
  entries.push(...[...written.values()].filter(({ key }) => !known.has(key)));
  const sealedBefore = session.kid === null || session.kid === kid ? null : session.kid;
  const claims = writeClaims(session.claims, { ...settings, sealedBefore });
  const plaintext = concat(Uint8Array.of(claims.length), claims, writeMap(entries));
  const head = { refreshable: session.refreshable, kid, sealedAt: Math.floor(now) };
  const cookies = split(await seal(plaintext, head, subkeys[kid], settings), name, room);
  const names = new Set(cookies.map(([cookie]) => cookie));
  return { cookies, unused: chunkNames(name).filter((chunk) => !names.has(chunk)) };
}
