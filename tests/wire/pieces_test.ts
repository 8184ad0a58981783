// Frames that are cut where a socket takes small ones only.

import assert from "node:assert/strict";
import { encodeHeader } from "../../wire/codec.ts";
import { LIMITS } from "../../wire/limits.ts";
import { cutFrames, joinFrames } from "../../wire/pieces.ts";
import fc from "../fast_check.ts";

const anyFrames = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 6 });
const marked = anyFrames.map(([first, ...rest]) => [Uint8Array.of(0xc1, ...first!), ...rest]);

Deno.test("messages arrive as they were, in pieces that are small enough", () => {
  fc.assert(
    fc.property(fc.oneof(anyFrames, marked), fc.integer({ min: 1, max: 50 }), (frames, piece) => {
      const sent = cutFrames(frames, piece);
      for (const frame of sent.slice(1)) assert.ok(frame.length <= piece);
      assert.deepEqual(joinFrames(sent), frames);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("what is small goes as it is, and what is large is not copied", () => {
  const small = [new Uint8Array([1]), new Uint8Array(LIMITS.frameBytes - 64)];
  assert.equal(cutFrames(small), small);
  assert.equal(joinFrames(small), small);
  const large = new Uint8Array(LIMITS.frameBytes * 2 + 5);
  const pieces = cutFrames([small[0]!, large]);
  assert.equal(pieces.length, 5);
  for (const piece of pieces.slice(2)) {
    assert.equal(piece.buffer, large.buffer);
    assert.ok(piece.length < LIMITS.frameBytes);
  }
  const [first, second] = joinFrames(pieces);
  assert.equal(first, pieces[1], "a frame of one piece is that piece");
  assert.equal(second!.length, large.length);
  assert.equal(cutFrames([large], Infinity)[0], large);
});

/** A message that says so much about its pieces. */
function claim(lengths: unknown, ...pieces: number[]): Uint8Array[] {
  const mark = Uint8Array.of(0xc1, ...encodeHeader(lengths));
  return [mark, ...pieces.map((length) => new Uint8Array(length))];
}

Deno.test("lies about the pieces are found before they cost memory", () => {
  assert.deepEqual(joinFrames(claim([3, 0], 2, 1, 0)), [new Uint8Array(3), new Uint8Array(0)]);
  const lies = [
    ...[claim([3], 2), claim([3], 2, 2), claim([3], 2, 1, 0), claim([3]), claim([], 1)],
    ...[
      claim([3], 0, 3),
      claim([3], 3, 3),
      claim([0], 1),
      claim([2 ** 32], 5),
      claim([2 ** 33], 5),
    ],
    ...[claim([-1], 1), claim([1.5], 2), claim([NaN], 1), claim(["1"], 1), claim([[1]], 1)],
    ...[claim({ 0: 1 }, 1), claim("1", 1), claim(null, 1), claim(Array(1000).fill(0), 0)],
  ];
  for (const lie of lies) assert.throws(() => joinFrames(lie), /whose lengths are not/);
  for (
    const mark of [[0xc1], [0xc1, 0xdd, 255, 255, 255, 255], [0xc1, 0x91, 0xc1], [0xc1, 0x90, 0]]
  ) {
    assert.throws(() => joinFrames([Uint8Array.from(mark), new Uint8Array(1)]), Error);
  }
});

Deno.test("pieces that were changed on their way are joined or refused", () => {
  fc.assert(
    fc.property(anyFrames, fc.nat(60), fc.nat(255), fc.nat(9), (frames, at, to, drop) => {
      const pieces = cutFrames([...frames, new Uint8Array(9)], 8).map((piece) => piece.slice());
      const mark = pieces[0]!;
      mark[1 + at % (mark.length - 1)] = to;
      pieces.splice(1 + drop, 1);
      let joined: Uint8Array[];
      try {
        joined = joinFrames(pieces);
      } catch (error) {
        assert.ok(error instanceof Error);
        return;
      }
      const bytes = (all: Uint8Array[]) => all.reduce((sum, { length }) => sum + length, 0);
      assert.equal(bytes(joined), bytes(pieces.slice(1)));
    }),
    { numRuns: 2000 },
  );
});
