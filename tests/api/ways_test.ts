/** No way to run a program is left out. */

import assert from "node:assert/strict";
import { WAYS } from "./ways.ts";

Deno.test("ways: each is tested by one file", () => {
  const folder = new URL("./", import.meta.url);
  const tested: string[] = [];
  for (const { name } of Deno.readDirSync(folder)) {
    if (!name.endsWith("_test.ts")) continue;
    const text = Deno.readTextFileSync(new URL(name, folder));
    tested.push(...[...text.matchAll(/^testWay\("(.+)"\);$/gm)].map(([, way]) => way!));
  }
  assert.deepEqual(tested.sort(), WAYS.map(({ name }) => name as string).sort());
});
