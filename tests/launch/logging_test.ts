import assert from "node:assert/strict";
import { configureSync, getConfig, resetSync } from "npm:@logtape/logtape@^2.4.0";
import type { LogRecord } from "npm:@logtape/logtape@^2.4.0";
import type { LogEntry, TaskName } from "../../telemetry/log_entry.ts";
import { configureLogging, getLogger, programLogger, showLog } from "../../telemetry/logging.ts";

/** What is logged by a record of each level at this verbosity. */
function logged(verbosity: number, name?: string): string[] {
  const lines: string[] = [];
  configureLogging({ verbosity, ...(name ? { name } : {}), write: (line) => lines.push(line) });
  const log = getLogger("test");
  log.debug("d");
  log.info("i {number} {text} {list}", { number: 1, text: "t", list: [1, "x"] });
  log.warning("w\n  two {error}", { error: new TypeError("why") });
  log.error("e");
  configureLogging({ verbosity: -1 });
  return lines;
}

Deno.test("each verbosity shows its levels, one line a record", () => {
  const [debug, info, warning, error] = [
    "scoop: d\n",
    'scoop: i 1 t [ 1, "x" ]\n',
    "scoop: w | two why\n",
    "scoop: e\n",
  ];
  assert.deepEqual(logged(-1), []);
  assert.deepEqual(logged(0), [warning, error]);
  assert.deepEqual(logged(1), [info, warning, error]);
  assert.deepEqual(logged(2), [debug, info, warning, error]);
  assert.deepEqual(logged(9), logged(2));
});

Deno.test("a name is shown", () => {
  assert.deepEqual(logged(0, "worker-1"), ["scoop worker-1: w | two why\n", "scoop worker-1: e\n"]);
});

/** What is shown of what `log` logs, in a process in which a task may run. */
function shown(verbosity: number, log: () => void, before?: () => void): LogEntry[] {
  const entries: LogEntry[] = [];
  resetSync();
  before?.();
  showLog({ verbosity, take: (entry) => entries.push(entry), currentTask: () => task });
  log();
  resetSync();
  return entries;
}

let task: TaskName | undefined;
const logger = programLogger(() => task);

function everything(): void {
  getLogger("worker").debug("ours");
  logger.debug("d");
  logger.info("i");
  getLogger("worker").warning("ours");
  logger.warning("w");
  logger.error("e");
}

Deno.test("what a program logs is shown without a configuration of LogTape", () => {
  const texts = (verbosity: number) => shown(verbosity, everything).map(({ text }) => text).join();
  assert.equal(texts(-1), "e");
  assert.equal(texts(0), "ours,w,e");
  assert.equal(texts(1), "i,ours,w,e");
  assert.equal(texts(2), "ours,d,i,ours,w,e");
  assert.equal(getConfig(), null, "which is the program's to make");
});

Deno.test("a program that configures LogTape has taken over, before or after", () => {
  const own: LogRecord[] = [];
  const configure = () =>
    configureSync({
      sinks: { own: (record) => own.push(record) },
      loggers: [
        { category: ["scoop", "program"], sinks: ["own"], lowestLevel: "info" },
        { category: ["logtape", "meta"], sinks: [], lowestLevel: "error" },
      ],
    });
  task = { name: "square", number: 3 };
  try {
    assert.deepEqual(shown(2, everything, configure), []);
    const after = shown(2, () => {
      logger.info("before");
      configure();
      everything();
    });
    assert.deepEqual(after.map(({ text }) => text), ["before"]);
    assert.equal(own.map(({ rawMessage }) => rawMessage).join(), "i,w,e,i,w,e");
    for (const { properties } of own) assert.equal(properties.task, "square#3");
  } finally {
    task = undefined;
  }
});

Deno.test("a record has its task and its properties, as far as JSON can hold them", () => {
  const circle: Record<string, unknown> = { big: 5n };
  circle.self = circle;
  const [outside, inside, own, bad] = shown(1, () => {
    logger.getChild("part").info("{a} b", { a: "x", error: new TypeError("why"), circle });
    task = { name: "square", number: 3 };
    logger.warn`${1} is ${[2]}`;
    logger.info("own", { task: "theirs" });
    logger.info("bad", {
      bad: {
        toJSON() {
          throw new Error("no");
        },
      },
    });
    task = undefined;
  });
  const { error, ...others } = outside!.properties!;
  assert.deepEqual(others, { a: "x", circle: { big: "5", self: "[Circular]" } });
  assert.equal((error as Error).message, "why");
  assert.deepEqual([outside!.source, outside!.text, outside!.task], [
    ...["scoop.program.part", "x b", undefined],
  ]);
  const now = { name: "square", number: 3 };
  assert.deepEqual([inside!.level, inside!.text, inside!.task], ["warning", "1 is [ 2 ]", now]);
  assert.deepEqual(inside!.properties, undefined);
  assert.deepEqual([own!.task, own!.properties], [now, { task: "theirs" }]);
  assert.deepEqual([bad!.text, bad!.properties], ["bad", undefined]);
});
