// deno run -A cli.ts -n 4 examples/shared_constants.ts [latitude,longitude …]
/**
 * A constant that the program sets once and every task reads on whichever worker it runs: it is
 * not sent along with each task. Which city is next to a place?
 *
 * @module
 */

import { map, shared } from "../mod.ts";

/** Degrees north, degrees east. */
type Place = [latitude: number, longitude: number];

const CITIES: Record<string, Place> = {
  Berlin: [52.52, 13.4],
  Cairo: [30.04, 31.24],
  Nairobi: [-1.29, 36.82],
  Québec: [46.81, -71.21],
  Santiago: [-33.45, -70.67],
  Tokyo: [35.68, 139.69],
};

/** The name of the city next to a place, and its distance in kilometres. */
export async function nearest(place: Place): Promise<{ name: string; distance: number }> {
  const cities = await shared.getConst<Record<string, Place>>("cities");
  return Object.entries(cities)
    .map(([name, city]) => ({ name, distance: distanceBetween(place, city) }))
    .reduce((a, b) => b.distance < a.distance ? b : a);
}

/** Kilometres between two places, by the haversine formula. */
function distanceBetween([lat1, lon1]: Place, [lat2, lon2]: Place): number {
  const half = (degrees: number) => Math.sin(degrees * Math.PI / 360) ** 2;
  const cosines = Math.cos(lat1 * Math.PI / 180) * Math.cos(lat2 * Math.PI / 180);
  return 2 * 6371 * Math.asin(Math.sqrt(half(lat2 - lat1) + cosines * half(lon2 - lon1)));
}

if (import.meta.main) {
  const args = Deno.args.length > 0 ? Deno.args : ["48.86,2.35", "0,0", "-23.55,-46.63", "19,73"];
  const places = args.map((text) => text.split(",").map(Number) as Place);
  await shared.setConst({ cities: CITIES });
  const answers = await map(nearest, places);
  for (const [i, { name, distance }] of answers.entries()) {
    console.log(`${args[i]}: ${name}, ${Math.round(distance)} km`);
  }
}
