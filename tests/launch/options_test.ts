import assert from "node:assert/strict";
import type { DenoFlags } from "../../launch/deno_flags.ts";
import { OPTIONS } from "../../launch/option_table.ts";
import { parseArguments } from "../../launch/options.ts";
import type { RunOptions } from "../../launch/options.ts";
import { UsageError } from "../../launch/usage_error.ts";

function optionsOf(...args: string[]): RunOptions {
  const request = parseArguments(args);
  assert(request.kind === "run", `${args} asked for no run`);
  return request.options;
}

const NO_FLAGS: DenoFlags = {
  envFiles: [],
  v8Flags: [],
  unstable: [],
  check: undefined,
  frozen: undefined,
  cachedOnly: false,
  inspect: [],
};

Deno.test("without options there is a worker for each processor and nothing special", () => {
  assert.deepEqual(optionsOf("prog.ts"), {
    program: "prog.ts",
    args: [],
    workers: undefined,
    hosts: [],
    hostfile: undefined,
    brokers: 1,
    path: undefined,
    ship: false,
    tunnel: false,
    brokerHostname: undefined,
    sshExecutable: "ssh",
    scheduler: "auto",
    requireAll: false,
    env: {},
    dryRun: false,
    prolog: undefined,
    nice: undefined,
    maxMemory: undefined,
    maxTasks: undefined,
    drain: undefined,
    verbosity: 0,
    log: undefined,
    logFormat: "text",
    debug: false,
    config: undefined,
    importMap: undefined,
    denoExecutable: undefined,
    profile: undefined,
    progress: undefined,
    dashboard: undefined,
    resume: undefined,
    permissions: new Map(),
    denoFlags: NO_FLAGS,
    misplaced: [],
  });
});

Deno.test("each option arrives in each of its spellings", () => {
  const table: [args: string[], expected: Partial<RunOptions>][] = [
    [["-n", "4"], { workers: 4 }],
    [["--resume", "kept"], { resume: "kept" }],
    [["-n4"], { workers: 4 }],
    [["-n=4"], { workers: 4 }],
    [["--workers", "4"], { workers: 4 }],
    [["--workers=4"], { workers: 4 }],
    [["-n", "4", "-n", "5"], { workers: 5 }],
    [["--nice", "-20"], { nice: -20 }],
    [["--nice=19"], { nice: 19 }],
    [["--max-memory", "512M"], { maxMemory: 512 * 1024 ** 2 }],
    [["--max-memory=1.5GiB"], { maxMemory: 1.5 * 1024 ** 3 }],
    [["--max-tasks", "7"], { maxTasks: 7 }],
    [["--drain=60"], { drain: 60 }],
    [["--heap", "2G"], { denoFlags: { ...NO_FLAGS, heap: 2 * 1024 ** 3 } }],
    [["-v"], { verbosity: 1 }],
    [["--verbose"], { verbosity: 1 }],
    [["-vv"], { verbosity: 2 }],
    [["-v", "-v"], { verbosity: 2 }],
    [["-vvvv"], { verbosity: 2 }],
    [["-vn3"], { verbosity: 1, workers: 3 }],
    [["-vn", "3"], { verbosity: 1, workers: 3 }],
    [["-q"], { verbosity: -1 }],
    [["--quiet"], { verbosity: -1 }],
    [["--debug"], { verbosity: 2, debug: true }],
    [["--debug", "-v"], { verbosity: 2, debug: true }],
    [["--log", "out.txt"], { log: "out.txt" }],
    [["--log=out.txt", "--log-format", "json"], { log: "out.txt", logFormat: "json" }],
    [["--config", "deno.json"], { config: "deno.json" }],
    [["--import-map=map.json"], { importMap: "map.json" }],
    [["--deno-executable", "/bin/deno"], { denoExecutable: "/bin/deno" }],
    [["--broker-hostname", "head"], { brokerHostname: "head" }],
    [["--external-hostname", "head"], { brokerHostname: "head" }],
    [["--host=a"], { hosts: ["a"] }],
    [["--hosts=a,b"], { hosts: ["a", "b"] }],
    [["--hosts", "a", "me@b", "127.0.0.1", "-v"], { hosts: ["a", "me@b", "127.0.0.1"] }],
    [["--hosts", "a", "--hosts", "b", "-n", "2"], { hosts: ["a", "b"], workers: 2 }],
    [["--host", "a,b", "c", "--"], { hosts: ["a", "b", "c"] }],
    [["--hostfile", "hosts.txt"], { hostfile: "hosts.txt" }],
    [["-b", "2"], { brokers: 2 }],
    [["--brokers=3"], { brokers: 3 }],
    [["-p", "/work"], { path: "/work" }],
    [["--path=/work"], { path: "/work" }],
    [["--ship"], { ship: true }],
    [["-e"], { tunnel: true }],
    [["--tunnel"], { tunnel: true }],
    [["-en4"], { tunnel: true, workers: 4 }],
    [["--ssh-executable", "/bin/ssh"], { sshExecutable: "/bin/ssh" }],
    [["--scheduler", "none"], { scheduler: "none" }],
    [["--require-all"], { requireAll: true }],
    [["--env", "A=b=c", "--env=B="], { env: { A: "b=c", B: "" } }],
    [["--dry-run"], { dryRun: true }],
    [["--prolog", "modules.sh"], { prolog: "modules.sh" }],
    [["--profile", "out"], { profile: "out" }],
  ];
  for (const [args, expected] of table) {
    const options = optionsOf(...args, "prog.ts");
    for (const [name, value] of Object.entries(expected)) {
      assert.deepEqual(options[name as keyof RunOptions], value, `${args} ${name}`);
    }
    assert.equal(options.program, "prog.ts", `${args}`);
    assert.deepEqual(options.args, [], `${args}`);
  }
});

