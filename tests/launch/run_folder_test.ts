import assert from "node:assert/strict";
import { basename, dirname } from "node:path";
import { decideListening } from "../../launch/listening.ts";
import { FOLDER_PREFIX, makeRunFolder, removeForsaken } from "../../launch/run_folder.ts";
import type { RunFolder } from "../../launch/run_folder.ts";

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
    return Deno.statSync(path).isDirectory;
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

Deno.test({
  name: "folders of runs whose launchers have died are removed, no others",
  ignore: !unix,
  fn: () =>
    inTemporaryFolder(async (parent) => {
      const ended = new Deno.Command("true").spawn();
      await ended.status;
      const own = makeRunFolder()!;
      const [, where] = /^\d+ (.*)$/.exec(Deno.readTextFileSync(`${own.path}/owner`))!;
      const make = (name: string, owner?: string) => {
        const path = `${parent}/${name}`;
        Deno.mkdirSync(path);
        if (owner !== undefined) Deno.writeTextFileSync(`${path}/owner`, owner);
        return path;
      };
      const forsaken = make(`${FOLDER_PREFIX}dead`, `${ended.pid} ${where}`);
      const kept = [
        own.path,
        make(`${FOLDER_PREFIX}alive`, `${Deno.pid} ${where}`),
        make(`${FOLDER_PREFIX}elsewhere`, `${ended.pid} another host`),
        make(`${FOLDER_PREFIX}new`),
        make(`${FOLDER_PREFIX}odd`, "something else"),
        make("other", `${ended.pid} ${where}`),
      ];
      await removeForsaken(own);
      assert.equal(exists(forsaken), false);
      for (const path of kept) assert(exists(path), path);
    }),
});

Deno.test({
  name: "brokers listen in the run's folder, and need no keys there",
  ignore: !unix,
  async fn() {
    const folder: RunFolder = { path: "/tmp/scoop-run-x", remove() {} };
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
  const folder: RunFolder = { path: "/tmp/scoop-run-x", remove() {} };
  const long: RunFolder = { path: `/tmp/${"x".repeat(90)}`, remove() {} };
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
  assert.deepEqual(addresses("broker"), { task: "tcp://0.0.0.0:*", meta: "tcp://0.0.0.0:*" });
});
