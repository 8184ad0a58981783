/** A program whose import fails on workers. */

export function work(x: number): number {
  return x;
}

if (!import.meta.main) throw new TypeError("no data here\nand more");