Deno.test("permission flags are taken in Deno's spellings", () => {
  const table: [args: string[], expected: Record<string, true | string[]>][] = [
    [["-A"], { "allow-all": true }],
    [["--allow-all", "-A"], { "allow-all": true }],
    [["-R"], { "allow-read": true }],
    [["-R=data"], { "allow-read": ["data"] }],
    [["--allow-read"], { "allow-read": true }],
    [["--allow-read=a,b", "-R=c"], { "allow-read": ["a", "b", "c"] }],
    [["--allow-read=a", "--allow-read"], { "allow-read": true }],
    [["-RN"], { "allow-read": true, "allow-net": true }],
    [["-WN=host:80"], { "allow-write": true, "allow-net": ["host:80"] }],
    [["-vE"], { "allow-env": true }],
    [["-S", "-I=esm.sh"], { "allow-sys": true, "allow-import": ["esm.sh"] }],
    [["--allow-run=ls", "--allow-ffi"], { "allow-run": ["ls"], "allow-ffi": true }],
    [["-A", "--deny-net=evil"], { "allow-all": true, "deny-net": ["evil"] }],
    [["--deny-write", "--deny-import=x"], { "deny-write": true, "deny-import": ["x"] }],
    [["--ignore-env=HOME", "--ignore-read"], { "ignore-env": ["HOME"], "ignore-read": true }],
    [["--no-prompt"], {}],
  ];
  for (const [args, expected] of table) {
    const options = optionsOf(...args, "prog.ts", "arg");
    assert.deepEqual(Object.fromEntries(options.permissions), expected, `${args}`);
    assert.equal(options.program, "prog.ts", `${args} took the program for its value`);
  }
});

