import assert from "node:assert/strict";
import { basename, dirname } from "node:path";
import { decideListening } from "../../launch/listening.ts";
import { FOLDER_PREFIX, makeRunFolder, removeForsaken } from "../../launch/run_folder.ts";
import type { RunFolder } from "../../launch/run_folder.ts";
import { temporaryPrefix } from "../../wire/temporary.ts";

const unix = Deno.build.os !== "windows";

/** Has folders for runs made in a folder of the test's own. */
async function inTemporaryFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "scoop-test-" });
  const before = Deno.env.get("TMPDIR");
  Deno.env.set("TMPDIR", folder);
  try {
    await test(folder);
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
    await Deno.remove(folder, { recursive: true });
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

Deno.test({
  name: "a run's folder is its user's alone, and removed with all that is in it",
  ignore: !unix,
  fn: () =>
    inTemporaryFolder(async (parent) => {
      const folder = makeRunFolder()!;
      assert.equal(dirname(folder.path), parent);
      assert(basename(folder.path).startsWith(FOLDER_PREFIX));
      assert.equal(Deno.statSync(folder.path).mode! & 0o777, 0o700);
      await Deno.writeTextFile(`${folder.path}/broker`, "");
      folder.remove();
      assert.deepEqual([...Deno.readDirSync(parent)], []);
      folder.remove();
    }),
});

/** The number of a process that has ended. */
async function endedPid(): Promise<number> {
  const ended = new Deno.Command("true").spawn();
  await ended.status;
  return ended.pid;
}

Deno.test({
  name: "what a killed process has left is removed by its name, nothing else",
  ignore: !unix,
  fn: () =>
    inTemporaryFolder(async (parent) => {
      const own = makeRunFolder()!;
      const [, pid, started, where] = /^scoop-run-(\w+)-(\w+)-(\w+)-/.exec(basename(own.path))!;
      assert.equal(Number.parseInt(pid!, 36), Deno.pid);
      const dead = (await endedPid()).toString(36);
      const make = (name: string, isFile = false) => {
        const path = `${parent}/${name}`;
        if (isFile) Deno.writeTextFileSync(path, "");
        else Deno.mkdirSync(`${path}/within`, { recursive: true });
        return path;
      };
      const forsaken = [
        make(`${FOLDER_PREFIX}${dead}-${started}-${where}-x`),
        make(`scoop-ship-${dead}-0-${where}-x`),
        make(`scoop-lock-${dead}-${started}-${where}-x`, true),
      ];
      // A number that another process has got since then.
      const another = Number.parseInt(started!, 36) + 1;
      if (started !== "0") {
        forsaken.push(make(`${FOLDER_PREFIX}${pid}-${another.toString(36)}-${where}-x`));
      }
      const kept = [
        own.path,
        make(`scoop-lock-${pid}-${started}-${where}-x`, true),
        make(`scoop-lock-${pid}-0-${where}-x`, true),
        make(`${FOLDER_PREFIX}${dead}-${started}-elsewhere-x`),
        make(`${FOLDER_PREFIX}0-${started}-${where}-x`),
        make(`scoop-own-${dead}-${where}`),
        make(`other-${dead}-${started}-${where}-x`),
      ];
      const link = `${parent}/${FOLDER_PREFIX}${dead}-0-${where}-link`;
      Deno.symlinkSync(kept[1]!, link);
      await removeForsaken(own);
      for (const path of forsaken) assert.equal(exists(path), false, path);
      for (const path of kept) assert(exists(path), path);
      assert(Deno.lstatSync(link).isSymlink);
    }),
});

Deno.test("a temporary name means the same wherever its text is run", () => {
  const there = new Function(`return (${temporaryPrefix})("ship")`);
  assert.equal(there(), temporaryPrefix("ship"));
  assert.match(temporaryPrefix("ship"), /^scoop-ship-[0-9a-z]+-[0-9a-z]+-[0-9a-z]+-$/);
});

Deno.test({
  name: "brokers listen in the run's folder, and need no keys there",
  ignore: !unix,
  async fn() {
    const folder: RunFolder = { path: "/tmp/scoop-run-x", shared: undefined, remove() {} };
    const listening = await decideListening("this host", folder, ["broker", "broker-2"]);
    assert.equal(listening.keys, undefined);
    assert.equal(listening.open, false);
    const expected = {
      task: "ipc:///tmp/scoop-run-x/broker",
      meta: "ipc:///tmp/scoop-run-x/broker-meta",
    };
    assert.deepEqual(listening.addresses("broker"), expected);
    assert.deepEqual(listening.known("broker"), expected);
    assert.notDeepEqual(listening.addresses("broker-2"), expected);
  },
});

Deno.test("where brokers listen on a port there are keys, on loopback as well", async () => {
  const folder: RunFolder = { path: "/tmp/scoop-run-x", shared: undefined, remove() {} };
  const long: RunFolder = { path: `/tmp/${"x".repeat(90)}`, shared: undefined, remove() {} };
  const loopback = { task: "tcp://127.0.0.1:*", meta: "tcp://127.0.0.1:*" };
  for (
    const [reach, where] of [
      ["this host", undefined],
      ["this host", long],
      ["tunnels", folder],
    ] as const
  ) {
    const listening = await decideListening(reach, where, ["broker"]);
    assert(listening.keys !== undefined);
    assert.equal(listening.open, false);
    assert.deepEqual(listening.addresses("broker"), loopback);
    assert.equal(listening.known("broker"), undefined);
  }
  const { open, keys, addresses } = await decideListening("other hosts", folder, ["broker"]);
  assert(open && keys !== undefined);
  assert.deepEqual(addresses("broker"), { task: "tcp://*:*", meta: "tcp://*:*" });
});
