// A client of icpcode over HTTP for Node 18 or later: one file, nothing else.
//
//   const client = new Client("http://127.0.0.1:8080", { headers: { "Icpcode-Account": account } });
//   const made = await client.issue({ instance: "i-1", quantity: 1 }, { key: "order-77" });

/** The kinds of problems that the API answers with: Problem.kind. */
export const kinds = Object.freeze([/*KINDS*/]);

/** A Problem is an answer that is no success (RFC 9457). Its message is for the person who asked. */
export class Problem extends Error {
  constructor(status, body) {
    super([body.title, body.detail].filter(Boolean).join(" ") || `HTTP ${status}`);
    this.name = "Problem";
    this.status = status;
    /** What went wrong, one of kinds; "" if it was not the API that answered. */
    const [, kind] = /^urn:icpcode:problem:(.+)$/.exec(body.type) ?? [];
    this.kind = kind ?? "";
    /** Whether the same request, with the same key, is worth sending again. */
    this.repeat = body.repeat ?? status >= 500;
    /** The member of the request to mend, if one is wrong. */
    this.field = body.field;
    this.requestId = body.request_id;
    /** Why the rules refuse, in the language asked for; decision has all of it. */
    this.reasons = body.reasons ?? [];
    this.decision = body.decision;
  }
}

/** each goes through the pages of a list: each((query) => client.ownedPage(query), { state: "Available" }). */
export async function* each(page, query = {}) {
  for (let after; after !== ""; ) {
    const answer = await page(after === undefined ? query : { ...query, after });
    for (const list of [/*LISTS*/]) yield* answer[list] ?? [];
    after = answer.next;
  }
}

/** quoted writes a key as the header Idempotency-Key has it: in quotes, and its UTF-8 byte by byte. */
function quoted(key) {
  return Buffer.from(`"${String(key).replace(/["\\]/g, "\\$&")}"`, "utf8").toString("latin1");
}

/** handle is a handle as it stands in a path. What cannot be one, such as "..", must not lead elsewhere: "-" is none, either. */
function handle(text) {
  return /*HANDLE*/.test(text) ? text : "-";
}

/**
 * A Client asks for one account. Its methods return what the API answers, and throw a Problem for what is no success. If the
 * connection breaks, fetch's own error is thrown: send a change again with the same key, which takes effect once.
 */
export class Client {
  #url;
  #headers;
  #language;
  #timeout;
  #fetch;

  /**
   * @param url where the API is, with what stands before /v1
   * @param options may have headers of each request, such as who is asking; language, en or zh; timeout, in milliseconds; fetch
   */
  constructor(url, { headers = {}, language = "en", timeout = 30_000, fetch = globalThis.fetch } = {}) {
    this.#url = String(url).replace(/\/+$/, "");
    this.#headers = headers;
    this.#language = language;
    this.#timeout = timeout;
    this.#fetch = fetch;
  }

  /** request sends any request. Options are those of the other methods, and body and query. */
  async request(method, path, { body, query = {}, key, dryRun = false, language = this.#language, signal } = {}) {
    const headers = { ...this.#headers, "Accept-Language": language };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (key !== undefined) headers["Idempotency-Key"] = quoted(key);
    const asked = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...query, dry_run: dryRun || undefined })) {
      if (value !== undefined) asked.set(name, value instanceof Date ? value.toISOString() : String(value));
    }
    const url = this.#url + path + (String(asked) && `?${asked}`);
    const answer = await this.#fetch(url, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      redirect: "error",
      signal: signal ?? AbortSignal.timeout(this.#timeout),
    });
    const text = await answer.text();
    let value;
    try {
      value = JSON.parse(text);
    } catch {
      throw new Problem(answer.status, {});
    }
    if (!answer.ok) throw new Problem(answer.status, value ?? {});
    return value;
  }

  /*METHODS*/
}