Deno.test("Deno's other flags are taken in its spellings", () => {
  const at = (flag: "inspect" | "inspect-brk", worker: string, host: string, port: number) => ({
    inspect: [{ flag, worker, host, port }],
  });
  const table: [args: string[], expected: Partial<DenoFlags>][] = [
    [["--env-file"], { envFiles: [".env"] }],
    [["--env-file=a", "--env-file=b"], { envFiles: ["a", "b"] }],
    [["--v8-flags=--expose-gc,--x", "--v8-flags", "--y"], {
      v8Flags: ["--expose-gc,--x", "--y"],
    }],
    [["--unstable-kv", "--unstable-kv", "--unstable-new-thing"], {
      unstable: ["kv", "new-thing"],
    }],
    [["--check"], { check: "own" }],
    [["--check=all"], { check: "all" }],
    [["--no-check"], {}],
    [["--no-check=remote"], { check: "own" }],
    [["--frozen"], { frozen: true }],
    [["--frozen=true"], { frozen: true }],
    [["--frozen-lockfile=false"], { frozen: false }],
    [["--cached-only"], { cachedOnly: true }],
    [["--inspect"], at("inspect", "origin", "127.0.0.1", 9229)],
    [["--inspect=9300"], at("inspect", "origin", "127.0.0.1", 9300)],
    [["--inspect=localhost"], at("inspect", "origin", "localhost", 9229)],
    [["--inspect=worker-12"], at("inspect", "worker-12", "127.0.0.1", 9241)],
    [["--inspect-brk=worker-2@:0"], at("inspect-brk", "worker-2", "127.0.0.1", 0)],
    [["--inspect-brk=origin@[::1]:80"], at("inspect-brk", "origin", "[::1]", 80)],
    [["--inspect-brk=worker-3@0.0.0.0"], at("inspect-brk", "worker-3", "0.0.0.0", 9232)],
  ];
  for (const [args, expected] of table) {
    const options = optionsOf(...args, "prog.ts", "arg");
    assert.deepEqual(options.denoFlags, { ...NO_FLAGS, ...expected }, `${args}`);
    assert.equal(options.program, "prog.ts", `${args} took the program for its value`);
  }
});

Deno.test("flags of ours among the program's arguments are told, and nothing else", () => {
  const table: [args: string[], told: string[]][] = [
    [["-n", "4"], ["-n"]],
    [["-n4", "-n=4"], ["-n"]],
    [["--workers=4", "--workers", "x"], ["--workers"]],
    [["-vv", "-A", "--allow-net=a", "--allow-read", "--deny-env"], [
      "-vv",
      "-A",
      "--allow-net",
      "--allow-read",
      "--deny-env",
    ]],
    [["--unstable-kv", "--env-file", "--inspect=worker-1", "--check"], [
      "--unstable-kv",
      "--env-file",
      "--inspect",
      "--check",
    ]],
    [["data.txt", "--log", "out.txt"], ["--log"]],
    // Those of the program itself.
    [["--help", "-h", "--version", "--frobnicate", "-x", "-", "-1", "value"], []],
    [["-n", "many", "-n", "--log", "--nice=high", "--quiet=no", "--check=spelling"], []],
    [["-name", "-path", "-nfoo", "--allow-nothing", "--n"], []],
    [["--", "-n", "4"], []],
    [["a", "--", "-v", "--ship"], []],
  ];
  for (const [args, told] of table) {
    assert.deepEqual(optionsOf("-n", "2", "prog.ts", ...args).misplaced, told, `${args}`);
    assert.deepEqual(optionsOf("-n", "2", "--", "prog.ts", ...args).misplaced, [], `${args}`);
    assert.deepEqual(optionsOf("prog.ts", ...args).args, args);
  }
});

Deno.test("what follows the program belongs to the program, untouched", () => {
  const rest = ["--", "-n", "7", "--help", "--allow-read", "-R", "--wrokers", "x=y", "", "--"];
  const options = optionsOf("-n", "2", "prog.ts", ...rest);
  assert.deepEqual(options.args, rest);
  assert.equal(options.workers, 2);
  assert.equal(options.permissions.size, 0);
});

Deno.test("-- ends our options, so that a program's name may begin with a dash", () => {
  const options = optionsOf("-v", "--", "-prog.ts", "-q");
  assert.equal(options.program, "-prog.ts");
  assert.deepEqual(options.args, ["-q"]);
});

