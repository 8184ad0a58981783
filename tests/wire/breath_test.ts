import assert from "node:assert/strict";
import { breathe, breatheBy, breatheThen } from "../../wire/breath.ts";

/** An operation of a millisecond: the only thing that shows whether operations are served. */
const { usleep } = Deno.dlopen(Deno.build.os === "darwin" ? "libSystem.dylib" : "libc.so.6", {
  usleep: { parameters: ["u32"], result: "i32", nonblocking: true },
}).symbols;

function compute(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** How many operations complete, one after the other, while slices are computed. */
async function operationsDuring(slices: number): Promise<number> {
  let operations = 0;
  let over = false;
  const operating = (async () => {
    for (; !over; operations++) await usleep(1000);
  })();
  for (let i = 0; i < slices; i++) {
    compute(5);
    await breathe();
  }
  over = true;
  const during = operations;
  await operating;
  return during;
}

Deno.test("operations complete while the process computes in slices", async () => {
  // By timers, as nobody has told of a better way: one in about four breaths sleeps.
  const byTimers = await operationsDuring(100);
  assert.ok(byTimers >= 10, `${byTimers} operations in 100 slices`);
  breatheBy(() => usleep(1));
  const bySleep = await operationsDuring(100);
  assert.ok(bySleep >= 30, `${bySleep} operations in 100 slices`);
});

Deno.test("who breathes goes on in any case", async () => {
  for (
    const operation of [() => Promise.reject(new Error("no")), () => {
      throw new Error("never");
    }]
  ) {
    breatheBy(operation);
    await breathe();
    await new Promise<void>(breatheThen);
  }
});
