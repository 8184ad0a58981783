/**
 * Many short-lived clients come and go, some killed, while messages of 10 bytes to a megabyte flow,
 * this process computes, and others want the processors as well. This is what would show a receive
 * that sleeps through a message or is not served, a lost message, or a crash of the addon.
 * `SCOOP_SOAK=1` runs it at full size.
 *
 * @module
 */

import assert from "node:assert/strict";
import { breathe } from "../../wire/breath.ts";
import { drainSockets, MetaPublisher, RouterSocket } from "../../wire/socket.ts";
import { pause, until } from "./programs.ts";
import type { ClientReport } from "./soak_client.ts";

const FULL = Deno.env.get("SCOOP_SOAK") === "1";
const PROCESSES = FULL ? 5 : 3;
const CLIENTS = FULL ? 40 : 6;
const MESSAGES = FULL ? 300 : 100;
/** Processes that are killed while their clients are at it. */
const KILLED = FULL ? 20 : 4;

/** Milliseconds; a hang, not a figure to judge by. */
const WORST_ECHO = 5000;
/** Processes that do nothing but keep a processor busy. */
const FOREIGN = 2;

/** The broker's side: echoes, and checks that every client's messages come in order. */
class Echo {
  /** The number expected next, by client. */
  readonly next = new Map<string, number>();
  /** What clients that said goodbye had sent. */
  readonly goodbyes = new Map<string, number>();
  readonly errors: string[] = [];
  readonly router: RouterSocket;

  constructor() {
    this.router = new RouterSocket({
      onMessage: (identity, frames) => this.receive(identity, frames),
      onError: (error) => this.errors.push(String(error)),
    });
  }

  private receive(identity: string, frames: Uint8Array[]): void {
    const head = frames[0]!;
    const number = new DataView(head.buffer, head.byteOffset).getUint32(0);
    if (frames.length === 1) {
      this.goodbyes.set(identity, number);
      return;
    }
    const expected = this.next.get(identity) ?? 0;
    if (number !== expected) this.errors.push(`${identity}: ${number} instead of ${expected}`);
    this.next.set(identity, number + 1);
    this.router.send(identity, frames);
  }
}

function spawnClients(taskAddress: string, metaAddress: string, name: string, clients: number) {
  const program = new URL("./soak_client.ts", import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      program,
      taskAddress,
      metaAddress,
      name,
      String(clients),
      String(MESSAGES),
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** Computes as workers do, in slices, until told to end; tells how many it was. */
function compute(): () => Promise<number> {
  let over = false;
  const computing = (async () => {
    let slices = 0;
    for (; !over; slices++) {
      const end = performance.now() + 5;
      while (performance.now() < end);
      await breathe();
      await drainSockets();
    }
    return slices;
  })();
  return () => {
    over = true;
    return computing;
  };
}

function keepBusy(): Deno.ChildProcess {
  const args = ["eval", "for (;;);"];
  return new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "null" }).spawn();
}

function readReports(output: Uint8Array): ClientReport[] {
  return new TextDecoder().decode(output).split("\n").filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line));
}

Deno.test("soak: clients come, go and are killed, and nothing is lost", async () => {
  const echo = new Echo();
  const publisher = new MetaPublisher({ topics: ["number"] });
  const taskAddress = await echo.router.bind("tcp://127.0.0.1:*");
  const metaAddress = await publisher.bind("tcp://127.0.0.1:*");
  let number = 0;
  const publishing = setInterval(() => {
    const frame = new Uint8Array(4);
    new DataView(frame.buffer).setUint32(0, number++);
    publisher.publish("number", [frame]);
  }, 3);

  const steady = Array.from(
    { length: PROCESSES },
    (_, i) => spawnClients(taskAddress, metaAddress, `steady${i}`, CLIENTS),
  );
  const foreign = Array.from({ length: FOREIGN }, keepBusy);
  const endComputing = compute();
  const outputs = Promise.all(steady.map((process) => process.output()));
  const reports: ClientReport[] = [];
  let slices = 0;
  try {
    for (let i = 0; i < KILLED; i++) {
      const victim = spawnClients(taskAddress, metaAddress, `victim${i}`, 1000);
      const output = victim.output();
      await until("it is at it", () => echo.next.has(`victim${i}/0`));
      await pause(Math.random() * 500);
      victim.kill("SIGKILL");
      reports.push(...readReports((await output).stdout));
    }
    for (const { code, stdout } of await outputs) {
      assert.equal(code, 0);
      reports.push(...readReports(stdout));
    }
  } finally {
    for (const process of [...steady, ...foreign]) kill(process);
    await Promise.all([outputs, ...foreign.map(({ status }) => status)]);
    slices = await endComputing();
    clearInterval(publishing);
    await Promise.all([echo.router.close(), publisher.close()]);
  }

  const worst = Math.max(...reports.map((report) => report.worstEcho));
  const closing = Math.max(...reports.map((report) => report.closing));
  console.log(
    `${reports.length} clients that ended, ${echo.next.size} in all, ` +
      `${reports.reduce((sum, report) => sum + report.sent, 0)} messages; ` +
      `worst echo ${worst.toFixed(0)} ms, slowest to close ${closing.toFixed(0)} ms; ` +
      `${slices} slices of 5 ms computed meanwhile`,
  );
  assert.deepEqual(echo.errors, []);
  assert.ok(reports.length >= PROCESSES * CLIENTS);
  assert.ok(echo.next.size >= PROCESSES * CLIENTS + KILLED);
  for (const report of reports) {
    assert.equal(report.echoed, MESSAGES, `${report.identity} missed echoes`);
    assert.equal(echo.goodbyes.get(report.identity), MESSAGES, `${report.identity}: no goodbye`);
    assert.equal(report.gaps, 0, `${report.identity} missed numbers on the meta socket`);
  }
  assert.ok(reports.some((report) => report.numbers > 0));
  assert.ok(slices > 100, `${slices} slices`);
  assert.ok(worst < WORST_ECHO, `an echo took ${worst} ms`);
});

function kill(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGKILL");
  } catch {
    // It has ended.
  }
}
