/** The dry run of a release, in a copy of the repository. */

import assert from "node:assert/strict";
import { inFolder, path } from "../faults/running.ts";

/** The files of the repository in another folder, as a repository of its own. */
async function copyTo(folder: string): Promise<string> {
  const copy = `${folder}/copy`;
  const script = `set -e
    mkdir ${copy}
    git ls-files -z --cached --others --exclude-standard |
      while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\\0' "$file"; done |
      xargs -0 cp --parents -t ${copy}
    cd ${copy}
    git init -q -b main
    git add -A
    git -c user.name=test -c user.email=test@localhost commit -qm all`;
  await run("bash", ["-c", script], path(""));
  return copy;
}

async function run(command: string, args: string[], cwd: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, cwd }).output();
  assert(success, new TextDecoder().decode(stderr));
}

async function dryRun(folder: string) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "release", "--dry-run"],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test({
  name: "release: a dry run finds nothing wrong, and what is wrong when something is",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (folder) => {
      const copy = await copyTo(folder);
      const good = await dryRun(copy);
      assert.equal(good.code, 0, good.stdout + good.stderr);
      assert.doesNotMatch(good.stdout, /^failed/m);
      assert(good.stdout.match(/^ok {6}/gm)!.length >= 12);
      assert.doesNotMatch(good.stdout, /^warning/m);

      const config = await Deno.readTextFile(`${copy}/cli/deno.json`);
      await Deno.writeTextFile(`${copy}/cli/deno.json`, config.replace(/\d+\.\d+\.\d+/, "9.9.9"));
      await Deno.writeTextFile(`${copy}/CHANGELOG.md`, "# Changes\n");
      await Deno.remove(`${copy}/LICENSE`);
      await Deno.writeTextFile(`${copy}/mod.ts`, "export  { };\n");
      await run("git", ["checkout", "-q", "-b", "side"], copy);
      const bad = await dryRun(copy);
      assert.equal(bad.code, 1, bad.stdout + bad.stderr);
      assert.match(bad.stdout, /^warning all .*: not committed: 4 files; on side, not main$/m);
      for (
        const name of [
          /the version .*: cli\/deno\.json says 9\.9\.9/,
          /CHANGELOG\.md .*: it has no heading/,
          /there is a licence: /,
          /formatting: /,
        ]
      ) {
        assert.match(bad.stdout, new RegExp(`^failed {2}.*${name.source}`, "m"));
      }
    }),
});
