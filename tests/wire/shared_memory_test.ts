import assert from "node:assert/strict";
import { decodeEach, encodeCalls, encodeEach, encodeResult } from "../../wire/codec.ts";
import { LIMITS } from "../../wire/limits.ts";
import { nativeFiles } from "../../wire/native_files.ts";
import type { NativeFile, NativeFiles } from "../../wire/native_files.ts";
import {
  dataBytes,
  isReference,
  LEFT_HEAD_BYTES,
  leftFile,
  SharedMemory,
  sharedMemory,
  shareMemory,
  shareNoMemory,
} from "../../wire/shared_memory.ts";

const files = nativeFiles();
const ignore = files === undefined;
const LARGE = LIMITS.sharedFromBytes;
const text = new TextEncoder();

async function inTemporaryFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function filled(length: number, first: number): Uint8Array {
  return new Uint8Array(length).fill(7).fill(first, 0, 1);
}

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** Two processes that share memory. */
function withTwo(use: (one: SharedMemory, other: SharedMemory, folder: string) => void) {
  return inTemporaryFolder((folder) => {
    const [one, other] = ["one", "other"].map((name) =>
      new SharedMemory(folder, name, () => files)
    );
    use(one!, other!, folder);
    one!.check();
    other!.check();
    one!.close();
    other!.close();
    assert.deepEqual(namesIn(folder), []);
    return Promise.resolve();
  });
}

Deno.test("shared memory: where files cannot be used, data travels, and they are asked for once", () =>
  inTemporaryFolder((folder) => {
    let asked = 0;
    const memory = new SharedMemory(folder, "one", () => void asked++);
    for (let i = 0; i < 3; i++) assert.equal(memory.put(filled(LARGE, 1), "call"), undefined);
    assert.equal(asked, 1);
    const frame = text.encode(
      `in shared memory: {"file":"a-1","number":1,"bytes":${LARGE},"use":"call"}`,
    );
    assert.throws(() => memory.take(frame), /cannot be used here/);
    assert.equal(asked, 1);
    return Promise.resolve();
  }));

Deno.test({
  name:
    "shared memory: data of a call can be read until it is dropped, then its file is used again",
  ignore,
  fn: () =>
    withTwo((one, other, folder) => {
      const frame = one.put(filled(LARGE, 1), "call")!;
      assert.ok(isReference(frame) && frame.length < 200);
      assert.equal(dataBytes(frame), LARGE);
      for (const reader of [other, one, other]) {
        assert.deepEqual(reader.take(frame), filled(LARGE, 1));
      }
      const second = one.put(filled(LARGE, 2), "call")!;
      assert.equal(namesIn(folder).length, 2, "the first is in use");
      one.drop([frame, filled(LARGE, 0)]);
      const third = one.put(filled(LARGE, 3), "call")!;
      assert.equal(namesIn(folder).length, 2);
      assert.throws(
        () => other.take(frame),
        /262144 bytes in shared memory are not there any more/,
      );
      one.drop([frame]);
      assert.deepEqual([second, third].map((frame) => other.take(frame)[0]), [2, 3]);
    }),
});

Deno.test({
  name: "shared memory: a result is there until its owner has read it, or does not want it",
  ignore,
  fn: () =>
    withTwo((worker, owner, folder) => {
      for (let round = 1; round <= 5; round++) {
        const frame = worker.put(filled(LARGE, round), "result")!;
        if (round === 3) owner.drop([frame]);
        else assert.deepEqual(owner.take(frame), filled(LARGE, round));
        assert.equal(namesIn(folder).length, 1);
      }
      const [a, b] = [1, 2].map((first) => worker.put(filled(LARGE, first), "result")!);
      assert.equal(namesIn(folder).length, 2, "nobody has read the first one");
      assert.deepEqual([owner.take(b!)[0], owner.take(a!)[0]], [2, 1]);
    }),
});

Deno.test({
  name: "shared memory: it has an end; what is free makes room",
  ignore,
  fn: () =>
    withTwo((one, other, folder) => {
      const large = new Uint8Array(LIMITS.sharedBytes / 2);
      const [first, second] = [one.put(large, "call"), one.put(large, "call")];
      assert.equal(one.put(filled(LARGE, 1), "call"), undefined, "it travels itself");
      assert.equal(namesIn(folder).length, 2);
      one.drop([first!]);
      // A file so much too large is not used, but may go.
      const third = one.put(filled(LARGE, 3), "call");
      assert.equal(other.take(third!)[0], 3);
      assert.equal(other.take(second!).length, large.length);
      assert.equal(
        one.put(filled(LARGE - 1, 1), "call"),
        undefined,
        "small data is not kept there",
      );
    }),
});

