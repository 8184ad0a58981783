/** What is to be seen on a terminal while a run prints and shows how far it has come. */

import assert from "node:assert/strict";
import { Screen } from "../../launch/screen.ts";
import { widthOf } from "../../telemetry/progress.ts";
import fc from "../fast_check.ts";
import { seenTerminal } from "./terminal.ts";

/** A screen on a terminal, and a program that prints there. */
function shown(columns = 40, rows = 10) {
  const terminal = seenTerminal(columns, rows);
  const screen = new Screen({
    write: (text) => terminal.write(text),
    size: () => ({ columns: terminal.columns, rows: terminal.rows }),
  });
  const sink = screen.around({
    async write(bytes) {
      await terminal.write(bytes);
      return bytes.length;
    },
  });
  return {
    terminal,
    screen,
    print: (text: string) => sink.write(new TextEncoder().encode(text)),
    draw: (...lines: string[]) => screen.draw(lines, widthOf),
  };
}

Deno.test("screen: what is printed goes above the lines that change", async () => {
  const { terminal, screen, print, draw } = shown();
  await print("one\n");
  await draw("10%", "f 1 of 10");
  assert.deepEqual(terminal.screen(), ["one", "10%", "f 1 of 10"]);
  await print("two\nthree\n");
  assert.deepEqual(terminal.screen(), ["one", "two", "three", "10%", "f 1 of 10"]);
  await draw("20%", "f 2 of 10");
  await draw("30%");
  assert.deepEqual(terminal.screen(), ["one", "two", "three", "30%"]);
  await screen.clear();
  await screen.clear();
  await print("four\n");
  assert.equal(terminal.text(), "one\ntwo\nthree\nfour\n");
});

Deno.test("screen: a line that is not finished stays alone until it is", async () => {
  const { terminal, print, draw } = shown();
  await draw("10%");
  await print("your name? ");
  await draw("20%");
  assert.deepEqual(terminal.screen(), ["your name? "]);
  await print("Ada\n");
  assert.deepEqual(terminal.screen(), ["your name? Ada", "10%"]);
  await draw("30%");
  assert.deepEqual(terminal.screen(), ["your name? Ada", "30%"]);
});

Deno.test("screen: at the bottom of a full terminal", async () => {
  const { terminal, screen, print, draw } = shown(40, 6);
  let text = "";
  for (let i = 0; i < 50; i++) {
    await print(`line ${i}\n`);
    text += `line ${i}\n`;
    await draw(`${i} of 50`, "f");
    assert.deepEqual(terminal.screen().slice(-3), [`line ${i}`, `${i} of 50`, "f"]);
  }
  await screen.clear();
  assert.equal(terminal.text(), text);
});

Deno.test("screen: no more lines than the terminal has", async () => {
  for (const rows of [1, 2, 3, 6]) {
    const { terminal, screen, print, draw } = shown(40, rows);
    await print("one\n");
    for (let i = 0; i < 20; i++) await draw("all", "f", "g", "h", "i", "j", "k");
    assert.deepEqual(terminal.screen(), ["all", "f", "g", "h", "i"].slice(0, rows - 1));
    await screen.clear();
    assert.equal(terminal.text(), "one\n");
  }
});

Deno.test("screen: lines are cut to what the terminal has room for", async () => {
  for (const line of ["x".repeat(100), "日本語の関数".repeat(10), "e\u0301".repeat(100)]) {
    const { terminal, print, draw } = shown(20);
    await print("one\n");
    for (let i = 0; i < 5; i++) await draw(line, "f");
    const [one, cut, f, ...more] = terminal.screen();
    assert.deepEqual([one, f, more], ["one", "f", []]);
    assert.ok(line.startsWith(cut!) && widthOf(cut!) >= 18 && widthOf(cut!) < 20, cut);
  }
});

