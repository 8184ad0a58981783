import assert from "node:assert/strict";
import { holdBack } from "../../launch/held_output.ts";
import { createLogFile } from "../../launch/log_file.ts";
import { createLineCutter } from "../../launch/output.ts";
import type { Output } from "../../launch/output.ts";
import { formatEntry, taskLabel } from "../../telemetry/log_entry.ts";
import type { LogEntry, LogFormat } from "../../telemetry/log_entry.ts";
import {
  createMarkReader,
  decodeLogWay,
  encodeLogWay,
  entryMark,
  newLogWay,
  taskMark,
  withoutMarks,
} from "../../telemetry/marks.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const square = { name: "square", number: 17 };
const OTHER = "0123456789abcdef";

/** A log over an output that remembers. */
function logFile(format: LogFormat) {
  let text = "";
  const output: Output = {
    write: (bytes) => Promise.resolve(void (text += decode(bytes))),
    flush: () => Promise.resolve(),
  };
  const log = createLogFile(output, format, { process: "launcher", host: "here" });
  return { log, text: () => text, lines: () => text.trimEnd().split("\n") };
}

Deno.test("log: all keys are in each line of JSON, whatever it comes from", () => {
  const { log, lines } = logFile("json");
  const { stdout, stderr } = log.outputsOf("worker-3", "alpha");
  const entry: LogEntry = {
    ...{ time: 5, level: "debug", source: "scoop.program", task: square, text: 'a "b"' },
    properties: { rows: [1, null] },
  };
  log.take({ time: 0, level: "info", source: "scoop.launch", text: "begins" });
  void stdout.write(encode("hello\n"), 1, 1000);
  void stderr.write(encode(`${entryMark(log.way.token, entry)}oh\n`), 1, 2000);
  const found = lines().map((line) => JSON.parse(line));
  for (const one of found) {
    assert.deepEqual(Object.keys(one), [
      ...["time", "host", "process", "level", "task", "source", "text", "properties"],
    ]);
  }
  assert.deepEqual(found.map(({ time, ...rest }) => [time, ...Object.values(rest)]), [
    ["1970-01-01T00:00:00.000Z", "here", "launcher", "info", null, "scoop.launch", "begins", {}],
    ["1970-01-01T00:00:01.000Z", "alpha", "worker-3", "info", null, "stdout", "hello", {}],
    [
      ...["1970-01-01T00:00:00.005Z", "alpha", "worker-3", "debug", square, "scoop.program"],
      ...['a "b"', { rows: [1, null] }],
    ],
    ["1970-01-01T00:00:02.000Z", "alpha", "worker-3", "error", null, "stderr", "oh", {}],
  ]);
});

Deno.test("log: text has a line for each, ours told apart", () => {
  const { log, lines } = logFile("text");
  const { stderr } = log.outputsOf("worker-1", "alpha");
  log.take({ time: 0, level: "info", source: "scoop.launch", text: "begins" });
  void stderr.write(encode("scoop: worker-1: something\r\nscooped: no\n"), 1, 0);
  assert.deepEqual(lines(), [
    "1970-01-01T00:00:00.000Z here launcher info - scoop: begins",
    "1970-01-01T00:00:00.000Z alpha worker-1 warning - scoop: worker-1: something",
    "1970-01-01T00:00:00.000Z alpha worker-1 error - scooped: no",
  ]);
});

Deno.test("log: each line has the task that began it, wherever the stream is cut", () => {
  const { token } = newLogWay("labels");
  const mark = (task?: typeof square) => taskMark(token, task);
  const cube = { name: "cu be", number: 2 };
  const text = `${mark(square)}one\ntwö\n${mark()}none\npart${mark(cube)}ial\nlast\n${mark()}`;
  const bytes = encode(text);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const cutter = createLineCutter({ name: "w", token });
    const parts = [cutter.push(bytes.subarray(0, cut)), cutter.push(bytes.subarray(cut))];
    assert.equal(
      parts.map(decode).join("") + decode(cutter.end()),
      "[w square#17] one\n[w square#17] twö\n[w] none\n[w] partial\n[w cu_be#2] last\n",
    );
  }
});

Deno.test("log: what looks like a mark and is none stays as it is", () => {
  const token = newLogWay("labels").token;
  const read = createMarkReader(token);
  const strange = `\x1e\n\x1e${OTHER} []\n\x1e${token} {broken\n\x1e${token}\n`;
  let text = "";
  read(encode(strange), { text: (bytes) => void (text += decode(bytes)) });
  assert.equal(text, strange);
  const { log, lines } = logFile("json");
  const { stdout } = log.outputsOf("origin", "h");
  void stdout.write(encode(taskMark(OTHER, square)), 1, 0);
  assert.equal(JSON.parse(lines()[0]!).text, taskMark(OTHER, square).trimEnd());
});

Deno.test("log: a part of a line waits for the rest, and bytes that are no text do no harm", () => {
  const { log, text, lines } = logFile("json");
  const { stdout } = log.outputsOf("origin", "h");
  const bytes = encode("grün");
  void stdout.write(bytes.subarray(0, 3), 1, 0);
  assert.equal(text(), "");
  void stdout.write(bytes.subarray(3), 1, 0);
  void stdout.write(Uint8Array.of(10, 255, 0, 27, 10), 1, 0);
  assert.deepEqual(lines().map((line) => JSON.parse(line).text), ["grün", "\ufffd\0\x1b"]);
});

Deno.test("log: what was held back has the time at which it was written", async () => {
  const { log, lines } = logFile("json");
  const held = holdBack(log.outputsOf("worker-1", "h").stderr);
  const token = log.way.token;
  const before = Date.now();
  void held.write(encode(`${taskMark(token)}first\n`), 1);
  const after = Date.now();
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(held.words(), "first", "marks are no words");
  held.release();
  const time = Date.parse(JSON.parse(lines()[0]!).time);
  assert(time >= before && time <= after, `${time} is not in ${before} to ${after}`);
});

Deno.test("log: what a process is asked for survives the environment", () => {
  for (const kind of ["records", "labels"] as const) {
    const way = newLogWay(kind);
    assert.deepEqual(decodeLogWay(encodeLogWay(way)), way);
  }
  assert.equal(encodeLogWay(undefined), "");
  assert.throws(() => decodeLogWay("json"), /^Error: SCOOP_LOG is for the command to set, got "js/);
});

Deno.test("log: a text has its marks taken out", () => {
  const entry = { time: 0, level: "info", source: "s", text: "x" };
  const text = `a\n${taskMark(OTHER, square)}b\n${entryMark(OTHER, entry)}c`;
  assert.equal(withoutMarks(text), "a\nb\nc");
});

Deno.test("log: the columns before the text hold no blanks", () => {
  assert.equal(taskLabel({ name: "(x) =>\n x", number: 3 }), "(x)_=>_x#3");
  const entry = { time: 0, level: "info", source: "stdout", text: "a b" };
  const line = formatEntry("text", { host: "h", process: "origin" }, entry);
  assert.deepEqual(line.split(" "), [
    "1970-01-01T00:00:00.000Z",
    "h",
    "origin",
    "info",
    "-",
    "a",
    "b",
  ]);
});