const TRY = "try: scoop --help";
const USAGE = "usage: scoop [options] <program> [arguments...]";
const ERRORS: [args: string[], message: string, hint: string][] = [
  [[], "no program given", USAGE],
  [["-n", "2"], "no program given", USAGE],
  [["--"], "no program given", USAGE],
  [[""], "no program given", USAGE],
  [
    ["--wrokers", "2", "prog.ts"],
    'unknown option "--wrokers" (did you mean "--brokers" or "--workers"?)',
    TRY,
  ],
  [["--allow-raed=x", "p"], 'unknown option "--allow-raed" (did you mean "--allow-read"?)', TRY],
  [["--it's", "p"], 'unknown option "--it\'s"', TRY],
  [["--hosts", "a", "b"], "no program given", USAGE],
  [["--hosts", "-n", "2", "p"], "--hosts needs a value: --hosts <host>...", ""],
  [
    ["--hosts", "a", "b", "prog.ts"],
    "no program given: --hosts takes every word up to the next option, prog.ts as well",
    "put -- before the program: scoop --hosts a b -- prog.ts",
  ],
  [["--resume", "prog.ts"], "no program given: prog.ts was taken for the value of --resume", ""],
  [
    ["-n", "2", "--log", "./x/p.mjs"],
    "no program given: ./x/p.mjs was taken for the value of --log",
    "",
  ],
  [["--hosts=a", "--hostfile", "f", "p"], "--hosts and --hostfile exclude each other", ""],
  [["--hosts=a", "--scheduler=pbs", "p"], "--hosts and --scheduler exclude each other", ""],
  [["--ship", "--path", "x", "p"], "--ship and --path exclude each other", ""],
  [["-b", "0", "p"], '-b must be a whole number, 1 or more, not "0"', ""],
  [
    ["--scheduler", "torque", "p"],
    '--scheduler must be one of auto, slurm, sge, pbs, lsf, none, not "torque"',
    "",
  ],
  [["-Z", "p"], 'unknown option "-Z"', TRY],
  [["-RZ", "p"], 'unknown option "-Z"', TRY],
  [["-n"], "-n needs a value: -n <N>", ""],
  [["--workers"], "-n needs a value: -n <N>", ""],
  [["--config"], "--config needs a value: --config <file>", ""],
  [["--log", "-n", "2", "p"], "--log needs a value: --log <file>", ""],
  [["--profile", "--dry-run", "p"], "--profile needs a value: --profile <folder>", ""],
  [["-n", "0", "p"], '-n must be a whole number, 1 or more, not "0"', ""],
  [["-n", "-1", "p"], '-n must be a whole number, 1 or more, not "-1"', ""],
  [["-n", "1.5", "p"], '-n must be a whole number, 1 or more, not "1.5"', ""],
  [["-n", "1e3", "p"], '-n must be a whole number, 1 or more, not "1e3"', ""],
  [["-n", "four", "p"], '-n must be a whole number, 1 or more, not "four"', ""],
  [["-nq", "p"], '-n must be a whole number, 1 or more, not "q"', ""],
  [
    ["-n", "9".repeat(20), "p"],
    `-n must be a whole number, 1 or more, not "${"9".repeat(20)}"`,
    "",
  ],
  [
    ["--max-memory", "512", "p"],
    '--max-memory must be a size with its unit, such as 512M or 2G, not "512"',
    "",
  ],
  [["--heap", "8M", "p"], '--heap must be 16M or more, not "8M"', ""],
  [["--max-tasks", "0", "p"], '--max-tasks must be a whole number, 1 or more, not "0"', ""],
  [["--drain", "soon", "p"], '--drain must be a whole number, 1 or more, not "soon"', ""],
  [["--nice", "20", "p"], '--nice must be a whole number from -20 to 19, not "20"', ""],
  [["--nice", "-21", "p"], '--nice must be a whole number from -20 to 19, not "-21"', ""],
  [["--nice", "low", "p"], '--nice must be a whole number from -20 to 19, not "low"', ""],
  [
    ["--log", "f", "--log-format", "xml", "p"],
    '--log-format must be text or json, not "xml"',
    "",
  ],
  [["--log-format=json", "p"], "--log-format is of the file of --log: name that as well", ""],
  [["--log=", "p"], "--log has an empty value", ""],
  [["--log", "", "p"], "--log has an empty value", ""],
  [["--quiet=yes", "p"], "--quiet takes no value", ""],
  [["-A=yes", "p"], "--allow-all takes no value", ""],
  [["-q", "-v", "p"], "--quiet and --verbose exclude each other", ""],
  [["-q", "--debug", "p"], "--quiet and --debug exclude each other", ""],
  [["-A", "-R", "p"], "--allow-all allows everything already: leave out --allow-read", ""],
  [["--allow-read=", "p"], "--allow-read has an empty value", ""],
  [["-R=", "p"], "--allow-read has an empty value", ""],
  [["-R=a,,b", "p"], '--allow-read has an empty value in "a,,b"', ""],
  [["--env-file=", "p"], "--env-file has an empty value", ""],
  [["--v8-flags=", "p"], "--v8-flags has an empty value", ""],
  [["--unstable-", "p"], 'unknown option "--unstable-"', TRY],
  [["--check=some", "p"], '--check must be all, or nothing, not "some"', ""],
  [["--check", "--no-check", "p"], "--check and --no-check exclude each other", ""],
  [["--frozen=no", "p"], '--frozen must be true or false, not "no"', ""],
  [["--cached-only=yes", "p"], "--cached-only takes no value", ""],
  ...["worker_2", "worker-0", "worker-1@", "worker-2@nowhere", "a:b", "1:99999", "@:1"].map((
    where,
  ): [string[], string, string] => [
    [`--inspect-wait=${where}`, "p"],
    `--inspect-wait must be a worker, host:port, or worker@host:port, not "${where}"`,
    "",
  ]),
  [["-P", "p"], "-P is not supported: give --allow-… flags instead", ""],
  [
    ["--permission-set=x", "p"],
    "--permission-set is not supported: give --allow-… flags instead",
    "",
  ],
];

