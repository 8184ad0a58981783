import assert from "node:assert/strict";
import { createOutput } from "../../launch/output.ts";
import type { Output } from "../../launch/output.ts";
import { describeExit, startProcess } from "../../launch/process.ts";
import type { LocalProcess, ProcessSpec } from "../../launch/process.ts";
import { isAlive, until } from "./processes.ts";

function memory(): Output & { text(): string } {
  let text = "";
  const decoder = new TextDecoder();
  const output = createOutput({
    write(bytes) {
      text += decoder.decode(bytes, { stream: true });
      return Promise.resolve(bytes.length);
    },
  });
  return { ...output, text: () => text };
}

function start(
  code: string,
  stdout: Output,
  more: Partial<ProcessSpec> = {},
): LocalProcess {
  return startProcess({
    name: "worker-1",
    args: ["eval", code],
    env: {},
    stdin: "null",
    stdout,
    stderr: more.stderr ?? stdout,
    lines: {},
    ...more,
  }, [Deno.execPath()]);
}

Deno.test("10,000 lines from 4 processes arrive, each whole and in order", async () => {
  const output = memory();
  const processes = [0, 1, 2, 3].map((number) =>
    start(
      `
      const encoder = new TextEncoder();
      const name = "p${number}";
      let text = "";
      for (let i = 0; i < 2500; i++) {
        text += name + " é " + "x".repeat((i * 37) % 200) + " " + i + "\\n";
        // Written in pieces that end in the middle of lines and characters.
        if (i % 50 === 49 || i === 2499) {
          const bytes = encoder.encode(text);
          const cut = bytes.length - 13;
          Deno.stdout.writeSync(bytes.subarray(0, cut));
          if (i % 500 === 499) await new Promise((resolve) => setTimeout(resolve, 1));
          Deno.stdout.writeSync(bytes.subarray(cut));
          text = "";
        }
      }`,
      output,
      { lines: { name: String(number) } },
    )
  );
  const statuses = await Promise.all(processes.map(({ exited }) => exited));
  await Promise.all(processes.map(({ drained }) => drained));
  await output.flush();
  assert(statuses.every(({ code }) => code === 0));
  const lines = output.text().split("\n");
  assert.equal(lines.pop(), "");
  assert.equal(lines.length, 10_000);
  for (const number of [0, 1, 2, 3]) {
    const own = lines.filter((line) => line.startsWith(`[${number}] `));
    const expected = Array.from(
      { length: 2500 },
      (_, i) => `[${number}] p${number} é ${"x".repeat((i * 37) % 200)} ${i}`,
    );
    assert.deepEqual(own, expected);
  }
});

Deno.test("stdout and stderr go their own ways; exit codes and signals are told", async () => {
  const [stdout, stderr] = [memory(), memory()];
  const process = start('console.log("out"); console.error("err"); Deno.exit(7);', stdout, {
    stderr,
  });
  const status = await process.exited;
  await process.drained;
  await Promise.all([stdout.flush(), stderr.flush()]);
  assert.equal(stdout.text(), "out\n");
  assert.equal(stderr.text(), "err\n");
  assert.equal(describeExit(status), "exit code 7");
  assert.equal(process.alive(), false);
});

Deno.test("a line of many megabytes arrives in one piece", async () => {
  const output = memory();
  const process = start(
    'Deno.stdout.writeSync(new TextEncoder().encode("small\\n")); ' +
      "const b = new Uint8Array(1 << 20).fill(120); for (let i = 0; i < 9; i++) " +
      "for (let n = 0; n < b.length;) n += Deno.stdout.writeSync(b.subarray(n));",
    output,
    { lines: { last: "completed" } },
  );
  await process.drained;
  await output.flush();
  assert.equal(output.text().length, "small\n".length + (9 << 20) + 1);
});

