import assert from "node:assert/strict";
import { inFolder, path, runScoop } from "../faults/running.ts";

const PROGRAM = path("tests/command/programs/reaches_out.ts");

/** What the origin and a worker say when they reach for something. */
async function reach(flags: string[], what: string, where: string): Promise<string[]> {
  const { code, stdout, stderr } = await runScoop(["-n", "2", ...flags, PROGRAM, what, where]);
  assert.deepEqual([code, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n");
  assert.equal(lines.length, 2, stdout);
  assert(lines[0]!.startsWith("origin ") && lines[1]!.startsWith("worker-1 "), stdout);
  return lines.map((line) => line.slice(line.indexOf(" ") + 1));
}

/** Both are refused, and told the flag. */
async function refused(flags: string[], what: string, where: string): Promise<void> {
  const told = new RegExp(`^NotCapable: Requires ${what} access to .*--allow-${what}`);
  for (const line of await reach(flags, what, where)) assert.match(line, told);
}

async function granted(flags: string[], what: string, where: string, result: string) {
  assert.deepEqual(await reach(flags, what, where), [result, result]);
}

Deno.test("permissions: files elsewhere", () =>
  inFolder(async (folder) => {
    const file = `${folder}/secret.txt`;
    await Deno.writeTextFile(file, "content");
    await refused([], "read", file);
    await granted([`--allow-read=${folder}`], "read", file, "content");
    await granted(["-A"], "read", file, "content");
    for (const line of await reach(["-A", `--deny-read=${folder}`], "read", file)) {
      assert.match(line, /^NotCapable: /);
    }
    await refused(["-R"], "write", `${folder}/new.txt`);
    await granted(["-W"], "write", `${folder}/new.txt`, "undefined");
  }));

Deno.test("permissions: the network", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("hello"),
  );
  try {
    const host = `127.0.0.1:${server.addr.port}`;
    await refused([], "net", `http://${host}/`);
    await refused(["--allow-net=127.0.0.2"], "net", `http://${host}/`);
    await granted([`--allow-net=${host}`], "net", `http://${host}/`, "hello");
    for (
      const line of await reach(["--allow-net", `--deny-net=${host}`], "net", `http://${host}/`)
    ) {
      assert.match(line, /^NotCapable: /);
    }
  } finally {
    await server.shutdown();
  }
});

Deno.test("permissions: all but one kind, of which the processes keep what they need", async () => {
  for (const kind of ["env", "ffi", "read", "net", "sys", "write", "run", "import"]) {
    const [origin, worker] = await reach(["-A", `--deny-${kind}`], "env", "HOME");
    for (const told of [origin!, worker!]) {
      if (kind === "env") assert.match(told, /^NotCapable: Requires env access/);
      else assert.equal(told, Deno.env.get("HOME"));
    }
  }
  const ignored = await reach(["-A", "--ignore-env"], "env", "HOME");
  assert.deepEqual(ignored, ["undefined", "undefined"]);
});

Deno.test("permissions: a process may connect with itself, and listen nowhere else", async () => {
  await granted([], "listen", "0", "undefined");
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  for (const line of await reach([], "listen", `${port}`)) {
    assert.match(line, /^NotCapable: Requires net access to /);
  }
  for (const line of await reach(["--deny-net"], "listen", "0")) {
    assert.match(line, /^NotCapable: /);
  }
});

Deno.test("permissions: the environment and other programs", async () => {
  await refused([], "env", "HOME");
  await granted(["--allow-env=HOME"], "env", "HOME", `${Deno.env.get("HOME")}`);
  await refused([], "run", "echo");
  await granted(["--allow-run=echo"], "run", "echo", "0");
});
