/** The shared constants of a run, as a broker keeps them. */

import assert from "node:assert/strict";
import { Constants } from "../../broker/constants.ts";
import { encodeEach } from "../../wire/codec.ts";
import type { Message } from "../../wire/messages.ts";

function setUp({ elsewhere = false } = {}) {
  const said: string[] = [];
  const constants = new Constants({
    send: (to, message) => said.push(`${to}: ${message.type}`),
    toWorkers: () => {},
    toBorrowers: () => {},
    elsewhere: () => elsewhere,
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
