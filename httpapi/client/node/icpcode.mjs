// Code generated from openapi.json by httpapi/internal/nodeclient. DO NOT EDIT.

// A client of icpcode over HTTP for Node 18 or later: one file, nothing else.
//
//   const client = new Client("http://127.0.0.1:8080", { headers: { "Icpcode-Account": account } });
//   const made = await client.issue({ instance: "i-1", quantity: 1 }, { key: "order-77" });

/** The kinds of problems that the API answers with: Problem.kind. */
export const kinds = Object.freeze(["conflict", "differs", "ended", "half", "hidden", "hook", "invalid", "media-type", "method", "no-code", "no-key", "no-path", "nobody", "not-paid", "origin", "other", "refused", "reused", "setup", "slow", "too-large", "unavailable", "unknown-outcome"]);

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
    for (const list of ["assessments", "events", "records"]) yield* answer[list] ?? [];
    after = answer.next;
  }
}

/** quoted writes a key as the header Idempotency-Key has it: in quotes, and its UTF-8 byte by byte. */
function quoted(key) {
  return Buffer.from(`"${String(key).replace(/["\\]/g, "\\$&")}"`, "utf8").toString("latin1");
}

/** handle is a handle as it stands in a path. What cannot be one, such as "..", must not lead elsewhere: "-" is none, either. */
function handle(text) {
  return /^[A-Za-z0-9_-]{38,}$/.test(text) ? text : "-";
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

  /**
   * Buy codes that are not tied to a server yet.
   * @param body has quantity; may have remark
   * @param options may have key, dryRun, language, signal
   */
  buy(body, options) {
    return this.request("POST", "/v1/codes/buy", { body, ...options });
  }

  /**
   * Look at the code that a person typed.
   * @param body has code
   * @param options may have language, signal
   */
  find(body, options) {
    return this.request("POST", "/v1/codes/find", { body, ...options });
  }

  /**
   * Grant codes to another account.
   * @param body has codes, grant_to; may have proof
   * @param options may have key, dryRun, language, signal
   */
  grant(body, options) {
    return this.request("POST", "/v1/codes/grant", { body, ...options });
  }

  /**
   * Take over a code issued elsewhere (operators).
   * @param body has code, state, owner, origin, issued; may have filing, granted, grantee, instance, paid, product, remark
   * @param options may have key, dryRun, language, signal
   */
  import(body, options) {
    return this.request("POST", "/v1/codes/import", { body, ...options });
  }

  /**
   * Issue codes for a server, and grant them in the same action.
   * @param body has instance, quantity; may have grant_to, proof, remark
   * @param options may have key, dryRun, language, signal
   */
  issue(body, options) {
    return this.request("POST", "/v1/codes/issue", { body, ...options });
  }

  /**
   * List what rests on a server, and whether another one could issue what moving it needs.
   * @param query may have to, account, all, instance, icp_number, domain, app, state, stage, rejected, before, newest, after, limit, look
   * @param options may have language, signal
   */
  planMovePage(query, options) {
    return this.request("GET", "/v1/codes/move", { query, ...options });
  }

  /**
   * List the codes that an account issued.
   * @param query may have account, all, instance, icp_number, domain, app, state, stage, rejected, before, newest, after, limit, look
   * @param options may have language, signal
   */
  ownedPage(query, options) {
    return this.request("GET", "/v1/codes/owned", { query, ...options });
  }

  /**
   * List the codes that can be filed with, and why the others cannot.
   * @param query may have account, all, instance, icp_number, domain, app, state, stage, rejected, before, newest, after, limit, look
   * @param options may have language, signal
   */
  pickPage(query, options) {
    return this.request("GET", "/v1/codes/pick", { query, ...options });
  }

  /**
   * List the codes that were granted to an account.
   * @param query may have account, all, instance, icp_number, domain, app, state, stage, rejected, before, newest, after, limit, look
   * @param options may have language, signal
   */
  receivedPage(query, options) {
    return this.request("GET", "/v1/codes/received", { query, ...options });
  }

  /**
   * List the filings that are at risk.
   * @param query may have account, all, instance, icp_number, domain, app, state, stage, rejected, before, newest, after, limit, look
   * @param options may have language, signal
   */
  reviewPage(query, options) {
    return this.request("GET", "/v1/codes/review", { query, ...options });
  }

  /**
   * File straight with a server, which issues the code.
   * @param body has instance, filing; may have remark
   * @param options may have key, dryRun, language, signal
   */
  submitAuto(body, options) {
    return this.request("POST", "/v1/codes/submit", { body, ...options });
  }

  /**
   * Look at one code.
   * @param options may have language, signal
   */
  lookup(code, options) {
    return this.request("GET", `/v1/codes/${handle(code)}`, { ...options });
  }

  /**
   * Record that a filing was approved (operators).
   * @param body has icp_number; may have replaces
   * @param options may have key, dryRun, language, signal
   */
  approve(code, body, options) {
    return this.request("POST", `/v1/codes/${handle(code)}/approve`, { body, ...options });
  }

  /**
   * Tie a paid code to a server.
   * @param body has instance
   * @param options may have key, dryRun, language, signal
   */
  bind(code, body, options) {
    return this.request("POST", `/v1/codes/${handle(code)}/bind`, { body, ...options });
  }

  /**
   * Put an ICP number right (operators).
   * @param body has icp_number
   * @param options may have key, dryRun, language, signal
   */
  correct(code, body, options) {
    return this.request("POST", `/v1/codes/${handle(code)}/correct`, { body, ...options });
  }

  /**
   * Record that a filing ended (operators).
   * @param body has end, reason; may have successor
   * @param options may have key, dryRun, language, signal
   */
  end(code, body, options) {
    return this.request("POST", `/v1/codes/${handle(code)}/end`, { body, ...options });
  }

  /**
   * List what happened to a code.
   * @param query may have after, limit
   * @param options may have language, signal
   */
  history(code, query, options) {
    return this.request("GET", `/v1/codes/${handle(code)}/history`, { query, ...options });
  }

  /**
   * Refund a paid code.
   * @param body may have reason
   * @param options may have key, dryRun, language, signal
   */
  refund(code, body, options) {
    return this.request("POST", `/v1/codes/${handle(code)}/refund`, { body, ...options });
  }

  /**
   * Send a filing back to be corrected (operators).
   * @param body has rejection
   * @param options may have key, dryRun, language, signal
   */
  reject(code, body, options) {
    return this.request("POST", `/v1/codes/${handle(code)}/reject`, { body, ...options });
  }

  /**
   * Take a code out of a filing.
   * @param body may have reason
   * @param options may have key, dryRun, language, signal
   */
  release(code, body, options) {
    return this.request("POST", `/v1/codes/${handle(code)}/release`, { body, ...options });
  }

  /**
   * Send a corrected filing again.
   * @param body has filing
   * @param options may have key, dryRun, language, signal
   */
  resubmit(code, body, options) {
    return this.request("POST", `/v1/codes/${handle(code)}/resubmit`, { body, ...options });
  }

  /**
   * Show a whole code.
   * @param options may have language, signal
   */
  reveal(code, options) {
    return this.request("POST", `/v1/codes/${handle(code)}/reveal`, { body: {}, ...options });
  }

  /**
   * Record how far a review is (operators).
   * @param body has stage
   * @param options may have key, dryRun, language, signal
   */
  stage(code, body, options) {
    return this.request("POST", `/v1/codes/${handle(code)}/stage`, { body, ...options });
  }

  /**
   * File with a code.
   * @param body has filing
   * @param options may have key, dryRun, language, signal
   */
  submit(code, body, options) {
    return this.request("POST", `/v1/codes/${handle(code)}/submit`, { body, ...options });
  }

  /**
   * Make a code invalid (operators).
   * @param body may have reason
   * @param options may have key, dryRun, language, signal
   */
  void(code, body, options) {
    return this.request("POST", `/v1/codes/${handle(code)}/void`, { body, ...options });
  }

  /**
   * List the accounts that were granted to in a natural year.
   * @param query may have year
   * @param options may have language, signal
   */
  grantees(query, options) {
    return this.request("GET", "/v1/grants/grantees", { query, ...options });
  }

  /**
   * Tell how far the caps of the natural year are used.
   * @param options may have language, signal
   */
  grantQuota(options) {
    return this.request("GET", "/v1/grants/quota", { ...options });
  }

  /**
   * List the servers of the account, with what is known of them.
   * @param options may have language, signal
   */
  servers(options) {
    return this.request("GET", "/v1/instances", { ...options });
  }

  /**
   * End all codes of a refunded or released server (operators).
   * @param body has instance, reason; may have refunded
   * @param options may have key, dryRun, language, signal
   */
  closeInstance(body, options) {
    return this.request("POST", "/v1/instances/close", { body, ...options });
  }

  /**
   * Describe all of this.
   * @param options may have language, signal
   */
  document(options) {
    return this.request("GET", "/v1/openapi.json", { ...options });
  }
}
