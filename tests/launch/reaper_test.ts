import assert from "node:assert/strict";
import { startReaper } from "../../launch/reaper.ts";
import type { ReaperOptions } from "../../launch/reaper.ts";
import { isAlive, until } from "./processes.ts";

const unix = Deno.build.os !== "windows";

/** A process that would stay, with a child in its group, and the numbers of both. */
async function startPair(): Promise<{ process: Deno.ChildProcess; pids: number[] }> {
  const process = new Deno.Command("sh", {
    args: ["-c", "sleep 600 & echo $!; wait"],
    stdin: "null",
    stdout: "piped",
    detached: true,
  }).spawn();
  const reader = process.stdout.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return { process, pids: [process.pid, Number(new TextDecoder().decode(value))] };
}

/** Kills what may be left of a pair. */
async function clear(process: Deno.ChildProcess): Promise<void> {
  try {
    Deno.kill(-process.pid, "SIGKILL");
  } catch {
    // It has gone already.
  }
  await process.status;
}

Deno.test({
  name: "a launcher killed with -9 takes its processes with it, and theirs",
  ignore: !unix,
  async fn() {
    const [kept, doomed] = await Promise.all([startPair(), startPair()]);
    const launcher = new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `import { startReaper } from ${
          JSON.stringify(import.meta.resolve("../../launch/reaper.ts"))
        };
        const reaper = startReaper();
        for (const pid of [${kept.process.pid}, ${doomed.process.pid}]) reaper.watch(pid);
        reaper.forget(${kept.process.pid});
        // Not until the reaper has read all that may the launcher go.
        await new Promise((resolve) => setTimeout(resolve, 100));
        console.log("ready");
        await new Promise((resolve) => setTimeout(resolve, 600_000));`,
      ],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    try {
      const reader = launcher.stdout.getReader();
      await reader.read();
      await reader.cancel();
      assert([...kept.pids, ...doomed.pids].every(isAlive));
      launcher.kill("SIGKILL");
      await launcher.status;
      await until(() => !doomed.pids.some(isAlive));
      assert(kept.pids.every(isAlive), "a process that was to be forgotten was killed");
    } finally {
      await Promise.all([clear(kept.process), clear(doomed.process)]);
    }
  },
});

Deno.test({
  name: "a launcher that dies right after a start takes that process with it",
  ignore: !unix,
  async fn() {
    const parent = await Deno.makeTempDir({ prefix: "scoop-test-" });
    const [kept, doomed] = await Promise.all([startPair(), startPair()]);
    try {
      const folder = `${parent}/scoop-run-x`;
      await Deno.mkdir(folder);
      const reaper = JSON.stringify(import.meta.resolve("../../launch/reaper.ts"));
      const { signal } = await new Deno.Command(Deno.execPath(), {
        args: [
          "eval",
          `import { startReaper } from ${reaper};
          const reaper = startReaper({ folder: ${JSON.stringify(folder)} });
          for (const pid of [${kept.process.pid}, ${doomed.process.pid}]) reaper.watch(pid);
          reaper.forget(${kept.process.pid});
          Deno.kill(Deno.pid, "SIGKILL");`,
        ],
        stdin: "null",
      }).output();
      assert.equal(signal, "SIGKILL");
      await until(() => !doomed.pids.some(isAlive));
      assert(kept.pids.every(isAlive), "a process that was to be forgotten was killed");
    } finally {
      await Promise.all([clear(kept.process), clear(doomed.process)]);
      await Deno.remove(parent, { recursive: true });
    }
  },
});

Deno.test({
  name: "a normal end kills nobody",
  ignore: !unix,
  async fn() {
    const { process, pids } = await startPair();
    try {
      const reaper = startReaper();
      reaper.watch(process.pid);
      await reaper.close();
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert(pids.every(isAlive));
    } finally {
      await clear(process);
    }
  },
});

/** More than any system gives a process. */
const NO_PROCESS = 99_999_999;

/** A launcher goes while it has, as far as its reaper knows, a process left. */
async function abandon(options: ReaperOptions): Promise<void> {
  const reaper = startReaper(options);
  reaper.watch(NO_PROCESS);
  await reaper.killAll();
}

