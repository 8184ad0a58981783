/**
 * A terminal as a person sees it: what is written to it is understood by a real terminal emulator.
 *
 * @module
 */

import xterm from "npm:@xterm/headless@^5.5.0";

/** See the module's text. */
export interface SeenTerminal {
  readonly columns: number;
  readonly rows: number;
  write(data: string | Uint8Array): Promise<void>;
  resize(columns: number, rows: number): void;
  /** Everything, from what has been scrolled away first down to the last line that is not empty. */
  text(): string;
  /** What is in sight, from the top down to the last line that is not empty. */
  screen(): string[];
}

/** @param newlines whether a newline alone begins a new line, as a pty does it before the terminal */
export function seenTerminal(columns = 80, rows = 24, newlines = true): SeenTerminal {
  const terminal = new xterm.Terminal({
    ...{ cols: columns, rows, convertEol: newlines, allowProposedApi: true, scrollback: 10_000 },
  });
  const lines = (from: number) => {
    const { active } = terminal.buffer;
    const found: string[] = [];
    for (let y = from; y < active.length; y++) {
      const line = active.getLine(y)!;
      const text = line.translateToString(true);
      // What goes on in the next row is one line.
      if (line.isWrapped && y > from) found.push(found.pop()! + text);
      else found.push(text);
    }
    while (found.at(-1) === "") found.pop();
    return found;
  };
  return {
    get columns() {
      return terminal.cols;
    },
    get rows() {
      return terminal.rows;
    },
    write: (data) => new Promise((resolve) => terminal.write(data, resolve)),
    resize: (columns, rows) => terminal.resize(columns, rows),
    text: () => lines(0).map((line) => `${line}\n`).join(""),
    screen: () => lines(terminal.buffer.active.baseY),
  };
}
