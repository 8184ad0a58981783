/** The shared constants of a run, as a broker keeps them. */

import assert from "node:assert/strict";
import { Constants } from "../../broker/constants.ts";
import { encodeEach } from "../../wire/codec.ts";
import { LIMITS } from "../../wire/limits.ts";
import type { Message } from "../../wire/messages.ts";

function setUp({ elsewhere = false, several = false } = {}) {
  const said: string[] = [];
  const constants = new Constants({
    send: (to, message) => said.push(`${to}: ${message.type}`),
    toWorkers: () => {},
    toBorrowers: () => {},
    place: () => elsewhere ? "elsewhere" : several ? "here" : "alone",
    toHome: (message) => said.push(`home: ${message.type}`),
  });
  return { constants, said };
}

const constant = (name: string): Message & { type: "constant" } => ({
  type: "constant",
  name,
  payload: encodeEach([1]),
});

Deno.test("constants: of those who wait and leave nothing is kept", () => {
  const { constants, said } = setUp();
  for (let i = 0; i < 1000; i++) constants.get("a", `never set ${i}`);
  constants.get("b", "never set 7");
  constants.forget("a");
  assert.equal(constants.awaited, 1);
  constants.set("c", constant("never set 7"));
  assert.deepEqual(said, ["c: constantSet", "b: constant"]);
  assert.equal(constants.awaited, 0);
});

Deno.test("constants: where they are at home, no other broker says what they are", () => {
  const { constants, said } = setUp();
  constants.set("a", constant("x"));
  constants.fromHome({ type: "dropConstant", name: "x" });
  constants.fromHome(constant("y"));
  constants.get("b", "x");
  constants.get("b", "y");
  assert.deepEqual(said, ["a: constantSet", "b: constant"]);
});

Deno.test("constants: elsewhere, what was asked comes to those who ask meanwhile", () => {
  const { constants, said } = setUp({ elsewhere: true });
  constants.get("a", "x");
  constants.forget("a");
  constants.get("b", "x");
  constants.fromHome(constant("x"));
  assert.deepEqual(said, ["home: getConstant", "b: constant"]);
  assert.equal(constants.awaited, 0);
});

const SCATTERED = "@scoop/scattered w:1";

Deno.test("constants: what was scattered at another broker may come after those who need it", () => {
  const { constants, said } = setUp({ several: true });
  constants.tick(1_000);
  constants.get("a", SCATTERED);
  constants.tick(2_000);
  constants.get("b", SCATTERED);
  assert.deepEqual(said, []);
  constants.set("c", constant(SCATTERED));
  assert.deepEqual(said, ["c: constantSet", "a: constant", "b: constant"]);
});

Deno.test("constants: a scattered value is not waited for without an end, nor once it was released", () => {
  const { constants, said } = setUp({ several: true });
  constants.get("a", SCATTERED);
  constants.tick(LIMITS.claimBegunMs / 2);
  constants.get("b", SCATTERED);
  constants.tick(LIMITS.claimBegunMs - 1);
  assert.deepEqual(said, []);
  constants.tick(LIMITS.claimBegunMs);
  assert.deepEqual(said.splice(0), ["a: noConstant", "b: noConstant"]);
  constants.get("a", SCATTERED);
  constants.drop(SCATTERED);
  assert.deepEqual(said.splice(0), ["a: noConstant"]);
  constants.get("b", SCATTERED);
  assert.deepEqual(said.splice(0), ["b: noConstant"]);
  assert.equal(constants.awaited, 0);
  const only = setUp();
  only.constants.get("a", SCATTERED);
  assert.deepEqual(only.said, ["a: noConstant"]);
});
