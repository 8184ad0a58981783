/**
 * A worker of the raw farm. Argument: the address of its master.
 *
 * @module
 */

import { listen, openDealer, type Parts, readNumbers, writeNumbers } from "./zeromq_socket.ts";

/** What a message asks for, in its first part. */
export type Kind = "noop" | "spin" | "nap" | "touch" | "first" | "hello" | "resident" | "stop";

const decoder = new TextDecoder();

/** Numbers in, numbers out. */
const WORK: Record<
  Exclude<Kind, "stop" | "hello" | "nap">,
  (numbers: Float64Array) => Float64Array
> = {
  noop: (numbers) => numbers.map((x) => x),
  // How long each takes stands before them.
  spin: (numbers) => numbers.map((x, i) => i === 0 ? x : spin(x, numbers[0]!)),
  touch(numbers) {
    numbers[0]! += 1;
    return numbers;
  },
  first: (numbers) => Float64Array.of(numbers.at(-1) === numbers.length - 1 ? numbers[0]! : NaN),
  resident: () => Float64Array.of(Deno.memoryUsage().rss),
};

function spin(x: number, milliseconds: number): number {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  return x;
}

if (import.meta.main) {
  const dealer = openDealer(Deno.args[0]!);
  dealer.send(["ready"]);
  await listen(dealer, ([head, payload]: Parts) => {
    const kind = decoder.decode(head) as Kind;
    if (kind === "stop") Deno.exit(0);
    if (kind === "nap") {
      setTimeout(() => dealer.send([head!, payload!]), readNumbers(payload!)[0]);
      return;
    }
    const result = kind === "hello"
      ? `Hello ${decoder.decode(payload)}`
      : writeNumbers(WORK[kind](readNumbers(payload!)));
    dealer.send([head!, result]);
  });
}
