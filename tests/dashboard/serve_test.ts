/** The dashboard's server: who is let in, what there is, what a page hears. */

import assert from "node:assert/strict";
import { admit, isLoopback, makeToken } from "../../telemetry/dashboard/admission.ts";
import { PAGE_FILES } from "../../telemetry/dashboard/files.ts";
import type { PageMessage } from "../../telemetry/dashboard/protocol.ts";
import { serveDashboard } from "../../telemetry/dashboard/serve.ts";
import type { Dashboard, DashboardOptions } from "../../telemetry/dashboard/serve.ts";
import { RunModel } from "../../telemetry/run_model.ts";
import { LIMITS } from "../../wire/limits.ts";
import { playedRun } from "../telemetry/played_run.ts";

/** A dashboard of a run that has been played so far. */
async function withDashboard(
  test: (dashboard: Dashboard, model: RunModel) => Promise<void>,
  options: Partial<DashboardOptions> = {},
) {
  const model = new RunModel({ blocks: 5_000 });
  const startedAt = Date.now() - 3_000;
  const dashboard = serveDashboard({ model, ...options });
  try {
    for (const event of playedRun({ workers: 4, seconds: 3, startedAt })) {
      model.receive(event);
      dashboard.changed();
    }
    model.sample(startedAt + 3_000);
    await test(dashboard, model);
  } finally {
    await dashboard.end();
  }
}

/** The messages of a feed. */
async function* messagesOf(url: string): AsyncGenerator<PageMessage> {
  const response = await fetch(new URL("feed", url));
  let rest = "";
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n\n");
    rest = parts.pop()!;
    for (const part of parts) if (part.startsWith("data: ")) yield JSON.parse(part.slice(6));
  }
}

Deno.test("dashboard: loopback is all that it listens on, and its page needs nothing else", () =>
  withDashboard(async ({ url }) => {
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    const response = await fetch(url);
    const text = await response.text();
    assert.match(response.headers.get("content-type")!, /^text\/html/);
    assert.match(response.headers.get("content-security-policy")!, /default-src 'none'/);
    const named = [...text.matchAll(/(?:href|src)="([^"#]+)"/g)].map(([, path]) => path!);
    assert.ok(named.length >= 5);
    for (const path of named) {
      const file = await fetch(new URL(path, url));
      assert.equal(file.status, 200, path);
      assert.ok((await file.text()).length > 100, path);
    }
  }));

Deno.test("dashboard: every script that another imports is served", () => {
  const scripts = Object.entries(PAGE_FILES).filter(([path]) => path.endsWith(".js"));
  assert.ok(scripts.length > 15);
  let imports = 0;
  for (const [path, { text }] of scripts) {
    if (path === "/page/uplot.js") continue;
    for (const [, name] of text.matchAll(/^\s*(?:import\b|\} from)[^;]*?"(\.\/[^"]+)"/gm)) {
      imports++;
      assert.ok(PAGE_FILES[`/page/${name!.slice(2)}`], `${path} imports ${name}`);
    }
    assert.ok(!/innerHTML|insertAdjacentHTML|document\.write/.test(text), path);
  }
  assert.ok(imports > 30);
  for (const [path, { text }] of Object.entries(PAGE_FILES)) {
    if (/uplot/.test(path)) continue;
    assert.ok(text.trimEnd().split("\n").length <= 400, `${path} is too long`);
    // An SVG has to say what it is by an address, which nobody opens.
    const addresses = text.replaceAll("http://www.w3.org/2000/svg", "").match(/https?:\/\/\S+/);
    assert.equal(addresses, null, `${path} is to need nothing from elsewhere`);
  }
});

