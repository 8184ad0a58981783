/**
 * The lines at the bottom of a terminal that show how far a run has come. Whatever the run prints
 * goes above them: they are taken away before, and drawn again on a line of their own.
 *
 * A terminal that takes nothing, since somebody holds it with Ctrl-S or its connection is slow, must
 * not stop the run: all is written off the event loop's thread, one after the other.
 *
 * @module
 */

import { fitting } from "../telemetry/fitting.ts";
import type { Sink } from "./output.ts";

/** What it draws on. */
export interface Terminal {
  write(text: string): Promise<void>;
  /** How large it is now, in characters. */
  size(): { columns: number; rows: number };
}

const NEWLINE = 10;

/** See the module's text. */
export class Screen {
  /** What is to be seen below all that is printed. */
  #shown: { lines: readonly string[]; widthOf(text: string): number } | undefined;
  /** The widths of the lines that are drawn. */
  #drawn: readonly number[] = [];
  /** What is written and is to be written. */
  #last: Promise<unknown> = Promise.resolve();
  #writing = 0;
  /** Whether the cursor is at the beginning of a line. */
  #fresh = true;

  constructor(private readonly terminal: Terminal) {}

  /** A stream that ends on this terminal. */
  around(sink: Sink): Sink {
    return {
      write: (bytes) =>
        this.#inTurn(async () => {
          await this.#erase();
          const written = await sink.write(bytes);
          if (written > 0) this.#fresh = bytes[written - 1] === NEWLINE;
          // Unless others are to print first.
          if (this.#writing === 1) await this.#paint();
          return written;
        }),
    };
  }

  /**
   * Shows these lines instead of those before, unless somebody is writing just now.
   *
   * @param widthOf how many characters' room a text takes
   */
  async draw(lines: readonly string[], widthOf: (text: string) => number): Promise<void> {
    if (this.#writing > 0 || !this.#fresh) return;
    await this.#inTurn(() => {
      this.#shown = { lines, widthOf };
      return this.#paint();
    });
  }

  async #paint(): Promise<void> {
    if (this.#shown === undefined || !this.#fresh) return;
    const { lines, widthOf } = this.#shown;
    const { columns, rows } = this.terminal.size();
    // The cursor has the row below. A line as wide as the terminal would go on in the next.
    const fitted = lines.slice(0, Math.max(0, rows - 1)).map((line) =>
      fitting(line.replaceAll(/\p{Cc}|\p{Bidi_Control}/gu, " "), columns - 1, widthOf)
    );
    await this.terminal.write(this.#erasure() + fitted.map((line) => `${line}\n`).join(""));
    this.#drawn = fitted.map(widthOf);
  }

  /** Takes them away. */
  clear(): Promise<void> {
    return this.#inTurn(() => {
      this.#shown = undefined;
      return this.#erase();
    });
  }

  /** One after the other. */
  async #inTurn<T>(act: () => Promise<T>): Promise<T> {
    this.#writing++;
    const acted = this.#last.then(act);
    this.#last = acted.catch(() => {});
    try {
      return await acted;
    } finally {
      this.#writing--;
    }
  }

  async #erase(): Promise<void> {
    const erasure = this.#erasure();
    this.#drawn = [];
    if (erasure !== "") await this.terminal.write(erasure);
  }

  /** What takes the lines away: up to the first, and all that follows. */
  #erasure(): string {
    if (this.#drawn.length === 0) return "";
    // The terminal may have become narrower, so that what was one line is two.
    const columns = Math.max(1, this.terminal.size().columns);
    const rows = this.#drawn.reduce(
      (sum, width) => sum + Math.max(1, Math.ceil(width / columns)),
      0,
    );
    return `\x1b[${rows}A\r\x1b[J`;
  }
}

/** The terminal behind stderr, if there is one. */
export function stderrTerminal(): Terminal | undefined {
  if (!Deno.stderr.isTerminal()) return undefined;
  const encoder = new TextEncoder();
  return {
    async write(text) {
      const bytes = encoder.encode(text);
      try {
        for (let at = 0; at < bytes.length;) at += await Deno.stderr.write(bytes.subarray(at));
      } catch {
        // It has gone, and with it whoever would look.
      }
    },
    size() {
      try {
        const { columns, rows } = Deno.consoleSize();
        // There are terminals that do not know.
        return { columns: columns || 80, rows: rows || 24 };
      } catch {
        return { columns: 80, rows: 24 };
      }
    },
  };
}
