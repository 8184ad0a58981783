/** Workers far away, behind a wire that holds each frame, are kept busy. */

import assert from "node:assert/strict";
import { path, runScoop, scoop } from "../faults/running.ts";
import { missingForFar, putFar } from "./far.ts";
import { missingForHosts, startHosts } from "./ssh_hosts.ts";

const missing = missingForHosts() ?? missingForFar();
if (missing) console.log(`no hosts far away are tried: ${missing}`);

Deno.test({
  name: "far: workers are kept busy though the way to them takes 80 ms",
  ignore: missing !== undefined,
  async fn() {
    await using hosts = await startHosts(1);
    const args = ["--ssh-executable", hosts.ssh, "--hosts", "127.0.0.1", "h1", "-n", "4"];
    const busy = async () => {
      const program = path("tests/clusters/programs/waits.ts");
      const { code, stdout, stderr } = await runScoop([...args, program, "10", "1200"]);
      assert.equal(code, 0, stderr);
      return Number(/^busy (\d+) %$/m.exec(stdout)![1]);
    };
    // Whatever else this machine does keeps them from being busy as well.
    const before = await busy();
    const far = await putFar(hosts, "h1", 80).then(async (wire) => {
      await using _wire = wire;
      return await busy();
    });
    const near = Math.min(before, await busy());
    // With no more in advance than those have that are near, it is 60 % of that.
    assert.ok(far >= 0.75 * near, `near ${near} %, far ${far} %`);
    console.log(`busy: near ${near} %, far ${far} %`);
  },
});

Deno.test({
  name: "far: a host whose cable was pulled works again soon after it is back",
  ignore: missing !== undefined,
  async fn() {
    await using hosts = await startHosts(1);
    const args = ["--ssh-executable", hosts.ssh, "--hosts", "127.0.0.1", "h1", "-n", "4"];
    const program = path("tests/clusters/programs/names.ts");
    const began = performance.now();
    await using run = scoop([...args, program], { stdin: "" });
    await run.prints(/^worker-[23]$/m);
    const startMs = performance.now() - began;
    await hosts.cut("h1");
    await run.prints(/h1 is lost/);
    await new Promise((resolve) => setTimeout(resolve, 22_000));
    await hosts.heal("h1");
    const healed = performance.now();
    await run.prints(/^worker-[23]\.2$/m);
    const took = performance.now() - healed;
    run.kill("SIGINT");
    const { stderr } = await run.ended();
    const told = stderr.split("\n").filter((line) => line.startsWith("scoop: "));
    assert.equal(told.length, 2, stderr);
    assert.match(told[0]!, /^scoop: h1 is lost \(.*\); it takes part again as soon as it can$/);
    assert.equal(told[1], "scoop: h1 is back");
    console.log(`works again after ${Math.round(took)} ms; had begun after ${Math.round(startMs)}`);
    // It was ten seconds and more, since every worker waited for itself, and for longer each time.
    assert.ok(took < 4_000 + 2 * startMs, `${took} ms`);
  },
});
