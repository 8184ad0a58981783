/**
 * Numbers and names as the causes tell them.
 *
 * @module
 */

import type { PlacedBlock } from "../run_model.ts";
import { countInWords } from "../words.ts";

export { bytesInWords as bytes, countInWords as count, plural as counted } from "../words.ts";

/** A duration, to two or three digits: `8.2 s`, `120 ms`, `2 min 5 s`. */
export function duration(ms: number): string {
  const unit = (value: number, name: string) => {
    const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
    return `${Number(value.toFixed(digits))} ${name}`;
  };
  if (!(ms > 0)) return "0 s";
  if (ms < 0.995) return unit(ms * 1000, "µs");
  if (ms < 999.5) return unit(ms, "ms");
  if (ms < 119_500) return unit(ms / 1000, "s");
  const seconds = Math.round(ms / 1000);
  if (seconds < 7_200) return joined(Math.floor(seconds / 60), "min", seconds % 60, "s");
  const minutes = Math.round(seconds / 60);
  return joined(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

function joined(large: number, name: string, small: number, part: string): string {
  return small === 0 ? `${large} ${name}` : `${large} ${name} ${small} ${part}`;
}

/** A share of 1 in percent. */
export function percent(part: number): string {
  const value = part * 100;
  return value > 0 && value < 1 ? "under 1 %" : `${Math.round(value)} %`;
}

/** How many times as much: `3.2`, `12`. */
export function times(value: number): string {
  return value >= 10 ? countInWords(value) : String(Number(value.toFixed(1)));
}

/** A task, as it was called; shortened. */
export function taskName({ label, inputs }: Pick<PlacedBlock, "label" | "inputs">): string {
  const name = label === "" ? "(a function without a name)" : shortened(label, 60);
  return inputs === "" ? name : `${name}(${shortened(inputs, 60)})`;
}

/** A text of no more than so many characters. */
export function shortened(text: string, most: number): string {
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
}

/** A list in words: `a, b and c`; what is too much is counted. */
export function listed(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most);
  const more = names.length - shown.length;
  if (more > 0) shown.push(`${more} more`);
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