Deno.test("dashboard: numbers for scripts, further pages, and words for what is not there", () =>
  withDashboard(async ({ url }, model) => {
    const stats = await (await fetch(new URL("data.json", url))).json();
    assert.equal(stats.tasks.done, model.totals.done);
    assert.equal(stats.workers.length, 4);
    const metrics = await fetch(new URL("metrics", url));
    assert.equal(await metrics.text(), "scoop_tasks 1\n");
    assert.equal(metrics.headers.get("cache-control"), "no-store", "as for every answer");
    assert.match(metrics.headers.get("content-security-policy")!, /default-src 'none'/);
    const missing = await fetch(new URL("constructor", url));
    assert.equal(missing.status, 404);
    assert.equal(await missing.text(), "there is no /constructor here\n");
    const post = await fetch(url, { method: "POST", body: "x" });
    assert.equal(post.status, 405);
    await post.body?.cancel();
  }, { pages: { "/metrics": () => new Response("scoop_tasks 1\n") } }));

Deno.test("dashboard: a page hears all at first, then what changes, then that it is over", async () => {
  const messages: PageMessage[] = [];
  let heard = Promise.resolve();
  let resolve = () => {};
  const first = new Promise<void>((done) => resolve = done);
  await withDashboard(async ({ url, changed }, model) => {
    heard = (async () => {
      for await (const message of messagesOf(url)) {
        messages.push(message);
        resolve();
      }
    })();
    await first;
    const { broker } = model.workers.get("worker-1")!;
    const facts = { at: Date.now(), broker, worker: "worker-1", reason: "killed", again: 0 };
    model.receive({ kind: "lost", ...facts });
    model.receive({ kind: "ended", at: Date.now(), code: 3, reason: "the program threw" });
    changed();
  });
  await heard;
  const [whole, ...later] = messages;
  assert.equal(whole!.whole, true);
  assert.equal(whole!.workers.length, 4);
  assert.ok(whole!.stretches.length > 50 && whole!.samples.length > 0);
  const changes = later.filter(({ workers }) => workers.length > 0);
  assert.deepEqual(changes.flatMap(({ workers }) => workers.map(({ name }) => name)), ["worker-1"]);
  assert.deepEqual(later.flatMap(({ happenings }) => happenings.map(({ kind }) => kind)), [
    "lost",
    "ended",
  ]);
  const { state } = later.at(-1)!.head;
  assert(state.kind === "ended");
  assert.equal(state.code, 3);
});

Deno.test("dashboard: a page that was closed leaves room for others", () =>
  withDashboard(async ({ url, changed }) => {
    const open = [];
    for (let i = 0; i < LIMITS.mostPages; i++) open.push(await fetch(new URL("feed", url)));
    const refused = await fetch(new URL("feed", url));
    assert.equal(refused.status, 503);
    assert.match(await refused.text(), /^there are 32 pages open already/);
    for (const response of open) await response.body!.cancel();
    let status = 503;
    for (let tries = 0; status === 503 && tries < 100; tries++) {
      changed();
      await new Promise((done) => setTimeout(done, 50));
      const again = await fetch(new URL("feed", url));
      status = again.status;
      await again.body!.cancel();
    }
    assert.equal(status, 200);
  }));

Deno.test("dashboard: elsewhere it takes the token, which a cookie then keeps", () =>
  withDashboard(async ({ url }) => {
    const { port, searchParams } = new URL(url);
    const token = searchParams.get("token")!;
    assert.ok(token.length >= 32);
    const here = `http://127.0.0.1:${port}/`;
    const refused = await fetch(here);
    assert.equal(refused.status, 403);
    assert.match(await refused.text(), /lacks its token: open the whole address/);
    const wrong = await fetch(`${here}?token=${token.slice(1)}x`);
    assert.equal(wrong.status, 403);
    assert.match(await wrong.text(), /not that of this run/);
    for (const path of ["feed", "data.json", "page/main.js"]) {
      const response = await fetch(here + path);
      assert.equal(response.status, 403, path);
      await response.body?.cancel();
    }
    const greeted = await fetch(`${here}?token=${token}`, { redirect: "manual" });
    assert.equal(greeted.status, 303);
    assert.equal(greeted.headers.get("location"), "./");
    const cookie = greeted.headers.get("set-cookie")!;
    assert.match(cookie, /HttpOnly; SameSite=Strict/);
    const headers = { cookie: `other=1; ${cookie.split(";")[0]}` };
    const admitted = await fetch(`${here}data.json`, { headers });
    assert.equal(admitted.status, 200);
    await admitted.body?.cancel();
    const script = await fetch(`${here}data.json?token=${token}`);
    assert.equal(script.status, 200, "scripts may name it each time");
    await script.body?.cancel();
  }, { host: "0.0.0.0" }));