Deno.test("bad input is named in one line", async (t) => {
  for (const [args, message, hint] of ERRORS) {
    await t.step(args.join(" ") || "(nothing)", () => {
      assert.throws(() => parseArguments(args), (error) => {
        assert(error instanceof UsageError, String(error));
        assert.deepEqual([error.message, error.hint], [message, hint]);
        assert(!error.message.includes("\n"));
        return true;
      });
    });
  }
});

Deno.test("--help shows every option of the table that is not hidden", () => {
  for (const args of [["--help"], ["-h"], ["-n", "2", "--help", "prog.ts"]]) {
    const request = parseArguments(args);
    assert(request.kind === "print");
    for (const row of OPTIONS) {
      assert.equal(request.text.includes(`--${row.long}`), !row.hidden, row.long);
    }
    assert.match(request.text, /^Usage: scoop \[options\] <program> \[arguments\.\.\.\]/);
    assert(request.text.split("\n").every((line) => line.length <= 80));
  }
});

Deno.test("--version says which", () => {
  const request = parseArguments(["--version"]);
  assert(request.kind === "print");
  assert.match(request.text, /^scoop \d+\.\d+\.\d+\S*\n$/);
});

Deno.test("no two options share a name", () => {
  const names = OPTIONS.flatMap(({ long, alias, short }) => [long, alias, short]).filter(Boolean);
  assert.equal(new Set(names).size, names.length);
});

Deno.test("--dashboard takes a port, an address, or nothing", () => {
  const cases: [string, string, number, boolean][] = [
    ["--dashboard", "127.0.0.1", 8877, true],
    ["--dashboard=0", "127.0.0.1", 0, false],
    ["--dashboard=9000", "127.0.0.1", 9000, false],
    ["--dashboard=0.0.0.0:9000", "0.0.0.0", 9000, false],
    ["--dashboard=[::1]:80", "[::1]", 80, false],
    ["--dashboard=node7:9000", "node7", 9000, false],
    ["--dashboard=10.0.0.1", "10.0.0.1", 8877, true],
  ];
  for (const [arg, host, port, anyPort] of cases) {
    assert.deepEqual(optionsOf(arg, "prog.ts").dashboard, { host, port, anyPort }, arg);
  }
  // What follows is the program, not a value.
  assert.equal(optionsOf("--dashboard", "prog.ts").program, "prog.ts");
  for (const wrong of ["99999", ":80", "a b:80", "node7:", "-1", "::1:80"]) {
    assert.throws(() => parseArguments([`--dashboard=${wrong}`, "prog.ts"]), {
      message: `--dashboard must be [host:]port, with a port up to 65535, not "${wrong}"`,
    });
  }
});
