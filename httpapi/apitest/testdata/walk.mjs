// Walks every operation and every kind of problem with the generated client.
// What it did it prints as JSON; a wrong answer ends it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { Client, Problem, each, kinds } from "../../client/node/icpcode.mjs";

const api = process.env.API;
const done = new Set();
const met = new Set();

/** as is a client of an account, at one of the handlers, each method of which is noted when it answers. */
function as(account, { at = "/plain", language, headers = {}, ...options } = {}) {
  if (account) headers = { ...headers, "X-Account": account };
  const client = new Client(api + at, { headers, language, ...options });
  return new Proxy(client, {
    get(of, name) {
      if (typeof of[name] !== "function") return undefined;
      return async (...args) => {
        const answer = await of[name](...args);
        done.add(name);
        return answer;
      };
    },
  });
}

/** fails sees a request refused with a problem of a kind. */
async function fails(kind, status, ask) {
  const problem = await ask.then(
    (value) => assert.fail(`want ${kind}, and it answers ${JSON.stringify(value)}`),
    (error) => error,
  );
  assert(problem instanceof Problem, problem);
  assert.deepEqual([problem.kind, problem.status], [kind, status], problem.message);
  assert(problem.message.length > 5);
  met.add(kind);
  return problem;
}

const [owner, grantee, ops] = ["1001", "2002", "ops"].map((account) => as(account));

// Every operation.
const document = await owner.document();
assert.equal(document.openapi, "3.1.0");
assert.deepEqual((await owner.servers()).instances.map((i) => i.id), ["i-1", "i-2", "i-3"]);
const dry = await owner.issue({ instance: "i-1", quantity: 5 }, { dryRun: true });
assert.equal(dry.codes.length, 0);
// A key with everything that a header must not have as it is.
const key = 'order "7" \\ 8 备案';
const made = await owner.issue({ instance: "i-1", quantity: 5, remark: "备注" }, { key });
assert.deepEqual([made.codes.length, made.request_id, made.replayed], [5, key, false]);
const again = await owner.issue({ instance: "i-1", quantity: 5, remark: "备注" }, { key });
assert.deepEqual([again.codes, again.replayed], [made.codes, true]);
const [first, second, third, fourth, fifth] = made.codes.map((c) => c.handle);
assert.equal((await owner.reveal(first)).code, made.codes[0].code);
assert.equal((await owner.find({ code: made.codes[0].code })).code.handle, first);
assert.equal((await owner.lookup(first)).remark, "备注");

await owner.grant({ codes: [second, third], grant_to: "2002", proof: "1234" }, { key: "grant" });
assert.deepEqual((await owner.grantees({ year: 2026 })).accounts, ["2002"]);
assert.equal((await owner.grantQuota()).out.used, 1);
const received = [];
for await (const record of each((query) => grantee.receivedPage(query), { limit: 1 })) received.push(record);
assert.equal(received.length, 2);
const picked = [];
for await (const a of each((query) => grantee.pickPage(query), { limit: 1, state: "Available" })) picked.push(a.decision.refused);
assert.deepEqual(picked, [false, false]);

const filing = (n) => ({ filing: { kind: "First", domain: `site${n}.example.cn`, subject: "row" } });
/** seen is the handle of a code for an operator: handles are each account's own. */
const seen = async (n) => (await ops.find({ code: made.codes[n].code })).code.handle;
await owner.submit(first, filing(1), { key: "file" });
await ops.stage(await seen(0), { stage: "SMS" }, { key: "stage" });
await ops.reject(await seen(0), { rejection: "照片不清晰" }, { key: "reject" });
await owner.resubmit(first, filing(1), { key: "file-again" });
await ops.approve(await seen(0), { icp_number: "浙ICP备00000000号-1" }, { key: "approve" });
await ops.correct(await seen(0), { icp_number: "浙ICP备00000001号-1" }, { key: "correct" });
assert.equal((await owner.planMovePage({ instance: "i-1", to: "i-2" })).assessments.length, 1);
await ops.reviewPage({ account: "1001" });
await ops.end(await seen(0), { end: "Cancelled", reason: "moved away" }, { key: "end" });
const actions = [];
for await (const e of each((query) => owner.history(first, query), { limit: 2 })) actions.push(e.action);
assert.deepEqual(actions, ["Issue", "Submit", "Stage", "Reject", "Resubmit", "Approve", "Correct", "End"]);
await owner.submit(fourth, filing(4), { key: "file-4" });
await owner.release(fourth, { reason: "changed my mind" }, { key: "release" });
await ops.void(await seen(4), { reason: "misused" }, { key: "void" });
const states = [];
for await (const record of each((query) => owner.ownedPage(query), { newest: true, limit: 2 })) states.push(record.state);
assert.deepEqual(states.sort(), ["Available", "Available", "Available", "Filed", "Invalid"]);

