import assert from "node:assert/strict";
import { createLineCutter, createOutput, forwardLines } from "../../launch/output.ts";
import type { LineOptions } from "../../launch/output.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const running = new Promise<never>(() => {});

/** A sink that remembers. */
function memory() {
  const parts: Uint8Array[] = [];
  return {
    write(bytes: Uint8Array) {
      parts.push(bytes.slice());
      return Promise.resolve(bytes.length);
    },
    bytes: () => new Uint8Array(parts.flatMap((part) => [...part])),
    text: () => parts.map(decode).join(""),
  };
}

function streamOf(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(chunks);
}

async function forwarded(chunks: Uint8Array[], options: LineOptions = {}): Promise<string> {
  const sink = memory();
  const output = createOutput(sink);
  await forwardLines(streamOf(...chunks), output, options, running);
  await output.flush();
  return sink.text();
}

Deno.test("a cutter gives whole lines and holds the rest", () => {
  const cutter = createLineCutter();
  assert.equal(decode(cutter.push(encode("a\nb"))), "a\n");
  assert.equal(decode(cutter.push(encode("c"))), "");
  assert.equal(decode(cutter.push(encode("d\n\ne"))), "bcd\n\n");
  assert.equal(decode(cutter.end()), "e");
  assert.equal(decode(cutter.end()), "");
});

Deno.test("lines are the same wherever the stream is cut", () => {
  const text = encode("über\n\nzwei — drei\r\nno end");
  for (const options of [{}, { name: "w" }, { last: "completed" }] as LineOptions[]) {
    const whole = createLineCutter(options);
    const expected = decode(whole.push(text)) + decode(whole.end());
    for (let cut = 0; cut <= text.length; cut++) {
      const cutter = createLineCutter(options);
      const parts = [cutter.push(text.subarray(0, cut)), cutter.push(text.subarray(cut))];
      const lines = new Uint8Array([...parts[0]!, ...parts[1]!, ...cutter.end()]);
      assert.equal(decode(lines), expected, `cut at ${cut}`);
      for (const part of parts) assert(part.length === 0 || part.at(-1) === 10);
    }
  }
});

Deno.test("every line gets the prefix once", async () => {
  const chunks = ["one\ntw", "o\n", "\n", "thr", "ee"].map(encode);
  assert.equal(
    await forwarded(chunks, { name: "w", last: "completed" }),
    "[w] one\n[w] two\n[w] \n[w] three\n",
  );
});

Deno.test("the last line stays as it is, or is completed", async () => {
  assert.equal(await forwarded([encode("a\nb")]), "a\nb");
  assert.equal(await forwarded([encode("a\nb")], { last: "completed" }), "a\nb\n");
  assert.equal(await forwarded([encode("a\n")], { last: "completed" }), "a\n");
  assert.equal(await forwarded([], { last: "completed", name: "w" }), "");
});

Deno.test("bytes that are no text pass unchanged", async () => {
  const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256);
  const sink = memory();
  const output = createOutput(sink);
  await forwardLines(
    streamOf(bytes.slice(0, 1234), bytes.slice(1234, 1235), bytes.slice(1235)),
    output,
    {},
    running,
  );
  await output.flush();
  assert.deepEqual(sink.bytes(), bytes);
});

Deno.test("lines of several writers are never mixed", async () => {
  const sink = memory();
  const output = createOutput(sink);
  const writers = ["a", "b", "c", "d"].map((name) => {
    // Chunks that end in the middle of lines, each at another place.
    const text = Array.from({ length: 300 }, (_, i) => `${name} ${"x".repeat(i % 97)} ${i}\n`);
    const bytes = encode(text.join(""));
    const size = 61 + name.charCodeAt(0);
    const chunks = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, i) => bytes.slice(i * size, (i + 1) * size),
    );
    return { text, done: forwardLines(streamOf(...chunks), output, {}, running) };
  });
  await Promise.all(writers.map(({ done }) => done));
  await output.flush();
  const lines = sink.text().split("\n").slice(0, -1);
  for (const { text } of writers) {
    const name = text[0]![0]!;
    assert.deepEqual(
      lines.filter((line) => line.startsWith(name)).map((line) => `${line}\n`),
      text,
    );
  }
  assert.equal(lines.length, 1200);
});

Deno.test("a line left unfinished by one writer is ended before another's", async () => {
  const sink = memory();
  const output = createOutput(sink);
  await output.write(encode("name? "), "a");
  await output.write(encode("still a"), "a");
  await output.write(encode("b\n"), "b");
  await output.write(encode("a\n"), "a");
  await output.flush();
  assert.equal(sink.text(), "name? still a\nb\na\n");
});

