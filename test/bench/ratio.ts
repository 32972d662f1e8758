/** Runs both by turns and prints their medians and the ratio; what disturbs the machine disturbs both. */
export async function compare(
  title: string,
  rounds: number,
  ours: { name: string; run: () => Promise<unknown> },
  reference: { name: string; run: () => Promise<unknown> },
  between: { ours?: () => Promise<unknown>; reference?: () => Promise<unknown> } = {},
): Promise<void> {
  const times: Record<"ours" | "reference", number[]> = { ours: [], reference: [] };
  for (let round = 0; round < rounds; round++) {
    times.reference.push(await seconds(reference.run));
    await between.reference?.();
    times.ours.push(await seconds(ours.run));
    await between.ours?.();
  }
  const [a, b] = [median(times.ours), median(times.reference)];
  console.log(`${title} (${rounds} rounds, by turns)`);
  console.log(`  ${ours.name.padEnd(44)} ${describe(times.ours)}`);
  console.log(`  ${reference.name.padEnd(44)} ${describe(times.reference)}`);
  console.log(`  ratio of the medians ${(a / b).toFixed(2)}\n`);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function describe(values: readonly number[]): string {
  return `median ${median(values).toFixed(2)} s (${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)})`;
}
