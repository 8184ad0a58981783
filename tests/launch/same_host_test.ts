/** Which names are one host, and which are this one; tests/clusters/ has it with ssh's own word. */

import assert from "node:assert/strict";
import { hostsFromNames } from "../../launch/hosts.ts";
import { tellApart } from "../../launch/same_host.ts";

const OWN = { hostname: "n1", addresses: ["127.0.0.1", "10.0.0.1", "fd00::1"] };

/** "a:2 b here:c" for what becomes of names; `known` has their addresses. */
async function told(
  names: string,
  known: Record<string, string> = {},
  own = OWN,
  ways: Record<string, string> = {},
): Promise<string> {
  const { hosts, isHere } = await tellApart(
    hostsFromNames(names.split(" ")),
    own,
    (host) =>
      Promise.resolve({
        way: ways[host] ?? "",
        name: host,
        addresses: (known[host] ?? (/^[\d.]+$|:.*:/.test(host) ? host : "")).split(" ").filter(
          Boolean,
        ),
      }),
  );
  return hosts.map(({ host, slots }) =>
    `${isHere(host) ? "here:" : ""}${host}${slots === undefined ? "" : `:${slots}`}`
  ).join(" ");
}

Deno.test("same host: short and long, upper case, alias and address are one", async () => {
  assert.equal(await told("a A a.x.org A.X.Org. b"), "a:4 b");
  assert.equal(await told("a lab 10.0.0.7 b", { a: "10.0.0.7", lab: "10.0.0.7" }), "a:3 b");
  assert.equal(await told("a fd00::7", { a: "10.0.0.7 fd00::7", "fd00::7": "fd00::7" }), "a:2");
});

Deno.test("same host: names that differ in their domain alone are two", async () => {
  assert.equal(await told("a.x a.y"), "a.x a.y");
  assert.equal(await told("a.x a.y a"), "a.x a.y a", "who knows which of them");
  assert.equal(
    await told("a.x a.y a", { "a.x": "10.0.0.7", "a.y": "10.0.0.8", a: "10.0.0.8" }),
    "a.x a.y:2",
  );
  assert.equal(await told("a a.x", { a: "10.0.0.7", "a.x": "10.0.0.8" }), "a a.x");
  assert.equal(await told("n1.x n1.y n1"), "n1.x n1.y here:n1", "which of them is this one?");
  assert.equal(await told("n1.x n2.x"), "here:n1.x n2.x");
});

Deno.test("same host: this one", async () => {
  assert.equal(await told("n1 localhost 10.0.0.1 fd00::1 N1"), "here:n1:5");
  const far = { "n1.x": "10.0.0.1", "n1.y": "10.0.0.9" };
  assert.equal(await told("n1.x n1.y", far), "here:n1.x n1.y");
  assert.equal(await told("n1.y n1.x", {}, { ...OWN, hostname: "n1.x" }), "n1.y here:n1.x");
  assert.equal(await told("name", { name: "127.0.1.1" }), "here:name");
  assert.equal(await told("me@n1 n1:2222 n1"), "me@n1 n1:2222 here:n1");
  assert.equal(await told("name", { name: "10.0.0.1" }, OWN, { name: "port 2222" }), "name");
});

Deno.test("same host: what is reached in another way is another host", async () => {
  const known = { a: "10.0.0.7", b: "10.0.0.7", c: "10.0.0.7 10.0.0.8", d: "10.0.0.8 10.0.0.9" };
  assert.equal(await told("a b", known, OWN, { b: "user me" }), "a b");
  assert.equal(await told("c d", known), "c d", "one address in common is not enough");
});
