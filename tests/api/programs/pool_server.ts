/** A web server that gives its requests to an executor, started and stopped many times. */

import assert from "node:assert/strict";
import { Executor } from "../../../mod.ts";

export function digits(n: number): string {
  let product = 1n;
  for (let i = 2n; i <= BigInt(n); i++) product *= i;
  return product.toString();
}

if (import.meta.main) {
  const times = Number(Deno.args[0] ?? 10);
  for (let time = 0; time < times; time++) {
    await using pool = new Executor({ workers: 2 });
    await using server = Deno.serve({ port: 0, onListen() {} }, async (request) => {
      const n = Number(new URL(request.url).searchParams.get("n"));
      return new Response(await pool.submit(digits, n));
    });
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const answer = await fetch(`http://127.0.0.1:${server.addr.port}/?n=${i}`);
        return await answer.text();
      }),
    );
    assert.deepEqual(answers, Array.from({ length: 40 }, (_, i) => digits(i)));
  }
  console.log("served", times);
}
