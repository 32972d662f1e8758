import { databaseStep } from "#providers/databaseStep.ts";
import type { HistoryInputs } from "./runner.ts";

export const provider = databaseStep<HistoryInputs>("history", async () => {
  const { record, changes, observe } = await import("./runner.ts");
  return { apply: record, changes, observe };
});
