/** A short round of chaos; `deno task soak --only chaos` is a long one. */

import { missingForHosts } from "../clusters/ssh_hosts.ts";
import { canFindProcesses } from "../faults/running.ts";
import { chaos } from "./chaos.ts";

const missing = missingForHosts();
if (missing) console.log(`no chaos on several hosts: ${missing}`);

// Another may be given; what goes wrong is told with it.
const seed = Number(Deno.env.get("SCOOP_TEST_SEED") ?? 1);

Deno.test({
  name: "chaos: processes of this machine are killed and stopped, and all results are right",
  ignore: !canFindProcesses,
  fn: () => chaos({ lasts: 10_000, seed }),
});

Deno.test({
  name: "chaos: on several hosts, with links cut and slow, and all results are right",
  ignore: !canFindProcesses || missing !== undefined,
  fn: () => chaos({ lasts: 9_000, seed, hosts: 2 }),
});
