/** A module of the program in functions.ts. */

const scale = 10;

export function area(side: number): number {
  return side * side * scale;
}

export function perimeter(side: number): number {
  return 4 * side * scale;
}

export default (side: number) => side ** 3 * scale;
