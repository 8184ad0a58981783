import { scoop, submit } from "../../mod.ts";
import { keepPlace, untilAllHere, whereAmI } from "./elsewhere.ts";
export async function remote(count: number) {
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    console.error("before", i, scoop.workerName);
    const f = submit(whereAmI);
    const t = setInterval(()=>console.error("running?", f.done(), f.running()), 1000);
    const { result, at } = await keepPlace(f);
    clearInterval(t);
    console.error(result, at);
  }
  return 1;
}
if (import.meta.main) {
  await untilAllHere();
  console.error("here");
  console.error(await submit(remote, 4));
}
