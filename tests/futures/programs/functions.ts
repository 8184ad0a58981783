/**
 * A program that names its functions for other processes, and prints what it called them.
 *
 * Usage: `deno run functions.ts [early | late]`: while its top level runs, or after that.
 */

import { describeFunction } from "../../../futures/function_ref.ts";
import { setProgram } from "../../../futures/program.ts";
import { task } from "../../../futures/registry.ts";
import cubed, { area, perimeter as around } from "./geometry.ts";

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => any;

const offset = 100;

export function plain(x: number): number {
  return x + offset;
}
export const arrow = (x: number): number => x * offset;
export async function later(x: number): Promise<number> {
  return await x + offset;
}
export function* steps(x: number): Generator<number> {
  for (let i = 0; i < x; i++) yield i + offset;
}
export async function* slowly(x: number): AsyncGenerator<number> {
  for (let i = 0; i < x; i++) yield await i + offset;
}
function original(x: number): number {
  return x - offset;
}
export { area, original as alias };
export class Tools {
  static shift(x: number): number {
    return x + 2 * offset;
  }
}
export const kit = {
  turn(x: number): number {
    return x + 3 * offset;
  },
  flip: (x: number): number => x + 4 * offset,
};
/** Its text is a template that looks like code. */
export const text = `
export function hidden(x) {}
`;
function hidden(x: number): number {
  return x * 2;
}
function times(factor: number): AnyFunction {
  return (x: number) => x * factor;
}
export const double = times(2), triple = times(3);
const quadruple = times(4);
const own = task(function secret(x: number): number {
  return x + 5 * offset;
});
const registeredTwice = task(times(5), { name: "times 5" });
task(times(6), { name: "times 6" });
const anonymous = task((x: number): number => x + 6 * offset);
class Event {
  x = 1;
}

/** What has to be found. */
const found: Record<string, AnyFunction> = {
  ...{ plain, arrow, later, steps, slowly, original, area, around, cubed },
  ...{
    shift: Tools.shift,
    turn: kit.turn,
    flip: kit.flip,
    hidden,
    own,
    registeredTwice,
    anonymous,
  },
  inline: (x: number) => x * 7,
  builtin: Math.sqrt,
  async: async (x: number) => await Promise.resolve(x + 1),
  method: {
    half(x: number) {
      return x / 2;
    },
  }.half,
};

/** What cannot be named before the program's top level is over. */
const foundLate: Record<string, AnyFunction> = { double, triple };

/** What cannot be sent. */
const refused: Record<string, AnyFunction> = {
  closure: quadruple,
  two: (x: number) => hidden(x) + offset,
  named: function named(x: number) {
    return x + offset;
  },
  shadow: () => new Event(),
  classes: Event as unknown as AnyFunction,
  bound: hidden.bind(null),
  self: function (this: unknown) {
    return this;
  },
  here: () => import.meta.url,
  relative: () => import("./geometry.ts"),
  native: Array.prototype.map as AnyFunction,
};

function name(functions: Record<string, AnyFunction>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(functions).map(([key, fn]) => {
      try {
        return [key, describeFunction(fn)];
      } catch (error) {
        return [key, String(error)];
      }
    }),
  );
}

async function values(functions: Record<string, AnyFunction>): Promise<Record<string, unknown>> {
  const entries = Object.entries(functions).map(async ([key, fn]) => [key, await valueOf(fn)]);
  return Object.fromEntries(await Promise.all(entries));
}

/** What a function makes of 3. */
export async function valueOf(fn: AnyFunction): Promise<unknown> {
  const result = fn(3);
  const many = typeof result === "object" && !(result instanceof Promise);
  return many ? await Array.fromAsync(result) : await result;
}

async function report(): Promise<void> {
  const named = name({ ...found, ...foundLate });
  const refusals = name(refused);
  const expected = await values({ ...found, ...foundLate });
  console.log(JSON.stringify({ named, refusals, expected }));
}

if (import.meta.main) {
  setProgram({ main: Deno.mainModule, modules: [] });
  await Promise.resolve();
  if (Deno.args[0] === "late") setTimeout(report, 20);
  else await report();
}