const bought = await owner.buy({ quantity: 2 }, { key: "buy" });
await owner.bind(bought.codes[0].handle, { instance: "i-2" }, { key: "bind" });
assert.equal((await owner.refund(bought.codes[1].handle, {}, { key: "refund" })).money.amount, "50");
await owner.submitAuto({ instance: "i-2", ...filing(5) }, { key: "auto" });
await ops.closeInstance({ instance: "i-2", refunded: true, reason: "gone" }, { key: "close" });
const old = { code: "099999999999", state: "Unbound", owner: "1001", origin: "Paid", issued: new Date("2025-01-01T00:00:00Z"), paid: { amount: "45", currency: "CNY" } };
await ops.import(old, { key: "import" });

// Every kind of problem that a client meets by what it asks for.
const refused = await fails("refused", 422, as("1001", { language: "zh" }).issue({ instance: "i-1", quantity: 1 }, { key: "more" }));
assert.equal(refused.reasons[0].rule, "ELG-QUOTA");
assert.match(refused.message + refused.reasons[0].remedy, /\p{Script=Han}/u);
assert.equal(refused.decision.refused, true);
const invalid = await fails("invalid", 400, owner.issue({ instance: "i-1", quantity: 1, owner: "2002" }, { key: "x" }));
assert.deepEqual([invalid.field, invalid.repeat, invalid.requestId], ["owner", false, "x"]);
await fails("no-key", 400, owner.issue({ instance: "i-1", quantity: 1 }));
await fails("nobody", 401, as("").servers());
await fails("not-paid", 402, as("2002").buy({ quantity: 1 }, { key: "unpaid" }));
await fails("origin", 403, as("1001", { headers: { Origin: "https://evil.example" } }).buy({ quantity: 1 }, { key: "o" }));
await fails("hidden", 403, as("1001", { at: "/bare" }).reveal(second));
for (const handle of [second, "..", ".", "owned", "../../v1/codes/owned", "x?y", ""]) await fails("no-code", 404, as("3003").lookup(handle));
await fails("no-path", 404, owner.request("GET", "/v1/nothing"));
await fails("method", 405, owner.request("PUT", "/v1/codes/owned", { body: {} }));
await fails("too-large", 413, owner.find({ code: "9".repeat(300_000) }));
await fails("media-type", 415, as("1001", { fetch: (url, o) => fetch(url, { ...o, headers: { ...o.headers, "Content-Type": "text/plain" } }) }).find({ code: "1" }));
await fails("differs", 409, ops.import({ ...old, owner: "2002" }, { key: "import-2" }));
await fails("reused", 422, owner.issue({ instance: "i-1", quantity: 4 }, { key }));
await fails("setup", 500, as("1001", { at: "/bare" }).buy({ quantity: 1 }, { key: "s" }));

// And those where something behind the API is broken: the request is repeated with the same key, and done once.
const broken = { hook: 502, conflict: 503, unavailable: 503, "unknown-outcome": 503, ended: 504, other: 500 };
for (const [kind, status] of Object.entries(broken)) {
  const request = { instance: kind === "hook" ? "i-hook" : "i-3", quantity: 1 };
  const problem = await fails(kind, status, as("1001", { at: kind === "ended" ? "/short" : "/plain", headers: { "X-Fault": kind } }).issue(request, { key: kind }));
  assert.equal(problem.repeat, kind !== "other");
  if (kind === "hook") continue;
  const repeated = await owner.issue(request, { key: kind }).catch((error) => error);
  // Two of them were done although the answer said otherwise or nothing.
  const wasDone = kind === "unknown-outcome" || kind === "other";
  assert.deepEqual([kind, repeated.codes?.length, repeated.replayed], [kind, 1, wasDone]);
}
assert.equal((await owner.ownedPage({ instance: "i-3" })).records.length, 5);

// A request that breaks off, and one that is too slow.
async function raw(at, text, end) {
  const { hostname, port } = new URL(api);
  const socket = connect({ host: hostname, port, allowHalfOpen: true });
  await once(socket, "connect");
  socket.write(`POST ${at}/v1/codes/find HTTP/1.1\r\nHost: x\r\nX-Account: 1001\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n${text}`);
  if (end) socket.end();
  let answer = "";
  for await (const part of socket) answer += part;
  socket.destroy();
  const [head, body] = answer.split("\r\n\r\n");
  return new Response(body, { status: Number(head.split(" ")[1]) });
}
await fails("half", 400, as("1001", { fetch: () => raw("/plain", '{"code":', true) }).find({}));
await fails("slow", 408, as("1001", { fetch: () => raw("/short", '{"code":', false) }).find({}));

// What answers is not the API, leads elsewhere, or is not there.
const proxy = (status, text) => new Client(api, { fetch: async () => new Response(text, { status }) }).servers();
for (const [status, repeat] of [[502, true], [403, false], [200, false]]) {
  const problem = await proxy(status, "<html>").catch((error) => error);
  assert.deepEqual([problem instanceof Problem, problem.kind, problem.status, problem.repeat], [true, "", status, repeat]);
}
await assert.rejects(as("1001", { at: "/elsewhere" }).servers(), TypeError);
await assert.rejects(as("1001", { at: "/silent", timeout: 50 }).servers(), { name: "TimeoutError" });

console.log(JSON.stringify({ done: [...done].filter((name) => name !== "request").sort(), met: [...met].sort(), kinds, node: process.version }));
