// Deno's own flags: what they do to a run, here and on other hosts, and how they are refused.

import assert from "node:assert/strict";
import { canFindProcesses, inFolder, path, runScoop, scoop } from "../faults/running.ts";
import { withFakeSsh } from "../hosts/fake_ssh.ts";

const FLAGS_SEEN = path("tests/command/programs/flags_seen.ts");
const MOD = path("mod.ts");
const PASSED = ["-E", "--v8-flags=--expose-gc", "--unstable-kv", "--cached-only"];

/** What each of the processes should say. */
function all(...names: string[]): string {
  return names.map((name) => `${name} function yes true\n`).join("");
}

Deno.test("flags of Deno: the origin and the workers have them", () =>
  inFolder(async (folder) => {
    const file = `${folder}/a file, of mine.env`;
    await Deno.writeTextFile(file, "FROM_FILE=yes\n");
    const args = ["-n", "2", ...PASSED, `--env-file=${file}`, FLAGS_SEEN];
    const { code, stdout, stderr } = await runScoop(args);
    assert.deepEqual([code, stdout, stderr], [0, all("origin", "worker-1"), ""]);
  }));

for (const way of [[], ["--ship"]]) {
  Deno.test({
    name: `flags of Deno: other hosts have them ${way}`,
    ignore: !canFindProcesses,
    fn: () =>
      withFakeSsh(async (flags, folder) => {
        await Deno.writeTextFile(`${folder}/my.env`, "FROM_FILE=yes\n");
        const hosts = ["--hosts", "alpha", "127.0.0.1", "beta", "-n", "3"];
        const { code, stdout, stderr } = await runScoop([
          ...[...flags, ...way, ...hosts, ...PASSED],
          ...[`--env-file=${folder}/my.env`, FLAGS_SEEN],
        ]);
        assert.deepEqual([code, stdout, stderr], [0, all("origin", "worker-1", "worker-2"), ""]);
      }),
  });
}

Deno.test({
  name: "flags of Deno: a host without room for its workers is named, and left out",
  ignore: !canFindProcesses,
  fn: () =>
    withFakeSsh(async (flags, folder) => {
      await Deno.writeTextFile(`${folder}/limits.sh`, "ulimit -n 90\n");
      const hosts = ["--hosts", "127.0.0.1", "alpha", "-n", "20"];
      const prolog = ["--prolog", `${folder}/limits.sh`];
      const program = path("tests/command/programs/ends.ts");
      const { stderr } = await runScoop([...flags, ...hosts, ...prolog, program]);
      assert.match(
        stderr,
        /^scoop: alpha: 10 workers are too many for it: 94 open files, and the limit is 90; at most 8 fit; the run goes on without it$/m,
      );
    }),
});

Deno.test("flags of Deno: what cannot be is refused before anything starts", () =>
  inFolder(async (folder) => {
    const program = `${folder}/prog.ts`;
    const wrong = `${folder}/wrong.ts`;
    const broken = `${folder}/broken.ts`;
    await Deno.writeTextFile(broken, "const x = ;\n");
    await Deno.writeTextFile(`${folder}/deno.json`, `{ "imports": { "scoop": "${MOD}" } }`);
    await Deno.writeTextFile(`${folder}/deno.lock`, '{ "version": "5" }\n');
    await Deno.writeTextFile(
      program,
      'import "scoop"; if (import.meta.main) console.log("runs");\n',
    );
    await Deno.writeTextFile(
      wrong,
      'const n: number = "x"; import "scoop"; if (import.meta.main) console.log(n);\n',
    );
    for (
      const [code, args, stderr] of [
        [
          2,
          ["--unstable-nonsense", program],
          /^scoop: Deno knows no option --unstable-nonsense\n$/,
        ],
        [2, ["--v8-flags=--nonsense", program], /^scoop: V8 knows no flag --nonsense .*\n$/],
        [2, ["--env-file=none.env", program], /^scoop: no such file: none\.env \(--env-file\)\n$/],
        [2, ["--inspect=worker-7", program], /^scoop: there is no worker-7 in this run .*\n$/],
        [1, ["--frozen", program], /^scoop: The lockfile is out of date\. .*\n$/],
        [
          1,
          ["--check", wrong],
          /^scoop: the program has errors in its types\nTS2322 [^]*wrong\.ts:1/,
        ],
        [
          1,
          ["--check", broken],
          /^scoop: SyntaxError: Expression expected at \S+broken\.ts:1:11\n$/,
        ],
      ] as const
    ) {
      const ended = await runScoop(["-n", "2", ...args]);
      assert.deepEqual([ended.code, ended.stdout], [code, ""], `${args}`);
      assert.match(ended.stderr, stderr);
    }
    const unchecked = await runScoop(["-n", "2", "--no-check", wrong]);
    assert.deepEqual([unchecked.code, unchecked.stdout], [0, "x\n"]);
    assert.match(await Deno.readTextFile(`${folder}/deno.lock`), /zeromq/, "now it is up to date");
    const frozen = await runScoop(["-n", "2", "--frozen", "--check", program]);
    assert.deepEqual([frozen.code, frozen.stdout, frozen.stderr], [0, "runs\n", ""]);
  }));

