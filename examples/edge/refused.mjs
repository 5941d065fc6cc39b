/** What a cookie is refused with; `reason` is a word of docs/format.md, such as `bad_seal`. */
export class Refused extends Error {
  /** @param {string} reason the word; nothing of the cookie is kept. */
  constructor(reason) {
    super(`The session cookie was refused: ${reason}.`);
    this.name = "Refused";
    this.reason = reason;
  }
}

/** What the plaintext of a cookie is refused with that is not as docs/format.md says. */
export const undecodable = () => new Refused("undecodable");
