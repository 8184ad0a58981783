/** A task leaves something open on the origin; or the program itself has a server for a while. */

import { submit } from "../../../mod.ts";

function unanswered(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  (async () => {
    const connection = await listener.accept();
    await connection.read(new Uint8Array(1));
  })();
  return listener.addr.port;
}

/** What is left, by its name. */
const KINDS: Record<string, () => unknown> = {
  interval: () => setInterval(() => {}, 1000),
  timeout: () => setTimeout(() => console.log("too late"), 60_000),
  timers: function again() {
    setTimeout(again, 10);
  },
  server: () => Deno.serve({ port: 0, onListen() {} }, () => new Response("")),
  listener: () => void unanswered(),
  connection: async () => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: unanswered() });
    connection.read(new Uint8Array(1));
  },
  process: () => {
    const { pid } = new Deno.Command("sleep", {
      args: ["60"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    console.error(`started ${pid}`);
  },
};

export async function leave(kind: string): Promise<string> {
  // What it has open while it runs is waited for.
  await new Promise((resolve) => setTimeout(resolve, 20));
  await KINDS[kind]!();
  return kind;
}

async function serveForAWhile(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = Deno.serve({ port: 0, onListen() {} }, () => {
    setTimeout(resolve, 10);
    return new Response("answered");
  });
  setTimeout(async () => {
    const answer = await fetch(`http://127.0.0.1:${server.addr.port}`);
    console.log(await answer.text());
  }, 300);
  await promise;
  await server.shutdown();
}

if (import.meta.main) {
  const [kind = ""] = Deno.args;
  console.log(await submit(leave, kind === "own" ? "interval" : kind));
  // Nobody awaits it: the process goes on because the program has it open.
  if (kind === "own") serveForAWhile();
}
