import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cLibraryFile, openCLibrary } from "../../wire/c_library.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const isLinux = Deno.build.os === "linux";

Deno.test("C library: its file is found on Linux and can be called; elsewhere it is none", () => {
  const file = cLibraryFile(), library = openCLibrary();
  assert.equal(file !== undefined, isLinux);
  assert.equal(library !== undefined, isLinux);
  if (file === undefined || library === undefined) return;
  assert.match(file, /^\/.*libc\.so\.6$/);
  const before = Number(library.clock());
  for (let i = 0; i < 1e7; i++);
  assert.ok(Number(library.clock()) > before, "it has taken processor time");
});

Deno.test("C library: who may not call it is not asked, and does without", async () => {
  const code = `const { openCLibrary } = await import(Deno.args[0]);
    console.log(openCLibrary() !== undefined);`;
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(path, code);
    const opens = async (...flags: string[]) => {
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-q", ...flags, path, `${ROOT}wire/c_library.ts`],
        stdin: "null",
        env: { NO_COLOR: "1" },
      }).output();
      assert.equal(new TextDecoder().decode(stderr), "");
      return new TextDecoder().decode(stdout).trim();
    };
    const reads = "--allow-read";
    assert.equal(await opens(reads), "false");
    assert.equal(await opens(reads, "--allow-ffi=/nowhere/else.so"), "false");
    assert.equal(await opens("-A"), String(isLinux));
    if (isLinux) assert.equal(await opens(reads, `--allow-ffi=${cLibraryFile()}`), "true");
  } finally {
    await Deno.remove(path);
  }
});

Deno.test({
  name: "C library: no process of a run on one host loads libzmq",
  // What a process has loaded is told by Linux alone.
  ignore: !isLinux,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const program = join(folder, "prog.ts");
      await Deno.writeTextFile(
        program,
        `import { map } from ${JSON.stringify(`${ROOT}mod.ts`)};
export async function pid(_: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return Deno.pid;
}
if (import.meta.main) {
  console.log(JSON.stringify([...new Set(await map(pid, [...Array(30).keys()]))]));
  for await (const _ of Deno.stdin.readable);
}`,
      );
      const command = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", join(ROOT, "cli.ts"), "-n", "3", "-b", "2", program],
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const reader = command.stdout.pipeThrough(new TextDecoderStream()).getReader();
      const { value: line = "" } = await reader.read();
      const pids: number[] = JSON.parse(line);
      assert.ok(pids.length >= 2, `${pids.length} workers have taken part`);
      for (const one of [command.pid, ...pids]) {
        const maps = await Deno.readTextFile(`/proc/${one}/maps`);
        assert.doesNotMatch(maps, /zeromq|addon\.node/, `process ${one}`);
      }
      await command.stdin.close();
      await reader.cancel();
      assert.equal((await command.status).code, 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
