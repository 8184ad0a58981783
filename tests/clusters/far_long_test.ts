/** Workers far away, behind a wire that holds each frame, are kept busy. */

import assert from "node:assert/strict";
import { path, runScoop } from "../faults/running.ts";
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
