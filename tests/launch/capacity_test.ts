import assert from "node:assert/strict";
import { checkRoomHere, roomHere, shortage } from "../../launch/capacity.ts";
import type { Room } from "../../launch/capacity.ts";
import { LIMITS } from "../../wire/limits.ts";
import { path, start } from "../faults/running.ts";

const PLENTY: Room = { memory: undefined, files: undefined, threads: undefined, processors: 4 };

function lack(workers: number, room: Partial<Room>): string | undefined {
  const need = { workers, connected: workers, others: 0 };
  return shortage(need, { ...PLENTY, ...room }, "this machine");
}

Deno.test("capacity: what is missing is told with what is needed and what is there", () => {
  assert.equal(lack(1e9, {}), undefined);
  assert.equal(
    lack(1000, { memory: 16e9, files: 1024, threads: 5000 }),
    "1,000 workers are too many for this machine: 32 GB of memory, of which 16 GB are free; 5,064 " +
      "open files, and the limit is 1,024; 11,000 threads, of which 5,000 may be started; at most " +
      "192 fit",
  );
  assert.equal(
    lack(2, { files: 65 }),
    "2 workers are too many for this machine: 74 open files, and the limit is 65; not even one fits",
  );
  assert.match(lack(1, { memory: 1e6 })!, /^1 worker is too many .*32 MB .* 1\.0 MB are free/);
});

Deno.test("capacity: what is said to fit does, and one more does not", () => {
  for (
    const room of [{ memory: 1e10 }, { files: 999 }, { threads: 777 }, { memory: 1e9, files: 500 }]
  ) {
    const most = Number(/at most ([\d,]+) fit/.exec(lack(100_000, room)!)![1]!.replace(",", ""));
    assert.equal(lack(most, room), undefined);
    assert.notEqual(lack(most + 1, room), undefined);
  }
});

Deno.test("capacity: workers elsewhere need only their connections here", () => {
  const need = { workers: 0, connected: 100, others: 2 };
  const files = LIMITS.launcherFiles + 100 * LIMITS.connectedFiles + 2 * LIMITS.otherFiles;
  assert.equal(shortage(need, { ...PLENTY, memory: 0, threads: 0, files }, "it"), undefined);
  assert.match(shortage(need, { ...PLENTY, files: files - 1 }, "it")!, /open files/);
});

Deno.test("capacity: a number that no machine has room for is refused", () => {
  assert.throws(
    () => checkRoomHere({ workers: 1e6, connected: 1e6, others: 0 }, { ...PLENTY, files: 1e5 }),
    { name: "UsageError" },
  );
});

const ignore = Deno.build.os !== "linux";

Deno.test({
  name: "capacity: this machine has room for what runs on it now",
  ignore,
  fn() {
    const room = roomHere();
    assert(room.memory! > 1e6 && room.files! >= 64 && room.threads! > 10, JSON.stringify(room));
  },
});

Deno.test({
  name: "capacity: the command refuses before anything starts, in one line",
  ignore,
  async fn() {
    const program = path("tests/command/programs/ends.ts");
    // What Deno may raise to, and no further.
    const words = `ulimit -n 100; exec "$0" run -A "$1" -n 12 "$2"`;
    for (
      const [script, line] of [
        [
          words,
          /^scoop: 12 workers are .*: 124 open files, and the limit is 100; at most 7 fit\n$/,
        ],
        [
          words.replace("ulimit -n 100;", "").replace("12", "100000"),
          /^scoop: 100,000 workers are too many for this machine: 3\.2 TB of memory.*500,064 open f.*\n$/,
        ],
      ] as const
    ) {
      const args = ["-c", script, Deno.execPath(), path("cli.ts"), program];
      await using run = start("sh", args);
      const { code, stdout, stderr } = await run.ended();
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, line);
      await run.gone();
    }
  },
});
