// A handler in the form of Cloudflare Workers: it sends visitors who are not signed in to the page
// where they do, and tells the origin which variant of a page they get, as a part of the cache key.
//
// SESSION_SUBKEYS is a secret: what "cookie-sessions keys export-subkeys" printed. See docs/edge.md.

import { openSession, Refused } from "./session.mjs";

const MEMBERS = "/account";
const SIGN_IN = "/sign-in";
const VARIANT = "x-variant";

function subkeysOf(env) {
  try {
    return JSON.parse(env.SESSION_SUBKEYS);
  } catch {
    // The parser's own message would quote the secret.
    throw new TypeError("SESSION_SUBKEYS is not what cookie-sessions keys export-subkeys printed.");
  }
}

async function sessionOf(request, env) {
  try {
    return await openSession(request.headers.get("cookie"), {
      name: env.SESSION_COOKIE ?? "__Host-session",
      subkeys: subkeysOf(env),
    });
  } catch (error) {
    // A refused cookie is a visitor without a session. What becomes of it is the origin's matter.
    if (error instanceof Refused) return null;
    throw error;
  }
}

// It spares the origin requests. The origin asks who is there all the same: it alone knows for sure,
// and it may read a path otherwise.
const isMembers = (path) => path === MEMBERS || path.startsWith(`${MEMBERS}/`);

export default {
  /**
   * @param {Request} request what the visitor asks for.
   * @param {object} env `SESSION_SUBKEYS`, `ORIGIN` (the application's address), and perhaps
   *   `SESSION_COOKIE`, the name of the cookie.
   * @returns {Promise<Response>}
   */
  async fetch(request, env) {
    const url = new URL(request.url);
    const session = await sessionOf(request, env);
    const isSignedIn = (session?.values.get("_user_id") ?? null) !== null;
    if (isMembers(url.pathname) && !isSignedIn) {
      const next = encodeURIComponent(url.pathname + url.search);
      const headers = { location: `${SIGN_IN}?next=${next}`, "cache-control": "no-store" };
      return new Response(null, { status: 303, headers });
    }
    // Put together member by member: a path that begins with two slashes would name another host.
    const target = new URL(env.ORIGIN);
    target.pathname = url.pathname;
    target.search = url.search;
    const passedOn = new Request(target, request);
    // Set always, so that what the visitor sent under this name never arrives.
    passedOn.headers.set(VARIANT, session?.values.get("theme") === "dark" ? "dark" : "light");
    return fetch(passedOn, { redirect: "manual" });
  },
};
