/**
 * Whether processes grow: their own memory is looked at now and then, and after a warm-up it must
 * not go on growing. What a garbage collector leaves for later comes and goes, so of each stretch of
 * time only the least counts; and a few high values prove nothing, so the trend is that of all pairs
 * (Theil and Sen), and must be one that chance does not make (Mann and Kendall).
 *
 * @module
 */

/** Between two looks, in milliseconds. */
const LOOK_MS = 1_000;
/** Of a process's time, what is left out at its beginning. */
const WARM_UP = 0.4;
/** Stretches of the rest. */
const STRETCHES = 24;
/** Time to judge by, in milliseconds, and looks in each stretch. */
const LEAST_MS = 60_000;
const LEAST_LOOKS = 2;
/** What is no growth: so many bytes, or so much of what there is, in the time that is judged. */
const MOST_BYTES = 16 << 20;
const MOST_SHARE = 0.15;
/** Standard deviations from what chance makes. */
const CERTAIN = 3;

/** What a process had at a time. */
export interface Look {
  /** Milliseconds. */
  readonly at: number;
  readonly bytes: number;
}

/** How the memory of a process has developed after its warm-up. */
export interface Trend {
  /** Bytes at the end of the time, as a rule. */
  readonly bytes: number;
  /** Bytes by which it has grown in that time. */
  readonly grown: number;
  /** How long that was, in milliseconds. */
  readonly over: number;
  /** Whether that is growth. */
  readonly grows: boolean;
}

/** Judges the looks at a process, in order; undefined when they are too few. */
export function trendOf(looks: readonly Look[]): Trend | undefined {
  const [first, last] = [looks[0], looks.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const from = first.at + (last.at - first.at) * WARM_UP;
  const over = last.at - from;
  if (over < LEAST_MS) return undefined;
  const least = leastOfEach(looks.filter(({ at }) => at >= from), from, over);
  if (least.length < STRETCHES / 2) return undefined;
  const slopes: number[] = [];
  let ups = 0;
  for (const [i, a] of least.entries()) {
    for (const b of least.slice(i + 1)) {
      slopes.push((b.bytes - a.bytes) / (b.at - a.at));
      ups += Math.sign(b.bytes - a.bytes);
    }
  }
  const grown = median(slopes) * over;
  const n = least.length;
  const deviations = ups / Math.sqrt(n * (n - 1) * (2 * n + 5) / 18);
  const bytes = median(least.slice(-5).map((one) => one.bytes));
  const grows = grown > Math.max(MOST_BYTES, MOST_SHARE * bytes) && deviations > CERTAIN;
  return { bytes, grown, over, grows };
}

function leastOfEach(looks: readonly Look[], from: number, over: number): Look[] {
  const stretches: Look[][] = Array.from({ length: STRETCHES }, () => []);
  for (const look of looks) {
    const i = Math.min(STRETCHES - 1, Math.floor((look.at - from) / over * STRETCHES));
    stretches[i]!.push(look);
  }
  return stretches.filter((some) => some.length >= LEAST_LOOKS).map((some, i) => ({
    at: from + (i + 0.5) * over / STRETCHES,
    bytes: Math.min(...some.map(({ bytes }) => bytes)),
  }));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

/** Looks at processes until it is stopped. */
export class MemoryWatch implements Disposable {
  readonly #looks = new Map<string, Look[]>();
  readonly #timer: ReturnType<typeof setInterval>;

  /** @param processes those that live now */
  constructor(processes: () => Iterable<{ pid: number; name: string }>) {
    this.#timer = setInterval(() => {
      for (const { pid, name } of processes()) this.#look(pid, name);
    }, LOOK_MS);
  }

  #look(pid: number, name: string): void {
    const bytes = ownMemory(pid);
    if (bytes === undefined) return;
    const key = `${name} (${pid})`;
    const looks = this.#looks.get(key) ?? [];
    this.#looks.set(key, looks);
    looks.push({ at: performance.now(), bytes });
  }

  /** How each process that lived long enough has developed. */
  trends(): { name: string; trend: Trend }[] {
    return [...this.#looks].flatMap(([name, looks]) => {
      const trend = trendOf(looks);
      return trend === undefined ? [] : [{ name, trend }];
    });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** A trend, for people. */
export function inWords({ bytes, grown, over, grows }: Trend): string {
  const mib = (n: number) => (n / 2 ** 20).toFixed(1);
  const sign = grown < 0 ? "" : "+";
  return `${mib(bytes)} MiB, ${sign}${mib(grown)} in ${Math.round(over / 1000)} s` +
    (grows ? ": IT GROWS" : "");
}

/** Bytes that a process has for itself; undefined when it has ended. */
function ownMemory(pid: number): number | undefined {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const found = /^RssAnon:\s+(\d+) kB$/m.exec(status);
    return found === null ? undefined : Number(found[1]) * 1024;
  } catch {
    return undefined;
  }
}
