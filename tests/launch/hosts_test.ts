import assert from "node:assert/strict";
import {
  divide,
  hostsFromFile,
  hostsFromNames,
  isHere,
  ownNames,
  partsOf,
} from "../../launch/hosts.ts";
import { ssh } from "../../launch/transports.ts";
import { UsageError } from "../../launch/usage_error.ts";

/** "a:2 b:1" for the shares of hosts "a:4 b" (with and without a number of workers). */
function divided(hosts: string, workers?: number, processors = 8): string {
  const named = hosts.split(" ").map((word) => {
    const [host = "", slots] = word.split(":");
    return { host, slots: slots === undefined ? undefined : Number(slots) };
  });
  return divide(named, workers, processors).map(({ host, workers }) => `${host}:${workers}`)
    .join(" ");
}

Deno.test("hosts: workers are divided in the order of the hosts", () => {
  assert.equal(divided("a b c d", 16), "a:4 b:4 c:4 d:4");
  assert.equal(divided("a b", 3), "a:2 b:1");
  assert.equal(divided("a b c", 2), "a:1 b:1");
  assert.equal(divided("a", 7), "a:7");
  assert.equal(divided("a b c", 11), "a:4 b:4 c:3");
});

Deno.test("hosts: their own numbers of workers are filled first", () => {
  assert.equal(divided("a:4 b:2 c:1", 7), "a:4 b:2 c:1");
  assert.equal(divided("a:4 b:2 c:1", 5), "a:4 b:1");
  assert.equal(divided("a:4 b:2 c:1", 4), "a:4");
  assert.equal(divided("a:4 b:2", 9), "a:6 b:3");
  assert.equal(divided("a:4 b", 5), "a:4 b:1");
});

Deno.test("hosts: without a number of workers the hosts, or the processors here, decide", () => {
  assert.equal(divided("a:4 b:2"), "a:4 b:2");
  assert.equal(divided("a:4 b"), "a:4 b:1");
  assert.equal(divided("a b", undefined, 8), "a:4 b:4");
  assert.equal(divided("a b c", undefined, 2), "a:1 b:1 c:1");
});

Deno.test("hosts: one that is named twice counts twice", () => {
  assert.deepEqual(hostsFromNames(["a", "me@b", "a"]), [
    { host: "a", slots: 2 },
    { host: "me@b", slots: undefined },
  ]);
});

Deno.test("hosts: a file has hosts, numbers, comments and empty lines", () => {
  const text = "# our lab\nalpha 4\n\n  me@beta   # slow\ngamma slots=3\r\nalpha 1\n192.168.1.7 2";
  assert.deepEqual(hostsFromFile(text, "hosts.txt"), [
    { host: "alpha", slots: 5 },
    { host: "me@beta", slots: 1 },
    { host: "gamma", slots: 3 },
    { host: "192.168.1.7", slots: 2 },
  ]);
});

Deno.test("hosts: users, ports, and addresses of ssh's", () => {
  const names: [given: string, host: string, parts: unknown][] = [
    ["alpha", "alpha", ["alpha", undefined, undefined]],
    ["me@alpha:2222", "me@alpha:2222", ["alpha", "me", 2222]],
    ["ssh://me@alpha:2222", "me@alpha:2222", ["alpha", "me", 2222]],
    ["SSH://alpha.example.org/", "alpha.example.org", ["alpha.example.org", undefined, undefined]],
    ["me@my.org@alpha", "me@my.org@alpha", ["alpha", "me@my.org", undefined]],
    ["10.0.0.7:22", "10.0.0.7:22", ["10.0.0.7", undefined, 22]],
    ["2001:db8::7", "2001:db8::7", ["2001:db8::7", undefined, undefined]],
    ["::1", "::1", ["::1", undefined, undefined]],
    ["me@[2001:db8::7]:22", "me@[2001:db8::7]:22", ["2001:db8::7", "me", 22]],
    ["ssh://[fe80::1%eth0]:22", "[fe80::1%eth0]:22", ["fe80::1%eth0", undefined, 22]],
    ["fe80::1%eth0", "fe80::1%eth0", ["fe80::1%eth0", undefined, undefined]],
  ];
  for (const [given, host, expected] of names) {
    assert.deepEqual(hostsFromNames([given]), [{ host, slots: undefined }]);
    const { name, user, port } = partsOf(host)!;
    assert.deepEqual([name, user, port], expected, given);
    assert.deepEqual(hostsFromFile(`${given} 3`, "hosts.txt"), [{ host, slots: 3 }]);
  }
  for (
    const wrong of [
      ...["alpha:", "alpha:0", "alpha:65536", "alpha:x", "@alpha", "alpha@", "me@-l", "-l@alpha"],
      ...["ssh://", "http://alpha", "[alpha]", "[2001:db8::7", "ssh://a/b", "a b", "", "x:1:2"],
    ]
  ) assert.throws(() => hostsFromNames([wrong]), UsageError, wrong);
  const { args } = ssh("ssh").start("me@[2001:db8::7]:2222", ["true"]);
  assert.deepEqual(args.slice(-2), ["me@2001:db8::7", "true"]);
  assert(args.includes("Port=2222"), args.join(" "));
  const own = { hostname: "alpha", addresses: [] };
  for (const other of ["me@alpha", "alpha:2222", "localhost:2222"]) assert(!isHere(other, own));
});

Deno.test("hosts: what makes no sense is named with its line", () => {
  const cases: [text: string, message: string][] = [
    ["a\nb four", 'hosts.txt, line 2: expected a host and a number of workers, not "b four"'],
    ["a 0", 'hosts.txt, line 1: expected a host and a number of workers, not "a 0"'],
    ["a 1 2", 'hosts.txt, line 1: expected a host and a number of workers, not "a 1 2"'],
    ["-oProxyCommand=x", 'hosts.txt, line 1: "-oProxyCommand=x" cannot be a host'],
    ["a;b", 'hosts.txt, line 1: "a;b" cannot be a host'],
    ["# nobody", "hosts.txt names no host"],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => hostsFromFile(text, "hosts.txt"), (error) => {
      assert(error instanceof UsageError);
      assert.equal(error.message, message);
      return true;
    });
  }
  assert.throws(() => hostsFromNames(["-l"]), UsageError);
});

Deno.test("hosts: this machine is known by its names and addresses", () => {
  const own = { hostname: "Lab7.example.org", addresses: ["127.0.0.1", "10.1.2.3", "fe80::1"] };
  for (
    const host of [
      "localhost",
      "127.0.0.1",
      "127.1.2.3",
      "::1",
      "[::1]",
      "lab7",
      "LAB7.example.org",
    ]
  ) assert(isHere(host, own), host);
  assert(isHere("10.1.2.3", own) && isHere("fe80::1", own) && isHere("[fe80::1]", own));
  assert(isHere("FE80:0:0::0:1", own) && isHere("[fe80:0000::0001]", own));
  assert(isHere("::ffff:10.1.2.3", own) && isHere("0:0::1", own) && !isHere("fe80::2", own));
  for (const host of ["lab8", "me@localhost", "10.1.2.4", "lab7.other.org", "1127.0.0.1"]) {
    assert(!isHere(host, own), host);
  }
  assert(isHere(ownNames().hostname, ownNames()));
});
