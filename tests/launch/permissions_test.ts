import assert from "node:assert/strict";
import {
  collectPermissions,
  PERMISSION_FLAGS,
  permissionArguments,
} from "../../launch/permissions.ts";
import type { Needs } from "../../launch/permissions.ts";
import { environment } from "../../launch/plan.ts";
import { VARIABLES } from "../../worker/environment.ts";

const NEEDS: Needs = { read: ["/prog", "/zmq"], ffi: ["/zmq"], env: ["A", "B"], import: [] };
const NOTHING: Needs = { read: [], ffi: [], env: [], import: [] };

function flags(given: [string, string][], needs = NEEDS): string[] {
  return permissionArguments(collectPermissions(given), needs);
}

Deno.test("without the user's flags there is the least that works", () => {
  assert.deepEqual(flags([]), [
    "--no-prompt",
    "--allow-read=/prog,/zmq",
    "--allow-ffi=/zmq",
    "--allow-env=A,B",
  ]);
});

Deno.test("what a process needs of the network is a list, beside what the user allows", () => {
  const needs = { ...NOTHING, net: ["127.0.0.1:0"] };
  assert.deepEqual(flags([], needs), ["--no-prompt", "--allow-net=127.0.0.1:0"]);
  assert(flags([["allow-net", "a"]], needs).includes("--allow-net=a,127.0.0.1:0"));
  assert(flags([["allow-net", ""]], needs).includes("--allow-net"));
});

Deno.test("the user's lists and ours become one flag each", () => {
  assert.deepEqual(flags([["allow-read", "data,/prog"], ["allow-read", "more"]]), [
    "--no-prompt",
    "--allow-read=data,/prog,more,/zmq",
    "--allow-ffi=/zmq",
    "--allow-env=A,B",
  ]);
});

Deno.test("a flag without values beats every list, in whatever order", () => {
  for (
    const given of [
      [["allow-env", ""], ["allow-env", "HOME"]],
      [["allow-env", "HOME"], ["allow-env", ""]],
    ] as [string, string][][]
  ) {
    assert(flags(given).includes("--allow-env"));
    assert(!flags(given).some((flag) => flag.startsWith("--allow-env=")));
  }
});

Deno.test("with --allow-all ours are left out, since Deno takes no others beside it", () => {
  const given: [string, string][] = [["allow-all", ""], ["deny-net", "a"], ["ignore-env", "B"]];
  assert.deepEqual(flags(given), ["--no-prompt", "--allow-all", "--deny-net=a", "--ignore-env=B"]);
});

Deno.test("everything but a kind that is denied as a whole: of that what a process needs", () => {
  for (const denied of ["deny-env", "ignore-env"]) {
    const all = flags([["allow-all", ""], [denied, ""]]);
    assert(!all.includes("--allow-all") && !all.includes("--allow-env"), all.join(" "));
    assert(all.includes(`--${denied}`) && all.includes("--allow-env=A,B"), all.join(" "));
    for (const kind of ["read", "write", "net", "sys", "run", "ffi", "import"]) {
      assert(all.includes(`--allow-${kind}`), kind);
    }
  }
});

Deno.test("what is denied stays denied and is not mixed with what is allowed", () => {
  assert(flags([["deny-read", "/prog/secret"]]).includes("--deny-read=/prog/secret"));
  assert(flags([["deny-read", "x"], ["deny-read", ""]]).includes("--deny-read"));
});

Deno.test("contradictions and empty values are errors", () => {
  assert.throws(() => collectPermissions([["allow-all", ""], ["allow-net", "a"]]), /--allow-net/);
  assert.throws(() => collectPermissions([["allow-net", "a,"]]), /empty value in "a,"/);
});

Deno.test("a host to import from is added to Deno's defaults, or to the user's list", () => {
  const needs = { ...NOTHING, import: ["lab.example:443"] };
  const [, alone] = flags([], needs);
  assert.match(alone!, /^--allow-import=deno\.land:443,jsr\.io:443,.*,lab\.example:443$/);
  const [, listed] = flags([["allow-import", "a.b"]], needs);
  assert.equal(listed, "--allow-import=a.b,lab.example:443");
});

Deno.test("a path with a comma is covered by the folder above it", () => {
  const [, read] = flags([], { ...NOTHING, read: ["/data/a,b/prog,x", "/,odd"] });
  assert.equal(read, "--allow-read=/data,/");
});

Deno.test("the processes may read exactly the variables they are given", () => {
  const facts = {
    brokerName: "b",
    taskAddress: "t",
    metaAddress: "m",
    others: [],
    key: "k",
    keys: "K",
    size: 2,
    program: "file:///p.ts",
    verbosity: 1,
    debug: false,
    maxMemory: 1,
    maxTasks: 1,
    host: "alpha",
  };
  const given = environment(facts, { name: "worker-1", origin: false });
  assert.deepEqual(Object.keys(given).sort(), [...VARIABLES].sort());
});

function valueFor(name: string): string {
  if (name.endsWith("sys")) return name.startsWith("allow") ? "hostname" : "uid";
  return name.startsWith("allow") ? "localhost" : "elsewhere";
}

Deno.test("Deno itself accepts what comes out, and understands it as we do", async () => {
  const given: [string, string][] = PERMISSION_FLAGS.filter(({ values }) => values)
    .map(({ name }) => [name, valueFor(name)]);
  const code = `
    const state = async (name, extra) => (await Deno.permissions.query({ name, ...extra })).state;
    console.log(
      await state("read", { path: "/zmq" }),
      await state("read", { path: "localhost" }),
      await state("read", { path: "/other" }),
      await state("env", { variable: "A" }),
      await state("net", { host: "localhost" }),
      await state("net", { host: "elsewhere" }),
    );`;
  const file = await Deno.makeTempFile({ suffix: ".js" });
  try {
    await Deno.writeTextFile(file, code);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", ...flags(given), file],
      env: { NO_COLOR: "1" },
    }).output();
    const said = new TextDecoder().decode(stdout);
    assert.equal(
      said.trim(),
      "granted granted prompt granted granted denied",
      new TextDecoder().decode(stderr),
    );
  } finally {
    await Deno.remove(file);
  }
});