Deno.test("flags of Deno: --cached-only downloads nothing", () =>
  inFolder(async (folder) => {
    let asked = 0;
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
      asked++;
      return new Response("export {};", { headers: { "content-type": "text/javascript" } });
    });
    const host = `127.0.0.1:${server.addr.port}`;
    const program = `${folder}/prog.ts`;
    await Deno.writeTextFile(program, `import "http://${host}/module.js"; import "${MOD}";\n`);
    const args = ["-n", "2", `--allow-import=${host}`];
    const refused = await runScoop([...args, "--cached-only", program]);
    assert.deepEqual([refused.code, refused.stdout, asked], [1, "", 0]);
    assert.match(refused.stderr, /^scoop: .*--cached-only is specified.*\n$/);
    const { code } = await runScoop([...args, program]);
    assert.deepEqual([code, asked], [0, 1]);
    assert.equal((await runScoop([...args, "--cached-only", program])).code, 0);
  }));

Deno.test("flags of Deno: a compiled program has no Deno to give them to", () =>
  inFolder(async (folder) => {
    const program = path("examples/pi_calc.ts");
    const entry = `${folder}/entry.ts`;
    // What a compiled one does, without compiling it.
    await Deno.writeTextFile(
      entry,
      `import { mainSelf } from "${path("launch/launch.ts")}";\n` +
        `Deno.exit(await mainSelf(Deno.args, "file://${program}", ["none"]));\n`,
    );
    for (const flag of ["--v8-flags=--expose-gc", "--inspect", "--check", "--unstable-kv"]) {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", entry, "-n", "2", flag],
        env: { NO_COLOR: "1" },
      }).output();
      assert.equal(code, 2);
      const name = flag.split("=")[0];
      const line = new RegExp(`^scoop: ${name} is for Deno, and a compiled program .*\\n$`);
      assert.match(new TextDecoder().decode(stderr), line);
    }
  }));

Deno.test("flags of Deno: those after the program's name are told, and are the program's", async () => {
  const program = path("tests/command/programs/ends.ts");
  const args = ["-n", "2", program, "--allow-net", "-n", "4"];
  const told = await runScoop(args);
  assert.match(told.stderr, /^scoop: --allow-net, -n after the program's name belong to .*\n/);
  for (const quiet of [["-q", ...args], ["-n", "2", "--", ...args.slice(2)]]) {
    assert.doesNotMatch((await runScoop(quiet)).stderr, /belong/);
  }
});

/** Lets the process go on that waits for a debugger at this address. */
async function resume(address: string): Promise<WebSocket> {
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) =>
    Object.assign(socket, { onopen: resolve, onerror: reject })
  );
  for (const [id, method] of ["Runtime.enable", "Runtime.runIfWaitingForDebugger"].entries()) {
    socket.send(JSON.stringify({ id: id + 1, method }));
  }
  return socket;
}

for (
  const [flag, name] of [["--inspect-wait=:0", "origin"], [
    "--inspect-wait=worker-1@:0",
    "worker-1",
  ]]
) {
  Deno.test(`flags of Deno: ${flag} lets a debugger connect to ${name}`, async () => {
    const args = ["-n", "2", "-v", "-E", flag!, FLAGS_SEEN];
    await using run = scoop(args);
    const [, who, address] = await run.prints(/\[(\S+)\] Debugger listening on (ws:\S+)/);
    assert.equal(who, name);
    const socket = await resume(address!);
    try {
      await run.prints(/\[origin\] worker-1 /);
    } finally {
      const closed = new Promise((resolve) => socket.onclose = resolve);
      socket.close();
      await closed;
    }
    assert.equal((await run.ended()).code, 0);
    await run.gone();
  });
}
