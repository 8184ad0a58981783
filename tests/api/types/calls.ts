/** What TypeScript makes of calls. It is only checked, never run. */

import {
  asCompleted,
  Future,
  join,
  map,
  mapAsCompleted,
  mapReduce,
  mapScan,
  shared,
  startup,
  submit,
  task,
  wait,
  withOptions,
} from "../../../mod.ts";
import type { MapResult } from "../../../mod.ts";

/** Compiles when both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? A : never;

/** Compiles when the value's type is exactly `T`. */
function is<T>() {
  return <V>(_: V & Same<V, T>): void => {};
}

function square(x: number): number {
  return x * x;
}
async function later(x: number, text: string): Promise<string> {
  return await Promise.resolve(text.repeat(x));
}
function optional(x: number, text?: string): string {
  return `${x}${text}`;
}
function sum(...numbers: number[]): number {
  return numbers.length;
}
function nested(x: number) {
  return submit(square, x);
}
function nestedMap(n: number) {
  return map(square, Array(n).fill(n) as number[]);
}
function identity<T>(x: T): T {
  return x;
}

// submit
is<Future<number>>()(submit(square, 3));
is<Future<string>>()(submit(later, 3, "x"));
is<Future<number>>()(submit(nested, 3));
is<Future<number[]>>()(submit(nestedMap, 3));
is<Future<string>>()(submit(optional, 3));
is<Future<string>>()(submit(optional, 3, "x"));
is<Future<number>>()(submit(sum, 1, 2, 3));
is<Future<number>>()(submit(Math.hypot, 3, 4));
is<Future<number>>()(submit((x: number) => x * 2, 21));
is<Future<string>>()(submit(identity<string>, "x"));
is<number>()(await submit(square, 3));
is<number>()(await submit(square, 3).result({ timeout: 5 }));
is<unknown>()(await submit(square, 3).exception());
// @ts-expect-error: the argument is no number
submit(square, "3");
// @ts-expect-error: there is one argument too many
submit(square, 3, 4);
// @ts-expect-error: an argument is missing
submit(later, 3);
// @ts-expect-error: this is no function
submit("square", 3);

// map
is<MapResult<number>>()(map(Math.hypot, [3, 5], [4, 12]));
is<MapResult<number>>()(map(square, new Set([1])));
is<MapResult<string>>()(map(later, [1, 2], [..."ab"]));
is<MapResult<string>>()(map(optional, [1, 2]));
is<MapResult<number>>()(map(nested, new Uint8Array(3)));
is<MapResult<number>>()(map(square, ReadableStream.from([1])));
is<MapResult<string>>()(map(([key, n]: [string, number]) => key + n, new Map([["a", 1]])));
is<number[]>()(await map(square, [1]));
for await (const y of map(square, [1])) is<number>()(y);
for await (const y of mapAsCompleted(later, [1], ["x"])) is<string>()(y);
is<number[]>()(await Array.fromAsync(map(square, [1])));
// @ts-expect-error: the elements are no numbers
map(square, ["1"]);
// @ts-expect-error: there is one iterable too many
map(square, [1], [2]);
// @ts-expect-error: an iterable is missing
map(later, [1]);
// @ts-expect-error: a number is not iterable
map(square, 5);
// @ts-expect-error: a text is no list of letters
map(later, [1, 2], "ab");
// @ts-expect-error: nor are its elements numbers
mapAsCompleted(square, new Map([[1, 2]]));

// mapReduce and mapScan
is<number>()(await mapReduce(square, (a, b) => a + b, [1, 2]));
is<string>()(await mapReduce(later, (a, b) => a + b, [1], ["x"]));
is<string[]>()(await mapScan(later, (a: string, b: string) => Promise.resolve(a + b), [1], ["x"]));
// @ts-expect-error: the fold of numbers is a number
mapReduce(square, (a: number, b: number) => `${a}${b}`, [1, 2]);
// @ts-expect-error: what is folded are numbers
mapScan(square, (a: string, b: string) => a + b, [1, 2]);

// wait, asCompleted and join
const futures = [submit(square, 1)];
is<Set<Future<number>>>()((await wait(futures)).done);
is<AsyncIterableIterator<Future<number>>>()(asCompleted(futures));
is<number>()(await join(submit(square, 1)));
is<number[]>()(await join(futures));
is<[number, string]>()(await join([submit(square, 1), submit(later, 1, "x")]));
is<[number, string]>()(await join([submit(square, 1), submit(later, 1, "x")] as const));
is<number[]>()(await join(new Set(futures)));
const promise: Promise<number> = submit(square, 1);
is<number>()(await promise);
is<[number, string]>()(await Promise.all([submit(square, 1), submit(later, 1, "x")]));
is<number>()(await Promise.race(futures));
const given = (one: Promise<string>) => one.then((text) => text.length, (error) => error.code);
given(submit(later, 1, "x")).finally(() => {});
is<Future<number | string>[]>()([...(await wait<number | string>([submit(square, 1)])).done]);
// @ts-expect-error: only these three are there
wait(futures, { returnWhen: "SOME" });
// @ts-expect-error: these are no futures
join([1, 2]);

// the rest
is<string | undefined>()(await startup(later, 1, "x"));
is<number>()(await shared.getConst<number>("x"));
is<unknown>()(await shared.getConst("x"));
is<typeof square>()(task(square, { retries: 3 }));
const fast = withOptions({ timeout: 5, chunkSize: 3, priority: 1, retries: 2 });
is<Future<number>>()(fast.submit(square, 3));
is<MapResult<string>>()(fast.map(later, [1], ["x"]));
is<number>()(await fast.mapReduce(square, (a, b) => a + b, [1, 2]));
// @ts-expect-error: no option is called so
withOptions({ chunksize: 3 });
// @ts-expect-error: milliseconds are a number
withOptions({ timeout: "5" });
// @ts-expect-error: the argument is no number
fast.submit(square, "3");
// @ts-expect-error: futures come from submit
new Future();
