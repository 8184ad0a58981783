import assert from "node:assert/strict";
import { Sheet } from "../../wire/sheet.ts";
import fc from "../fast_check.ts";

Deno.test("sheet: whatever is taken, it is empty, and nobody else's", () => {
  const size = fc.oneof(fc.nat(300), fc.nat(20_000));
  fc.assert(
    fc.property(fc.array(size, { maxLength: 200 }), (sizes) => {
      const sheet = new Sheet();
      const taken = sizes.map((length, i) => {
        const bytes = sheet.take(length);
        assert.ok(bytes.length === length && bytes.every((byte) => byte === 0));
        return bytes.fill(i + 1);
      });
      taken.forEach((bytes, i) => assert.ok(bytes.every((byte) => byte === ((i + 1) & 255))));
    }),
    { numRuns: 30 },
  );
});

Deno.test("sheet: small things share memory, large ones and copies do not", () => {
  const sheet = new Sheet();
  const [one, other, large] = [sheet.take(100), sheet.take(100), sheet.take(10_000)];
  assert.equal(one.buffer, other.buffer);
  assert.notEqual(large.buffer, one.buffer);
  const source = new Uint8Array([1, 2, 3]);
  const copy = sheet.copy(source);
  source[0] = 9;
  assert.deepEqual([...copy], [1, 2, 3]);
});

Deno.test("sheet: what is written in place stays, what is not kept is written over", () => {
  const sheet = new Sheet();
  const written = Array.from({ length: 2_000 }, (_, i) => {
    const from = sheet.begin(100);
    sheet.bytes.fill(i + 1, from, from + 100);
    return i % 3 === 0 ? undefined : sheet.end(from + 60);
  });
  for (const [i, bytes] of written.entries()) {
    if (bytes === undefined) continue;
    assert.ok(bytes.length === 60 && bytes.every((byte) => byte === ((i + 1) & 255)));
  }
});