Deno.test("dashboard: a page from elsewhere cannot read that of this machine", () => {
  const visit = { host: "evil.example:8000", cookies: "", token: null };
  const admission = admit(visit, undefined, 8000);
  assert(admission.kind === "refused");
  assert.match(admission.why, /for this machine alone, as http:\/\/127\.0\.0\.1:8000\//);
  for (const host of ["localhost:1", "127.0.0.1:80", "[::1]:9", "127.3.2.1"]) {
    assert.equal(admit({ ...visit, host }, undefined, 8000).kind, "admitted", host);
  }
  assert.ok(!isLoopback("127.0.0.1.evil.example") && !isLoopback("0.0.0.0") && isLoopback("::1"));
  assert.notEqual(makeToken(), makeToken());
});

Deno.test("dashboard: a port that is taken is one clear line, or another port", async () => {
  const model = new RunModel();
  const first = serveDashboard({ model });
  const port = Number(new URL(first.url).port);
  const message = `the dashboard cannot listen at 127.0.0.1:${port}: the port is taken: name ` +
    `another one, or 0 for any`;
  assert.throws(() => serveDashboard({ model, port }), { message });
  assert.throws(
    () => serveDashboard({ model, host: "192.0.2.1" }),
    /^Error: the dashboard cannot listen at 192\.0\.2\.1:0: [^\n]+$/,
  );
  const other = serveDashboard({ model, port, anyPort: true });
  assert.notEqual(other.url, first.url);
  await first.end();
  await other.end();
});

Deno.test("dashboard: a page that reads nothing costs no memory, and does not hold up the end", async () => {
  const model = new RunModel({ blocks: 20_000 });
  const dashboard = serveDashboard({ model });
  const { hostname, port } = new URL(dashboard.url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const request = `GET /feed HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  let [told, startHeap] = [0, 0];
  const play = { workers: 64, seconds: 80, tasksPerSecond: 60_000, code: 0 };
  for (const event of playedRun(play)) {
    model.receive(event);
    dashboard.changed();
    if (event.at - told < LIMITS.pageMs) continue;
    told = event.at;
    // As if a quarter of a second had passed: what is waited for is a message's way.
    await new Promise((done) => setTimeout(done, LIMITS.pageMs / 50));
    if (startHeap === 0 && model.blocksSeen > 40_000) startHeap = Deno.memoryUsage().heapUsed;
  }
  assert.ok(model.blocksSeen > 80_000, `${model.blocksSeen} blocks`);
  const grown = Deno.memoryUsage().heapUsed - startHeap;
  assert.ok(startHeap > 0 && grown < 60e6, `${Math.round(grown / 1e6)} MB more`);
  await dashboard.end();
  connection.close();
});

Deno.test("dashboard: a host that is none is refused, and nothing is told on this side", () =>
  withDashboard(async ({ url }) => {
    const { hostname, port } = new URL(url);
    for (const host of ["a b", "[::1", "localhost:1:2"]) {
      using connection = await Deno.connect({ hostname, port: Number(port) });
      const request = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
      await connection.write(new TextEncoder().encode(request));
      const answer = await new Response(connection.readable).text();
      assert.match(answer, /^HTTP\/1\.1 400 /, host);
    }
    assert.equal((await fetch(url)).status, 200, "it goes on");
  }));
