const factor = 2;

export function evaluate(x: number): number {
  return x * factor;
}

export function twice(x: number): number {
  return x * 2;
}
