/**
 * Numbers, times and sizes as people read them.
 *
 * @module
 */

/** Made with the first number: that takes 15 ms, which no process should need to start. */
let counts: Intl.NumberFormat | undefined;

/** "12,345". */
export function countInWords(count: number): string {
  counts ??= new Intl.NumberFormat("en-US");
  return counts.format(Math.round(count));
}

/** A number and its noun: "1 task", "2,000 tasks". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countInWords(count)} ${count === 1 ? one : many}`;
}

/** "0.4", "17", "3,100": a rate or the like. */
export function amountInWords(amount: number): string {
  if (amount >= 9.95 || amount === 0) return countInWords(amount);
  return amount.toFixed(amount >= 0.095 ? 1 : 2);
}

/** "850 ms", "12.3 s", "4 min 10 s", "2 h 5 min", "3 d 4 h". */
export function timeInWords(ms: number): string {
  if (ms < 9.95) return `${Number(ms.toPrecision(2))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const units = [["d", 86_400], ["h", 3600], ["min", 60], ["s", 1]] as const;
  const first = units.findIndex(([, size]) => seconds >= size);
  const parts = units.slice(first, first + 2).map(([name, size], i) => {
    const whole = i === 0 ? seconds : seconds % units[first]![1];
    return [Math.floor(whole / size), name] as const;
  });
  return parts.filter(([count], i) => i === 0 || count > 0).map((part) => part.join(" ")).join(" ");
}

/** "0:42", "1:02:03": a time that goes on. */
export function clockInWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (number: number) => String(number).padStart(2, "0");
  const [h, min, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(min)}:${two(s)}` : `${min}:${two(s)}`;
}

/** "512 bytes", "1.2 MB". */
export function bytesInWords(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  let amount = bytes;
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1000;
    unit++;
  }
  return `${unit === 0 ? countInWords(amount) : amount.toPrecision(3)} ${units[unit]}`;
}