Deno.test("the environment is added to ours, and standard input is empty", async () => {
  const output = memory();
  const process = start(
    'console.log(Deno.env.get("EXTRA"), Deno.env.has("PATH"), prompt("") ?? "nothing")',
    output,
    { env: { EXTRA: "yes", NO_COLOR: "1" } },
  );
  await process.drained;
  await output.flush();
  assert.equal(output.text(), "yes true nothing\n");
});

Deno.test("a missing command is an error at the start", () => {
  assert.throws(
    () =>
      startProcess({
        name: "worker-1",
        args: [],
        env: {},
        stdin: "null",
        stdout: memory(),
        stderr: memory(),
        lines: {},
      }, ["/no/such/command"]),
    Deno.errors.NotFound,
  );
});

const unix = Deno.build.os !== "windows";

function startShell(script: string, output: Output): LocalProcess {
  return startProcess({
    name: "worker-1",
    args: ["-c", script],
    env: {},
    stdin: "null",
    stdout: output,
    stderr: output,
    lines: {},
  }, ["sh"]);
}

Deno.test({
  name: "a signal reaches the process and what it started itself",
  ignore: !unix,
  async fn() {
    const output = memory();
    const process = startShell("sleep 600 & echo $!; wait", output);
    await until(() => output.text().includes("\n"));
    const child = Number(output.text());
    assert(isAlive(child));
    process.kill("SIGKILL");
    assert.equal(describeExit(await process.exited), "signal SIGKILL");
    await process.drained;
    await until(() => !isAlive(child));
    process.kill("SIGKILL");
    assert.equal(process.alive(), false);
  },
});

Deno.test({
  name: "what has left a process's group does not hold its end up, and is let alone",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const output = memory();
    const process = startShell("setsid sleep 600 & echo $!; sleep 0.3", output);
    await process.drained;
    await process.swept;
    await output.flush();
    const child = Number(output.text());
    assert(isAlive(child));
    Deno.kill(child, "SIGKILL");
    await until(() => !isAlive(child));
  },
});

for (
  const [what, script] of [
    ["a program", "sleep 600 & echo $!"],
    ["one that does not heed signals", "(trap '' TERM HUP INT; echo ready; sleep 600) & echo $!"],
    ["one that is stopped", "sleep 600 & echo $!; kill -s STOP $!"],
  ] as const
) {
  Deno.test({
    name: `a process that ends by itself takes with it what it has started: ${what}`,
    ignore: !unix,
    async fn() {
      const output = memory();
      const process = startShell(`${script}; sleep 0.1; exit 3`, output);
      assert.equal((await process.exited).code, 3);
      await process.swept;
      await process.drained;
      await output.flush();
      const child = Number(/\d+/.exec(output.text()));
      assert(child > 0);
      await until(() => !isAlive(child));
      // Nobody else gets it.
      process.kill("SIGKILL");
    },
  });
}

Deno.test({
  name: "a process can run at another niceness, under its own number",
  ignore: !unix,
  async fn() {
    const output = memory();
    const process = startProcess({
      name: "worker-1",
      args: ["-c", "nice; echo $$"],
      env: {},
      stdin: "null",
      nice: 7,
      stdout: output,
      stderr: output,
      lines: {},
    }, ["sh"]);
    await process.drained;
    await output.flush();
    const before = new Deno.Command("nice").outputSync();
    const own = Number(new TextDecoder().decode(before.stdout));
    assert.equal(output.text(), `${Math.min(own + 7, 19)}\n${process.pid}\n`);
  },
});

Deno.test({
  name: "a process is in a session of its own, where the terminal's Ctrl-C does not reach it",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const output = memory();
    const process = start("await new Promise((resolve) => setTimeout(resolve, 600_000))", output);
    const stat = await Deno.readTextFile(`/proc/${process.pid}/stat`);
    const [, , group, session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
    process.kill("SIGKILL");
    await process.drained;
    assert.deepEqual([group, session], [process.pid, process.pid]);
  },
});
