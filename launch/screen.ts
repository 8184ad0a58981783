/**
 * The lines at the bottom of a terminal that show how far a run has come. Whatever the run prints
 * goes above them: they are taken away before, and drawn again on a line of their own.
 *
 * @module
 */

import type { Sink } from "./output.ts";

/** What it draws on. */
export interface Terminal {
  write(text: string): void;
  /** Its width now, in characters. */
  columns(): number;
}

const NEWLINE = 10;

/** See the module's text. */
export class Screen {
  /** What is drawn; empty when nothing is. */
  #drawn: readonly string[] = [];
  /** Writes of others that are under way. */
  #writing = 0;
  /** Whether the cursor is at the beginning of a line. */
  #fresh = true;

  constructor(private readonly terminal: Terminal) {}

  /** A stream that ends on this terminal. */
  around(sink: Sink): Sink {
    return {
      write: async (bytes) => {
        this.clear();
        this.#writing++;
        try {
          const written = await sink.write(bytes);
          if (written > 0) this.#fresh = bytes[written - 1] === NEWLINE;
          return written;
        } finally {
          this.#writing--;
        }
      },
    };
  }

  /** Shows these lines instead of those before, unless somebody is writing just now. */
  draw(lines: readonly string[]): void {
    if (this.#writing > 0 || !this.#fresh) return;
    const columns = Math.max(1, this.terminal.columns());
    // A line that is as wide as the terminal would go on in the next.
    const shown = lines.map((line) => [...line].slice(0, columns - 1).join(""));
    const text = shown.map((line) => `${line}\n`).join("");
    this.terminal.write(`${this.#erasure()}${text}`);
    this.#drawn = shown;
  }

  /** Takes them away. */
  clear(): void {
    if (this.#drawn.length === 0) return;
    this.terminal.write(this.#erasure());
    this.#drawn = [];
  }

  /** What takes the lines away: up to the first, and all that follows. */
  #erasure(): string {
    if (this.#drawn.length === 0) return "";
    // The terminal may have become narrower, so that what was one line is two.
    const columns = Math.max(1, this.terminal.columns());
    const rows = this.#drawn.reduce((sum, line) => {
      return sum + Math.max(1, Math.ceil([...line].length / columns));
    }, 0);
    return `\x1b[${rows}A\r\x1b[J`;
  }
}

/** The terminal behind stderr, if there is one. */
export function stderrTerminal(): Terminal | undefined {
  if (!Deno.stderr.isTerminal()) return undefined;
  const encoder = new TextEncoder();
  return {
    write(text) {
      try {
        Deno.stderr.writeSync(encoder.encode(text));
      } catch {
        // It has gone, and with it whoever would look.
      }
    },
    columns() {
      try {
        return Deno.consoleSize().columns;
      } catch {
        return 80;
      }
    },
  };
}