Deno.test({
  name: "shared memory: where there is no room data travels itself, for a while",
  ignore,
  fn: () =>
    inTemporaryFolder((folder) => {
      let full = true;
      const limited = (file: NativeFile): NativeFile => ({
        ...file,
        write(at, data) {
          if (full && data.length > 100) throw new Error("no room");
          file.write(at, data);
        },
      });
      const some: NativeFiles = { ...files!, create: (path) => limited(files!.create(path)) };
      const memory = new SharedMemory(folder, "one", () => some);
      assert.equal(memory.put(filled(LARGE, 1), "call"), undefined);
      assert.deepEqual(namesIn(folder), [], "no half file is left");
      full = false;
      assert.equal(memory.put(filled(LARGE, 1), "call"), undefined, "it is not tried at once");
      memory.check();
      assert.equal(
        new SharedMemory(`${folder}/not there`, "x", () => files).put(filled(LARGE, 1), "call"),
        undefined,
      );
      return Promise.resolve();
    }),
});

Deno.test({
  name: "shared memory: a reference that was made up opens nothing else",
  ignore,
  fn: () =>
    withTwo((one, _, folder) => {
      const reference = (changes: object) => {
        const all = { file: "two-1", number: 1, bytes: LARGE, use: "call", ...changes };
        return text.encode(`in shared memory: ${JSON.stringify(all)}`);
      };
      Deno.writeFileSync(`${folder}/short-1`, new Uint8Array(20));
      for (
        const changes of [
          { file: "../x-1" },
          { file: "/etc/passwd" },
          { file: 7 },
          { number: 0.5 },
          { bytes: -1 },
          { bytes: 1e15 },
          { use: "other" },
        ]
      ) {
        assert.throws(
          () => one.take(reference(changes)),
          /has no place there/,
          JSON.stringify(changes),
        );
      }
      assert.throws(() => one.take(text.encode("in shared memory: {")), SyntaxError);
      assert.throws(() => one.take(reference({})), /two-1 cannot be opened/);
      assert.throws(() => one.take(reference({ file: "short-1" })), /could not be read/);
      Deno.symlinkSync("/etc/passwd", `${folder}/link-1`);
      assert.throws(() => one.take(reference({ file: "link-1" })), /cannot be opened/);
      for (const name of ["short-1", "link-1"]) Deno.removeSync(`${folder}/${name}`);
    }),
});

Deno.test({
  name: "shared memory: values that lie there arrive as others do; scattered ones never lie there",
  ignore,
  fn: () =>
    inTemporaryFolder((folder) => {
      const numbers = Float64Array.from({ length: LARGE / 8 + 1 }, (_, i) => i / 3);
      const values = [{ numbers, small: [1, 2] }, numbers.buffer, new DataView(numbers.buffer, 8)];
      shareMemory(folder);
      try {
        const calls = encodeCalls(values.map((value) => [value]));
        assert.ok(calls.frames.length === 3 && calls.frames.every(isReference));
        for (let round = 0; round < 2; round++) {
          const back = decodeEach(calls.body, calls.frames) as unknown[][];
          assert.deepEqual(back.map(([value]) => value), values);
        }
        sharedMemory()!.drop(calls.frames);
        assert.throws(() => {
          encodeCalls([[values[0]]]);
          decodeEach(calls.body, calls.frames);
        }, /not there any more/);
        const result = encodeResult(values[0]);
        assert.ok(result.frames.every(isReference));
        assert.deepEqual(decodeEach(result.body, result.frames), [values[0]]);
        assert.ok(!encodeEach(values).frames.some(isReference));
        sharedMemory()!.check();
      } finally {
        shareNoMemory();
      }
      const frames = encodeCalls([[numbers]]).frames;
      assert.ok(!isReference(frames[0]!), "nothing is shared any more");
      return Promise.resolve();
    }),
});

Deno.test({
  name: "shared memory: what a process has left tells whether somebody will read it",
  ignore,
  fn: () =>
    withTwo((one, other, folder) => {
      const isOver = () => {
        const [name] = namesIn(folder);
        const left = leftFile(`${Deno.pid.toString(36)}01234567-${name!.split("-")[1]}`)!;
        assert.equal(left.pid, Deno.pid);
        return left.isOver(Deno.readFileSync(`${folder}/${name}`).slice(0, LEFT_HEAD_BYTES));
      };
      const result = one.put(filled(LARGE, 1), "result")!;
      assert.ok(!isOver(), "nobody has read it");
      other.take(result);
      assert.ok(isOver());
      // Its file is used again.
      one.put(filled(LARGE, 2), "result");
      assert.ok(!isOver());
      one.close();
      one.put(filled(LARGE, 3), "call");
      assert.ok(isOver(), "whoever would hear of its outcome is gone");
      for (const name of ["-1", "x-1", "1g1234567-1", "112345678-", "112345678-1.x"]) {
        assert.equal(leftFile(name), undefined, name);
      }
      return Promise.resolve();
    }),
});