Deno.test("a question without a newline is shown after a moment", async () => {
  const sink = memory();
  const output = createOutput(sink);
  let answer: (text: string) => void = () => {};
  const answered = new Promise<string>((resolve) => answer = resolve);
  async function* program() {
    yield encode("first\nname? ");
    yield encode(`${await answered}\n`);
  }
  const options = { showUnfinishedAfter: 5, name: "o" };
  const done = forwardLines(ReadableStream.from(program()), output, options, running);
  while (!sink.text().endsWith("name? ")) await new Promise((resolve) => setTimeout(resolve, 5));
  answer("bob");
  await done;
  await output.flush();
  assert.equal(sink.text(), "[o] first\n[o] name? bob\n");
});

Deno.test("a slow reader holds the writers back, and loses nothing", async () => {
  let written = 0;
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => open = resolve);
  const output = createOutput({
    async write(bytes) {
      await opened;
      const part = Math.min(bytes.length, 100_000);
      written += part;
      return part;
    },
  });
  const line = new Uint8Array(1 << 19).fill(10);
  let accepted = 0;
  const writing = (async () => {
    for (let i = 0; i < 20; i++, accepted++) await output.write(line, "w");
  })();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert(accepted < 10, `${accepted} writes were taken while nobody read`);
  open();
  await writing;
  await output.flush();
  assert.equal(written, 20 * line.length);
});

Deno.test("a full pipe is tried again; a broken one is told once", async () => {
  let refusals = 2;
  const sink = memory();
  const patient = createOutput({
    write: (bytes) =>
      refusals-- > 0 ? Promise.reject(new Deno.errors.WouldBlock()) : sink.write(bytes),
  });
  await patient.write(encode("kept\n"), "w");
  await patient.flush();
  assert.equal(sink.text(), "kept\n");

  const errors: Error[] = [];
  const broken = createOutput(
    { write: () => Promise.reject(new Deno.errors.BrokenPipe()) },
    (error) => void errors.push(error),
  );
  for (let i = 0; i < 5; i++) {
    await broken.write(new Uint8Array(1 << 20), "w");
    await broken.flush();
  }
  assert.equal(errors.length, 1);
  assert(errors[0] instanceof Deno.errors.BrokenPipe);
});

Deno.test("what a full disk does not take goes elsewhere, from the line on that was cut", async () => {
  for (const room of [0, 3, 4, 9, 10, 12]) {
    const [disk, instead] = [memory(), memory()];
    let left = room;
    const output = createOutput({
      write(bytes) {
        if (left === 0) return Promise.reject(new Error("No space left on device"));
        const part = bytes.subarray(0, Math.min(left, 2));
        left -= part.length;
        return disk.write(part);
      },
    }, () => instead);
    await output.write(encode("one\ntwo\n"), "w");
    await output.write(encode("three\n"), "w");
    await output.flush();
    const kept = disk.text();
    assert.equal(kept.length, room);
    const whole = kept.slice(0, kept.lastIndexOf("\n") + 1);
    assert.equal(whole + instead.text(), "one\ntwo\nthree\n", `with room for ${room}`);
  }
});

Deno.test("a stream that stays open after its process ended is given up when it is silent", async () => {
  const sink = memory();
  const output = createOutput(sink);
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encode("said before\nand")),
    cancel: () => void (cancelled = true),
  });
  await forwardLines(stream, output, { last: "completed" }, Promise.resolve());
  await output.flush();
  assert.equal(sink.text(), "said before\nand\n");
  assert(cancelled);
});

Deno.test("so is one into which somebody else goes on printing", async () => {
  const sink = memory();
  const output = createOutput(sink);
  let timer: ReturnType<typeof setInterval> | undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encode("its own\n"));
      timer = setInterval(() => controller.enqueue(encode("of another\n")), 20);
    },
    cancel: () => clearInterval(timer),
  });
  await forwardLines(stream, output, { last: "completed" }, Promise.resolve());
  await output.flush();
  assert.match(sink.text(), /^its own\n(of another\n)+$/);
});

Deno.test("what a process has printed is not given up when it is taken slowly", async () => {
  const taken: string[] = [];
  const output = createOutput({
    async write(bytes) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      taken.push(new TextDecoder().decode(bytes));
      return bytes.length;
    },
  });
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      for (let i = 0; i < 4; i++) {
        // What lies in a pipe is there at once, and is handed out bit by bit.
        await Promise.resolve();
        controller.enqueue(encode(`${i}\n`));
      }
      controller.close();
    },
  }, { highWaterMark: 0 });
  await forwardLines(stream, output, { last: "completed" }, Promise.resolve());
  await output.flush();
  assert.equal(taken.join(""), "0\n1\n2\n3\n");
});
