// Does with examples/edge what each line of stdin asks, one JSON object a line, and answers in one.
//
// What JavaScript has is described so that JSON can say it: {"number": the 8 octets of the double},
// {"bigint": digits}, {"octets": hex}, {"list": [...]}, {"map": [[key, value] ...]}, {"set": [...]};
// null, booleans and strings stand for themselves.

import { createServer } from "node:http";
import { createInterface } from "node:readline";

import { join, find } from "../../../examples/edge/cookies.mjs";
import * as edge from "../../../examples/edge/session.mjs";
import worker from "../../../examples/edge/worker.mjs";

const hex = (octets) => Buffer.from(octets).toString("hex");

function described(value) {
  if (value === null || ["boolean", "string"].includes(typeof value)) return value;
  if (typeof value === "number") {
    const bits = Buffer.alloc(8);
    bits.writeDoubleBE(value);
    return { number: Number.isNaN(value) ? "nan" : hex(bits) };
  }
  if (typeof value === "bigint") return { bigint: String(value) };
  if (value instanceof Uint8Array) return { octets: hex(value) };
  if (Array.isArray(value)) return { list: value.map(described) };
  if (value instanceof Set) return { set: [...value].map(described) };
  return { map: [...value].map((pair) => pair.map(described)) };
}

function made(form) {
  if (form === null || typeof form !== "object") return form;
  const [[kind, content]] = Object.entries(form);
  switch (kind) {
    case "number":
      return content === "nan" ? NaN : Buffer.from(content, "hex").readDoubleBE();
    case "bigint":
      return BigInt(content);
    case "octets":
      return Uint8Array.from(Buffer.from(content, "hex"));
    case "list":
      return content.map(made);
    case "map":
      return new Map(content.map((pair) => pair.map(made)));
  }
  throw new Error(`no such form: ${kind}`);
}

const number = (value) => (value === null ? null : String(value));

function shown(session) {
  if (session === null) return null;
  const { claims, values, unread, sealedAt, refreshable, kid } = session;
  return {
    claims: {
      sid: claims.sid,
      iat: number(claims.iat),
      since: number(claims.since),
      until: number(claims.until),
      auth_time: number(claims.authTime),
      lasts: number(claims.lasts),
      subject: described(claims.subject),
      former_kids: claims.formerKids,
      optional: [...claims.optional].map(([tag, octets]) => [tag, hex(octets)]),
    },
    values: [...values].map((pair) => pair.map(described)),
    unread: unread.map(described),
    sealedAt,
    refreshable,
    kid,
  };
}

const seen = [];
const origin = createServer((request, response) => {
  const { url, method, headers } = request;
  let body = "";
  request.setEncoding("utf8").on("data", (part) => (body += part));
  request.on("end", () => {
    seen.push({ url, method, headers, body });
    response.setHeader("set-cookie", ["a=1", "b=2"]);
    response.end("from the origin");
  });
});

async function handled({ url, headers, method, body, env }) {
  const { port } = origin.address();
  seen.length = 0;
  const request = new Request(url, { headers, method, body });
  const response = await worker.fetch(request, { ORIGIN: `http://127.0.0.1:${port}`, ...env });
  const cookies = response.headers.getSetCookie();
  const { status } = response;
  const told = { status, cookies, headers: Object.fromEntries(response.headers) };
  return { ...told, text: await response.text(), seen: [...seen] };
}

const OPERATIONS = {
  openText: async ({ text, options }) => shown(await edge.openText(text, options)),
  open: async ({ header, options }) => shown(await edge.openSession(header, options)),
  join({ header, name }) {
    const arrived = (cookie) => find(header, cookie);
    return join(arrived(name)[0], arrived, name);
  },
  async seal({ header, begin, set, options }) {
    const { now } = options;
    const opened = await edge.openSession(header, options);
    const session = begin ? edge.newSession({ now, ...begin }) : opened;
    return edge.sealSession(session, { ...options, set: made(set) });
  },
  handle: handled,
};

async function answer(line) {
  try {
    const { operation, ...given } = JSON.parse(line);
    return { answer: await OPERATIONS[operation](given) };
  } catch (error) {
    if (error instanceof edge.Refused) return { reason: error.reason };
    return { error: `${error.name}: ${error.message}`, stack: error.stack };
  }
}

await new Promise((listens) => origin.listen(0, "127.0.0.1", listens));
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
}
origin.closeAllConnections();
origin.close();
