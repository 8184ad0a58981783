/** Reads its standard input once a file is there, whose path it is given; prints how much it was. */

export function nothing(): void {}

async function main(signal: string): Promise<void> {
  console.log("begins");
  while (true) {
    try {
      Deno.statSync(signal);
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  let bytes = 0;
  for await (const chunk of Deno.stdin.readable) bytes += chunk.length;
  console.log(`has read ${bytes}`);
}

if (import.meta.main) await main(Deno.args[0]!);