Deno.test({
  name: "a reaper that has nobody to kill leaves the folder to whoever ends it",
  ignore: !unix,
  async fn() {
    const parent = await Deno.makeTempDir({ prefix: "scoop-test-" });
    try {
      const folder = `${parent}/scoop-run-abc`;
      await Deno.mkdir(folder);
      const reaper = startReaper({ folder });
      reaper.watch(NO_PROCESS);
      reaper.forget(NO_PROCESS);
      await reaper.killAll();
      assert(Deno.statSync(folder).isDirectory);
    } finally {
      await Deno.remove(parent, { recursive: true });
    }
  },
});

Deno.test({
  name: "the folder of a launcher that has gone is removed; nothing else can be taken for one",
  ignore: !unix,
  async fn() {
    const parent = await Deno.makeTempDir({ prefix: "scoop-test-" });
    try {
      const folders = ["scoop-run-abc", "scoop-run-", "scoop-other", "target"];
      for (const name of folders) await Deno.mkdir(`${parent}/${name}/inside`, { recursive: true });
      await Deno.symlink(`${parent}/target`, `${parent}/scoop-run-link`);
      for (const name of [...folders, "scoop-run-link", "scoop-run-none", "scoop-run-abc/.."]) {
        await startReaper({ folder: `${parent}/${name}` }).close();
      }
      for (const name of folders) assert(Deno.statSync(`${parent}/${name}`).isDirectory);
      for (const name of [...folders, "scoop-run-link", "scoop-run-none", "scoop-run-abc/.."]) {
        await abandon({ folder: `${parent}/${name}` });
      }
      const left = [...Deno.readDirSync(parent)].map(({ name }) => name).sort();
      assert.deepEqual(left, [
        "processes",
        "scoop-other",
        "scoop-run-",
        "scoop-run-link",
        "target",
      ]);
      assert(Deno.statSync(`${parent}/target/inside`).isDirectory);
    } finally {
      await Deno.remove(parent, { recursive: true });
    }
  },
});

Deno.test({
  name: "the copy of a lock file goes with its launcher; nothing else can be taken for one",
  ignore: !unix,
  async fn() {
    const parent = await Deno.makeTempDir({ prefix: "scoop-test-" });
    try {
      const files = ["scoop-lock-abc", "scoop-lock-", "deno.lock"];
      for (const name of files) await Deno.writeTextFile(`${parent}/${name}`, "{}");
      for (const name of files) await startReaper({ lock: `${parent}/${name}` }).close();
      for (const name of files) assert(Deno.statSync(`${parent}/${name}`).isFile);
      for (const name of files) await abandon({ lock: `${parent}/${name}` });
      const left = [...Deno.readDirSync(parent)].map(({ name }) => name).sort();
      assert.deepEqual(left, ["deno.lock", "scoop-lock-"]);
    } finally {
      await Deno.remove(parent, { recursive: true });
    }
  },
});

Deno.test({
  name: "a reaper that was stopped holds up no end, and does what is left to do",
  ignore: Deno.build.os !== "linux",
  async fn() {
    for (const watches of [false, true]) {
      const before = new Set(children());
      const reaper = startReaper();
      const [pid] = children().filter((pid) => !before.has(pid));
      const victim = new Deno.Command("sleep", { args: ["1000"], detached: true }).spawn();
      if (watches) reaper.watch(victim.pid);
      Deno.kill(pid!, "SIGSTOP");
      await reaper.killAll();
      if (!watches) victim.kill("SIGKILL");
      assert.equal((await victim.status).signal, "SIGKILL");
      assert(!children().includes(pid!));
    }
  },
});

/** Numbers of this process's children. */
function children(): number[] {
  return [...Deno.readDirSync("/proc/self/task")].flatMap(({ name }) => {
    const text = Deno.readTextFileSync(`/proc/self/task/${name}/children`).trim();
    return text === "" ? [] : text.split(" ").map(Number);
  });
}

Deno.test("without a shell the run goes on without a reaper", async () => {
  const reaper = startReaper({ shell: "/no/such/shell" });
  reaper.watch(1);
  reaper.forget(1);
  assert.equal(await reaper.close(), undefined);
});