Deno.test("screen: a name that would move the cursor is harmless", async () => {
  const { terminal, screen, print, draw } = shown();
  await print("one\n");
  for (let i = 0; i < 3; i++) await draw("f\n\n\x1b[2J\x1b[H\rg", "\u202eh");
  assert.deepEqual(terminal.screen(), ["one", "f   [2J [H g", " h"]);
  await screen.clear();
  assert.equal(terminal.text(), "one\n");
});

Deno.test("screen: a terminal that becomes narrower, or wider, meanwhile", async () => {
  const { terminal, screen, print, draw } = shown(80, 20);
  const line = "█".repeat(70);
  await print("one\n");
  for (const columns of [30, 75, 12, 100]) {
    await draw(line, line);
    terminal.resize(columns, 20);
    await draw(line, line);
    const shown = "█".repeat(Math.min(70, columns - 1));
    assert.deepEqual(terminal.screen(), ["one", shown, shown], `${columns} columns`);
  }
  terminal.resize(20, 20);
  await screen.clear();
  assert.equal(terminal.text(), "one\n");
});

Deno.test("screen: a terminal that takes nothing is drawn on once, and holds nobody", async () => {
  const written: string[] = [];
  let held = Promise.withResolvers<void>();
  const screen = new Screen({
    async write(text) {
      await held.promise;
      written.push(text);
    },
    size: () => ({ columns: 40, rows: 10 }),
  });
  const sink = screen.around({
    async write(bytes) {
      await held.promise;
      written.push(new TextDecoder().decode(bytes));
      return bytes.length;
    },
  });
  const drawn = screen.draw(["10%"], widthOf);
  const printed = sink.write(new TextEncoder().encode("one\n"));
  for (let i = 0; i < 100; i++) await screen.draw(["20%"], widthOf);
  assert.deepEqual(written, []);
  held.resolve();
  await Promise.all([drawn, printed]);
  assert.deepEqual(written, ["10%\n", "\x1b[1A\r\x1b[J", "one\n", "10%\n"]);
  held = Promise.withResolvers();
  held.resolve();
  await screen.draw(["30%"], widthOf);
  assert.equal(written.at(-1), "\x1b[1A\r\x1b[J30%\n");
});

Deno.test("screen: what cannot be written is told to whoever writes, and the rest goes on", async () => {
  const terminal = seenTerminal();
  const screen = new Screen({
    write: (text) => terminal.write(text),
    size: () => ({ columns: 40, rows: 10 }),
  });
  const broken = screen.around({ write: () => Promise.reject(new Error("full")) });
  await screen.draw(["10%"], widthOf);
  await assert.rejects(broken.write(new Uint8Array(3)), /full/);
  assert.deepEqual(terminal.screen(), []);
  await screen.draw(["20%"], widthOf);
  assert.deepEqual(terminal.screen(), ["20%"]);
});

Deno.test("screen: whatever happens, what was printed is all that stays", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("print" as const), text: fc.string({ maxLength: 100 }) }),
    fc.record({ kind: fc.constant("line" as const), text: fc.string({ maxLength: 100 }) }),
    fc.record({
      kind: fc.constant("draw" as const),
      lines: fc.array(fc.string({ maxLength: 120 }), { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant("resize" as const), columns: fc.integer({ min: 10, max: 120 }) }),
  );
  const steps = fc.array(step, { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(steps, async (steps) => {
      const rows = 40;
      const { terminal, screen, print, draw } = shown(80, rows);
      const alone = seenTerminal(80, rows);
      for (const one of steps) {
        switch (one.kind) {
          case "resize":
            terminal.resize(one.columns, rows);
            alone.resize(one.columns, rows);
            break;
          case "draw":
            await draw(...one.lines);
            break;
          default: {
            const text = one.kind === "line" ? `${one.text}\n` : one.text;
            await print(text);
            await alone.write(text);
          }
        }
      }
      await screen.clear();
      assert.equal(terminal.text(), alone.text());
    }),
    { numRuns: 60 },
  );
});
